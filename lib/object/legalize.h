#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"
#include "btf/features.h"
#include "btf/legalize.h"
#include "object/object.h"

namespace btfreloc::object {

/// A CO-RE relocation that would ask for something else if its types were changed.
struct NeedsRelocateFirst {
  std::size_t relocation;  ///< Index into Object::relocations().
  std::size_t change;      ///< Index into the changes: the first that it goes through.
};

struct LegalizedObject {
  btf::Legalized btf;
  /// Empty, or the BTF must not be used with the object as it is: apply its relocations before.
  std::vector<NeedsRelocateFirst> obstacles;
};

/// Rewrites the BTF of an object into what that kernel accepts, see btf::legalize(). The bytes of
/// the object are not changed. Fails for objects without BTF, or with several blobs.
Result<LegalizedObject> legalize(const Object& object, btf::KernelVersion kernel);

}  // namespace btfreloc::object
