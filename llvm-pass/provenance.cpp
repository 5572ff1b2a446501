// Provenance: what does a pointer point to, when pointers have no types?
//
// An LLVM pointer is `ptr`. What it points to is written in two other places: in the source element
// type of a getelementptr, where the frontend still uses struct types, and in the debug info, where
// every variable has a type. This file reads the second and carries it from variables to values.
//
// A variable is known in one of two ways. Before optimisation it is a stack slot, and a debug
// record says that the slot has the type of the variable:
//
//     %t.addr = alloca ptr              ; #dbg_declare(%t.addr, "t": struct task_struct *)
//     %0 = load ptr, ptr %t.addr        ; so %0 points to a struct task_struct
//
// After it, and for some values before, a record says that a value is the variable:
// #dbg_value(%0, "t"). Both are seeds. From them types flow, over and over until nothing changes,
//
//   - through a load: a member whose type is a pointer gives a pointer to what it points to;
//   - through a getelementptr with a variable index: the element of the array;
//   - through phi and select: what may come in, all of it. One of unknown type leaves the whole in
//     doubt, and so does memory that may be the program's own or the kernel's;
//   - out of a call, when debug info has the prototype of the function called;
//   - against the arrow, from a slot or member back to the value stored there. clang's code loads a
//     variable anew for each use, so that its value needs no such help, and a cast shows as another
//     variable. Rust and others use the value that they stored.
//
// Memory that is the program's own (a stack slot, a global) keeps the layout that this program has
// for the type: what lies there is never relocated, only pointers loaded from it are followed.
//
// What is not known stays unknown, and a value that is used as two types is both of them: whether
// that matters is decided for each access, in meaning(). One rule is a choice: of two types of
// which one begins with the other, as a tcp_sock does with a sock, the value is the larger.

#include "provenance.h"

#include <algorithm>

#include "compat.h"
#include "llvm/ADT/PostOrderIterator.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

// Types flow along loops at most once each way; more rounds than this are no program's.
constexpr unsigned kMostRounds = 32;

/// clang writes "clang version" there; rustc writes "clang LLVM (rustc version 1.85.0)".
bool is_from_clang(const Function& function) {
  const DISubprogram* subprogram = function.getSubprogram();
  return subprogram && subprogram->getUnit() &&
         subprogram->getUnit()->getProducer().contains("clang version");
}

/// Externs of the kernel's own variables lie in the kernel, with its layout.
bool is_of_kernel(const GlobalVariable& global) { return global.getSection() == ".ksyms"; }

bool is_byte(const TypeAt& type) {
  const auto* basic = dyn_cast_or_null<DIBasicType>(type.bare());
  return basic && basic->getSizeInBits() == 8;
}

/// Whether a merge is no other for that value.
bool is_nothing(const Value* value, const Instruction& merge) {
  return isa<ConstantPointerNull, UndefValue>(value) || value == &merge;
}

/// Whether a value of `inner` begins `outer`, so that a pointer to one is a pointer to the other.
bool begins_with(const TypeAt& outer, const TypeAt& inner) {
  const auto members = members_at(outer, 0, Descend::kAll);
  return any_of(members, [&](const MemberAt& member) { return member.type.is_same(inner); });
}

bool is_same(const TypeAt& a, const TypeAt& b) {
  if (a.is_same(b)) return true;
  DICompositeType *one = a.record(), *other = b.record();
  return one && other && is_same_record(one, other);
}

/// The type that a function returns, as its prototype says.
DIType* return_type(const DISubroutineType* prototype) {
  if (!prototype) return nullptr;
  const auto types = prototype->getTypeArray();
  return types.size() == 0 ? nullptr : types[0];
}

}  // namespace

Provenance::Provenance(Function& function, const ElementTypes& types)
    : types_(types), origin_(is_from_clang(function) ? Origin::kClang : Origin::kAny) {
  seed(function);
  propagate(function);
}

const Pointee* Provenance::of(Value* pointer) const {
  if (const auto* global = dyn_cast<GlobalVariable>(pointer)) {
    const Pointee& pointee = of_global(*global);
    return pointee.types.empty() ? nullptr : &pointee;
  }
  const auto found = known_.find(pointer);
  return found == known_.end() ? nullptr : &found->second;
}

const Pointee& Provenance::of_global(const GlobalVariable& global) const {
  const auto [known, is_new] = globals_.try_emplace(&global);
  Pointee& pointee = known->second;
  if (!is_new) return pointee;
  pointee.is_own = !is_of_kernel(global);
  SmallVector<DIGlobalVariableExpression*, 1> expressions;
  global.getDebugInfo(expressions);
  if (expressions.empty()) return pointee;
  DIType* type = strip_qualifiers(expressions.front()->getVariable()->getType());
  if (TypeAt{type}.bare()) pointee.types.push_back({type});
  return pointee;
}

void Provenance::learn(Value* pointer, const TypeAt& type, bool is_own) {
  if (!type.bare() || isa<Constant>(pointer)) return;
  Pointee& pointee = known_[pointer];
  changed_ |= is_own && !pointee.is_own;
  pointee.is_own |= is_own;
  if (any_of(pointee.types, [&](const TypeAt& known) { return is_same(known, type); })) return;
  pointee.types.push_back(type);
  changed_ = true;
}

