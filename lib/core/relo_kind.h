#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace btfreloc::core {

/// What a CO-RE relocation asks of the kernel. The numbers are those in the file.
/// Source: enum bpf_core_relo_kind, include/uapi/linux/bpf.h.
enum class ReloKind : std::uint32_t {
  field_byte_offset,
  field_byte_size,
  field_exists,
  field_signed,
  field_lshift_u64,
  field_rshift_u64,
  type_id_local,
  type_id_target,
  type_exists,
  type_size,
  enumval_exists,
  enumval_value,
  type_matches,
};

/// libbpf's short names, in the order of the numbers; every output uses them.
/// Source: core_relo_kind_str() in libbpf, src/relo_core.c.
inline constexpr auto kReloKindNames = std::to_array<std::string_view>(
    {"byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64", "local_type_id",
     "target_type_id", "type_exists", "type_size", "enumval_exists", "enumval_value",
     "type_matches"});

constexpr std::optional<ReloKind> relo_kind(std::uint32_t number) {
  if (number >= kReloKindNames.size()) return std::nullopt;
  return static_cast<ReloKind>(number);
}

constexpr std::string_view name(ReloKind kind) {
  return kReloKindNames[static_cast<std::size_t>(kind)];
}

bool is_field_based(ReloKind kind);
bool is_type_based(ReloKind kind);
bool is_enumval_based(ReloKind kind);

}  // namespace btfreloc::core
