#pragma once

#include "llvm/IR/Module.h"
#include "options.h"
#include "run.h"

namespace btfreloc::pass {

/// The pass `btfreloc-preserve-access`: every access to a member of an annotated record becomes
/// llvm.preserve.*.access.index intrinsics, which name the member instead of its offset. What is
/// not relocated is said, see Diagnostics::skip(). A function is done once: later runs leave it
/// alone. Adds to what is done.
void preserve_accesses(llvm::Module& module, const Options& options, Done& done);

}  // namespace btfreloc::pass
