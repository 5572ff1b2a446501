// What each use of a pointer means, and what is said of those that stay as they are.

#include "examine.h"

#include <utility>

#include "compat.h"
#include "language_types.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

// Pointers with variables of their own, each bytes on from the one before, in one function.
constexpr unsigned kMostBases = 64;

bool is_boolean(const TypeAt& type) {
  const auto* basic = dyn_cast_or_null<DIBasicType>(type.bare());
  return basic && basic->getEncoding() == dwarf::DW_ATE_boolean;
}

/// Bytes are what a pointer to anything is cast to: they tell nothing.
TypeAt hint(const TypeAt& pointee) {
  if (!pointee.type || pointee.dimension != 0) return pointee;
  const TypeAt content = {strip_qualifiers(unwrapped(pointee.type))};
  const bool is_byte = content.size() == 1 && !content.record() && !is_boolean(content);
  return is_byte ? TypeAt() : content;
}

/// Whether bytes are counted that a question has been answered with, such as a member's offset.
bool is_relocated_distance(const GetElementPtrInst& gep) {
  const Value* index = gep.getOperand(gep.getNumOperands() - 1);
  while (const auto* cast = dyn_cast<CastInst>(index)) index = cast->getOperand(0);
  const auto* answer = dyn_cast<CallInst>(index);
  return answer && answer->isInlineAsm() && gep.getResultElementType()->isIntegerTy(8);
}

/// Whether `size` bytes so many bytes on from an array, or an element of one, are still in it.
bool is_in_array(const Meaning& meaning, int64_t bytes, int64_t size) {
  if (meaning.path.steps.empty() || meaning.rest != 0 || meaning.elements != 0) return false;
  TypeAt array = meaning.type;
  int64_t at = bytes;
  if (!array.array()) {
    const Step& last = meaning.path.steps.back();
    if (!as_array(last.in)) return false;
    array = {last.in, last.dimension};
    at += last.index * static_cast<int64_t>(array.element_size());
  }
  // An array without bounds has room for whatever the program takes.
  return at >= 0 && (array.count() == 0 || at + size <= static_cast<int64_t>(array.size()));
}

/// Whether a member is an array, of one dimension, of elements of that size, or an element of one.
bool is_flat_array(const Meaning& meaning, uint64_t stride) {
  DICompositeType* array = meaning.type.array();
  if (!array && !meaning.path.steps.empty()) array = as_array(meaning.path.steps.back().in);
  return array && array->getElements().size() == 1 && TypeAt{array, 0}.element_size() == stride;
}

}  // namespace

std::optional<Step> field_of(const Rewrite& rewrite) {
  if (rewrite.write) return rewrite.write->field;
  if (!rewrite.load) return std::nullopt;
  if (!rewrite.load->reads.empty()) return rewrite.load->reads.front().field;
  return rewrite.load->written;
}

void Examination::run() {
  for (Instruction& instruction : instructions(function_)) {
    for (Use& use : instruction.operands()) {
      if (use->getType()->isPointerTy()) examine(use);
    }
    if (auto* gep = dyn_cast<GetElementPtrInst>(&instruction)) examine_stride(*gep);
    if (instruction.getOpcode() == Instruction::Sub) examine_difference(instruction);
  }
}

/// What the instruction does with the pointer; nothing when it only leads on, or is no real use.
std::optional<Access> Examination::access_of(Use& use) const {
  auto* user = cast<Instruction>(use.getUser());
  const auto value = [&](Type* type) {
    Access access;
    access.kind = Access::Kind::kValue;
    access.type = type;
    access.size = layout_.getTypeStoreSize(type).getFixedValue();
    return access;
  };
  const unsigned number = use.getOperandNo();
  if (auto* load = dyn_cast<LoadInst>(user)) return value(load->getType());
  if (auto* store = dyn_cast<StoreInst>(user); store && number == 1) {
    return value(store->getValueOperand()->getType());
  }
  if (auto* update = dyn_cast<AtomicRMWInst>(user); update && number == 0) {
    return value(update->getType());
  }
  if (auto* exchange = dyn_cast<AtomicCmpXchgInst>(user); exchange && number == 0) {
    return value(exchange->getNewValOperand()->getType());
  }
  if (as_constant_gep(user)) return std::nullopt;
  if (auto* gep = dyn_cast<GetElementPtrInst>(user)) return base_access(*gep);
  Access address;
  const TypeAt pointee = hint_of(use);
  address.hint = hint(pointee);
  if (!address.hint.type) address.byte = pointee;
  if (auto* copy = dyn_cast<AnyMemIntrinsic>(user)) {
    if (auto* length = dyn_cast<ConstantInt>(copy->getLength())) {
      address.kind = Access::Kind::kBytes;
      address.size = length->getZExtValue();
    }
    return address;
  }
  if (auto* intrinsic = dyn_cast<IntrinsicInst>(user)) {
    if (isa<DbgInfoIntrinsic>(intrinsic) || intrinsic->isLifetimeStartOrEnd()) return std::nullopt;
  }
  if (auto* call = dyn_cast<CallBase>(user); call && call->isCallee(&use)) return std::nullopt;
  return address;
}

