#include "core/patch.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

#include "insn/opcode.h"

namespace btfreloc::core {
namespace {

using insn::Class;
using Why = PatchFailure::Why;

template <class... Args>
std::unexpected<PatchFailure> failure(Why why, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(PatchFailure{why, fmt::format(format, std::forward<Args>(args)...)});
}

/// Fails when the instruction must hold the old value and does not. `held` is sign-extended.
std::expected<void, PatchFailure> validate(std::uint64_t held, const NewValue& value) {
  if (!value.is_validated || held == value.old_value) return {};
  return failure(Why::value, "the instruction holds {}, and the compiler's types say {}",
                 static_cast<std::int64_t>(held), static_cast<std::int64_t>(value.old_value));
}

std::expected<Site, PatchFailure> patch_immediate(const Site& site, const NewValue& value,
                                                  bool as_libbpf) {
  if (insn::source_of(site.first.opcode) != insn::Source::kK) {
    return failure(Why::instruction, "an arithmetic instruction without an immediate");
  }
  if (auto valid = validate(held_value(site), value); !valid) return std::unexpected(valid.error());
  const auto wanted = static_cast<std::int64_t>(value.new_value);
  if (!as_libbpf && (wanted < std::numeric_limits<std::int32_t>::min() ||
                     wanted > std::numeric_limits<std::int32_t>::max())) {
    return failure(Why::range, "{} does not fit an immediate of 32 bits", wanted);
  }
  Site patched = site;
  patched.first.imm = static_cast<std::int32_t>(wanted);
  return patched;
}

/// The opcode with another access size; nullopt for a size that no load or store has.
std::optional<std::uint8_t> with_size(std::uint8_t opcode, std::uint64_t bytes) {
  for (const insn::Size size : {insn::Size::kB, insn::Size::kH, insn::Size::kW, insn::Size::kDw}) {
    if (insn::bytes_of(size).value != bytes) continue;
    return static_cast<std::uint8_t>((opcode & ~0x18U) | static_cast<unsigned>(size) << 3);
  }
  return std::nullopt;
}

/// False when the instruction would move another number in an access of another size.
bool keeps_number(const insn::Insn& insn, const NewValue& value) {
  const insn::Mode mode = insn::mode_of(insn.opcode);
  if (mode == insn::Mode::kMemsx || mode == insn::Mode::kAtomic) return false;
  switch (insn::class_of(insn.opcode)) {
    // The upper half of the register may hold anything.
    case Class::kStx: return value.new_size < value.old_size;
    // The immediate is sign-extended to as many bytes as are stored.
    case Class::kSt: return value.new_size < value.old_size || insn.imm >= 0;
    default: return true;
  }
}

std::expected<Site, PatchFailure> patch_access(const Site& site, const NewValue& value,
                                               bool as_libbpf) {
  const auto held = static_cast<std::uint64_t>(std::int64_t{site.first.off});
  if (auto valid = validate(held, value); !valid) return std::unexpected(valid.error());
  if (value.new_value > std::uint64_t{std::numeric_limits<std::int16_t>::max()}) {
    return failure(Why::range, "offset {} does not fit a load or store, which reach 32767 bytes",
                   value.new_value);
  }
  Site patched = site;
  patched.first.off = static_cast<std::int16_t>(value.new_value);
  if (value.new_size == value.old_size) return patched;
  if (!value.may_resize) {
    return failure(Why::access_size,
                   "{} bytes in the object, {} there, and only pointers and unsigned integers read "
                   "the same in both",
                   value.old_size.value, value.new_size.value);
  }
  if (!as_libbpf && !keeps_number(site.first, value)) {
    return failure(
        Why::access_size,
        "{} bytes in the object, {} there, and this instruction would move another number",
        value.old_size.value, value.new_size.value);
  }
  const ByteCount size = insn::bytes_of(insn::size_of(site.first.opcode));
  if (size != value.old_size) {
    return failure(Why::instruction, "it accesses {} bytes of a field of {}", size.value,
                   value.old_size.value);
  }
  const auto opcode = with_size(site.first.opcode, value.new_size.value);
  if (!opcode) {
    return failure(Why::instruction, "no load or store accesses {} bytes", value.new_size.value);
  }
  patched.first.opcode = *opcode;
  return patched;
}

std::expected<Site, PatchFailure> patch_wide(const Site& site, const NewValue& value) {
  const insn::Insn& first = site.first;
  if (!insn::is_wide(first) || first.src != 0 || first.off != 0 || !site.second ||
      site.second->opcode != 0 || site.second->dst != 0 || site.second->src != 0 ||
      site.second->off != 0) {
    return failure(Why::instruction, "neither a load nor a plain 64-bit immediate");
  }
  if (auto valid = validate(held_value(site), value); !valid) return std::unexpected(valid.error());
  Site patched = site;
  patched.first.imm = static_cast<std::int32_t>(value.new_value);
  patched.second->imm = static_cast<std::int32_t>(value.new_value >> 32);
  return patched;
}

}  // namespace

std::uint64_t held_value(const Site& site) {
  if (!site.second) return static_cast<std::uint64_t>(std::int64_t{site.first.imm});
  return static_cast<std::uint32_t>(site.first.imm) |
         std::uint64_t{static_cast<std::uint32_t>(site.second->imm)} << 32;
}

bool accesses_memory(const insn::Insn& insn) {
  const Class of = insn::class_of(insn.opcode);
  return of == Class::kLdx || of == Class::kSt || of == Class::kStx;
}

std::expected<Site, PatchFailure> patch(const Site& site, const NewValue& value, bool as_libbpf) {
  switch (insn::class_of(site.first.opcode)) {
    case Class::kAlu:
    case Class::kAlu64: return patch_immediate(site, value, as_libbpf);
    case Class::kLdx:
    case Class::kSt:
    case Class::kStx: return patch_access(site, value, as_libbpf);
    case Class::kLd: return patch_wide(site, value);
    case Class::kJmp:
    case Class::kJmp32: break;
  }
  return failure(Why::instruction, "a jump or call, which holds no value");
}

Site poison(const Site& site) {
  constexpr auto kOpcode = static_cast<std::uint8_t>(
      static_cast<unsigned>(insn::JmpOp::kCall) << 4 | static_cast<unsigned>(Class::kJmp));
  const insn::Insn call{.opcode = kOpcode, .imm = kPoisonImmediate};
  return {.first = call, .second = site.second ? std::optional(call) : std::nullopt};
}

}  // namespace btfreloc::core
