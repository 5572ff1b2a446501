#include "btfreloc-emit/refuse.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "btfreloc-emit/atomics.h"
#include "btfreloc-emit/panics.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

namespace btfreloc::emit {

using namespace llvm;
using tool::Finding;
using tool::Level;

namespace {

/// Instructions that use a value, also through constants.
SmallVector<const Instruction*, 8> users_of(const Value& value) {
  SmallVector<const Instruction*, 8> instructions;
  SmallVector<const Value*, 8> waiting = {&value};
  SmallPtrSet<const Value*, 8> seen;
  while (!waiting.empty()) {
    for (const User* user : waiting.pop_back_val()->users()) {
      if (!seen.insert(user).second) continue;
      if (const auto* instruction = dyn_cast<Instruction>(user)) {
        instructions.push_back(instruction);
      } else {
        waiting.push_back(user);
      }
    }
  }
  return instructions;
}

Finding undefined(const GlobalValue& value, std::size_t uses, const tool::EmitOptions& options) {
  const std::string name = demangled(value.getName());
  Finding finding = {.level = Level::error,
                     .code = "undefined",
                     .message = fmt::format("`{}` is not defined", name)};
  if (uses > 1) {
    finding.notes.push_back(fmt::format("and {} more use{} of it", uses - 1, uses == 2 ? "" : "s"));
  }
  const auto* function = dyn_cast<Function>(&value);
  if (function != nullptr && is_panic(*function)) {
    finding.code = "undefined-panic";
    finding.help = options.panic == "exit"
                       ? "a panic ends a program only where it can be inlined into it: not in a "
                         "function that calls itself or is not to be inlined"
                       : "use what cannot panic: get(), checked_add(), if let; or let a panic end "
                         "the program with --panic exit, or be linked, as --lib core.bc";
  } else if (StringRef(name).contains("core::")) {
    finding.help = "give the bitcode of core with --lib";
  } else if (isa<Function>(value)) {
    finding.help =
        "give the module that defines it; a kernel function is declared in section .ksyms; "
        "--allow undefined leaves it to whoever links the object";
  } else {
    finding.help =
        "give the module that defines it; a kernel's variable or option is declared in section "
        ".ksyms or .kconfig; --allow undefined leaves it to whoever links the object";
  }
  return finding;
}

/// The one that comes first in the source.
const Instruction* first_of(ArrayRef<const Instruction*> instructions) {
  const auto line = [](const Instruction* instruction) {
    const DILocation* location = instruction->getDebugLoc().get();
    return location == nullptr ? std::pair(0U, 0U)
                               : std::pair(location->getLine(), location->getColumn());
  };
  return *std::ranges::min_element(instructions, {}, line);
}

/// The kernel or libbpf knows what is declared in these.
bool is_extern_of_kernel(const GlobalValue& value) {
  const auto* object = dyn_cast<GlobalObject>(&value);
  return object != nullptr &&
         (object->getSection() == ".ksyms" || object->getSection() == ".kconfig");
}

void refuse_undefined(const Module& module, const tool::EmitOptions& options, Messages& messages) {
  for (const GlobalValue& value : module.global_values()) {
    if (value.getName() == "llvm.trap" && !value.use_empty()) {
      messages.add(*first_of(users_of(value)),
                   {.level = Level::error,
                    .code = "undefined-panic",
                    .message = "an abort, which BPF does not have",
                    .help = "--panic exit lets it end the program, which then returns 0"});
      continue;
    }
    // What the pass leaves are globals named llvm.TYPE..., which become relocations.
    if (!value.isDeclaration() || value.getName().starts_with("llvm.") || value.use_empty() ||
        is_extern_of_kernel(value)) {
      continue;
    }
    const auto users = users_of(value);
    Finding finding = undefined(value, users.size(), options);
    if (users.empty()) {
      finding.notes.emplace_back("a variable's initial value refers to it");
      messages.add(std::move(finding));
    } else {
      messages.add(*first_of(users), std::move(finding));
    }
  }
}

/// A call through a pointer that is no number: helpers are called by theirs.
bool is_indirect(const CallBase& call) {
  const Value* callee = call.getCalledOperand()->stripPointerCasts();
  if (isa<Function, InlineAsm>(callee)) return false;
  const auto* constant = dyn_cast<ConstantExpr>(callee);
  return constant == nullptr || constant->getOpcode() != Instruction::IntToPtr;
}

/// An integer that takes two registers; of structs the backend itself says so.
bool returns_too_much(const Instruction& instruction) {
  const auto* end = dyn_cast<ReturnInst>(&instruction);
  if (end == nullptr || end->getReturnValue() == nullptr) return false;
  const auto* type = dyn_cast<IntegerType>(end->getReturnValue()->getType());
  return type != nullptr && type->getBitWidth() > 64;
}

/// What other than calls and atomics the backend gives up at, without a place.
std::string missing_other(const Instruction& instruction) {
  if (isa<IndirectBrInst>(instruction)) return "a jump to a computed label";
  for (const Use& operand : instruction.operands()) {
    const auto* variable = dyn_cast<GlobalVariable>(operand->stripPointerCasts());
    if (variable && variable->isThreadLocal()) return "a variable of a thread";
  }
  return "";
}

void refuse_in(const Function& function, const tool::EmitOptions& options, Messages& messages) {
  bool has_missing_atomic = false;
  for (const Instruction& instruction : instructions(function)) {
    const auto* call = dyn_cast<CallBase>(&instruction);
    if (call != nullptr && is_indirect(*call)) {
      messages.add(instruction,
                   {.level = Level::error,
                    .code = "indirect-call",
                    .message = "a call through a pointer, which no kernel's BPF has",
                    .help = "call the function by its name, or match on an enum; dyn traits and "
                            "formatting call through pointers"});
    }
    if (returns_too_much(instruction) && !has_missing_atomic) {
      messages.add(instruction, {.level = Level::error,
                                 .code = "too-large-return",
                                 .message = "a value of more than one register is returned",
                                 .help = "pass a pointer to a struct, or let the function be "
                                         "inlined"});
    }
    if (const std::string missing = missing_other(instruction); !missing.empty()) {
      messages.add(instruction, {.level = Level::error,
                                 .code = "unsupported",
                                 .message = missing + ", which BPF does not have"});
    }
    const std::string missing = missing_atomic(instruction, options);
    if (missing.empty()) continue;
    has_missing_atomic = true;
    messages.add(instruction,
                 {.level = Level::error,
                  .code = "unsupported-atomic",
                  .message = missing + ", which the instructions chosen do not have",
                  .help = "v3 (--mcpu v3, Linux 5.12) has additions, and, or, xor, exchange and "
                          "compare-exchange of 4 and 8 bytes, and relaxed loads and stores"});
  }
}

}  // namespace

void refuse_what_bpf_lacks(const Module& module, const tool::EmitOptions& options,
                           Messages& messages) {
  if (!is_contained(options.allowed, tool::kAllowUndefined)) {
    refuse_undefined(module, options, messages);
  }
  for (const Function& function : module) refuse_in(function, options, messages);
}

}  // namespace btfreloc::emit
