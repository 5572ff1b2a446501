#pragma once

#include <cstddef>

#include "llvm/IR/Module.h"
#include "options.h"

namespace btfreloc::pass {

/// What a run does, in this order.
struct Parts {
  bool legalize = true;
  bool preserve = true;
  bool lower = true;
};

struct Done {
  bool changed = false;
  std::size_t records = 0;    ///< How many annotated records the debug info has.
  std::size_t questions = 0;  ///< How many calls of magic externs were answered.
};

/// Whether a module has types to relocate by: more than line tables.
bool has_debug_info(const llvm::Module& module);

/// Runs parts of the pass over a module for BPF; others are left alone. What is wrong with the
/// input goes to the context's diagnostics, with its source line.
Done run(llvm::Module& module, Parts parts, const Options& options);

}  // namespace btfreloc::pass
