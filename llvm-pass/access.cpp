// Which member an access means.
//
// A Walk follows the hops of a place through the debug info, from the type that the base points to.
// A hop through a struct type names a member by itself; bytes name one only when exactly one member
// lies there that the access fits. Where several do, as in a union, what they have in common is the
// answer if that alone already lies at the right byte: a member of a union is where the union is.

#include "access.h"

#include <algorithm>

#include "llvm/BinaryFormat/Dwarf.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

bool is_float(const TypeAt& type) {
  const auto* basic = dyn_cast_or_null<DIBasicType>(type.bare());
  return basic && basic->getEncoding() == dwarf::DW_ATE_float;
}

bool is_scalar(const TypeAt& type) { return type.bare() && !type.array() && !type.record(); }

/// Whether one value of the type is what the instruction loads or stores.
bool fits(const TypeAt& type, const Access& access) {
  if (!is_scalar(type) || type.size() != access.size) return false;
  if (access.kind == Access::Kind::kBytes) return true;
  return is_pointer(type.bare()) == access.type->isPointerTy() &&
         is_float(type) == access.type->isFloatingPointTy();
}

bool is_array(const TypeAt& type, Type* element, uint64_t count, const DataLayout& layout);

/// Whether an LLVM type can stand for the type of an element.
bool is_element(const TypeAt& type, Type* element, const DataLayout& layout) {
  if (auto* array = dyn_cast<ArrayType>(element); array && type.array()) {
    return is_array(type, array->getElementType(), array->getNumElements(), layout);
  }
  if (element->isAggregateType() && !type.record()) return false;
  if ((element->isIntegerTy() || element->isPointerTy()) && (type.record() || type.array())) {
    return false;
  }
  return type.size() == layout.getTypeAllocSize(element);
}

bool is_array(const TypeAt& type, Type* element, uint64_t count, const DataLayout& layout) {
  return type.array() && (type.count() == count || count == 0 || type.count() == 0) &&
         is_element(type.element(), element, layout);
}

/// Whether the last member begins where the record ends, and reaches as far as it is asked to.
bool ends_in_flexible_array(const TypeAt& type) {
  DICompositeType* record = type.record();
  if (!record || is_union(record) || record->getElements().empty()) return false;
  const DIDerivedType* last = as_member(record->getElements()[record->getElements().size() - 1]);
  return last && !last->isBitField() && offset_of(last) == type.size() &&
         size_of(last->getBaseType()) == 0 && as_array(last->getBaseType());
}

bool is_array_of_stride(const TypeAt& type, const Access& access) {
  return access.stride != 0 && type.array() && type.element_size() == access.stride;
}

/// The members an access can mean.
SmallVector<MemberAt, 4> fitting(ArrayRef<MemberAt> members, const Access& access,
                                 const DataLayout& layout) {
  SmallVector<MemberAt, 4> result;
  if (access.array) {
    copy_if(members, std::back_inserter(result), [&](const MemberAt& member) {
      return is_array(member.type, access.array->getElementType(), access.array->getNumElements(),
                      layout);
    });
    if (!result.empty()) return result;
  }
  if (access.stride != 0) {
    copy_if(members, std::back_inserter(result),
            [&](const MemberAt& member) { return is_array_of_stride(member.type, access); });
    if (!result.empty()) return result;
  }
  if (access.kind == Access::Kind::kAddress) {
    if (access.hint.type) {
      copy_if(members, std::back_inserter(result),
              [&](const MemberAt& member) { return member.type.is_same(access.hint); });
    }
    if (result.empty()) result.append(members.begin(), members.end());
    return result;
  }
  if (access.kind == Access::Kind::kBytes && access.hint.type) {
    copy_if(members, std::back_inserter(result), [&](const MemberAt& member) {
      return member.type.is_same(access.hint) && member.type.size() == access.size;
    });
    if (!result.empty()) return result;
  }
  if (access.kind == Access::Kind::kValue) {
    copy_if(members, std::back_inserter(result),
            [&](const MemberAt& member) { return fits(member.type, access); });
    if (!result.empty()) return result;
    // Two arrays are compared as one number each.
    copy_if(members, std::back_inserter(result), [&](const MemberAt& member) {
      return member.type.array() && is_scalar(member.type.element()) &&
             member.type.size() == access.size && access.type->isIntegerTy();
    });
    return result;
  }
  copy_if(members, std::back_inserter(result),
          [&](const MemberAt& member) { return member.type.size() == access.size; });
  return result;
}

