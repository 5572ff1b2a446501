#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/units.h"
#include "btf/compare/changes.h"
#include "btf/compare/fields.h"
#include "btf/compare/same_type.h"

namespace btfreloc::btf {

/// The members of two structs, and which of them have a counterpart of the same name.
struct MatchedFields {
  TypeId before_type;
  TypeId after_type;
  std::vector<Field> before;
  std::vector<Field> after;
  std::vector<std::optional<std::size_t>> after_of;   ///< Beside before: index into after.
  std::vector<std::optional<std::size_t>> before_of;  ///< Beside after.
};

/// Members that are the same ones under other names.
struct Renaming {
  std::vector<std::size_t> before;  ///< Indices; empty when it was in a struct inside.
  std::vector<std::size_t> after;   ///< Likewise.
  std::optional<Field> nested;      ///< The member in the struct inside.
  std::vector<Evidence> evidence;   ///< The strongest first.
};

/// What members without a counterpart became, as far as the evidence is strong and nothing else has
/// nearly as much. Each is in one renaming at most.
std::vector<Renaming> find_renamings(SameTypes& types, const MatchedFields& fields);

}  // namespace btfreloc::btf
