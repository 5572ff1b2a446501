#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "property/examine.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/files.h"
#include "support/objects.h"

// The command itself, on files that it cannot read: exit status 2, an error on standard error that
// names the file, and nothing on standard output.

namespace btfreloc::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kFlags = std::to_array<std::string_view>(
    {"", "--core", "--insns", "--lines", "--types", "--raw", "--json", "--json --types"});

struct Ending {
  int exit_status;  ///< -1: ended by a signal.
  std::string output;
  std::string errors;
};

Ending dump(const TempFolder& folder, std::string_view flags, const std::string& path) {
  const std::string output = folder.path("stdout");
  const std::string errors = folder.path("stderr");
  const int status = std::system(
      fmt::format("'{}' dump {} '{}' >'{}' 2>'{}'", BTFRELOC_BINARY, flags, path, output, errors)
          .c_str());
  return {.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .output = read_text(output),
          .errors = read_text(errors)};
}

void expect_refusal(const Ending& ending, const std::string& path) {
  EXPECT_EQ(ending.exit_status, 2);
  EXPECT_EQ(ending.output, "");
  EXPECT_THAT(ending.errors, StartsWith("error["));
  EXPECT_THAT(ending.errors, HasSubstr("\n  --> " + path));
}

bool is_refused(Bytes bytes) { return !tool::Input::from_bytes(bytes, "").has_value(); }

/// The file with one byte changed or its end cut off, so that it is refused.
ByteVector damaged(const std::string& path, std::mt19937& random) {
  const auto file = must(MappedFile::open(path));
  for (;;) {
    ByteVector bytes(file.bytes().begin(), file.bytes().end());
    const std::size_t at = random() % bytes.size();
    if (random() % 4 == 0) {
      bytes.resize(at);
    } else {
      bytes[at] ^= std::byte{0x80};
    }
    if (is_refused(bytes)) return bytes;
  }
}

TEST(ExitStatus, IsTwoForDamagedFilesAndNothingIsPrinted) {
  const TempFolder folder;
  std::mt19937 random(20240607);
  std::size_t turn = 0;
  for (const std::string& object : test_objects()) {
    const std::string name = std::filesystem::path(object).filename();
    SCOPED_TRACE(name);
    const std::string path = folder.write(name, damaged(object, random));
    const Ending ending = dump(folder, kFlags[turn++ % kFlags.size()], path);
    expect_refusal(ending, path);
    EXPECT_THAT(ending.errors, HasSubstr("+0x"));
    EXPECT_THAT(ending.errors, HasSubstr("\n   = help: "));
  }
}

TEST(ExitStatus, IsTwoForFilesWithoutContent) {
  const TempFolder folder;
  for (const std::string_view content : {"", "x", "not BTF at all\n"}) {
    const std::string path = folder.write("file", content);
    for (const std::string_view flags : kFlags) expect_refusal(dump(folder, flags, path), path);
  }
}

TEST(ExitStatus, IsTwoForWhatIsNoFile) {
  const TempFolder folder;
  for (const std::string& path : {folder.path("missing"), folder.path(".")}) {
    const Ending ending = dump(folder, "", path);
    expect_refusal(ending, path);
    EXPECT_THAT(ending.errors, StartsWith("error[io]: "));
  }
}

class Bomb : public testing::TestWithParam<std::string> {};

// A file of a few KB that holds more than a gigabyte of zeros.
TEST_P(Bomb, IsRefusedBeforeItTakesAllMemory) {
  if (std::getenv("BTFRELOC_LONG") == nullptr) GTEST_SKIP() << "takes long: set BTFRELOC_LONG";
  const TempFolder folder;
  const std::string path = folder.path("bomb");
  const std::string command =
      fmt::format("head -c 1300M /dev/zero | {} -1 -c >'{}'", GetParam(), path);
  ASSERT_EQ(std::system(command.c_str()), 0);
  const Ending ending = dump(folder, "", path);
  expect_refusal(ending, path);
  EXPECT_THAT(ending.errors, StartsWith("error[out-of-range]: decompresses to more than"));
#ifndef __SANITIZE_ADDRESS__
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  EXPECT_LT(usage.ru_maxrss, 1200 << 10);  // KiB
#endif
}

INSTANTIATE_TEST_SUITE_P(Decompression, Bomb, testing::Values("xz", "zstd", "gzip"));

// The reader may have gone away: that is an error too, and no crash.
TEST(ExitStatus, IsTwoWhenTheOutputCannotBeWritten) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const int status = std::system(fmt::format("'{}' dump --json --types '{}' >/dev/full 2>/dev/null",
                                             BTFRELOC_BINARY, object_path("maps.bpfel.o"))
                                     .c_str());
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace btfreloc::test