/// What all of them begin with, as a member of `all`; null when that is not one.
const MemberAt* common_prefix(ArrayRef<MemberAt> members, ArrayRef<MemberAt> all) {
  std::size_t length = members.front().path.steps.size();
  for (const MemberAt& member : members) {
    const auto& first = members.front().path.steps;
    const auto& steps = member.path.steps;
    std::size_t same = 0;
    while (same < length && same < steps.size() && steps[same] == first[same]) ++same;
    length = same;
  }
  const ArrayRef<Step> prefix = ArrayRef<Step>(members.front().path.steps).take_front(length);
  const auto* found = find_if(
      all, [&](const MemberAt& member) { return ArrayRef<Step>(member.path.steps) == prefix; });
  return found == all.end() ? nullptr : found;
}

/// Whether bitfields of the record lie in the bytes.
bool has_bitfields(const DICompositeType* record, uint64_t offset, uint64_t size) {
  return any_of(record->getElements(), [&](const Metadata* element) {
    const DIDerivedType* member = as_member(element);
    return member && member->isBitField() && member->getOffsetInBits() < (offset + size) * 8 &&
           member->getOffsetInBits() + member->getSizeInBits() > offset * 8;
  });
}

class Walk {
 public:
  Walk(const TypeAt& root, Origin origin, const ElementTypes& types)
      : at_(root), origin_(origin), types_(types) {
    meaning_.root = root;
  }

  void follow(const Place& place, const Access& access) {
    is_value_ = access.kind == Access::Kind::kValue;
    for (unsigned i = 0; i < place.hops.size(); ++i) {
      const Hop& hop = place.hops[i];
      switch (hop.kind) {
        case Hop::Kind::kBytes: follow_bytes(hop); break;
        case Hop::Kind::kPointer: follow_pointer(hop, place, i); break;
        case Hop::Kind::kElement: follow_element(hop, place, i); break;
        case Hop::Kind::kMember: follow_member(hop, place, i); break;
      }
    }
  }

  Meaning finish(const Access& access);

 private:
  void follow_bytes(const Hop& hop);
  bool reach_element(const Hop& hop);
  void follow_pointer(const Hop& hop, const Place& place, unsigned number);
  void follow_element(const Hop& hop, const Place& place, unsigned number);
  void count_elements(DICompositeType* element, const Place& place, unsigned number);
  void follow_member(const Hop& hop, const Place& place, unsigned number);
  void restart(DICompositeType* record, Value* base, int64_t bytes);
  void add_storages(const Access& access);
  void step_into(StructType* type, unsigned field);
  bool reach(function_ref<bool(const TypeAt&)> is_wanted);

  Meaning finish_by_offset(const Access& access);
  Meaning finish_typed(const Access& access);
  Meaning member(const MemberAt& found, int64_t rest, const Access& access);
  Meaning outside(const Access& access) const;
  std::string doubt(const Access& access, ArrayRef<MemberAt> candidates, std::size_t shared) const;
  Meaning ambiguous(const Access& access, ArrayRef<MemberAt> candidates) const;
  std::string described(const Access& access) const;

  void append(const MemberAt& member) {
    meaning_.path.steps.append(member.path.steps.begin(), member.path.steps.end());
    at_ = member.type;
  }
  /// Whether every member was named: then what has no name is no member.
  bool is_exact() const { return origin_ == Origin::kClang; }
  Descend descend() const { return is_exact() ? Descend::kAtNoCost : Descend::kAll; }
  bool counts_parts(const Access& access) const;
  bool is_at_end_of_array(const Access& access) const;
  Meaning end_of_array(const Access& access);
  bool is_other_scalar(const Access& access) const;
  bool is_at_root() const {
    return meaning_.path.steps.empty() && bytes_ == 0 && meaning_.first_index == 0;
  }

