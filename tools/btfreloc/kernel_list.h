#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace btfreloc::tool {

/// How several kernels are named (-k); ends help texts.
inline constexpr const char* kKernelLists =
    "as many as wanted, by commas or repeated: files (raw BTF, vmlinux with .BTF, also as .xz, "
    ".zst "
    "or .gz), directories (a vmlinux with its modules, or a .btf file of each kernel), or @running";

/// The address of each kernel that the arguments name, for Kernel::open(). A directory without a
/// vmlinux stands for the .btf files in it, by name. Fails when none is named.
Result<std::vector<std::string>> kernel_addresses(const std::vector<std::string>& arguments);

}  // namespace btfreloc::tool
