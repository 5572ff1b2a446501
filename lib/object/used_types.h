#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/view.h"
#include "core/target.h"
#include "object/object.h"

namespace btfreloc::object {

/// A type of a kernel that the source of an object needs.
struct UsedType {
  const btf::View* btf;  ///< The blob that holds it: the kernel's, or that of a module.
  TypeId type;
  bool is_defined;  ///< Otherwise the name of a struct or union is enough.
  /// Members of a struct or union, enumerators of an enum; ascending. Types of members that lie in
  /// it are among the used types, too; those behind pointers only if something else uses them.
  std::vector<std::uint32_t> records;
};

/// Something that the source names and the kernel does not have.
struct MissingType {
  std::string name;                      ///< "struct x", "task_struct.state", "enum x: Y".
  bool is_type = false;                  ///< Rather than a member or enumerator of one.
  std::optional<SourceLine> place = {};  ///< Where it is used first; texts are the object's.
};

/// What the source of an object needs of a kernel's declarations.
struct UsedTypes {
  std::vector<UsedType> types;  ///< The kernel's, by id, then those of modules.
  std::vector<MissingType> missing;
};

/// Finds what the source of `object` must have of the kernel to be compiled again: what relocations
/// name, the types of maps, variables and functions, the constants that maps and helpers are given,
/// what the source lines in .BTF.ext name, the integers that libbpf's headers are made of, and what
/// all of these consist of. `sources` are more texts of the source: what no instruction comes from
/// is in no line of .BTF.ext.
///
/// Big structs come with the members that may be used, small ones whole. The program's own types,
/// flavors included, are left out.
///
/// Fails as relocate() does, and when the object has no BTF.
Result<UsedTypes> used_types(const Object& object, const core::Target& target,
                             std::span<const std::string_view> sources = {});

}  // namespace btfreloc::object