/// What the address is taken to point to where it goes.
TypeAt Examination::hint_of(const Use& use) const {
  const auto* user = cast<Instruction>(use.getUser());
  if (const auto* store = dyn_cast<StoreInst>(user)) {
    const TypeAt slot = provenance_.type_at(const_cast<Value*>(store->getPointerOperand()));
    return pointee_behind(slot.bare());
  }
  const DISubprogram* subprogram = nullptr;
  unsigned parameter = 0;
  if (const auto* call = dyn_cast<CallBase>(user)) {
    const Function* callee = call->getCalledFunction();
    if (!callee || !call->isArgOperand(&use)) return {};
    subprogram = callee->getSubprogram();
    parameter = call->getArgOperandNo(&use) + 1;
    // Where frontends split or drop arguments, the numbers are not those of the source.
    if (subprogram && subprogram->getType() &&
        subprogram->getType()->getTypeArray().size() != call->arg_size() + 1) {
      return {};
    }
  } else if (isa<ReturnInst>(user)) {
    subprogram = function_.getSubprogram();
  }
  if (!subprogram || !subprogram->getType()) return {};
  const auto types = subprogram->getType()->getTypeArray();
  return parameter < types.size() ? pointee_behind(types[parameter]) : TypeAt();
}

bool Examination::is_own(Value* base) const {
  if (isa<AllocaInst>(base)) return true;
  if (const Pointee* pointee = provenance_.of(base)) return pointee->is_own;
  const auto* global = dyn_cast<GlobalVariable>(base);
  return global && !global->isDeclaration();
}

/// Whether the place may have to do with an annotated record.
bool Examination::is_concerned(const Place& place) const {
  const auto is_annotated = [&](const TypeAt& type) { return annotations_.concerns(type.type); };
  const Pointee* pointee = provenance_.of(place.base);
  if (pointee && any_of(pointee->types, is_annotated)) return true;
  if (as_constant_gep(place.base) && is_concerned(place_behind(place.base))) return true;
  return any_of(place.hops, [&](const Hop& hop) {
    if (!hop.record) return false;
    DICompositeType* record = types_.record_of(hop.record);
    return record ? annotations_.concerns(record) : may_be_annotated(hop.record) != nullptr;
  });
}

/// The annotated record that a struct type may stand for that is no record's by its name.
DICompositeType* Examination::may_be_annotated(StructType* type) const {
  for (DICompositeType* record : annotations_.records()) {
    if (types_.corresponds(type, record)) return record;
  }
  return nullptr;
}

void Examination::skip(const Use& use, const Twine& reason) {
  const auto* user = cast<Instruction>(use.getUser());
  if (std::exchange(last_skipped_, user) == user) return;
  diagnostics_.skip(*user, reason);
}

/// Whether a pointer to a scalar is taken for one to the annotated record that begins with it.
/// Records that begin with another, as a tcp_sock does with a sock, are made to be used as both.
bool Examination::is_first_member(const Place& place, const TypeAt& record) const {
  if (!place.hops.empty() || !record.record() || !annotations_.concerns(record.type)) return false;
  const TypeAt type = provenance_.type_at(place.base);
  if (!type.type || type.record() || type.array() || type.size() < 2) return false;
  return any_of(members_at(record, 0, Descend::kAll),
                [&](const MemberAt& member) { return member.type.is_same(type); });
}

