#pragma once

#include <algorithm>
#include <cstdint>

#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::core {

/// How a local type compares with a target type.
enum class Compat : std::uint8_t {
  no,
  yes,
  too_deep,  ///< Chains beyond libbpf's limits: it gives up on the whole object.
};

/// Types, members and enumerators that may still be compared: one budget for all relocations of an
/// object, so that none of them can take minutes. Real objects use a few thousand.
struct Budget {
  std::uint64_t left = 20'000'000;

  /// False when it is used up.
  bool spend(std::uint64_t comparisons) {
    left -= std::min(left, comparisons);
    return left > 0;
  }
};

/// A type on each side. Ids belong to the view beside them.
struct TypePair {
  const btf::View& local_btf;
  TypeId local;
  const btf::View& target_btf;
  TypeId target;
};

/// Whether a local field may read a target field of that type: what is in structs, sizes and
/// signs do not count; kinds, and names of enums, do.
/// Source: bpf_core_fields_are_compat() in libbpf, src/relo_core.c.
Compat fields_are_compat(const TypePair& types, Budget& budget);

/// Whether type_exists, type_size and target_type_id take the target for the local type: what is
/// in structs and below the root, names do not count.
/// Source: __bpf_core_types_are_compat() in libbpf, src/relo_core.c.
Compat types_are_compat(const TypePair& types, Budget& budget);

/// Whether type_matches says yes: names, sizes, and every local member and enumerator found in
/// the target. Order and offsets do not count. Not commutative.
/// Source: __bpf_core_types_match() in libbpf, src/relo_core.c.
Compat types_match(const TypePair& types, Budget& budget);

/// Kinds that may stand for each other at the root: equal, or both enums of any width.
bool kinds_are_compat(btf::Kind a, btf::Kind b);

/// Equal without their flavors. Two names without a character are equal.
bool essential_names_equal(std::string_view a, std::string_view b);

}  // namespace btfreloc::core
