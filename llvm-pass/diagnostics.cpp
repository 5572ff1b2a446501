#include "diagnostics.h"

#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/Support/Path.h"

namespace btfreloc::pass {
namespace {

using namespace llvm;

constexpr const char* kPass = "btfreloc";

/// The line of the instruction, else that of its function.
DiagnosticLocation location_of(const Instruction& at) {
  if (const DILocation* location = at.getDebugLoc().get()) {
    return DiagnosticLocation(DebugLoc(own_frame(*location)));
  }
  return DiagnosticLocation(at.getFunction()->getSubprogram());
}

}  // namespace

const DILocation* own_frame(const DILocation& location) {
  const DILocation* outermost = &location;
  for (const DILocation* frame = &location; frame; frame = frame->getInlinedAt()) {
    outermost = frame;
    const DISubprogram* function = frame->getScope()->getSubprogram();
    const DICompileUnit* unit = function ? function->getUnit() : nullptr;
    if (unit && frame->getDirectory() == unit->getDirectory() && frame->getLine() != 0 &&
        !sys::path::is_absolute(frame->getFilename())) {
      return frame;
    }
  }
  return outermost->getLine() != 0 ? outermost : &location;
}

void Diagnostics::skip(const Instruction& at, const Twine& reason) const {
  if (is_strict_) return error(at, reason);
  OptimizationRemarkMissed remark(kPass, "NotRelocated", location_of(at), at.getParent());
  remark << "not relocated: " << reason.str();
  at.getContext().diagnose(remark);
}

bool Diagnostics::wants_relocated(LLVMContext& context) {
  const DiagnosticHandler* handler = context.getDiagHandlerPtr();
  return handler && handler->isPassedOptRemarkEnabled(kPass);
}

void Diagnostics::relocated(const Instruction& at, StringRef record, StringRef path) {
  OptimizationRemark remark(kPass, "Relocated", location_of(at), at.getParent());
  remark << "relocated: " << path << DiagnosticInfoOptimizationBase::setExtraArgs()
         << DiagnosticInfoOptimizationBase::Argument("Record", record);
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
