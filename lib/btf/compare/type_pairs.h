#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/compare/same_type.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// C's name spaces, as far as BTF has them: in each, a name stands for one thing.
enum class NameSpace : std::uint8_t { tag, ordinary, function, variable };

/// That of a type with a name; nullopt for those that name nothing: pointers, sections, tags,
/// declarations without a definition.
std::optional<NameSpace> name_space(const View& view, TypeId id);

/// A type of one BTF and its counterpart of the same name in another.
struct NamedPair {
  std::optional<TypeId> before;
  std::optional<TypeId> after;
  /// Types that share a name are numbered from 1; 0 where neither side has another.
  std::uint32_t number = 0;
};

/// The own types of both, by name: each with its counterpart, or without. Those of after by id,
/// then those that only before has. Where several types share a name, those between which nothing
/// differs are paired, then those that remain, by id.
std::vector<NamedPair> pair_types(SameTypes& types);

/// Those of one name. `keyword` ("struct", "func", ...) narrows the choice; "" means every one.
std::vector<NamedPair> pair_types_named(SameTypes& types, std::string_view keyword,
                                        std::string_view name);

}  // namespace btfreloc::btf
