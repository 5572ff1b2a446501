#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/units.h"

namespace btfreloc::insn {

/// Bytes of one instruction slot. LDIMM64 takes two slots.
inline constexpr ByteCount kSlotSize{8};

/// One instruction slot, decoded. Source: RFC 9669 (BPF ISA), section 3.
struct Insn {
  std::uint8_t opcode = 0;
  std::uint8_t dst = 0;  ///< Register number, 0..15; the ISA defines 0..10 and LLVM uses 11.
  std::uint8_t src = 0;  ///< Register number, or a sub-code of the operation.
  std::int16_t off = 0;  ///< In bytes for memory access, in slots for jumps.
  std::int32_t imm = 0;

  friend bool operator==(const Insn&, const Insn&) = default;
};

/// The instruction in the 8 bytes at `slot`, of a program in byte order `order`. Byte order
/// decides also which half of the second byte is dst.
Insn decode(const std::byte* slot, std::endian order);

/// Writes the instruction into the 8 bytes at `slot`: decode() the other way round.
void encode(const Insn& insn, std::byte* slot, std::endian order);

/// True for LDIMM64, whose upper 32 bits of immediate are the imm of the next slot.
constexpr bool is_wide(const Insn& insn) { return insn.opcode == 0x18; }

}  // namespace btfreloc::insn
