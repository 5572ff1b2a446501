#include "btfreloc-emit/loadable.h"

#include "legal_names.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"

namespace btfreloc::emit {

using namespace llvm;

namespace {

/// The pointer to a result in memory is an argument like any other; only by its name does the
/// backend refuse it.
void pass_results_by_pointer(Function& function) {
  for (unsigned i = 0; i < function.arg_size(); ++i) {
    function.removeParamAttr(i, Attribute::StructRet);
    for (User* user : function.users()) {
      if (auto* call = dyn_cast<CallBase>(user); call && call->getCalledFunction() == &function) {
        call->removeParamAttr(i, Attribute::StructRet);
      }
    }
  }
}

/// What is never reached may as well return.
void end_in_return(Function& function) {
  for (BasicBlock& block : function) {
    auto* end = dyn_cast<UnreachableInst>(block.getTerminator());
    if (end == nullptr) continue;
    IRBuilder<> builder(end);
    Type* const type = function.getReturnType();
    if (type->isVoidTy()) {
      builder.CreateRetVoid();
    } else {
      builder.CreateRet(Constant::getNullValue(type));
    }
    end->eraseFromParent();
  }
}

/// Describes a function that has no debug info, as one without parameters and lines.
void describe(Function& function, DIBuilder& builder, DICompileUnit& unit) {
  DISubroutineType* const type =
      builder.createSubroutineType(builder.getOrCreateTypeArray({nullptr}));
  DISubprogram* const subprogram = builder.createFunction(
      unit.getFile(), pass::legal_spelling(function.getName()), function.getName(), unit.getFile(),
      /*LineNo=*/0, type, /*ScopeLine=*/0, DINode::FlagArtificial,
      DISubprogram::SPFlagDefinition | DISubprogram::SPFlagLocalToUnit);
  function.setSubprogram(subprogram);
  // Places of what was inlined into it lie in other functions.
  const DebugLoc nowhere = DILocation::get(function.getContext(), 0, 0, subprogram);
  for (Instruction& instruction : instructions(function)) {
    instruction.dropDbgRecords();
    instruction.setDebugLoc(nowhere);
  }
}

}  // namespace

void make_loadable(Module& module) {
  const auto units = module.debug_compile_units();
  DICompileUnit* const unit = units.begin() == units.end() ? nullptr : *units.begin();
  DIBuilder builder(module, /*AllowUnresolved=*/false, unit);
  for (Function& function : module) {
    if (function.isDeclaration()) continue;
    // A function that others may define, too, would get a section of its own with that name.
    function.setComdat(nullptr);
    if (!function.hasSection()) function.setSection(".text");
    // Jumps through tables are of Linux 6.19; LLVM 22 makes them for v4, which is of 6.6.
    function.addFnAttr("no-jump-tables", "true");
    pass_results_by_pointer(function);
    end_in_return(function);
    if (unit != nullptr && function.getSubprogram() == nullptr) describe(function, builder, *unit);
  }
  builder.finalize();
}

}  // namespace btfreloc::emit
