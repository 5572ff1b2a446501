#pragma once

#include <map>

#include "access.h"
#include "compat.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/Instructions.h"

namespace btfreloc::pass {

/// What debug info says of the memory that a pointer points to.
struct Pointee {
  /// Every type it is used as; one, unless the program casts without a trace in the IR.
  llvm::SmallVector<TypeAt, 2> types;
  /// The memory is the program's own: its layout is this program's, not the kernel's.
  bool is_own = false;
  /// Why it may be something else after all; "" when it may not.
  std::string doubt;

  bool operator==(const Pointee&) const = delete;
};

/// The types of the pointers in a function, from its debug info. See provenance.cpp and
/// doubts.cpp.
class Provenance {
 public:
  Provenance(llvm::Function& function, const ElementTypes& types);

  Origin origin() const { return origin_; }

  /// Null when nothing is known of the value itself.
  const Pointee* of(llvm::Value* pointer) const;

  /// Whether several values meet in it that is no variable.
  bool is_merge(llvm::Value* value) const;

  /// The place of a pointer, relative to the nearest pointer with a known type.
  Place place(llvm::Value* pointer) const;

  /// The member that an access to the pointer means.
  Meaning meaning(const Place& place, const Access& access) const;

  /// The type at a pointer, when it is one type.
  TypeAt type_at(llvm::Value* pointer, const Access& access = {}) const;

  /// Whether debug info describes what lies there, although it does not say what the whole is.
  bool is_described(llvm::Value* pointer) const { return described_.contains(pointer); }

  /// The element that a getelementptr with a variable index goes over, when its array or pointer
  /// has a known type.
  TypeAt element_of(llvm::GetElementPtrInst& gep) const;

 private:
  using Types = llvm::SmallVector<TypeAt, 2>;

  const Pointee& of_global(const llvm::GlobalVariable& global) const;
  void seed(llvm::Function& function);
  void seed_behind(llvm::Function& function);
  llvm::SmallVector<llvm::Value*, 4> addresses_behind(llvm::Function& function,
                                                      const compat::VariableLocation& location);
  void seed_results(llvm::Function& function);
  void propagate(llvm::Function& function);
  void infer(llvm::Instruction& instruction);
  void infer_load(llvm::LoadInst& load);
  Types neighbours_of(llvm::Value* pointer) const;
  void infer_store(llvm::StoreInst& store);
  void infer_temporaries(llvm::CallBase& call);
  void infer_call(llvm::CallBase& call);
  void infer_merge(llvm::Instruction& merge, llvm::ArrayRef<llvm::Value*> values);
  static bool is_nothing(const llvm::Value* value, const llvm::Instruction& merge);
  bool doubt_merges(llvm::Function& function);
  void doubt_mixed_memory(llvm::Function& function);
  llvm::SmallVector<llvm::Value*, 4> values_of_slot(llvm::LoadInst& load) const;
  bool is_of_program(llvm::Value* value) const;
  Types values_at(llvm::Value* pointer, llvm::Type* type) const;
  void learn(llvm::Value* pointer, const TypeAt& type, bool is_own = false);
  Meaning meaning_of_flavors(const Place& place, const Types& types, const Access& access) const;
  Meaning end_of_first_array(const Place& place, const TypeAt& record, const Access& access) const;
  Types candidates(const Place& place, const Access& access) const;

  const ElementTypes& types_;
  Origin origin_;
  llvm::DenseMap<llvm::Value*, Pointee> known_;
  mutable std::map<const llvm::GlobalVariable*, Pointee> globals_;
  llvm::DenseSet<llvm::Value*> seeded_;  ///< Those that debug info names itself.
  llvm::DenseSet<llvm::Value*> described_;
  bool changed_ = false;
  bool with_neighbours_ = false;
};

/// Where a getelementptr has a variable index, and how many bytes one of it is.
struct VariableIndex {
  llvm::Value* index;
  uint64_t stride;  ///< In bytes.
};

/// What a getelementptr with a variable index does with its pointer.
Access base_access(const llvm::GetElementPtrInst& gep);

/// Of a getelementptr whose only index that is no constant 0 is variable and last.
std::optional<VariableIndex> variable_index(llvm::GetElementPtrInst& gep,
                                            const llvm::DataLayout& layout);

}  // namespace btfreloc::pass
