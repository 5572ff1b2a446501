#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/inline_vector.h"
#include "base/units.h"
#include "btf/view.h"
#include "core/relo_kind.h"

namespace btfreloc::core {

/// Longest access string, in components. Mirrors BPF_CORE_SPEC_MAX_LEN in libbpf.
inline constexpr std::size_t kMaxAccessDepth = 64;

/// Longest access path that is printed in full, in bytes.
inline constexpr std::size_t kMaxPathSize = 1024;

/// One step of an access path: a named member, or an index into an array.
struct Accessor {
  TypeId type;          ///< The struct or union that has the member; for an index, the element.
  std::uint32_t index;  ///< Of the member in its struct, or of the array element.
  StrOff name;          ///< 0 for an index.

  bool is_member() const { return name.value != 0; }
};

/// What one relocation asks for, in the object's own types.
struct Spec {
  ReloKind kind;
  TypeId root;                            ///< As in the record: typedefs and modifiers kept.
  InlineVector<std::uint32_t, 5> access;  ///< The access string as numbers.
  /// Named members and indices only: what a kernel must have under the same names. Anonymous
  /// members leave no trace but in the offset. Empty for relocations of types and enumerators.
  InlineVector<Accessor, 4> path;
  Bits offset;       ///< Of the field, from where the root pointer points.
  TypeId enum_type;  ///< The enum behind the root, for enumval kinds.
};

/// Why a relocation, or a value of it, means nothing. Text for people, since only people can mend
/// it: the compiler that wrote the record, or the hand that did.
struct Malformed {
  std::string reason;  ///< One clause, lower case, no full stop.
};

/// Reads an access string against the types it walks through.
/// Source: bpf_core_parse_spec() in libbpf, src/relo_core.c.
std::expected<Spec, Malformed> parse_spec(const btf::View& btf, TypeId root,
                                          std::string_view access, ReloKind kind);

/// "real_parent.tgid", "uid.val[3]"; the enumerator's name for enumval kinds; "" for types. Ends in
/// "..." when it is longer than kMaxPathSize, which hostile names could make it.
std::string access_path(const btf::View& btf, const Spec& spec);

/// The relocation as libbpf's log prints it: "<byte_off> [2] struct task_struct.tgid (0:1 @
/// offset 4)". Source: bpf_core_format_spec() in libbpf, src/relo_core.c.
std::string format_spec(const btf::View& btf, const Spec& spec);

}  // namespace btfreloc::core