void Provenance::seed(Function& function) {
  compat::for_each_variable(function, [&](const compat::VariableLocation& location) {
    if (!location.where || !location.where->getType()->isPointerTy()) return;
    if (!location.is_memory) origin_ = Origin::kAny;
    if (location.expression->getNumElements() != 0) return;
    seeded_.insert(location.where);
    DIType* type = strip_qualifiers(location.variable->getType());
    if (location.is_memory) {
      learn(location.where, {type}, /*is_own=*/true);
    } else {
      learn(location.where, {pointee_of(type)});
    }
  });
}

void Provenance::propagate(Function& function) {
  const ReversePostOrderTraversal<Function*> order(&function);
  for (unsigned round = 0; round < kMostRounds; ++round) {
    changed_ = false;
    for (BasicBlock* block : order) {
      for (Instruction& instruction : *block) infer(instruction);
    }
    if (!changed_) break;
  }
  doubt_merges(function);
}

void Provenance::infer(Instruction& instruction) {
  if (auto* store = dyn_cast<StoreInst>(&instruction)) return infer_store(*store);
  if (!instruction.getType()->isPointerTy()) return;
  if (auto* load = dyn_cast<LoadInst>(&instruction)) return infer_load(*load);
  if (auto* call = dyn_cast<CallBase>(&instruction)) return infer_call(*call);
  if (auto* phi = dyn_cast<PHINode>(&instruction)) {
    const SmallVector<Value*, 4> values(phi->incoming_values());
    return infer_merge(*phi, values);
  }
  if (auto* select = dyn_cast<SelectInst>(&instruction)) {
    return infer_merge(*select, {select->getTrueValue(), select->getFalseValue()});
  }
  if (auto* gep = dyn_cast<GetElementPtrInst>(&instruction)) {
    const Pointee* base = of(place(gep->getPointerOperand()).base);
    if (const TypeAt element = element_of(*gep); element.type) {
      learn(gep, element, base && base->is_own);
    }
  }
}

void Provenance::infer_load(LoadInst& load) {
  for (const TypeAt& type : values_at(load.getPointerOperand(), load.getType())) {
    learn(&load, {pointee_of(type.bare())});
  }
}

/// The types of a value that is loaded or stored there: of the member that is meant, or, in a slot
/// of several variables, all of theirs.
Provenance::Types Provenance::values_at(Value* pointer, Type* type) const {
  const Place where = place(pointer);
  const Access access = {Access::Kind::kValue, type, types_.layout().getTypeStoreSize(type), {}};
  const Meaning member = meaning(where, access);
  if (member.kind == Meaning::Kind::kMember) {
    return member.rest == 0 ? Types{member.type} : Types();
  }
  const Pointee* base = of(where.base);
  if (!base || where.bytes() != 0) return {};
  Types types;
  copy_if(base->types, std::back_inserter(types),
          [](const TypeAt& known) { return is_pointer(known.bare()); });
  return types;
}

void Provenance::infer_store(StoreInst& store) {
  Value* value = store.getValueOperand();
  if (origin_ == Origin::kClang || !value->getType()->isPointerTy()) return;
  for (const TypeAt& type : values_at(store.getPointerOperand(), value->getType())) {
    learn(value, {pointee_of(type.bare())});
  }
}

void Provenance::infer_call(CallBase& call) {
  if (const Function* callee = call.getCalledFunction()) {
    if (const DISubprogram* subprogram = callee->getSubprogram()) {
      learn(&call, {pointee_of(return_type(subprogram->getType()))});
    }
    return;
  }
  // A helper is called through a variable whose type is a pointer to a function.
  if (const Pointee* callee = of(call.getCalledOperand())) {
    if (callee->types.size() != 1) return;
    auto* prototype = dyn_cast_or_null<DISubroutineType>(callee->types.front().bare());
    learn(&call, {pointee_of(return_type(prototype))});
  }
}

void Provenance::infer_merge(Instruction& merge, ArrayRef<Value*> values) {
  bool is_own = true;
  for (Value* value : values) {
    if (is_nothing(value, merge)) continue;
    if (const TypeAt type = type_at(value); type.type) learn(&merge, type);
    is_own &= is_of_program(value);
  }
  const auto known = known_.find(&merge);
  if (known == known_.end()) return;
  changed_ |= known->second.is_own != is_own;
  known->second.is_own = is_own;
}

/// What comes in from somewhere of unknown type, or from the program's own memory and the kernel's,
/// is not what the rest of it says.
void Provenance::doubt_merges(Function& function) {
  for (Instruction& instruction : instructions(function)) {
    SmallVector<Value*, 4> values;
    if (auto* phi = dyn_cast<PHINode>(&instruction)) {
      values.append(phi->op_begin(), phi->op_end());
    } else if (auto* select = dyn_cast<SelectInst>(&instruction)) {
      values = {select->getTrueValue(), select->getFalseValue()};
    }
    if (values.empty() || !known_.count(&instruction) || seeded_.count(&instruction)) continue;
    unsigned owned = 0, unknown = 0, count = 0;
    for (Value* value : values) {
      if (is_nothing(value, instruction)) continue;
      ++count;
      owned += is_of_program(value);
      unknown += !type_at(value).type;
    }
    if (unknown != 0)
      known_[&instruction].doubt = "a pointer that may come from one of unknown type";
    if (owned != 0 && owned != count) {
      known_[&instruction].doubt = "a pointer to the program's own memory or the kernel's";
    }
  }
}

