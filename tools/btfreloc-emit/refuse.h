#pragma once

#include "btfreloc-emit/messages.h"
#include "btfreloc/cmd_emit.h"
#include "llvm/IR/Module.h"

namespace btfreloc::emit {

/// Errors, with the source line, for what is left after optimisation that no BPF object can have or
/// no kernel loads: functions and variables that nobody defines, calls through pointers, and atomic
/// operations that the instructions of `options.cpu` do not have. The backend says the rest itself.
void refuse_what_bpf_lacks(const llvm::Module& module, const tool::EmitOptions& options,
                           Messages& messages);

}  // namespace btfreloc::emit
