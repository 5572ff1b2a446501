#include "insn/insn.h"

namespace btfreloc::insn {

Insn decode(const std::byte* slot, std::endian order) {
  const auto registers = std::to_integer<std::uint8_t>(slot[1]);
  const std::uint8_t low = registers & 0xf;
  const std::uint8_t high = registers >> 4;
  const bool little = order == std::endian::little;
  return {.opcode = std::to_integer<std::uint8_t>(slot[0]),
          .dst = little ? low : high,
          .src = little ? high : low,
          .off = static_cast<std::int16_t>(load<std::uint16_t>(slot + 2, order)),
          .imm = static_cast<std::int32_t>(load<std::uint32_t>(slot + 4, order))};
}

void encode(const Insn& insn, std::byte* slot, std::endian order) {
  const bool little = order == std::endian::little;
  slot[0] = std::byte{insn.opcode};
  slot[1] = std::byte(little ? insn.src << 4 | insn.dst : insn.dst << 4 | insn.src);
  store(slot + 2, static_cast<std::uint16_t>(insn.off), order);
  store(slot + 4, static_cast<std::uint32_t>(insn.imm), order);
}

}  // namespace btfreloc::insn