  Meaning meaning_;
  TypeAt at_;             ///< The end of the path so far.
  int64_t elements_ = 0;  ///< Values of meaning_.element from there.
  int64_t bytes_ = 0;     ///< From there, by no name yet.
  DICompositeType* storage_ = nullptr;
  uint64_t storage_offset_ = 0;
  bool is_by_offset_ = false;  ///< A struct type did not say which member it meant.
  bool is_raw_ = false;        ///< The last hops were of bytes.
  bool is_value_ = false;      ///< The access loads or stores.
  Origin origin_;
  const ElementTypes& types_;
};

void Walk::follow_bytes(const Hop& hop) {
  if (!is_exact() && reach_element(hop)) {
    append(element_step(at_, static_cast<uint64_t>(hop.index)));
    is_raw_ = false;
    return;
  }
  bytes_ += hop.bytes;
  is_raw_ = true;
}

void Walk::follow_pointer(const Hop& hop, const Place& place, unsigned number) {
  auto* type = dyn_cast<StructType>(hop.element);
  DICompositeType* record = at_.record();
  if (type && record && is_at_root() && types_.corresponds(type, record)) {
    meaning_.first_index = hop.index;
    at_ = meaning_.root = {record};
  } else if (type && record && bytes_ == 0 && elements_ == 0 && types_.corresponds(type, record)) {
    count_elements(record, place, number);
  } else if (!is_exact() && reach_element(hop)) {
    append(element_step(at_, static_cast<uint64_t>(hop.index)));
    is_raw_ = false;
  } else {
    bytes_ += hop.bytes;
  }
}

/// Frontends without struct types count the elements of an array from where it begins, and name
/// only how large one is: rustc writes `getelementptr %inner, ptr %p, i64 0` for `(*p).array[0]`.
bool Walk::reach_element(const Hop& hop) {
  if (!hop.element || !hop.element->isAggregateType() || hop.index < 0) return false;
  const uint64_t size = types_.layout().getTypeAllocSize(hop.element);
  if (!at_.record() || size >= at_.size()) return false;
  return reach([&](const TypeAt& type) {
    return type.array() && type.element_size() == size &&
           static_cast<uint64_t>(hop.index) < type.count();
  });
}

/// Goes to one of several records of a type, of which only the first is found. What follows is in
/// that record: it has a root of its own there, whose address then is the elements' distance away.
void Walk::count_elements(DICompositeType* element, const Place& place, unsigned number) {
  const bool is_last = number + 1 == place.hops.size();
  Value* here = !is_last ? place.hops[number + 1].from : is_value_ ? place.pointer : nullptr;
  if (here) return restart(element, here, 0);
  elements_ = place.hops[number].index;
  meaning_.element = {element};
}

void Walk::follow_element(const Hop& hop, const Place& place, unsigned number) {
  const auto is_wanted = [&](const TypeAt& type) {
    return is_array(type, hop.element, hop.count, types_.layout());
  };
  const bool is_inside = hop.index >= 0 && hop.index <= UINT32_MAX &&
                         (hop.count == 0 || static_cast<uint64_t>(hop.index) < hop.count);
  if (is_inside && !storage_ && reach(is_wanted)) {
    append(element_step(at_, static_cast<uint64_t>(hop.index)));
    is_raw_ = false;
    return;
  }
  // Which member the array is may be unclear, what its elements are is not.
  auto* type = dyn_cast<StructType>(hop.element);
  DICompositeType* record = type ? types_.record_of(type) : nullptr;
  if (record && bytes_ == 0 && elements_ == 0) {
    return count_elements(record, place, number);
  }
  is_by_offset_ |= hop.element->isAggregateType();
  bytes_ += hop.bytes;
}

