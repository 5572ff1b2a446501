#include "base/reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

#include "support/errors.h"

namespace btfreloc {
namespace {

using test::FailsWith;

constexpr auto kEight = std::bit_cast<std::array<std::byte, 8>>(
    std::array<std::uint8_t, 8>{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x88});

TEST(Reader, ReadsEveryWidthInBothByteOrders) {
  const auto next = []<class U>(U, std::endian order) {
    return test::must(Reader(kEight, order, "").next<U>());
  };
  EXPECT_EQ(next(std::uint8_t{}, std::endian::little), 0x01);
  EXPECT_EQ(next(std::uint8_t{}, std::endian::big), 0x01);
  EXPECT_EQ(next(std::uint16_t{}, std::endian::little), 0x0201);
  EXPECT_EQ(next(std::uint16_t{}, std::endian::big), 0x0102);
  EXPECT_EQ(next(std::uint32_t{}, std::endian::little), 0x04030201U);
  EXPECT_EQ(next(std::uint32_t{}, std::endian::big), 0x01020304U);
  EXPECT_EQ(next(std::uint64_t{}, std::endian::little), 0x8807060504030201U);
  EXPECT_EQ(next(std::uint64_t{}, std::endian::big), 0x0102030405060788U);
}

TEST(Reader, GoesOnWhereItStopped) {
  Reader reader(kEight, std::endian::big, "");
  EXPECT_EQ(test::must(reader.next<std::uint8_t>()), 0x01);
  EXPECT_EQ(test::must(reader.next<std::uint16_t>()), 0x0203);  // at an odd address
  EXPECT_EQ(test::must(reader.next<std::uint32_t>()), 0x04050607U);
  EXPECT_EQ(reader.offset(), 7U);
  EXPECT_EQ(reader.remaining(), 1U);
  EXPECT_EQ(test::must(reader.next<std::uint8_t>()), 0x88);
  EXPECT_EQ(reader.remaining(), 0U);
}

/// For every length of input and width of read: the read happens inside, or not at all.
TEST(Reader, StaysInsideAndKeepsItsPlaceWhenItCannotRead) {
  const auto check = []<class U>(U) {
    for (std::size_t size = 0; size <= kEight.size(); ++size) {
      Reader reader(Bytes(kEight).first(size), std::endian::little, "section");
      while (reader.remaining() >= sizeof(U)) ASSERT_TRUE(reader.next<U>());
      const std::uint64_t stopped = size / sizeof(U) * sizeof(U);
      EXPECT_THAT(reader.next<U>(), FailsWith(Errc::truncated, stopped, "more bytes needed"));
      EXPECT_EQ(reader.offset(), stopped);
      EXPECT_EQ(reader.remaining(), size - stopped);
      EXPECT_TRUE(reader.next_bytes(size - stopped)) << "what remains can still be read";
    }
  };
  check(std::uint8_t{});
  check(std::uint16_t{});
  check(std::uint32_t{});
  check(std::uint64_t{});
}

TEST(Reader, TakesBytesFromTheirPlace) {
  Reader reader(kEight, std::endian::little, "");
  const Bytes first = test::must(reader.next_bytes(3));
  EXPECT_EQ(first.data(), kEight.data());
  EXPECT_EQ(first.size(), 3U);
  const Bytes second = test::must(reader.next_bytes(5));
  EXPECT_EQ(second.data(), kEight.data() + 3);
  EXPECT_TRUE(test::must(reader.next_bytes(0)).empty());
}

TEST(Reader, RefusesSizesThatWouldWrapAround) {
  Reader reader(kEight, std::endian::little, "");
  ASSERT_TRUE(reader.next<std::uint32_t>());
  for (const std::uint64_t size : {std::uint64_t{5}, std::numeric_limits<std::uint64_t>::max(),
                                   std::numeric_limits<std::uint64_t>::max() - 3}) {
    EXPECT_THAT(reader.next_bytes(size), FailsWith(Errc::truncated, 4, "4 remain")) << size;
    EXPECT_EQ(reader.offset(), 4U);
  }
}

TEST(Reader, CountsItsPlaceFromTheStartOfTheSection) {
  Reader reader(kEight, std::endian::little, ".BTF.ext", 100);
  EXPECT_EQ(reader.offset(), 100U);
  ASSERT_TRUE(reader.next<std::uint32_t>());
  EXPECT_EQ(reader.here().offset, 104U);
  EXPECT_EQ(reader.before(4).offset, 100U);
  EXPECT_EQ(reader.here().section, ".BTF.ext");
  EXPECT_EQ(reader.before(1).section, ".BTF.ext");
  const auto failed = reader.next<std::uint64_t>();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().where.section, ".BTF.ext");
  EXPECT_EQ(failed.error().where.offset, 104U);
  EXPECT_EQ(failed.error().message, "8 more bytes needed, 4 remain");
}

TEST(Load, ReadsUnaligned) {
  EXPECT_EQ(load<std::uint32_t>(kEight.data() + 1, std::endian::little), 0x05040302U);
  EXPECT_EQ(load<std::uint32_t>(kEight.data() + 3, std::endian::big), 0x04050607U);
}

TEST(Bytes, AndCharactersAreTheSameBytes) {
  const std::string_view text("a\0b", 3);
  EXPECT_EQ(as_chars(as_bytes(text)), text);
  EXPECT_EQ(as_bytes(text).size(), 3U);
}

}  // namespace
}  // namespace btfreloc
