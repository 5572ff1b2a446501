#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/units.h"
#include "insn/insn.h"

namespace btfreloc::core {

/// The instruction of a relocation: one slot, and a second one for LDIMM64.
struct Site {
  insn::Insn first = {};
  std::optional<insn::Insn> second = {};

  friend bool operator==(const Site&, const Site&) = default;
};

/// Immediate of the call that poisons an instruction: 0x0bad2310. Source: libbpf.
inline constexpr std::int32_t kPoisonImmediate = 195896080;

/// The value of one relocation on one kernel.
struct NewValue {
  std::uint64_t old_value;  ///< What the compiler put there.
  std::uint64_t new_value;
  bool is_validated;   ///< Whether the instruction must hold old_value.
  ByteCount old_size;  ///< Of what a load or store accesses; 0: not known.
  ByteCount new_size;
  /// False when a load or store may not just get the other size: only pointers and unsigned
  /// integers read the same in more or fewer bytes.
  bool may_resize;
};

/// Why an instruction was not patched.
struct PatchFailure {
  enum class Why : std::uint8_t { instruction, value, range, access_size };
  Why why;  ///< access_size is answered with poison, the others with an error.
  std::string detail;
};

/// The immediate that an ALU instruction or LDIMM64 holds, sign-extended.
std::uint64_t held_value(const Site& site);

/// True when the instruction accesses memory: LDX, ST or STX.
bool accesses_memory(const insn::Insn& insn);

/// Puts the value where the instruction keeps it: ALU and ALU64 in the immediate, LDX, ST and STX
/// in the offset and the access size, LDIMM64 in its 64-bit immediate.
///
/// With `as_libbpf`, an ALU immediate keeps the lower 32 bits of a value that does not fit, and
/// every access may get another size. Otherwise those that would then move another number may not:
/// sign-extending loads, atomic operations, and stores that would write more bytes than the program
/// has a value for. Source: bpf_core_patch_insn() in libbpf, src/relo_core.c.
std::expected<Site, PatchFailure> patch(const Site& site, const NewValue& value, bool as_libbpf);

/// The instruction as a call that no verifier accepts; both slots of an LDIMM64.
Site poison(const Site& site);

}  // namespace btfreloc::core