void Walk::follow_member(const Hop& hop, const Place& place, unsigned number) {
  const auto is_wanted = [&](const TypeAt& type) {
    DICompositeType* record = type.record();
    return record && types_.corresponds(hop.record, record);
  };
  // Relocations count upwards: what lies before the pointer is reached by plain bytes.
  if (!storage_ && meaning_.first_index >= 0 && reach(is_wanted)) {
    step_into(hop.record, static_cast<unsigned>(hop.index));
  } else if (DICompositeType* record = types_.record_of(hop.record)) {
    int64_t bytes = 0;
    for (unsigned i = 0; i < number; ++i) bytes += place.hops[i].bytes;
    restart(record, hop.from, hop.from ? 0 : bytes);
    step_into(hop.record, static_cast<unsigned>(hop.index));
  } else {
    bytes_ += hop.bytes;
    is_by_offset_ = true;
  }
}

/// What is here is another record, by its own right: the pointer was cast, or counted on.
void Walk::restart(DICompositeType* record, Value* base, int64_t bytes) {
  meaning_ = Meaning();
  meaning_.base = base;
  meaning_.bytes_before = bytes;
  meaning_.root = {record, 0};
  at_ = meaning_.root;
  bytes_ = 0;
  elements_ = 0;
  storage_ = nullptr;
  is_by_offset_ = false;
  is_raw_ = false;
}

/// Descends to the one member here that is wanted. False, and nothing done, when there is none or
/// several.
bool Walk::reach(function_ref<bool(const TypeAt&)> is_wanted) {
  if (elements_ != 0) return false;
  if (bytes_ == 0 && is_wanted(at_)) return true;
  if (!at_.type || bytes_ < 0) return false;
  const auto members = members_at(at_, static_cast<uint64_t>(bytes_), descend());
  const MemberAt* found = nullptr;
  for (const MemberAt& member : members) {
    if (!is_wanted(member.type)) continue;
    if (found) return false;
    found = &member;
  }
  if (!found) return false;
  bytes_ = 0;
  append(*found);
  return true;
}

/// From a record to the member that a field of its struct type stands for.
void Walk::step_into(StructType* type, unsigned field) {
  const DataLayout& layout = types_.layout();
  DICompositeType* record = at_.record();
  const uint64_t offset = layout.getStructLayout(type)->getElementOffset(field);
  const uint64_t size = layout.getTypeAllocSize(type->getElementType(field));
  // Which of the fields of no size at this byte it is; others are there alone.
  unsigned rank = 0;
  for (unsigned i = 0; i < field; ++i) {
    rank += layout.getStructLayout(type)->getElementOffset(i) == offset &&
            layout.getTypeAllocSize(type->getElementType(i)) == size;
  }
  const DINodeArray elements = record->getElements();
  for (unsigned i = 0; i < elements.size(); ++i) {
    const DIDerivedType* member = as_member(elements[i]);
    if (!member || member->isBitField() || offset_of(member) != offset) continue;
    // A base class may lend its tail padding to the members after it: its field is smaller.
    const DICompositeType* base =
        member->getName().empty() ? as_record(member->getBaseType()) : nullptr;
    const bool is_base = base && !base->getName().empty() &&
                         size_of(member->getBaseType()) > size &&
                         type->getElementType(field)->isStructTy();
    const TypeAt member_type = {strip_qualifiers(member->getBaseType())};
    if (!is_base && (size_of(member->getBaseType()) != size ||
                     !is_element(member_type, type->getElementType(field), layout))) {
      continue;
    }
    if (rank-- > 0) continue;
    append(member_step(record, i));
    is_raw_ = false;
    return;
  }
  if (has_bitfields(record, offset, std::max<uint64_t>(size, 1))) {
    storage_ = record;
    storage_offset_ = offset;
    is_raw_ = false;
  } else {
    bytes_ += static_cast<int64_t>(offset);
    is_by_offset_ = true;
  }
}

std::string Walk::described(const Access& access) const {
  const std::string where =
      "offset " +
      std::to_string(meaning_.first_index * static_cast<int64_t>(meaning_.root.size()) +
                     static_cast<int64_t>(meaning_.path.offset()) + bytes_ +
                     elements_ * static_cast<int64_t>(meaning_.element.size())) +
      " of " + spelled(meaning_.root.type);
  if (access.kind == Access::Kind::kAddress) return "the address at " + where;
  return std::to_string(access.size) + " byte" + (access.size == 1 ? "" : "s") + " at " + where;
}

