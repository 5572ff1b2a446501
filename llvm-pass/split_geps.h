#pragma once

#include "llvm/IR/Function.h"

namespace btfreloc::pass {

/// Splits getelementptrs that go through structs and variable indices at once into one for each
/// index, so that `p[i].f` is the same code whether a frontend wrote it as one or as two.
/// Returns whether there were any.
bool split_geps(llvm::Function& function);

}  // namespace btfreloc::pass
