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

}  // namespace btfreloc::insn
