#pragma once

#include "annotation.h"
#include "element_types.h"
#include "llvm/IR/Module.h"
#include "options.h"

namespace btfreloc::pass {

/// Calls of the functions that include/btfreloc_magic.h declares become the intrinsics that clang's
/// builtins are. A call that names nothing in the debug info is an error with its source line.
/// Returns how many there were.
std::size_t lower_magic_externs(llvm::Module& module, const DebugNodes& nodes,
                                const Annotations& annotations, ElementTypes& types,
                                const Options& options);

}  // namespace btfreloc::pass
