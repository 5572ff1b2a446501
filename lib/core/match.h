#pragma once

#include <cstdint>
#include <variant>

#include "base/units.h"
#include "btf/view.h"
#include "core/compat.h"
#include "core/spec.h"

namespace btfreloc::core {

/// Why a candidate was turned down. One enumerator per rule of the matcher.
enum class Mismatch : std::uint8_t {
  no_such_member,      ///< No member of that name, anonymous members included.
  member_type,         ///< The member's type is not compatible.
  not_composite,       ///< A member is asked of a type that has none.
  not_array,           ///< An element is asked of a type that has none.
  array_bound,         ///< The array has fewer elements.
  not_enum,            ///< An enumerator is asked of another kind of type.
  no_such_enumerator,  ///< No enumerator of that essential name.
  type,                ///< type_exists and its like: the types are not compatible.
  type_contents,       ///< type_matches: names, sizes or members differ.
};

/// A candidate turned down, with the place, so that nobody has to look for it again.
struct Refusal {
  Mismatch why;
  std::size_t step;  ///< Index into the local path of the step that decided; 0 where there is none.
  TypeId type;       ///< The target's type at that step, modifiers and typedefs skipped.
  TypeId member;     ///< For member_type: the type of the member that has the name.
};

/// What a candidate is to a relocation. A Spec, the relocation in the target's types: its access
/// numbers include those of anonymous members. A Refusal. Or Malformed: libbpf gives up on the
/// whole object there, because types nest too deeply or have no size.
using Match = std::variant<Spec, Refusal, Malformed>;

/// Compares what `local` asks for with the type `candidate`.
/// Source: bpf_core_spec_match() in libbpf, src/relo_core.c.
Match match(const btf::View& local_btf, const Spec& local, const btf::View& target_btf,
            TypeId candidate, Budget& budget);

}  // namespace btfreloc::core
