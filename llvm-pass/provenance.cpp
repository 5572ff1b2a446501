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
// #dbg_value(%0, "t"). Both are seeds. (What a closure captures is described as lying behind a
// pointer; then the way there, load by load, leads to the seed.) From them types flow, over and
// over until nothing changes,
//
//   - through a load: a member whose type is a pointer gives a pointer to what it points to;
//   - through a getelementptr with a variable index: the element of the array;
//   - through phi and select: what may come in, all of it (doubts.cpp says when that is in doubt);
//   - out of a call, when debug info has the prototype of the function called, or of the variable
//     that holds a helper's number;
//   - through a temporary, which is no variable: what is stored there comes out;
//   - from `p[0]` to `p[i]` of a pointer to pointers, where nothing else is known of `p[i]`;
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
#include "language_types.h"
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

/// Whether a value of `inner` begins `outer`, so that a pointer to one is a pointer to the other.
bool begins_with(const TypeAt& outer, const TypeAt& inner) {
  const auto members = members_at(outer, 0, Descend::kAll);
  const TypeAt content = {strip_qualifiers(unwrapped(inner.type))};
  return any_of(members, [&](const MemberAt& member) {
    return member.type.is_same(inner) || member.type.is_same(content);
  });
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
  seed_results(function);
  propagate(function);
  seed_behind(function);
  propagate(function);
  // What pointers beside a pointer point to is taken for granted only where nothing else is known.
  with_neighbours_ = true;
  propagate(function);
  doubt_mixed_memory(function);
  for (unsigned round = 0; round < kMostRounds; ++round) {
    if (!doubt_merges(function)) break;
  }
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
  if (!type.bare()) return;
  // A constant is the same value everywhere; only a helper's number is what it is taken for.
  if (isa<Constant>(pointer) && !isa<DISubroutineType>(type.bare())) return;
  Pointee& pointee = known_[pointer];
  changed_ |= is_own && !pointee.is_own;
  pointee.is_own |= is_own;
  if (any_of(pointee.types, [&](const TypeAt& known) { return is_same_type(known, type); })) return;
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

/// Variables that lie behind pointers, such as what a closure captures: `where` is the address of
/// one, and each DW_OP_deref goes on to what lies there. Whose memory that is nobody says: a
/// reference may be to a part of a record of the kernel's.
void Provenance::seed_behind(Function& function) {
  compat::for_each_variable(function, [&](const compat::VariableLocation& location) {
    if (!location.where || !location.where->getType()->isPointerTy() || !location.is_memory) return;
    const TypeAt type = {strip_qualifiers(location.variable->getType())};
    for (Value* pointer : addresses_behind(function, location)) {
      const Pointee* known = of(pointer);
      // A variable that points there has said what it is, and so whose.
      const bool is_told = known && any_of(known->types, [&](const TypeAt& other) {
                             return is_same_type(other, type);
                           });
      if (is_told) continue;
      learn(pointer, type);
      if (type.record() || type.array()) {
        known_[pointer].doubt = "what is captured by reference, the kernel's or the program's";
      }
    }
  });
}

/// The pointers in the code that are the address of a variable behind others.
SmallVector<Value*, 4> Provenance::addresses_behind(Function& function,
                                                    const compat::VariableLocation& location) {
  using At = std::pair<Value*, int64_t>;  // an address, as a pointer and bytes from it
  SmallVector<At, 4> addresses = {{location.where, 0}};
  const auto place_from = [&](Value* pointer) {
    const Place place = place_of(pointer, types_.layout(), [](Value*) { return false; });
    return At(place.base, place.bytes());
  };
  const ArrayRef<uint64_t> elements = location.expression->getElements();
  if (!is_contained(elements, dwarf::DW_OP_deref)) return {};
  for (std::size_t i = 0; i < elements.size(); ++i) {
    if (elements[i] == dwarf::DW_OP_plus_uconst && i + 1 < elements.size()) {
      const auto bytes = static_cast<int64_t>(elements[++i]);
      for (At& address : addresses) address.second += bytes;
      continue;
    }
    if (elements[i] != dwarf::DW_OP_deref) return {};
    for (const At& address : addresses) described_.insert(address.first);
    SmallVector<At, 4> behind;
    for (Instruction& instruction : instructions(function)) {
      auto* load = dyn_cast<LoadInst>(&instruction);
      if (load && load->getType()->isPointerTy() &&
          is_contained(addresses, place_from(load->getPointerOperand()))) {
        behind.push_back({load, 0});
      }
      auto* store = dyn_cast<StoreInst>(&instruction);
      if (store && store->getValueOperand()->getType()->isPointerTy() &&
          is_contained(addresses, place_from(store->getPointerOperand()))) {
        behind.push_back(place_from(store->getValueOperand()));
      }
    }
    addresses = std::move(behind);
  }
  SmallVector<Value*, 4> pointers;
  for (const auto& [base, bytes] : addresses) {
    if (bytes == 0) pointers.push_back(base);
  }
  for (Instruction& instruction : instructions(function)) {
    if (isa<GetElementPtrInst>(&instruction) && as_constant_gep(&instruction) &&
        is_contained(addresses, place_from(&instruction))) {
      pointers.push_back(&instruction);
    }
  }
  return pointers;
}

/// Parameters that point to memory of the caller's own, although debug info has no name for them.
void Provenance::seed_results(Function& function) {
  for (Argument& argument : function.args()) {
    if (argument.hasStructRetAttr() || argument.hasByValAttr()) known_[&argument].is_own = true;
    const DISubprogram* subprogram = function.getSubprogram();
    if (argument.hasStructRetAttr() && subprogram) {
      learn(&argument, {return_type(subprogram->getType())}, /*is_own=*/true);
    }
  }
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
}

void Provenance::infer(Instruction& instruction) {
  if (auto* store = dyn_cast<StoreInst>(&instruction)) return infer_store(*store);
  if (auto* call = dyn_cast<CallBase>(&instruction)) infer_temporaries(*call);
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
  Types types = values_at(load.getPointerOperand(), load.getType());
  if (types.empty() && !of(load.getPointerOperand())) {
    // A temporary that is no variable: what is stored there comes out.
    if (const auto values = values_of_slot(load); !values.empty()) infer_merge(load, values);
  }
  erase_if(types, [](const TypeAt& type) { return !is_pointer(type.bare()); });
  const bool is_guess = types.empty() && with_neighbours_ && !known_.count(&load);
  if (is_guess) types = neighbours_of(load.getPointerOperand());
  for (const TypeAt& type : types) learn(&load, {pointee_of(type.bare())});
  if (is_guess && types.size() > 1) {
    known_[&load].doubt = "a pointer that is one of several at one place";
  }
}

/// What a pointer may be that nothing else names: `p[i]` of a pointer to pointers has the type of
/// `p[0]`; and of several pointers at one place, such as the payloads of an enum's variants, it can
/// be any. clang gives such values their types by other means.
Provenance::Types Provenance::neighbours_of(Value* pointer) const {
  const Place where = place(pointer);
  const Pointee* base = of(where.base);
  if (!base || origin_ == Origin::kClang || base->types.size() != 1) return {};
  const TypeAt& type = base->types.front();
  if (is_pointer(type.bare()) && type.size() != 0) {
    return where.bytes() % static_cast<int64_t>(type.size()) == 0 ? base->types : Types();
  }
  Types types;
  if (where.bytes() < 0) return types;
  for (const MemberAt& member :
       members_at(type, static_cast<uint64_t>(where.bytes()), Descend::kAll)) {
    if (is_pointer(member.type.bare())) types.push_back(member.type);
  }
  return types.size() > 1 ? types : Types();
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

/// Temporaries, which no variable names, are of the type of the parameter that they are passed for,
/// or of what they are copied from or to.
void Provenance::infer_temporaries(CallBase& call) {
  if (origin_ == Origin::kClang) return;
  const auto learn_temporary = [&](Value* value, const TypeAt& type) {
    if (isa<AllocaInst>(value) && !of(value) && type.record()) learn(value, type, /*is_own=*/true);
  };
  if (auto* copy = dyn_cast<MemTransferInst>(&call)) {
    for (const auto& [one, other] : {std::pair(copy->getRawSource(), copy->getRawDest()),
                                     std::pair(copy->getRawDest(), copy->getRawSource())}) {
      const Pointee* known = of(one);
      if (known && known->types.size() == 1) learn_temporary(other, known->types.front());
    }
    return;
  }
  const Function* callee = call.getCalledFunction();
  const DISubprogram* subprogram = callee ? callee->getSubprogram() : nullptr;
  if (!subprogram || !subprogram->getType()) return;
  const auto types = subprogram->getType()->getTypeArray();
  if (call.arg_size() != 0 && call.paramHasAttr(0, Attribute::StructRet)) {
    if (types.size() != 0) learn_temporary(call.getArgOperand(0), {types[0]});
    return;
  }
  // Where frontends split or drop arguments, the numbers are not those of the source.
  if (types.size() != call.arg_size() + 1) return;
  for (unsigned i = 0; i < call.arg_size(); ++i) {
    learn_temporary(call.getArgOperand(i), {pointee_of(types[i + 1])});
  }
}

void Provenance::infer_call(CallBase& call) {
  if (const Function* callee = call.getCalledFunction()) {
    if (const DISubprogram* subprogram = callee->getSubprogram()) {
      learn(&call, pointee_behind(return_type(subprogram->getType())));
    }
    return;
  }
  // A helper is called through a variable whose type is a pointer to a function, or by the constant
  // in it.
  if (const Pointee* callee = of(call.getCalledOperand())) {
    if (callee->types.size() != 1) return;
    auto* prototype = dyn_cast_or_null<DISubroutineType>(callee->types.front().bare());
    learn(&call, pointee_behind(return_type(prototype)));
  }
}

/// Whether a merge is no other for that value.
bool Provenance::is_nothing(const Value* value, const Instruction& merge) {
  return isa<ConstantPointerNull, UndefValue>(value) || value == &merge;
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
  if (!base || base->types.size() < 2) return base ? base->types : Types();
  Types types;
  for (const TypeAt& type : base->types) {
    const bool is_scalar = !type.record() && !type.array();
    const bool is_read_so =
        place.hops.empty() && access.kind == Access::Kind::kValue && access.size == type.size();
    if (is_scalar && (is_byte(type) || !is_read_so)) continue;
    const bool is_part = any_of(base->types, [&](const TypeAt& other) {
      if (other.is_same(type) || other.size() < type.size() || !begins_with(other, type))
        return false;
      // Of two that are the same in memory, such as an Option<NonNull<T>> and a NonNull<T>, the
      // first.
      return &other < &type || !begins_with(type, other);
    });
    if (!is_part) types.push_back(type);
  }
  if (!types.empty()) return types;
  copy_if(base->types, std::back_inserter(types),
          [](const TypeAt& type) { return !is_byte(type); });
  return types.empty() ? Types{base->types.front()} : types;
}

/// Several flavors of one record, such as task_struct and task_struct___old, are views of the same
/// memory: the one that has a member there is meant. None unless exactly one has.
Meaning Provenance::meaning_of_flavors(const Place& place, const Types& types,
                                       const Access& access) const {
  const auto essential = [](const TypeAt& type) {
    const StringRef name = type.record() ? type.record()->getName() : StringRef();
    return name.take_front(name.find("___"));
  };
  const StringRef name = essential(types.front());
  const bool are_flavors =
      !name.empty() && all_of(types, [&](const TypeAt& type) { return essential(type) == name; });
  if (!are_flavors || access.kind != Access::Kind::kValue) return Meaning::none();
  Meaning found;
  for (const TypeAt& type : types) {
    Meaning meaning = meaning_of(place, type, access, origin_, types_);
    if (meaning.kind == Meaning::Kind::kUnclear && !meaning.has_candidates) continue;
    if (found.kind != Meaning::Kind::kNone) return Meaning::none();
    if (meaning.kind != Meaning::Kind::kMember || !meaning.is_value) return Meaning::none();
    found = std::move(meaning);
  }
  return found;
}

/// An array that a record begins with needs no instruction to get to, so that its end looks like
/// the member that lies there. None when no such array is known of.
Meaning Provenance::end_of_first_array(const Place& place, const TypeAt& record,
                                       const Access& access) const {
  const Pointee* base = of(place.base);
  const int64_t bytes = place.bytes();
  if (origin_ == Origin::kClang || access.kind != Access::Kind::kAddress || bytes <= 0 || !base ||
      base->types.size() < 2) {
    return Meaning::none();
  }
  for (const MemberAt& member : members_at(record, 0, Descend::kAll)) {
    if (!member.type.array() || static_cast<int64_t>(member.type.size()) != bytes) continue;
    const TypeAt element = member.type.element();
    const bool is_used = any_of(base->types, [&](const TypeAt& type) {
      return type.is_same(member.type) || type.is_same(element);
    });
    if (!is_used || (access.hint.type && !access.hint.is_same(element))) continue;
    const auto next = members_at(record, static_cast<uint64_t>(bytes), Descend::kAll);
    const bool may_be_next = any_of(next, [&](const MemberAt& other) {
      return !access.hint.type || other.type.is_same(access.hint);
    });
    if (may_be_next) {
      return Meaning::unclear("the end of " + spelled(record, member.path) + " or " +
                              spelled(record, next.front().path));
    }
    Access whole;
    whole.hint = member.type;
    Meaning meaning = meaning_of({place.base, place.base, {}}, record, whole, origin_, types_);
    if (meaning.kind != Meaning::Kind::kMember) continue;
    meaning.element = element;
    meaning.elements = static_cast<int64_t>(member.type.count());
    meaning.is_value = false;
    return meaning;
  }
  return Meaning::none();
}

bool Provenance::is_merge(Value* value) const {
  if (isa<PHINode, SelectInst>(value)) return true;
  auto* load = dyn_cast<LoadInst>(value);
  return load && !of(load->getPointerOperand()) && !values_of_slot(*load).empty();
}

Meaning Provenance::meaning(const Place& place, const Access& access) const {
  const bool is_typed = !place.hops.empty() && place.hops.front().kind == Hop::Kind::kMember &&
                        origin_ == Origin::kClang;
  if (const Pointee* base = of(place.base); base && !base->doubt.empty() && !is_typed) {
    return Meaning::unclear(base->doubt);
  }
  const Types types = candidates(place, access);
  if (types.empty()) return meaning_of(place, {}, access, origin_, types_);
  if (types.size() == 1) {
    Meaning end = end_of_first_array(place, types.front(), access);
    if (end.kind != Meaning::Kind::kNone) return end;
    return meaning_of(place, types.front(), access, origin_, types_);
  }
  if (const Meaning meaning = meaning_of_flavors(place, types, access);
      meaning.kind != Meaning::Kind::kNone) {
    return meaning;
  }
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
  if (gep.getNumIndices() > 1) {
    access.array = dyn_cast<ArrayType>(gep.getSourceElementType());
  } else if (!gep.hasAllConstantIndices()) {
    const DataLayout& layout = gep.getModule()->getDataLayout();
    access.stride = layout.getTypeAllocSize(gep.getSourceElementType()).getFixedValue();
    if (gep.getSourceElementType()->isAggregateType()) access.counted = gep.getSourceElementType();
  }
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
