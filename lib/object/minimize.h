#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/target.h"
#include "object/object.h"

namespace btfreloc::object {

/// A kernel's BTF, cut down to what some objects need of it.
struct Minimized {
  std::vector<std::byte> btf;
  std::size_t types;               ///< Of it, void not counted.
  std::vector<std::size_t> fatal;  ///< Beside the objects: how many relocations are fatal there.
};

/// The smallest BTF that decides every relocation of the objects as the kernel and its modules do,
/// by either core::Rules: it is opened again, and all decisions are compared. Those of kind
/// type_id_target are not: see core::minimize().
///
/// Objects must have the kernel's byte order; errors call them by `names`, which lie beside. Fails
/// as relocate() does, and when one BTF of kernel and modules cannot answer as they do: which enums
/// are signed is known of each for itself.
Result<Minimized> minimize(std::span<const Object* const> objects,
                           std::span<const std::string> names, const core::Target& target);

}  // namespace btfreloc::object
