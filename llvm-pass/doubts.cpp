// Doubts: where pointers meet, is what comes out the kernel's?
//
// Types flow through phi, select and memory (provenance.cpp), but not all that meets there has the
// same owner or is known at all. A doubt says why a pointer may be something else than its type
// tells; accesses through it are left alone, with a remark.

#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "provenance.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

constexpr const char* kOwnOrKernel = "a pointer to the program's own memory or the kernel's";

/// Whether others than the loads and stores here may write a variable.
bool escapes(const AllocaInst& slot) {
  return any_of(slot.users(), [&](const User* user) {
    const auto* store = dyn_cast<StoreInst>(user);
    if (store) return store->getPointerOperand() != &slot;
    const auto* call = dyn_cast<IntrinsicInst>(user);
    return !isa<LoadInst>(user) && !(call && call->isLifetimeStartOrEnd());
  });
}

/// Whether the pointer is a variable that only the loads and stores here use.
bool is_variable(const Value* pointer) {
  const auto* slot = dyn_cast<AllocaInst>(pointer);
  return slot && !escapes(*slot);
}

}  // namespace

bool Provenance::is_of_program(Value* value) const {
  Value* base = place(value).base;
  const Pointee* pointee = of(base);
  return isa<AllocaInst>(base) || (pointee && pointee->is_own);
}

/// What is stored to the variable that is loaded, where a frontend has no phi for it. What clang
/// makes of such a variable is relocated by its own attribute, whatever is stored.
SmallVector<Value*, 4> Provenance::values_of_slot(LoadInst& load) const {
  auto* slot = dyn_cast<AllocaInst>(load.getPointerOperand());
  if (!slot || origin_ == Origin::kClang || !load.getType()->isPointerTy()) return {};
  SmallVector<Value*, 4> values;
  for (User* user : slot->users()) {
    auto* store = dyn_cast<StoreInst>(user);
    if (store && store->getPointerOperand() == slot) values.push_back(store->getValueOperand());
  }
  return values;
}

/// What comes in from somewhere of unknown type, or from the program's own memory and the kernel's,
/// is not what the rest of it says.
bool Provenance::doubt_merges(Function& function) {
  bool changed = false;
  for (Instruction& instruction : instructions(function)) {
    SmallVector<Value*, 4> values;
    if (auto* phi = dyn_cast<PHINode>(&instruction)) {
      values.append(phi->op_begin(), phi->op_end());
    } else if (auto* select = dyn_cast<SelectInst>(&instruction)) {
      values = {select->getTrueValue(), select->getFalseValue()};
    }
    bool may_be_written = false;
    if (auto* load = dyn_cast<LoadInst>(&instruction)) {
      values = values_of_slot(*load);
      may_be_written = !values.empty() && escapes(*cast<AllocaInst>(load->getPointerOperand()));
    }
    if (values.empty() || !known_.count(&instruction) || seeded_.count(&instruction)) continue;
    Pointee& merged = known_[&instruction];
    unsigned owned = 0, unknown = 0, count = 0;
    TypeAt first;
    bool are_of_one_type = true;
    for (Value* value : values) {
      if (is_nothing(value, instruction)) continue;
      ++count;
      owned += is_of_program(value);
      const TypeAt type = type_at(value);
      unknown += !type.type;
      if (!first.type) first = type;
      are_of_one_type &= !type.type || is_same_type(type, first);
      const Pointee* from = of(value);
      if (from && merged.doubt.empty() && !from->doubt.empty()) {
        merged.doubt = from->doubt;
        changed = true;
      }
    }
    const bool is_own = owned != 0 && owned == count && !may_be_written;
    changed |= is_own && !merged.is_own;
    merged.is_own |= is_own;
    if (!merged.doubt.empty()) continue;
    if (unknown != 0) merged.doubt = "a pointer that may come from one of unknown type";
    if (owned != 0 && (owned != count || may_be_written)) {
      merged.doubt = kOwnOrKernel;
    }
    if (merged.doubt.empty() && !are_of_one_type && is_merge(&instruction)) {
      merged.doubt = "a pointer to " + spelled(first.type) + " or to something else there";
    }
    changed |= !merged.doubt.empty();
  }
  return changed;
}

/// Records of the program's own whose address goes where it is not followed: to a function, or to
/// memory that is more than a variable. Pointers to such records that come out of such memory may
/// be that address.
void Provenance::doubt_mixed_memory(Function& function) {
  if (origin_ == Origin::kClang) return;
  Types own;
  const auto note = [&](Value* value) {
    const Pointee* pointee =
        value->getType()->isPointerTy() && is_of_program(value) ? of(place(value).base) : nullptr;
    if (!pointee) return;
    copy_if(pointee->types, std::back_inserter(own),
            [](const TypeAt& type) { return type.record() != nullptr; });
  };
  for (Instruction& instruction : instructions(function)) {
    auto* store = dyn_cast<StoreInst>(&instruction);
    if (store && !is_variable(store->getPointerOperand())) note(store->getValueOperand());
    auto* call = dyn_cast<CallBase>(&instruction);
    if (!call || isa<IntrinsicInst>(call)) continue;
    for (Value* argument : call->args()) note(argument);
  }
  for (Instruction& instruction : instructions(function)) {
    auto* load = dyn_cast<LoadInst>(&instruction);
    const auto known = known_.find(&instruction);
    if (!load || known == known_.end() || seeded_.count(load) || !known->second.doubt.empty()) {
      continue;
    }
    Value* from = load->getPointerOperand();
    const bool is_mixed = any_of(own, [&](const TypeAt& record) {
      return any_of(known->second.types,
                    [&](const TypeAt& type) { return is_same_type(type, record); });
    });
    if (is_mixed && is_of_program(from) && !is_variable(from)) known->second.doubt = kOwnOrKernel;
  }
}

}  // namespace btfreloc::pass
