#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <random>

#include "insn/insn.h"

namespace btfreloc::insn {
namespace {

using Slot = std::array<std::byte, 8>;

constexpr Slot slot(std::array<std::uint8_t, 8> values) { return std::bit_cast<Slot>(values); }

Slot encoded(const Insn& insn, std::endian order) {
  Slot bytes;
  bytes.fill(std::byte{0xee});
  encode(insn, bytes.data(), order);
  return bytes;
}

struct EncodeCase {
  Insn insn;
  Slot little;
  Slot big;
};

TEST(Encode, PutsEachFieldInItsPlace) {
  for (const EncodeCase& expected : std::to_array<EncodeCase>({
           // The example of RFC 9669, section 3.1.
           {{.opcode = 0x07, .dst = 1, .imm = 0x11223344},
            slot({0x07, 0x01, 0, 0, 0x44, 0x33, 0x22, 0x11}),
            slot({0x07, 0x10, 0, 0, 0x11, 0x22, 0x33, 0x44})},
           {{.opcode = 0x61, .dst = 3, .src = 12, .off = 0x0102, .imm = 0x05060708},
            slot({0x61, 0xc3, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05}),
            slot({0x61, 0x3c, 0x01, 0x02, 0x05, 0x06, 0x07, 0x08})},
           {{.opcode = 0x05, .off = -2, .imm = -2},
            slot({0x05, 0, 0xfe, 0xff, 0xfe, 0xff, 0xff, 0xff}),
            slot({0x05, 0, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe})},
           {{}, slot({0, 0, 0, 0, 0, 0, 0, 0}), slot({0, 0, 0, 0, 0, 0, 0, 0})},
       })) {
    EXPECT_EQ(encoded(expected.insn, std::endian::little), expected.little);
    EXPECT_EQ(encoded(expected.insn, std::endian::big), expected.big);
  }
}

TEST(Encode, IsDecodeTheOtherWayRound) {
  std::mt19937_64 random(5);
  for (int n = 0; n < 100'000; ++n) {
    const auto bytes = std::bit_cast<Slot>(random());
    for (const std::endian order : {std::endian::little, std::endian::big}) {
      ASSERT_EQ(encoded(decode(bytes.data(), order), order), bytes) << n;
    }
  }
}

TEST(Encode, KeepsTheLimitsOfEachField) {
  for (const std::int16_t off : {std::numeric_limits<std::int16_t>::min(), std::int16_t{-1},
                                 std::numeric_limits<std::int16_t>::max()}) {
    for (const std::int32_t imm :
         {std::numeric_limits<std::int32_t>::min(), -1, std::numeric_limits<std::int32_t>::max()}) {
      const Insn insn{.opcode = 0xff, .dst = 15, .src = 15, .off = off, .imm = imm};
      for (const std::endian order : {std::endian::little, std::endian::big}) {
        EXPECT_EQ(decode(encoded(insn, order).data(), order), insn);
      }
    }
  }
}

// A record may sit at any address, and has neighbours.
TEST(Encode, WritesUnalignedSlotsAndNothingElse) {
  std::array<std::byte, 10> bytes;
  bytes.fill(std::byte{0xee});
  const Insn exit{.opcode = 0x95};
  encode(exit, bytes.data() + 1, std::endian::little);
  EXPECT_EQ(bytes.front(), std::byte{0xee});
  EXPECT_EQ(bytes.back(), std::byte{0xee});
  EXPECT_EQ(decode(bytes.data() + 1, std::endian::little), exit);
}

}  // namespace
}  // namespace btfreloc::insn
