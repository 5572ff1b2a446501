#pragma once

#include <string>

#include "llvm/ADT/Twine.h"
#include "llvm/IR/Instruction.h"
#include "llvm/IR/Module.h"

namespace btfreloc::pass {

/// Says what was not relocated, and what is wrong. Every message has a source line where the
/// debug info has one.
class Diagnostics {
 public:
  explicit Diagnostics(bool is_strict) : is_strict_(is_strict) {}

  /// Code that stays as it was: an OptimizationRemarkMissed of the pass `btfreloc`, which
  /// `-Rpass-missed=btfreloc` or `-pass-remarks-missed=btfreloc` shows; an error when strict.
  void skip(const llvm::Instruction& at, const llvm::Twine& reason) const;

  /// Wrong input: compilation fails.
  static void error(const llvm::Instruction& at, const llvm::Twine& message);
  static void error(const llvm::Module& module, const llvm::Twine& message);

  bool is_strict() const { return is_strict_; }

 private:
  bool is_strict_;
};

}  // namespace btfreloc::pass
