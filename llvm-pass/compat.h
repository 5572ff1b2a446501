#pragma once

// One source for LLVM 15 to 22: what they spell differently, and nothing else.

#include "llvm/Config/llvm-config.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Module.h"
#if LLVM_VERSION_MAJOR >= 22
#include "llvm/Plugins/PassPlugin.h"
#else
#include "llvm/Passes/PassPlugin.h"
#endif
#if LLVM_VERSION_MAJOR >= 17
#include "llvm/TargetParser/Triple.h"
#else
#include "llvm/ADT/Triple.h"
#endif

namespace btfreloc::pass::compat {

#if LLVM_VERSION_MAJOR >= 16
inline constexpr auto kNone = std::nullopt;
#else
inline constexpr auto kNone = llvm::None;
#endif

/// Where a node keeps what there is no setter for, as an index of its operands.
/// Source: llvm/IR/DebugInfoMetadata.h; sizes and offsets became operands in LLVM 21.
inline constexpr unsigned kFirstOfType = LLVM_VERSION_MAJOR >= 21 ? 5 : 3;
inline constexpr unsigned kTypeName = 2;
inline constexpr unsigned kBaseType = kFirstOfType;
inline constexpr unsigned kElements = kFirstOfType + 1;
inline constexpr unsigned kSignature = kFirstOfType;
inline constexpr unsigned kTemplateParams = kFirstOfType + 3;
inline constexpr unsigned kCompositeAnnotations = kFirstOfType + 10;
inline constexpr unsigned kDerivedAnnotations = kFirstOfType + 2;
inline constexpr unsigned kSubprogramName = 2;
inline constexpr unsigned kRetainedNodes = 7;
inline constexpr unsigned kLocalVariableName = 1;
inline constexpr unsigned kEnumeratorName = 0;

/// What a new DIDerivedType is made of. Sizes and offsets in bits.
struct Derived {
  unsigned tag;
  llvm::StringRef name = "";
  llvm::DIFile* file = nullptr;
  unsigned line = 0;
  llvm::DIScope* scope = nullptr;
  llvm::DIType* base = nullptr;
  uint64_t size = 0;
  uint32_t align = 0;
  uint64_t offset = 0;
  llvm::DINode::DIFlags flags = llvm::DINode::FlagZero;
  llvm::Metadata* extra = nullptr;
  llvm::DINodeArray annotations = nullptr;
};

inline llvm::DIDerivedType* make_derived(llvm::LLVMContext& context, const Derived& type) {
  return llvm::DIDerivedType::get(context, type.tag, type.name, type.file, type.line, type.scope,
                                  type.base, type.size, type.align, type.offset, kNone,
#if LLVM_VERSION_MAJOR >= 19
                                  kNone,
#endif
                                  type.flags, type.extra, type.annotations);
}

/// A distinct structure, union, array or enumeration type. Sizes in bits.
struct Composite {
  unsigned tag;
  llvm::StringRef name;
  llvm::DIFile* file = nullptr;
  unsigned line = 0;
  llvm::DIScope* scope = nullptr;
  uint64_t size = 0;
  uint32_t align = 0;
  llvm::ArrayRef<llvm::Metadata*> elements = {};
  llvm::DINode::DIFlags flags = llvm::DINode::FlagZero;
};

inline llvm::DICompositeType* make_composite(llvm::LLVMContext& context, const Composite& type) {
  return llvm::DICompositeType::getDistinct(
      context, type.tag, type.name, type.file, type.line, type.scope,
      static_cast<llvm::DIType*>(nullptr), type.size, type.align, uint64_t{0}, type.flags,
      llvm::DINodeArray(llvm::MDNode::get(context, type.elements)), 0u,
#if LLVM_VERSION_MAJOR >= 20
      kNone,
#endif
      static_cast<llvm::DIType*>(nullptr));
}

/// What debug info says about a value or a piece of memory.
struct VariableLocation {
  llvm::Value* where;
  llvm::DILocalVariable* variable;
  llvm::DIExpression* expression;
  bool is_memory;  ///< `where` is the address of the variable, else its value.
};

/// Calls it for every variable that a debug intrinsic or record of the function places.
template <typename Callback>
void for_each_variable(llvm::Function& function, Callback callback) {
  for (llvm::Instruction& instruction : llvm::instructions(function)) {
#if LLVM_VERSION_MAJOR >= 16
    if (auto* assign = llvm::dyn_cast<llvm::DbgAssignIntrinsic>(&instruction)) {
      callback(VariableLocation{assign->getAddress(), assign->getVariable(),
                                assign->getAddressExpression(), true});
      continue;
    }
#endif
    if (auto* intrinsic = llvm::dyn_cast<llvm::DbgVariableIntrinsic>(&instruction)) {
      if (intrinsic->getNumVariableLocationOps() != 1) continue;
      callback(VariableLocation{intrinsic->getVariableLocationOp(0), intrinsic->getVariable(),
                                intrinsic->getExpression(),
                                llvm::isa<llvm::DbgDeclareInst>(intrinsic)});
    }
#if LLVM_VERSION_MAJOR >= 19
    for (llvm::DbgVariableRecord& record : llvm::filterDbgVars(instruction.getDbgRecordRange())) {
      if (record.isDbgAssign()) {
        callback(VariableLocation{record.getAddress(), record.getVariable(),
                                  record.getAddressExpression(), true});
      } else if (record.getNumVariableLocationOps() == 1) {
        callback(VariableLocation{record.getVariableLocationOp(0), record.getVariable(),
                                  record.getExpression(), record.isDbgDeclare()});
      }
    }
#endif
  }
}

inline bool starts_with(llvm::StringRef text, llvm::StringRef prefix) {
  return text.take_front(prefix.size()) == prefix;  // startswith() until LLVM 15
}

inline bool is_bpf(const llvm::Module& module) {
  const llvm::Triple triple(module.getTargetTriple());
  return triple.getArch() == llvm::Triple::bpfel || triple.getArch() == llvm::Triple::bpfeb;
}

}  // namespace btfreloc::pass::compat