/// Whether an address may be that of the first member, from a frontend that needs no instruction to
/// get there: when it goes to a function that says nothing of its parameter, to a pointer to a byte
/// that the record begins with, or when the pointer is used as the member elsewhere.
bool Examination::may_be_first_member(const Use& use, const Place& place,
                                      const Access& access) const {
  // An index of 0 into bytes leads nowhere, either.
  const bool is_here = all_of(
      place.hops, [](const Hop& hop) { return hop.kind == Hop::Kind::kBytes && hop.bytes == 0; });
  if (access.kind != Access::Kind::kAddress || access.hint.type || !is_here ||
      provenance_.origin() == Origin::kClang || isa<ICmpInst, PtrToIntInst>(use.getUser())) {
    return false;
  }
  const TypeAt type = provenance_.type_at(place.base);
  DICompositeType* record = type.record();
  if (!record || !annotations_.contains(record) || is_union(record)) return false;
  if (access.byte.type) {
    return any_of(members_at(type, 0, Descend::kAll),
                  [&](const MemberAt& member) { return member.type.is_same(access.byte); });
  }
  const auto* call = dyn_cast<CallBase>(use.getUser());
  if (call && !isa<IntrinsicInst>(call)) return true;
  const Pointee* pointee = provenance_.of(place.base);
  return pointee && pointee->types.size() > 1 &&
         isa<StoreInst, ReturnInst, MemIntrinsic>(use.getUser());
}

/// What may concern an annotated record although nothing says so.
void Examination::report_unknown(const Use& use, const Place& place, const Access& access) {
  if (isa<Constant>(place.base)) return;
  const bool is_arithmetic = !place.hops.empty() && all_of(place.hops, [](const Hop& hop) {
    return hop.kind == Hop::Kind::kBytes;
  });
  if (annotations_.concerns(access.hint.type) && is_arithmetic && place.bytes() <= 0) {
    return skip(use, "a pointer to " + spelled(access.hint.type) + " is made by going back " +
                         Twine(-place.bytes()) + " bytes, as this program has them");
  }
  if (is_first_member(place, access.hint)) {
    return skip(use, "a pointer to the first member of " + spelled(access.hint.type) +
                         " becomes one to the record, as this program has it");
  }
  if (access.kind != Access::Kind::kValue) return;
  if (provenance_.origin() == Origin::kClang) {
    const Pointee* pointee = provenance_.of(place.base);
    if (place.hops.empty() && (!pointee || pointee->types.empty())) report_first_bits(use);
    report_unknown_struct(use, place);
    return;
  }
  const Pointee* pointee = provenance_.of(place.base);
  const bool is_known = pointee && any_of(pointee->types, [&](const TypeAt& type) {
                          return type.record() || type.array() || type.size() == access.size;
                        });
  // In strict mode nothing may be left alone because nobody knows what it is.
  if (diagnostics_.is_strict() && !is_known && !provenance_.is_described(place.base)) {
    skip(use, Twine(access.size) + " bytes at offset " + Twine(place.bytes()) +
                  " of a pointer whose type debug info does not tell");
  }
}

/// clang reaches the bitfields in the first bytes of a record by the record's own pointer, which
/// may have been cast.
void Examination::report_first_bits(const Use& use) {
  for (DICompositeType* record : annotations_.with_first_bits()) {
    if (!may_access_bitfield(*cast<Instruction>(use.getUser()), {{}, record, 0})) continue;
    return skip(use, "what may be a bitfield of " + spelled(record) +
                         ", by a pointer that is not of its type");
  }
}

/// A member of a struct type that is none in the debug info, by a pointer of unknown type. Whether
/// there was something to say.
bool Examination::report_unknown_struct(const Use& use, const Place& place) {
  for (const Hop& hop : place.hops) {
    if (!hop.record || types_.record_of(hop.record)) continue;
    if (DICompositeType* record = may_be_annotated(hop.record)) {
      skip(use,
           "what may be a member of " + spelled(record) + ", by a pointer that is not of its type");
      return true;
    }
    if (diagnostics_.is_strict() && hop.record->hasName()) {
      skip(use,
           Twine("a member of %") + hop.record->getName() + ", which debug info does not have");
      return true;
    }
  }
  return false;
}

