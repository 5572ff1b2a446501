#include "base/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "support/errors.h"
#include "support/files.h"

namespace btfreloc {
namespace {

using test::TempFolder;

/// Text of that size that is different everywhere.
std::string pattern(std::size_t size) {
  std::string text;
  while (text.size() < size) text += std::to_string(text.size()) + ' ';
  text.resize(size);
  return text;
}

class RegularFile : public testing::TestWithParam<std::size_t> {};

TEST_P(RegularFile, HasItsBytes) {
  const TempFolder folder;
  const std::string content = pattern(GetParam());
  const auto file = test::must(MappedFile::open(folder.write("file", content)));
  EXPECT_EQ(as_chars(file.bytes()), content);
}
INSTANTIATE_TEST_SUITE_P(Sizes, RegularFile, testing::Values(0, 1, 4095, 4096, 4097, 1 << 20));

class Pipe : public testing::TestWithParam<std::size_t> {};

TEST_P(Pipe, IsReadToItsEnd) {
  const TempFolder folder;
  const std::string content = pattern(GetParam());
  const std::string path = folder.path("fifo");
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  // Opening either end waits for the other.
  std::thread writer([&] { std::ofstream(path, std::ios::binary) << content; });
  const auto file = MappedFile::open(path);
  writer.join();
  ASSERT_TRUE(file);
  EXPECT_EQ(as_chars(file->bytes()), content);
}
// 64 KiB fill a pipe, so the larger ones come in several reads.
INSTANTIATE_TEST_SUITE_P(Sizes, Pipe, testing::Values(0, 1, 65535, 65536, 65537, 1'000'000));

TEST(MappedFile, ReadsFilesThatClaimToBeEmpty) {
  const auto file = test::must(MappedFile::open("/proc/self/status"));
  EXPECT_TRUE(as_chars(file.bytes()).starts_with("Name:\t"));
  EXPECT_TRUE(as_chars(file.bytes()).ends_with('\n'));
}

TEST(MappedFile, SaysWhichFileIsMissing) {
  const TempFolder folder;
  const auto file = MappedFile::open(folder.path("absent"));
  ASSERT_THAT(file, test::FailsWith(Errc::io, std::nullopt, "cannot open: No such file"));
  EXPECT_EQ(file.error().os_errno, ENOENT);
  EXPECT_EQ(file.error().where.file, folder.path("absent"));
}

TEST(MappedFile, RefusesAFolder) {
  const TempFolder folder;
  const auto file = MappedFile::open(folder.path("."));
  ASSERT_THAT(file, test::FailsWith(Errc::io, std::nullopt, "cannot read: Is a directory"));
  EXPECT_EQ(file.error().os_errno, EISDIR);
  EXPECT_FALSE(file.error().hint.empty());
}

TEST(MappedFile, KeepsItsBytesInPlaceWhenMoved) {
  const TempFolder folder;
  const std::string content = pattern(10'000);
  auto mapped = test::must(MappedFile::open(folder.write("file", content)));
  auto read = test::must(MappedFile::open("/proc/self/status"));
  const std::string status(as_chars(read.bytes()));
  const std::byte* const mapped_at = mapped.bytes().data();
  const std::byte* const read_at = read.bytes().data();

  MappedFile one(std::move(mapped));
  MappedFile two(std::move(read));
  EXPECT_EQ(one.bytes().data(), mapped_at);
  EXPECT_EQ(two.bytes().data(), read_at);
  EXPECT_EQ(as_chars(one.bytes()), content);
  EXPECT_EQ(as_chars(two.bytes()), status);

  one = std::move(two);
  EXPECT_EQ(one.bytes().data(), read_at);
  EXPECT_EQ(as_chars(one.bytes()), status);
}

}  // namespace
}  // namespace btfreloc
