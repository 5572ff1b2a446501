#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/view.h"

// What a reader wants to know of a struct that lacks the member a program asks for. All searches
// are bounded: types may nest without end.

namespace btfreloc::tool {

/// A member found in a type, with the way to it: "se.vruntime".
struct FoundMember {
  std::string path;
  TypeId type;
  Bits offset;  ///< From the start of the type that was searched.
  Bits bitfield_size;
};

/// "`__state` (unsigned int, byte 24)"; bits for a bitfield.
std::string member_text(const btf::View& btf, const FoundMember& member);

/// The members whose names are nearest to `name`, those of anonymous members included: at most
/// three, the nearest first.
std::vector<FoundMember> nearest_members(const btf::View& btf, TypeId type, std::string_view name);

/// The member that has the bit at `offset`; the first, where a union has several.
std::optional<FoundMember> member_at(const btf::View& btf, TypeId type, Bits offset);

/// Members of that very name inside named struct members, at most three: where it may have moved.
std::vector<FoundMember> nested_members(const btf::View& btf, TypeId type, std::string_view name);

}  // namespace btfreloc::tool
