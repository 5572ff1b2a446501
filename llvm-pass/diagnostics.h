#pragma once

#include <string>

#include "llvm/ADT/Twine.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Instruction.h"
#include "llvm/IR/Module.h"

namespace btfreloc::pass {

/// Says what was relocated, what was not, and what is wrong. Every message has a source line where
/// the debug info has one: the author's own, where the code was inlined from a library.
class Diagnostics {
 public:
  explicit Diagnostics(bool is_strict) : is_strict_(is_strict) {}

  /// Code that stays as it was: an OptimizationRemarkMissed of the pass `btfreloc`, which
  /// `-Rpass-missed=btfreloc` or `-pass-remarks-missed=btfreloc` shows; an error when strict.
  void skip(const llvm::Instruction& at, const llvm::Twine& reason) const;

  /// Code that was relocated: an OptimizationRemark, which `-Rpass=btfreloc` shows. `path` is the
  /// way to the member; `record`, an extra argument, the annotated record where it begins.
  static void relocated(const llvm::Instruction& at, llvm::StringRef record, llvm::StringRef path);
  /// Whether anybody listens to relocated().
  static bool wants_relocated(llvm::LLVMContext& context);

  /// Wrong input: compilation fails.
  static void error(const llvm::Instruction& at, const llvm::Twine& message);
  static void error(const llvm::Module& module, const llvm::Twine& message);

  bool is_strict() const { return is_strict_; }

 private:
  bool is_strict_;
};

/// Of a place and the places it was inlined at, the innermost in a file of the compilation's own
/// folder, which the author wrote; else the outermost.
const llvm::DILocation* own_frame(const llvm::DILocation& location);

}  // namespace btfreloc::pass