Meaning Walk::outside(const Access& access) const {
  return Meaning::unclear(described(access) + ": it is outside of it");
}

Meaning Walk::ambiguous(const Access& access, ArrayRef<MemberAt> candidates) const {
  std::string reason = described(access) + ": it can be " + spelled(at_, candidates[0].path);
  if (candidates.size() > 1) reason += " or " + spelled(at_, candidates[1].path);
  Meaning meaning = Meaning::unclear(std::move(reason));
  meaning.has_candidates = true;
  return meaning;
}

/// Of several members that share a prefix, those that lie in a structure may lie elsewhere in the
/// kernel's.
std::string Walk::doubt(const Access& access, ArrayRef<MemberAt> candidates,
                        std::size_t shared) const {
  if (candidates.size() < 2) return "";
  // An address that goes where nothing tells what it points to.
  if (access.kind == Access::Kind::kAddress && (access.array || is_exact())) return "";
  if (is_array_of_stride(candidates.front().type, access)) return "";
  const bool is_inside = any_of(candidates, [&](const MemberAt& member) {
    return any_of(ArrayRef<Step>(member.path.steps).drop_front(shared),
                  [](const Step& step) { return !as_array(step.in) && !is_union(step.in); });
  });
  return is_inside ? ambiguous(access, candidates).reason : "";
}

Meaning Walk::member(const MemberAt& found, int64_t rest, const Access& access) {
  append(found);
  meaning_.is_value = rest == 0 && meaning_.elements == 0 && is_scalar(at_) &&
                      (access.kind == Access::Kind::kAddress || at_.size() == access.size);
  meaning_.kind = Meaning::Kind::kMember;
  meaning_.type = at_;
  meaning_.rest = rest;
  return meaning_;
}

/// The records here that an integer may be the storage of bitfields of.
void Walk::add_storages(const Access& access) {
  if (access.kind != Access::Kind::kValue || !access.type->isIntegerTy() || bytes_ < 0) return;
  const auto offset = static_cast<uint64_t>(bytes_);
  if (DICompositeType* record = at_.record(); record && offset > 0) {
    if (has_bitfields(record, offset, access.size)) {
      meaning_.storages.push_back({meaning_.path, record, offset});
    }
  }
  for (const MemberAt& member : members_at(at_, offset, descend())) {
    DICompositeType* record = member.type.record();
    if (!record || !has_bitfields(record, 0, access.size)) continue;
    Path path = meaning_.path;
    path.steps.append(member.path.steps.begin(), member.path.steps.end());
    meaning_.storages.push_back({path, record, 0});
  }
}

Meaning Walk::finish(const Access& access) {
  if (storage_) {
    if (bytes_ != 0 || access.kind != Access::Kind::kValue || !access.type->isIntegerTy()) {
      return Meaning::unclear(described(access) + ": bitfields lie there");
    }
    meaning_.kind = Meaning::Kind::kStorage;
    meaning_.storages = {{meaning_.path, storage_, storage_offset_}};
    return meaning_;
  }
  if (!at_.type && elements_ == 0) return Meaning::none();
  if (is_by_offset_ && origin_ == Origin::kClang) {
    return Meaning::unclear(described(access) + ": the member that is named there cannot be told");
  }
  return is_exact() ? finish_typed(access) : finish_by_offset(access);
}