/// A record that is copied as a whole keeps the kernel's layout in a place that is read with this
/// program's.
void Examination::report_copy(const Rewrite& rewrite, const TypeAt& type, const Access& access) {
  if (access.kind != Access::Kind::kBytes || !annotations_.concerns(type.type)) return;
  TypeAt record = type;
  while (record.array()) record = record.element();
  const bool is_part = any_of(members_at(record, 0, Descend::kAll), [&](const MemberAt& member) {
    return member.type.size() == access.size && annotations_.concerns(member.type.type);
  });
  if (access.size < record.size() && !is_part) return;
  std::string what = std::to_string(access.size) + " bytes of " + spelled(type.type);
  if (!rewrite.meaning.path.steps.empty()) {
    what = spelled(rewrite.meaning.root, rewrite.meaning.path) + ": " + what;
  }
  skip(*rewrite.use,
       what + " are copied as they are, with the kernel's layout and this program's size");
}

void Examination::examine(Use& use) {
  const std::optional<Access> access = access_of(use);
  if (!access) return;
  const Place place = provenance_.place(use.get());
  if (is_own(place.base)) return;
  if (use->getType()->getPointerAddressSpace() != 0) {
    if (is_concerned(place)) skip(use, "a pointer to another address space");
    return;
  }
  const Meaning meaning = provenance_.meaning(place, *access);
  Value* base = meaning.base ? meaning.base : place.base;
  switch (meaning.kind) {
    case Meaning::Kind::kUnclear:
      if (is_concerned(place)) return skip(use, meaning.reason);
      report_unknown(use, place, *access);
      return;
    case Meaning::Kind::kStorage:
      if (chains_.concerns(meaning)) examine_bitfield(use, place, meaning);
      return;
    case Meaning::Kind::kNone:
      if (may_be_bitfield(use, meaning)) {
        return skip(
            use, "a member of " + spelled(meaning.root.type) + " or a bitfield at the same place");
      }
      if (!meaning.doubt.empty() && is_concerned(place)) return skip(use, meaning.doubt);
      if (may_be_first_member(use, place, *access)) {
        return skip(use, "the address of a record or of its first member, which are the same here");
      }
      if (access->kind == Access::Kind::kBytes && place.hops.empty()) {
        report_copy({&use, place.base, {}, {}, {}}, provenance_.type_at(place.base), *access);
      }
      if (isa<MemTransferInst>(use.getUser()) && access->kind == Access::Kind::kAddress &&
          place.hops.empty() && annotations_.concerns(provenance_.type_at(place.base).type)) {
        return skip(use, "records of " + spelled(provenance_.type_at(place.base).type) +
                             " are copied as they are, with the kernel's layout and this program's "
                             "size");
      }
      report_unknown(use, place, *access);
      break;
    case Meaning::Kind::kMember:
      if (!chains_.concerns(meaning)) break;
      if (const std::string reason = chains_.obstacle(meaning); !reason.empty()) {
        return skip(use, reason);
      }
      // Where pointers meet, they may be null, or have been the member's before.
      if (place.hops.empty() && access->kind != Access::Kind::kValue &&
          provenance_.origin() != Origin::kClang && provenance_.is_merge(place.base)) {
        return skip(use, "the address of a record or of its first member, which are the same here");
      }
      if (may_be_bitfield(use, meaning)) {
        return skip(use, spelled(meaning.root, meaning.path) + ", or a bitfield at the same place");
      }
      if (!examine_base(use, base)) return;
      rewrites_.push_back({&use, base, meaning, {}, {}});
      if (const std::string reason = chains_.reservation(meaning); !reason.empty()) {
        skip(use, reason);
      }
      return report_copy(rewrites_.back(), meaning.elements != 0 ? meaning.element : meaning.type,
                         *access);
  }
  examine_onward(use, base, *access);
}

/// What is no annotated member itself may be bytes on from one: the base may be the address of a
/// member, which another variable has been given.
void Examination::examine_onward(Use& use, Value* base, const Access& access) {
  const auto based = base_meaning(base);
  if (!based || !examine_base(use, base)) return;
  Meaning onward;
  if (use.get() != base) {
    onward.rest = place_of(use.get(), layout_, [&](Value* value) { return value == base; }).bytes();
  }
  const Meaning& member = based->member ? *based->member : based->meaning;
  const TypeAt type = provenance_.type_at(base);
  const auto size = static_cast<int64_t>(access.kind == Access::Kind::kAddress ? 0 : access.size);
  const bool is_scalar = type.type && !type.record() && !type.array();
  const int64_t bytes = based->bytes + onward.rest;
  if (is_scalar && (bytes != 0 || size > static_cast<int64_t>(type.size())) &&
      !is_in_array(member, bytes, size)) {
    return skip(use, Twine(bytes) + " bytes on from " + spelled(member.root, member.path) +
                         ": it is outside of it");
  }
  if (is_scalar && access.stride != 0 && !is_flat_array(member, access.stride)) {
    return skip(
        use, "an index from " + spelled(member.root, member.path) + ", which is no array of that");
  }
  rewrites_.push_back({&use, base, onward, {}, {}});
  if (!member.doubt.empty()) skip(use, member.doubt);
}

