#pragma once

#include <string_view>
#include <vector>

#include "object/object.h"

namespace btfreloc::object {

/// What the relocations of an object ask a kernel's BTF for, by name. Whatever decides about them
/// is in the types of these names, and in what those hold.
struct Needs {
  std::vector<std::string_view> types;           ///< Essential names; their members are read.
  std::vector<std::string_view> compared_types;  ///< Essential names; compared through pointers.
  std::vector<std::string_view> members;         ///< Of all types together.
};

/// Sorted, each once. The names are those of the object's BTF, and live as long.
Needs needs_of(const Object& object);

}  // namespace btfreloc::object
