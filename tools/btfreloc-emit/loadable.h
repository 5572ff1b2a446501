#pragma once

#include "llvm/IR/Module.h"

namespace btfreloc::emit {

/// What loaders and kernels demand of functions beyond what LLVM sees to, for optimised code:
///
/// - Subprograms are in .text: libbpf knows no .text.unlikely, where LLVM puts cold functions.
/// - Results in memory are passed by a pointer that is a plain argument.
/// - Functions end in an exit or a jump: after a call that does not return LLVM writes nothing.
/// - All functions of a program have BTF when one has; those of a `core` compiled without debug
///   info get a minimal description.
void make_loadable(llvm::Module& module);

}  // namespace btfreloc::emit