bool Provenance::is_of_program(Value* value) const {
  Value* base = place(value).base;
  const Pointee* pointee = of(base);
  return isa<AllocaInst>(base) || (pointee && pointee->is_own);
}

Place Provenance::place(Value* pointer) const {
  if (as_constant_gep(pointer) && of(pointer)) return {pointer, pointer, {}};
  return place_of(pointer, types_.layout(), [&](Value* value) { return of(value) != nullptr; });
}

TypeAt Provenance::type_at(Value* pointer, const Access& access) const {
  const Place where = place(pointer);
  const Meaning member = meaning(where, access);
  if (member.kind == Meaning::Kind::kMember) return member.rest == 0 ? member.type : TypeAt();
  if (member.kind != Meaning::Kind::kNone || where.bytes() != 0) return {};
  const Types types = candidates(where, {});
  return types.size() == 1 ? types.front() : TypeAt();
}

/// The types of the base that an access can be understood by: without those that are another's
/// beginning, and without scalars that the access is no access to.
Provenance::Types Provenance::candidates(const Place& place, const Access& access) const {
  const Pointee* base = of(place.base);
  if (!base) return {};
  if (base->types.size() == 1) return base->types;
  Types types;
  for (const TypeAt& type : base->types) {
    const bool is_scalar = !type.record() && !type.array();
    const bool is_read_so =
        place.hops.empty() && access.kind == Access::Kind::kValue && access.size == type.size();
    if (is_scalar && (is_byte(type) || !is_read_so)) continue;
    const bool is_part = any_of(base->types, [&](const TypeAt& other) {
      return !other.is_same(type) && other.size() >= type.size() && begins_with(other, type);
    });
    if (!is_part) types.push_back(type);
  }
  if (!types.empty()) return types;
  copy_if(base->types, std::back_inserter(types),
          [](const TypeAt& type) { return !is_byte(type); });
  return types.empty() ? Types{base->types.front()} : types;
}

Meaning Provenance::meaning(const Place& place, const Access& access) const {
  const bool is_typed = !place.hops.empty() && place.hops.front().kind == Hop::Kind::kMember &&
                        origin_ == Origin::kClang;
  if (const Pointee* base = of(place.base); base && !base->doubt.empty() && !is_typed) {
    return Meaning::unclear(base->doubt);
  }
  const Types types = candidates(place, access);
  if (types.empty()) return meaning_of(place, {}, access, origin_, types_);
  if (types.size() == 1) return meaning_of(place, types.front(), access, origin_, types_);
  // A struct type says which of them it is.
  if (!place.hops.empty() && place.hops.front().kind == Hop::Kind::kMember) {
    for (const TypeAt& type : types) {
      if (type.record() && types_.corresponds(place.hops.front().record, type.record())) {
        return meaning_of(place, type, access, origin_, types_);
      }
    }
  }
  return Meaning::unclear("the pointer is used as " + spelled(types[0].type) + " and as " +
                          spelled(types[1].type));
}

TypeAt Provenance::element_of(GetElementPtrInst& gep) const {
  const auto variable = variable_index(gep, types_.layout());
  if (!variable) return {};
  const TypeAt at = type_at(gep.getPointerOperand(), base_access(gep));
  // The first row of a matrix is where the matrix is.
  for (TypeAt row = at; row.array(); row = row.element()) {
    if (row.element_size() == variable->stride) return row.element();
  }
  // An index of a pointer goes over what it points to.
  const bool is_pointer_index = gep.getNumIndices() == 1;
  if (is_pointer_index && at.type && at.size() == variable->stride) return at;
  // Which array it is may be unclear, what its elements are is not.
  auto* type = dyn_cast<StructType>(gep.getResultElementType());
  return {type ? types_.record_of(type) : nullptr};
}

Access base_access(const GetElementPtrInst& gep) {
  Access access;
  if (gep.getNumIndices() > 1) access.array = dyn_cast<ArrayType>(gep.getSourceElementType());
  return access;
}

std::optional<VariableIndex> variable_index(GetElementPtrInst& gep, const DataLayout& layout) {
  if (gep.hasAllConstantIndices() || gep.getType()->isVectorTy()) return std::nullopt;
  for (unsigned i = 1; i + 1 < gep.getNumOperands(); ++i) {
    const auto* index = dyn_cast<ConstantInt>(gep.getOperand(i));
    if (!index || !index->isZero()) return std::nullopt;
  }
  Type* element = gep.getResultElementType();
  return VariableIndex{gep.getOperand(gep.getNumOperands() - 1),
                       layout.getTypeAllocSize(element).getFixedValue()};
}

}  // namespace btfreloc::pass