/// The bitfield of one of the records that may have some there, by the bits that the code takes.
std::optional<Rewrite> Examination::match(Use& use, Value* base, const Meaning& meaning,
                                          const Storage& storage) const {
  if (!annotations_.contains(storage.record)) return std::nullopt;
  Rewrite rewrite = {&use, base, meaning, {}, {}};
  rewrite.meaning.kind = Meaning::Kind::kStorage;
  rewrite.meaning.path = storage.path;
  rewrite.meaning.storages = {storage};
  auto* load = dyn_cast<LoadInst>(use.getUser());
  auto* store = dyn_cast<StoreInst>(use.getUser());
  if (load && load->getType()->isIntegerTy()) rewrite.load = match_load(*load, storage);
  if (store && store->getValueOperand()->getType()->isIntegerTy()) {
    rewrite.write = match_store(*store, storage);
  }
  if (!rewrite.load && !rewrite.write) return std::nullopt;
  return rewrite;
}

void Examination::examine_bitfield(Use& use, const Place& place, const Meaning& meaning) {
  Value* base = meaning.base ? meaning.base : place.base;
  const Storage* storage = nullptr;
  for (const Storage& candidate : meaning.storages) {
    if (!may_access_bitfield(*cast<Instruction>(use.getUser()), candidate)) continue;
    if (storage) {
      return skip(
          use, "a bitfield of " + spelled(storage->record) + " or of " + spelled(candidate.record));
    }
    storage = &candidate;
  }
  const std::string record = spelled(meaning.storages.front().record);
  if (!storage) return skip(use, "bits of " + record + " that are no bitfield of it");
  std::optional<Rewrite> found = match(use, base, meaning, *storage);
  if (!found)
    return skip(use, "bits of " + record +
                         " that several of its bitfields have, or no load of eight bytes");
  const std::optional<Step> field = field_of(*found);
  if (!field) return;
  if (const std::string reason = chains_.obstacle(found->meaning, field); !reason.empty()) {
    return skip(use, reason);
  }
  if (examine_base(use, base)) rewrites_.push_back(std::move(*found));
}

/// Whether what looks like a member is accessed as a bitfield is that a union has at the same
/// place.
bool Examination::may_be_bitfield(const Use& use, const Meaning& meaning) const {
  return any_of(meaning.storages, [&](const Storage& storage) {
    return annotations_.contains(storage.record) &&
           may_access_bitfield(*cast<Instruction>(use.getUser()), storage);
  });
}

void Examination::examine_stride(GetElementPtrInst& gep) {
  if (gep.hasAllConstantIndices() || is_relocated_distance(gep) ||
      gep.getPointerAddressSpace() != 0)
    return;
  const Place place = provenance_.place(gep.getPointerOperand());
  if (is_own(place.base)) return;
  const TypeAt element = provenance_.element_of(gep);
  const Meaning array = provenance_.meaning(place, base_access(gep));
  if (!element.type) {
    const bool is_lost =
        is_exact_ && is_concerned(place) &&
        (gep.getResultElementType()->isAggregateType() || provenance_.origin() == Origin::kAny ||
         array.kind == Meaning::Kind::kNone);
    if (is_lost) diagnostics_.skip(gep, "an index of an array that cannot be told");
    return;
  }
  if (!chains_.may_differ(element, &array)) return;
  if (chains_.has_stride(element, &array)) {
    strides_.push_back({&gep, element, array});
  } else {
    diagnostics_.skip(gep, "an index over elements of " + spelled(element.type) +
                               ", whose size in the kernel cannot be asked for");
  }
}

