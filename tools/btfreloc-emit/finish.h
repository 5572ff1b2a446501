#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/error.h"

namespace btfreloc::emit {

/// What LLVM leaves to be done in the object itself. Functions that linking made internal are still
/// global in the BTF: kernels would verify each by itself, without what its callers know. They
/// become static there. Returns the undefined symbols that are not among `declared`: calls that
/// LLVM made up, or that stand in assembly.
Result<std::vector<std::string>> finish_object(std::string& bytes,
                                               const std::set<std::string>& declared);

}  // namespace btfreloc::emit
