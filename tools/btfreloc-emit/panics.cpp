#include "btfreloc-emit/panics.h"

#include "llvm/ADT/SetVector.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Intrinsics.h"
#include "llvm/Transforms/Utils/Local.h"

namespace btfreloc::emit {

using namespace llvm;

namespace {

bool is_program(const Function& function) {
  return function.hasSection() && !function.hasLocalLinkage() &&
         !function.getSection().starts_with(".text");
}

SmallVector<CallBase*, 4> panics_in(Function& function) {
  SmallVector<CallBase*, 4> calls;
  for (Instruction& instruction : instructions(function)) {
    auto* call = dyn_cast<CallBase>(&instruction);
    if (call != nullptr && call->getCalledFunction() != nullptr &&
        is_panic(*call->getCalledFunction())) {
      calls.push_back(call);
    }
  }
  return calls;
}

/// Functions that panic or call one that does, but core's own that do nothing else.
SmallSetVector<Function*, 16> all_that_may_panic(Module& module) {
  SmallSetVector<Function*, 16> found;
  for (Function& function : module) {
    if (!function.isDeclaration() && !is_panic(function) && !panics_in(function).empty()) {
      found.insert(&function);
    }
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const User* user : found[i]->users()) {
      const auto* call = dyn_cast<CallBase>(user);
      if (call != nullptr && !is_panic(*call->getFunction())) {
        found.insert(const_cast<Function*>(call->getFunction()));
      }
    }
  }
  return found;
}

}  // namespace

bool is_panic(const Function& function) {
  if (function.getIntrinsicID() == Intrinsic::trap) return true;  // abort()
  if (!function.doesNotReturn()) return false;
  const std::string name = demangle(function.getName().str());
  return name != function.getName() && StringRef(name).starts_with("core::");
}

void inline_what_may_panic(Module& module) {
  for (Function* function : all_that_may_panic(module)) {
    if (is_program(*function) || function->hasFnAttribute(Attribute::NoInline) ||
        function->hasFnAttribute(Attribute::OptimizeNone)) {
      continue;
    }
    function->addFnAttr(Attribute::AlwaysInline);
  }
}

void return_at_panics(Module& module) {
  for (Function& function : module) {
    if (function.isDeclaration() || !is_program(function)) continue;
    for (CallBase* call : panics_in(function)) {
      changeToUnreachable(call);  // which becomes a return at the end
    }
  }
}

}  // namespace btfreloc::emit
