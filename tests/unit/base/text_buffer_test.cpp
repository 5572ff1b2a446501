#include "base/text_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

namespace btfreloc {
namespace {

class Growth : public testing::TestWithParam<std::size_t> {};

TEST_P(Growth, KeepsWhatWasWritten) {
  TextBuffer buffer(GetParam());
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    buffer << "line " << std::string_view("x");
    buffer.decimal(i) << '\n';
    expected += "line x" + std::to_string(i) + "\n";
    ASSERT_EQ(buffer.size(), expected.size());
  }
  EXPECT_EQ(buffer.view(), expected);
}
INSTANTIATE_TEST_SUITE_P(Capacities, Growth, testing::Values(0, 1, 2, 19, 20, 21, 4096, 100'000));

TEST(TextBuffer, TakesATextLargerThanTwiceItsCapacity) {
  TextBuffer buffer(8);
  const std::string large(1'000'000, 'x');
  buffer << "ab" << large << 'c';
  EXPECT_EQ(buffer.view(), "ab" + large + "c");
}

TEST(TextBuffer, WritesTheExtremesOfEveryInteger) {
  TextBuffer buffer(1);
  buffer.decimal(std::numeric_limits<std::int64_t>::min()) << ' ';
  buffer.decimal(std::numeric_limits<std::int64_t>::max()) << ' ';
  buffer.decimal(std::numeric_limits<std::uint64_t>::max()) << ' ';
  buffer.decimal(std::numeric_limits<std::int32_t>::min()) << ' ';
  buffer.decimal(0) << ' ';
  buffer.decimal(std::uint8_t{255}) << ' ';
  buffer.decimal(std::int8_t{-128});
  EXPECT_EQ(buffer.view(),
            "-9223372036854775808 9223372036854775807 18446744073709551615 -2147483648 0 255 "
            "-128");
}

TEST(TextBuffer, StartsAgainWhenCleared) {
  TextBuffer buffer(4);
  buffer << "something long";
  buffer.clear();
  EXPECT_EQ(buffer.size(), 0U);
  EXPECT_EQ(buffer.view(), "");
  buffer << "new";
  EXPECT_EQ(buffer.view(), "new");
}

TEST(TextBuffer, TakesEmptyTexts) {
  TextBuffer buffer(0);
  buffer << "" << std::string_view();
  EXPECT_EQ(buffer.view(), "");
}

}  // namespace
}  // namespace btfreloc
