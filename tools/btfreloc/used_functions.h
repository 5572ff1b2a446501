#pragma once

#include <vector>

#include "base/error.h"
#include "btfreloc/kernel.h"
#include "btfreloc/kernel_diff.h"
#include "object/object.h"

namespace btfreloc::tool {

/// Appends what differs of the functions and tracepoints that the programs of `object` attach to,
/// as their sections say, and of the kernel's functions and variables that it refers to (ksyms).
Status compare_used_functions(const object::Object& object, const Kernel& old_kernel,
                              const Kernel& new_kernel, std::vector<DiffEntry>& entries);

}  // namespace btfreloc::tool
