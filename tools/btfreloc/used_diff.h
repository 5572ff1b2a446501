#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "btfreloc/input.h"
#include "btfreloc/kernel.h"
#include "btfreloc/kernel_diff.h"
#include "core/decision.h"
#include "core/resolve.h"

namespace btfreloc::tool {

/// A relocation that comes out differently on two kernels.
struct RelocationDifference {
  const object::Relocation* relocation;
  const core::Decision* before;
  const core::Decision* after;
  bool only_type_id;  ///< The type has another id, which nobody needs to know.
};

/// What differs between two kernels for one object: what its relocations ask for, the functions
/// its programs attach to, the kernel functions and variables it uses.
struct UsedDiff {
  KernelDiff diff;
  std::vector<RelocationDifference> relocations;
  /// On either kernel, beside the object's relocations; `relocations` points to them.
  std::vector<core::Decision> before;
  std::vector<core::Decision> after;
};

/// Decides all relocations on both kernels. The input holds an object; all three must outlive the
/// answer.
Result<UsedDiff> compare_used(const Input& input, const Kernel& old_kernel,
                              const Kernel& new_kernel);

}  // namespace btfreloc::tool
