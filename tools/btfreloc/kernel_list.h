#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace btfreloc::tool {

/// How several kernels are named (-k); ends help texts.
inline constexpr const char* kKernelLists =
    "as many as wanted, by commas or repeated: files (raw BTF, vmlinux, vmlinuz or another image, "
    "a "
    "package or archive of one), directories (a vmlinux with its modules, or a file of each "
    "kernel), "
    "kernels of a set (SET.btfset, SET.btfset:GLOB, @shipped, @shipped:GLOB, LABEL), or @running";

/// The address of each kernel that the arguments name, for Kernel::open(). A directory without a
/// vmlinux stands for the kernels in it, by name, and a set for those that match. Fails when none
/// is named.
Result<std::vector<std::string>> kernel_addresses(const std::vector<std::string>& arguments);

}  // namespace btfreloc::tool
