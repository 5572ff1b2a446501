#include "btfreloc/kernel_archive.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/archive_bytes.h"
#include "support/errors.h"
#include "support/kernel_bytes.h"
#include "support/packed.h"

namespace btfreloc::tool {
namespace {

using test::packed;
using test::TarBytes;

using Files = std::vector<std::pair<std::string, std::string>>;

/// Names and content of the files in an archive.
Result<Files> files_in(const std::string& archive) {
  Files files;
  const auto entry = [&](ArchiveEntry& found) -> Status {
    TRY(const auto content, found.read());
    files.emplace_back(found.path(), test::text_of(content));
    return {};
  };
  TRY_OK(for_each_entry(as_bytes(archive), {.entry = entry}));
  return files;
}

Status names_of(const std::string& archive) {
  return for_each_entry(as_bytes(archive), {.entry = [](ArchiveEntry&) -> Status { return {}; }});
}

/// Bytes of memory that this process had at most.
std::size_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

const Files kTwoFiles = {{"boot/vmlinuz-6.1", "kernel"}, {"lib/modules/6.1/a.ko", "module"}};

std::string two_files() {
  return TarBytes()
      .add("./boot/vmlinuz-6.1", "kernel")
      .add("/lib/modules/6.1/a.ko", "module")
      .bytes();
}

TEST(KernelArchive, TarsAreReadHoweverTheyArePacked) {
  EXPECT_EQ(test::must(files_in(two_files())), kTwoFiles);
  for (const Packing packing :
       {Packing::gzip, Packing::xz, Packing::zstd, Packing::bzip2, Packing::lzma}) {
    const std::string archive = packed(packing, two_files());
    EXPECT_TRUE(is_archive(as_bytes(archive))) << name(packing);
    EXPECT_EQ(test::must(files_in(archive)), kTwoFiles) << name(packing);
  }
}

TEST(KernelArchive, PackagesOfDebianAreRead) {
  const std::vector<std::pair<std::string, std::string>> data = {
      {"data.tar.xz", packed(Packing::xz, two_files())},
      {"data.tar.zst", packed(Packing::zstd, two_files())},
      {"data.tar.gz", packed(Packing::gzip, two_files())},
      {"data.tar", two_files()}};
  for (const auto& [name, content] : data) {
    const std::string package = test::deb_bytes(name, content);
    EXPECT_TRUE(is_archive(as_bytes(package))) << name;
    Files files = test::must(files_in(package));
    files.erase(files.begin(), files.begin() + 2);  // debian-binary, control.tar.xz
    EXPECT_EQ(files, kTwoFiles) << name;
  }
}

TEST(KernelArchive, PackagesOfRpmAreRead) {
  const std::string files = test::cpio_bytes(kTwoFiles);
  for (const Packing packing : {Packing::zstd, Packing::xz, Packing::gzip}) {
    const std::string package = test::rpm_bytes(packed(packing, files));
    EXPECT_TRUE(is_archive(as_bytes(package)));
    EXPECT_EQ(test::must(files_in(package)), kTwoFiles) << name(packing);
  }
}

TEST(KernelArchive, BtfhubIsReadInOneFileAndAsAWhole) {
  const std::string one = packed(Packing::xz, TarBytes().add("5.4.0-1009-aws.btf", "btf").bytes());
  EXPECT_EQ(test::must(files_in(one)), (Files{{"5.4.0-1009-aws.btf", "btf"}}));
  const std::string all =
      TarBytes().add("ubuntu/20.04/arm64/5.4.0-1009-aws.btf.tar.xz", one).bytes();
  EXPECT_EQ(test::must(files_in(all)), (Files{{"5.4.0-1009-aws.btf", "btf"}}));
}

TEST(KernelArchive, OtherFilesAreNoArchives) {
  EXPECT_FALSE(is_archive({}));
  EXPECT_FALSE(is_archive(as_bytes("hello")));
  EXPECT_FALSE(is_archive(as_bytes(packed(Packing::xz, "hello"))));
  EXPECT_FALSE(is_archive(as_bytes(packed(Packing::gzip, test::kernel_btf()))));
}

/// Nothing is followed: what the links lead to is on this machine.
TEST(KernelArchive, LinksAndDevicesArePassedOver) {
  const std::string archive = TarBytes()
                                  .add("boot/vmlinuz", "", '2', "/etc/passwd")
                                  .add("boot/vmlinuz-hard", "", '1', "/etc/passwd")
                                  .add("boot/vmlinuz-tty", "", '3')
                                  .add("boot/vmlinuz-folder", "", '5')
                                  .add("boot/vmlinuz-6.1", "kernel")
                                  .bytes();
  EXPECT_EQ(test::must(files_in(archive)), (Files{{"boot/vmlinuz-6.1", "kernel"}}));
}

TEST(KernelArchive, NamesAreOnlyNames) {
  const std::string archive = TarBytes()
                                  .add("../../../tmp/btfreloc-was-here", "1")
                                  .add("/tmp/btfreloc-was-here", "2")
                                  .add("\x1b[31mred.ko", "3")
                                  .bytes();
  EXPECT_EQ(test::must(files_in(archive)), (Files{{"../../../tmp/btfreloc-was-here", "1"},
                                                  {"tmp/btfreloc-was-here", "2"},
                                                  {"\x1b[31mred.ko", "3"}}));
  EXPECT_FALSE(std::filesystem::exists("/tmp/btfreloc-was-here"));
}

TEST(KernelArchive, ErrorsNameTheEntry) {
  const std::string archive = TarBytes().header("boot/\x1b[2Jvmlinuz", 1 << 20).bytes();
  const auto files = files_in(archive);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, Errc::bad_format);
  EXPECT_TRUE(files.error().message.starts_with("boot/?[2Jvmlinuz: cannot read the archive"))
      << files.error().message;
}

TEST(KernelArchive, AllThatIsCutShortIsRefused) {
  const std::string package = test::deb_bytes(
      "data.tar.xz",
      packed(Packing::xz, TarBytes().add("boot/vmlinuz-6.1", test::kernel_btf()).bytes()));
  for (std::size_t size = 300; size < package.size(); size += package.size() / 50) {
    EXPECT_FALSE(files_in(package.substr(0, size))) << size << " of " << package.size();
  }
}

TEST(KernelArchive, ABombIsFoundBeforeItGoesOff) {
  // 10 GB in an entry that nobody wants, and in one that is read.
  std::string zeros = packed(Packing::zstd, TarBytes().header("boot/x", 10ULL << 30).bytes());
  const std::string part = packed(Packing::zstd, std::string(64 << 20, '\0'));
  for (int i = 0; i < 160; ++i) zeros += part;
  ASSERT_LT(zeros.size(), std::size_t{2} << 20);
  const std::size_t before = peak_memory();
  const auto skipped = names_of(zeros);
  ASSERT_FALSE(skipped);
  EXPECT_EQ(skipped.error().code, Errc::out_of_range);
  EXPECT_EQ(skipped.error().message, "boot/x: unpacks to more than 100 times its size");
  EXPECT_FALSE(files_in(zeros));
  EXPECT_FALSE(files_in(test::deb_bytes("data.tar.zst", zeros)));
  EXPECT_LT(peak_memory() - before, std::size_t{1200} << 20);
}

TEST(KernelArchive, AMillionEntriesAreTooMany) {
  TarBytes some;
  for (int i = 0; i < 1000; ++i) some.header("f", 0);
  std::string block = some.bytes();
  block.resize(block.size() - 1024);
  std::string all;
  for (int i = 0; i < 1000; ++i) all += block;
  const auto walked = names_of(packed(Packing::zstd, all));
  ASSERT_FALSE(walked);
  EXPECT_EQ(walked.error().message, "more than 200000 entries");
}

/// Each archive in it would be opened, if depth did not count.
TEST(KernelArchive, ArchivesInArchivesEnd) {
  std::string inner = TarBytes().add("x.btf", "btf").bytes();
  for (int i = 0; i < 50; ++i) inner = TarBytes().add("data.tar", inner).bytes();
  const Files files = test::must(files_in(inner));
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].first, "data.tar");
}

}  // namespace
}  // namespace btfreloc::tool
