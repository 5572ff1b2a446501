#pragma once

#include <optional>

#include "btf/view.h"
#include "core/spec.h"

// What every walk through an access path asks of a type.

namespace btfreloc::core {

/// The members of a struct or union; nullopt for any other type.
std::optional<btf::Records<btf::Member>> members_of(const btf::View& btf, TypeId id);

/// The enumerator of an ENUM or ENUM64, which has that many.
btf::Enumerator enumerator_of(const btf::View& btf, TypeId id, std::uint32_t index);

/// True for an array without a bound at the end of the path, whose last step is the last member of
/// its struct. Source: is_flex_arr() in libbpf, src/relo_core.c.
bool is_flexible(const btf::View& btf, const Spec& spec, const btf::Array& array);

}  // namespace btfreloc::core
