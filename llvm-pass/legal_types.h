#pragma once

#include "debug_types.h"

namespace btfreloc::pass {

/// Puts a type in the place of each that BTF has no kind for, or for which a BPF backend writes
/// none: references, classes, atomics, wide and empty integers, complex and character types,
/// pointers to members, declared types held by value. Sizes stay. Returns whether there were any.
bool replace_types(llvm::Module& module, const DebugNodes& nodes);

}  // namespace btfreloc::pass
