#include "diagnostics.h"

#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/LLVMContext.h"

namespace btfreloc::pass {
namespace {

using namespace llvm;

/// The line of the instruction, else that of its function.
DiagnosticLocation location_of(const Instruction& at) {
  if (const DebugLoc& location = at.getDebugLoc()) return DiagnosticLocation(location);
  return DiagnosticLocation(at.getFunction()->getSubprogram());
}

}  // namespace

void Diagnostics::skip(const Instruction& at, const Twine& reason) const {
  if (is_strict_) return error(at, reason);
  OptimizationRemarkMissed remark("btfreloc", "NotRelocated", location_of(at), at.getParent());
  remark << "not relocated: " << reason.str();
  at.getContext().diagnose(remark);
}

// DiagnosticInfoUnsupported is the one kind of error with a place that clang, opt and rustc all
// report and fail for.
void Diagnostics::error(const Instruction& at, const Twine& message) {
  const std::string text = ("btfreloc: " + message).str();
  at.getContext().diagnose(DiagnosticInfoUnsupported(*at.getFunction(), text, location_of(at)));
}

void Diagnostics::error(const Module& module, const Twine& message) {
  const std::string text = ("btfreloc: " + message).str();
  for (const Function& function : module) {
    if (function.isDeclaration()) continue;
    // In one expression: the diagnostic refers to a Twine made of the text.
    return module.getContext().diagnose(
        DiagnosticInfoUnsupported(function, text, DiagnosticLocation(function.getSubprogram())));
  }
  module.getContext().emitError(text);
}

}  // namespace btfreloc::pass
