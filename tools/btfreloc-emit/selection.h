#pragma once

#include <set>
#include <string>

#include "btfreloc/cmd_emit.h"
#include "btfreloc/diagnostics.h"
#include "llvm/IR/Module.h"
#include "run.h"

namespace btfreloc::emit {

/// Which records of the inputs the kernel lays out, and which are there to be selected.
class Selection {
 public:
  /// Before the pass changes names.
  void look_at(const llvm::Module& module);
  void count(const pass::Done& done) { selected_ += done.records + done.questions; }

  bool is_empty() const { return selected_ == 0; }
  /// The error for an empty selection: what was tried, and what could be meant.
  tool::Finding nothing_selected(const tool::EmitOptions& options) const;

 private:
  std::size_t selected_ = 0;
  std::set<std::string> records_;
};

/// Whether optimisation has been over the module: a parameter is then known by its value, while
/// frontends give it a place in memory. Where accesses are merged, members cannot be told apart.
bool was_optimised(const llvm::Module& module);

}  // namespace btfreloc::emit