/// How many elements lie between two pointers is computed with this program's size of them.
void Examination::examine_difference(Instruction& difference) {
  const bool is_divided = any_of(difference.users(), [](const User* user) {
    const auto* division = dyn_cast<PossiblyExactOperator>(user);
    return division && division->isExact();
  });
  if (!is_divided) return;
  for (Value* operand : difference.operands()) {
    auto* cast = dyn_cast<PtrToIntInst>(operand);
    if (!cast) return;
    const TypeAt element = provenance_.type_at(cast->getPointerOperand());
    if (!element.type || is_own(provenance_.place(cast->getPointerOperand()).base) ||
        !chains_.may_differ(element, nullptr)) {
      continue;
    }
    return diagnostics_.skip(difference, "the difference of pointers to " + spelled(element.type) +
                                             ", which this program's size divides");
  }
}

/// What a base means that is itself the address of a member, relative to a base of its own.
std::optional<Based> Examination::base_meaning(Value* base, unsigned depth) const {
  if (!as_constant_gep(base)) return std::nullopt;
  const Place place = place_behind(base);
  if (is_own(place.base)) return std::nullopt;
  Access address;
  if (const Pointee* pointee = provenance_.of(base); pointee && !pointee->types.empty()) {
    const bool is_one = pointee->types.size() == 1;
    address.hint = hint(is_one ? pointee->types.front() : provenance_.type_at(base));
  }
  Based based = {place, provenance_.meaning(place, address)};
  const Meaning& meaning = based.meaning;
  const bool is_member = meaning.kind == Meaning::Kind::kMember && chains_.concerns(meaning);
  const bool is_unclear = meaning.kind == Meaning::Kind::kUnclear && is_concerned(place);
  if (!is_member && !is_unclear) {
    if (is_first_byte(base, place)) {
      return Based{
          place, {}, "the address of a record or of its first member, which are the same here"};
    }
    return further_on(place, depth);
  }
  based.obstacle = is_member ? chains_.obstacle(meaning) : meaning.reason;
  return based;
}

/// Whether an index of 0 leads to a byte that an annotated record begins with.
bool Examination::is_first_byte(Value* base, const Place& place) const {
  const Pointee* pointee = provenance_.of(base);
  const TypeAt record = provenance_.type_at(place.base);
  if (!pointee || place.bytes() != 0 || provenance_.origin() == Origin::kClang ||
      !record.record() || !annotations_.contains(record.record())) {
    return false;
  }
  return any_of(members_at(record, 0, Descend::kAll), [&](const MemberAt& member) {
    return member.type.size() == 1 &&
           any_of(pointee->types, [&](const TypeAt& type) { return type.is_same(member.type); });
  });
}

/// A place that is no annotated member, but bytes on from one: an element of it, say.
std::optional<Based> Examination::further_on(const Place& place, unsigned depth) const {
  if (depth > kMostBases) {
    return Based{place, {}, "an address of an address of a member, and so on, too many times"};
  }
  const auto based = base_meaning(place.base, depth + 1);
  if (!based) return std::nullopt;
  Based onward = {place, {}, based->obstacle};
  onward.meaning.rest = place.bytes();
  onward.member = based->member ? based->member : std::make_shared<Meaning>(based->meaning);
  onward.bytes = based->bytes + place.bytes();
  return onward;
}

/// Whether the base, where it is the address of a member, can be relocated; else says why not.
bool Examination::examine_base(const Use& use, Value* base) {
  const auto based = base_meaning(base);
  if (!as_constant_gep(base)) return true;
  const Place place = place_behind(base);
  const bool is_backwards = any_of(
      place.hops, [](const Hop& hop) { return hop.kind == Hop::Kind::kBytes && hop.bytes <= 0; });
  const TypeAt type = provenance_.type_at(base);
  const bool is_scalar = type.type && !type.record() && !type.array();
  if (is_backwards && !(based && based->member && is_scalar)) {
    skip(use, "the record is found by going back " + Twine(-place.bytes()) +
                  " bytes, as this program has them");
    return true;
  }
  if (!based) return !report_unknown_struct(use, place);
  if (based->obstacle.empty()) return true;
  skip(use, based->obstacle);
  return false;
}

/// The place of a pointer relative to what it was made from.
Place Examination::place_behind(Value* pointer) const {
  return place_of(pointer, layout_, [&](Value* value) { return provenance_.of(value) != nullptr; });
}

}  // namespace btfreloc::pass
