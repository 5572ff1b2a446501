#include "btfreloc/decompress.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

#include "btfreloc/input.h"
#include "support/errors.h"
#include "support/files.h"

namespace btfreloc::tool {
namespace {

using test::must;
using test::TempFolder;

/// The parameter is a program that compresses standard input.
class Compressed : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!test::has_program(GetParam())) GTEST_SKIP() << "no " << GetParam();
  }

  std::string compress(const std::string& content) const {
    const std::string path = folder_.write("content", content);
    return test::output_of(GetParam() + " -c < " + path).value();
  }

  /// Text that repeats itself, with numbers that do not.
  static std::string text(std::size_t size) {
    std::mt19937 random(3);
    std::string text;
    while (text.size() < size) text += "task_struct " + std::to_string(random()) + '\n';
    text.resize(size);
    return text;
  }

 private:
  TempFolder folder_;
};

TEST_P(Compressed, ComesBackWhole) {
  for (const std::size_t size : {1, 4095, 4096, 4097, 1'000'000}) {
    const std::string content = text(size);
    const std::string packed = compress(content);
    EXPECT_TRUE(is_compressed(as_bytes(packed)));
    const auto unpacked = must(decompress(as_bytes(packed)));
    EXPECT_EQ(as_chars(unpacked), content) << size;
  }
}

TEST_P(Compressed, MayGrowAThousandfold) {
  const std::string zeros(20'000'000, '\0');
  const std::string packed = compress(zeros);
  EXPECT_LT(packed.size(), 100'000U);
  const auto unpacked = must(decompress(as_bytes(packed)));
  EXPECT_EQ(as_chars(unpacked), zeros);
}

/// Whatever is missing, at the end or before, is missed. What the last bytes of a gzip file hold
/// is a checksum and the size, which a reader may do without.
TEST_P(Compressed, IsRefusedWhenCutShort) {
  const std::string content = text(3000);
  const std::string packed = compress(content);
  int refused = 0;
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto unpacked = decompress(as_bytes(std::string_view(packed).substr(0, size)));
    if (unpacked) {
      EXPECT_TRUE(as_chars(*unpacked) == content) << size << " of " << packed.size() << " bytes";
    } else {
      EXPECT_EQ(unpacked.error().code, Errc::bad_format);
      EXPECT_EQ(unpacked.error().hint, "the file may be cut short");
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(packed.size()) - 30);
}

/// Formats whose checksum libarchive verifies; it does not for gzip.
class Checksummed : public Compressed {};

/// A changed byte is found, or is one that changes nothing.
TEST_P(Checksummed, IsRefusedWhenDamaged) {
  const std::string content = text(3000);
  const std::string packed = compress(content);
  int refused = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto unpacked = decompress(as_bytes(damaged));
    if (unpacked) {
      EXPECT_TRUE(as_chars(*unpacked) == content) << "byte " << at;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, static_cast<int>(packed.size()) * 9 / 10);
}

TEST_P(Compressed, IsUnpackedWhenOpenedAsAFile) {
  const TempFolder folder;
  const std::string content = text(10'000);
  const auto plain = must(FileBytes::open(folder.write("plain", content)));
  EXPECT_EQ(as_chars(plain.bytes()), content);
  // The content tells, not the name.
  const auto packed = must(FileBytes::open(folder.write("packed", compress(content))));
  EXPECT_EQ(as_chars(packed.bytes()), content);
}

INSTANTIATE_TEST_SUITE_P(Formats, Compressed, testing::Values("xz", "zstd", "gzip"));
INSTANTIATE_TEST_SUITE_P(Formats, Checksummed, testing::Values("xz", "zstd"));

TEST(IsCompressed, GoesByTheFirstBytes) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(
      is_compressed(as_bytes("\xfd"
                             "7zXZ\0"sv)));
  EXPECT_FALSE(
      is_compressed(as_bytes("\xfd"
                             "7zXZ"sv)));
  EXPECT_FALSE(
      is_compressed(as_bytes("\xfd"
                             "7zXZ1"sv)));
  EXPECT_TRUE(is_compressed(as_bytes("\x28\xb5\x2f\xfd"sv)));
  EXPECT_FALSE(is_compressed(as_bytes("\x28\xb5\x2f\xfe"sv)));
  EXPECT_TRUE(is_compressed(as_bytes("\x1f\x8b"sv)));
  EXPECT_FALSE(is_compressed(as_bytes("\x1f"sv)));
  EXPECT_FALSE(is_compressed(as_bytes("\177ELF"sv)));
  EXPECT_FALSE(is_compressed(as_bytes("\x9f\xeb\x01"sv)));
  EXPECT_FALSE(is_compressed({}));
}

TEST(Decompress, RefusesWhatOnlyLooksCompressed) {
  using namespace std::string_view_literals;
  for (const std::string_view start : {"\xfd"
                                       "7zXZ\0"sv,
                                       "\x28\xb5\x2f\xfd"sv, "\x1f\x8b"sv}) {
    const std::string bytes = std::string(start) + std::string(100, '\x5a');
    EXPECT_FALSE(decompress(as_bytes(bytes)));
  }
}

}  // namespace
}  // namespace btfreloc::tool
