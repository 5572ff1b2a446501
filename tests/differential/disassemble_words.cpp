// Our disassembly of raw instructions, for disassembly.py to compare: one instruction per input
// line, as 16 hex digits or 32 for LDIMM64, in the byte order named by the argument; its text, or
// a complaint, on the output line of the same number.
//
//   disassemble_words little|big < words > text

#include <array>
#include <bit>
#include <charconv>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include "insn/disasm.h"

namespace {

using Slots = std::array<std::byte, 16>;

/// The bytes of a line; the second slot is zero when the line has one only.
std::optional<Slots> parse(std::string_view line) {
  Slots slots{};
  if (line.size() != slots.size() && line.size() != 2 * slots.size()) return {};
  for (std::size_t i = 0; i < line.size() / 2; i++) {
    const std::string_view digits = line.substr(2 * i, 2);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value, 16);
    if (error != std::errc() || end != digits.end()) return {};
    slots[i] = static_cast<std::byte>(value);
  }
  return slots;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace btfreloc;
  const std::string_view order = argc == 2 ? argv[1] : "";
  if (order != "little" && order != "big") {
    std::cerr << "usage: disassemble_words little|big\n";
    return 2;
  }
  const std::endian endian = order == "little" ? std::endian::little : std::endian::big;

  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const std::optional<Slots> slots = parse(line);
    if (!slots) {
      std::cout << "not 16 or 32 hex digits\n";
      continue;
    }
    const insn::Insn first = insn::decode(slots->data(), endian);
    const insn::Insn second = insn::decode(slots->data() + insn::kSlotSize.value, endian);
    std::cout << insn::disassemble(first, second.imm) << '\n';
  }
  return std::cout.flush() ? 0 : 1;
}
