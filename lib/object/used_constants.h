#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "object/object.h"

namespace btfreloc::object {

/// Enumerators of the kernel that go into a program as numbers, and which no type of the object
/// names: from what its maps are, which helpers it calls, and what its programs are.
struct UsedConstants {
  std::set<std::string_view> names;   ///< "BPF_ANY", ...
  std::set<std::uint32_t> map_types;  ///< Values of enum bpf_map_type.
  std::uint32_t map_flags = 0;        ///< Bits of the enumerators beside BPF_F_NO_PREALLOC.
  std::set<std::string_view> enums;   ///< Named enums, of which programs return any enumerator.
};

UsedConstants used_constants(const Object& object);

}  // namespace btfreloc::object
