#pragma once

#include "llvm/IR/Module.h"
#include "options.h"

namespace btfreloc::pass {

/// The pass `btfreloc-legalize-di`: debug info becomes what every BPF backend can encode and every
/// kernel accepts. Member lists come out sorted by offset, which is what access strings index, so
/// it runs before anything that makes one. Returns whether anything changed.
bool legalize_debug_info(llvm::Module& module, const Options& options);

}  // namespace btfreloc::pass