/// clang named every member but those of unions, and of bitfields in the first bytes of a record.
Meaning Walk::finish_typed(const Access& access) {
  DICompositeType* record = at_.record();
  const bool is_value = access.kind == Access::Kind::kValue;
  const bool is_plain = elements_ == 0 && bytes_ == 0 && !is_raw_;
  if (is_plain && record && is_union(record)) return finish_by_offset(access);
  if (is_plain && record && is_value) {
    add_storages(access);
    if (!meaning_.storages.empty()) {
      meaning_.kind = Meaning::Kind::kStorage;
      return meaning_;
    }
  }
  const bool is_root = meaning_.path.steps.empty() && meaning_.first_index == 0 && elements_ == 0;
  if (!is_root) {
    // An array that decays looks like its first element; what is added to either is the same.
    const ArrayRef<Step> steps = meaning_.path.steps;
    const bool decays = !steps.empty() && as_array(steps.back().in) && steps.back().index == 0 &&
                        (!is_value || bytes_ != 0 || elements_ != 0);
    meaning_.elements = elements_;
    if (decays) {
      at_ = {steps.back().in, steps.back().dimension};
      meaning_.path.steps.pop_back();
    }
    return member({{}, at_}, bytes_, access);
  }
  if (!record || (bytes_ == 0 && !is_value)) return Meaning::none();
  return Meaning::unclear(described(access) + ": no member is named");
}

/// One of several values that the pointer points to the first of: each is as large as in the
/// kernel.
bool Walk::is_other_scalar(const Access& access) const {
  const auto size = static_cast<int64_t>(at_.size());
  if (!meaning_.path.steps.empty() || elements_ != 0 || !is_scalar(at_) || size == 0) return false;
  const bool is_copy = access.kind == Access::Kind::kBytes;
  return (bytes_ != 0 || is_copy) && bytes_ % size == 0 &&
         access.size % static_cast<uint64_t>(size) == 0;
}

/// Whether an index counts records that are smaller than the one here.
bool Walk::counts_parts(const Access& access) const {
  return access.counted && access.stride < at_.size();
}

/// The address behind the last element, where loops end.
bool Walk::is_at_end_of_array(const Access& access) const {
  return access.kind == Access::Kind::kAddress && at_.array() && at_.count() != 0 &&
         bytes_ == static_cast<int64_t>(at_.size());
}

Meaning Walk::end_of_array(const Access& access) {
  meaning_.element = at_.element();
  meaning_.elements = static_cast<int64_t>(at_.count());
  return member({{}, at_}, 0, access);
}

Meaning Walk::finish_by_offset(const Access& access) {
  if (is_other_scalar(access)) return Meaning::none();
  if (bytes_ < 0 || elements_ != 0) return outside(access);
  const auto members = members_at(at_, static_cast<uint64_t>(bytes_), descend());
  const bool is_outside =
      bytes_ > 0 && at_.size() != 0 && static_cast<uint64_t>(bytes_) >= at_.size();
  if (is_outside && is_at_end_of_array(access)) return end_of_array(access);
  if (is_outside && !ends_in_flexible_array(at_)) return outside(access);
  Access wanted = access;
  // An index from the record itself may as well count the record's bytes.
  if (is_at_root() && at_.record() && !counts_parts(access)) wanted.stride = 0;
  const auto candidates = fitting(members, wanted, types_.layout());
  add_storages(access);
  if (candidates.empty() && !meaning_.storages.empty()) {
    meaning_.kind = Meaning::Kind::kStorage;
    return meaning_;
  }
  if (candidates.empty()) {
    return Meaning::unclear(described(access) + ": no member of that size and kind lies there");
  }
  const MemberAt* found =
      candidates.size() == 1 ? candidates.begin() : common_prefix(candidates, members);
  if (!found) return ambiguous(access, candidates);
  if (is_at_root() && found->path.steps.empty()) {
    // The memory of the base itself. One value of it is a member, though, and without a union
    // around them members that share a byte differ in more than their names.
    const bool is_member = access.kind == Access::Kind::kValue && at_.record();
    if (is_member && !is_union(at_.record())) return ambiguous(access, candidates);
    if (access.kind != Access::Kind::kAddress) meaning_.doubt = doubt(access, candidates, 0);
    return meaning_;
  }
  meaning_.doubt += doubt(access, candidates, found->path.steps.size());
  bytes_ = 0;
  return member(*found, 0, access);
}

}  // namespace

Meaning meaning_of(const Place& place, const TypeAt& base, const Access& access, Origin origin,
                   const ElementTypes& types) {
  Walk walk(base, origin, types);
  walk.follow(place, access);
  return walk.finish(access);
}

}  // namespace btfreloc::pass
