#include "btf/header/layout.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace btfreloc::btf {
namespace {

/// What C has of integers, floats and enums, in bytes.
constexpr bool is_integer_size(std::uint32_t size) {
  return size == 1 || size == 2 || size == 4 || size == 8 || size == 16;
}
constexpr std::uint32_t kLongDoubleOf386 = 12;

/// Calls of learn() inside of each other.
constexpr int kMaxRecursion = 64;

/// The first type behind typedefs, qualifiers and arrays.
TypeId element(const View& view, TypeId id) {
  for (int step = 0; step <= kMaxModifiers; ++step) {
    id = view.skip_modifiers_and_typedefs(id);
    if (view.kind(id) != Kind::kArray) return id;
    id = std::get<Array>(view.decode(id)).type;
  }
  return TypeId{0};
}

template <class F>
void for_each_member(const View& view, F&& f) {
  for (TypeId id{1}; id.value < view.size(); ++id.value) {
    if (view.kind(id) != Kind::kStruct) continue;
    const auto record = std::get<Struct>(view.decode(id));
    for (const Member member : record.members) f(record, member);
  }
}

}  // namespace

std::string_view text(Misfit reason) {
  switch (reason) {
    case Misfit::no_object: return "its type has no size";
    case Misfit::endless: return "its type contains itself, or nests too deep";
    case Misfit::too_large: return "it ends behind the type it is in";
    case Misfit::overlap: return "it begins inside of the member before it";
    case Misfit::bits: return "its bits are not those of a bitfield in C";
  }
  std::unreachable();
}

DataModel DataModel::of(const View& view) {
  DataModel model{.pointer_size = view.pointer_size()};
  if (model.pointer_size != ByteCount{4}) return model;
  // Where 8 bytes are aligned to 8, few lie between: those of packed structs.
  std::uint64_t members = 0;
  std::uint64_t between = 0;
  for_each_member(view, [&](const Struct&, const Member& member) {
    const TypeId type = element(view, member.type);
    if (view.kind(type) != Kind::kInt || view.third_word(type) != 8) return;
    if (member.bitfield_size.value != 0 || member.offset.value % 32 != 0) return;
    ++members;
    if (member.offset.value % 64 != 0) ++between;
  });
  constexpr std::uint64_t kOneOf = 10;
  if (between * kOneOf > members) model.alignment_of_8 = {4};
  return model;
}

Layouts::Layouts(const HeaderSelection& selection)
    : selection_(selection),
      view_(selection.view()),
      model_(DataModel::of(view_)),
      known_(view_.size()) {
  known_[0].state = State::known;
}

std::optional<TypeLayout> Layouts::of(TypeId id) {
  const Known& type = known(id);
  if (!type.is_object) return std::nullopt;
  return TypeLayout{.size = {type.size}, .alignment = {type.alignment}};
}

// Depth first: by recursion as deep as kernels go, and further with a stack of its own, since
// hostile types nest by the hundred thousand. A type that waits for itself contains itself.
void Layouts::learn(TypeId id, int depth) {
  known_[id.value].state = State::asked;
  if (depth < kMaxRecursion) return finish(id, depth);
  const std::size_t bottom = steps_.size();
  steps_.push_back({id});
  while (steps_.size() > bottom) {
    if (const auto next = next_unknown(steps_.back())) {
      known_[next->value].state = State::asked;
      steps_.push_back({*next});
    } else {
      const TypeId done = steps_.back().type;
      steps_.pop_back();
      finish(done, depth);
    }
  }
}

void Layouts::finish(TypeId id, int depth) {
  Known type = conclude(id, depth);
  type.state = State::known;
  known_[id.value] = type;
}

/// The next type that the layout of the step's depends on and that nobody has asked for.
std::optional<TypeId> Layouts::next_unknown(Step& step) const {
  const auto is_unknown = [&](TypeId id) { return known_[id.value].state == State::unknown; };
  const Info info = view_.info(step.type);
  if (info.kind >= kFirstUnknownKind) return std::nullopt;
  const auto kind = static_cast<Kind>(info.kind);
  if (is_modifier(kind)) {
    const TypeId target{view_.third_word(step.type)};
    if (is_unknown(target)) return target;
  } else if (kind == Kind::kArray) {
    const TypeId target = std::get<Array>(view_.decode(step.type)).type;
    if (is_unknown(target)) return target;
  } else if (is_composite(kind)) {
    const Records<Member> records = members(step.type);
    while (step.next < records.size()) {
      const TypeId target = records[step.next++].type;
      if (is_unknown(target)) return target;
    }
  }
  return std::nullopt;
}

Layouts::Known Layouts::conclude(TypeId id, int depth) {
  Known type = conclude_by_kind(id, depth);
  const bool is_scalar = type.base == Kind::kInt || type.base == Kind::kFloat || is_enum(type.base);
  if (is_scalar && !type.is_object) type.base = Kind::kVoid;
  return type;
}

Layouts::Known Layouts::conclude_by_kind(TypeId id, int depth) {
  Known type;
  const auto kind = view_.kind(id);
  if (!kind) return type;
  type.base = *kind;
  type.size = view_.third_word(id);
  const auto alignment = [&](std::uint32_t size) {
    return static_cast<std::uint8_t>(size == 8 ? model_.alignment_of_8.value : size);
  };
  switch (*kind) {
    case Kind::kInt: {
      const auto integer = std::get<Int>(view_.decode(id));
      type.is_object = is_integer_size(type.size);
      type.is_bool = (integer.encoding & kIntBool) != 0;
      // Before there was FLOAT.
      if (const auto name = view_.name(id); name == "double" || name == "float") {
        type.base = Kind::kFloat;
      }
      type.is_part_of_int =
          integer.bits.value != std::uint64_t{type.size} * 8 || integer.offset.value != 0;
      type.alignment = alignment(type.size);
      return type;
    }
    case Kind::kEnum:
    case Kind::kEnum64:
      type.is_object = is_integer_size(type.size) && type.size <= 8;
      type.alignment = alignment(type.size);
      return type;
    case Kind::kFloat:
      type.is_object =
          type.size == kLongDoubleOf386 || (is_integer_size(type.size) && type.size > 1);
      type.alignment = type.size == kLongDoubleOf386 ? 4 : alignment(type.size);
      return type;
    case Kind::kPtr:
      type.size = static_cast<std::uint32_t>(model_.pointer_size.value);
      type.alignment = static_cast<std::uint8_t>(type.size);
      type.is_object = true;
      return type;
    case Kind::kTypedef:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kTypeTag: return alias_of(TypeId{view_.third_word(id)}, depth);
    case Kind::kArray: return array(std::get<Array>(view_.decode(id)), depth);
    case Kind::kStruct:
    case Kind::kUnion: return composite(id, members(id), depth);
    case Kind::kFuncProto:
    case Kind::kFwd: return type;
    case Kind::kVoid:
    case Kind::kFunc:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kDeclTag: type.base = Kind::kVoid; return type;
  }
  std::unreachable();
}

Layouts::Known Layouts::alias_of(TypeId id, int depth) {
  ask(id, depth);
  Known type = known_[id.value];
  type.is_endless = type.is_endless || type.state == State::asked || type.nesting == kMaxNesting;
  if (type.is_endless) {
    type.is_object = false;
    type.base = Kind::kVoid;
  } else {
    ++type.nesting;
  }
  return type;
}

Layouts::Known Layouts::array(const Array& array, int depth) {
  Known type = alias_of(array.type, depth);
  const std::uint64_t size = std::uint64_t{type.size} * array.nr_elems;
  type.base = Kind::kArray;
  type.is_object = type.is_object && size <= kMaxObject && array.nr_elems <= kMaxObject;
  type.is_part_of_int = false;
  type.is_packed = false;
  type.size = static_cast<std::uint32_t>(size);
  return type;
}

Layouts::Known Layouts::composite(TypeId id, const Records<Member>& members, int depth) {
  Known type;
  type.base = *view_.kind(id);
  type.size = view_.third_word(id);
  type.is_object = type.size <= kMaxObject;
  type.is_regular = place_regular(type, members, depth);
  if (!type.is_regular) {
    type.alignment = 1;
    type.nesting = 0;
    type.is_packed = false;
    for (const Member member : members) ask(member.type, depth);
    place_all(id, members, [&](const PlacedField& field, std::optional<Misfit> misfit) {
      if (!misfit) add(type, field, known_[field.member.type.value]);
      if (misfit == Misfit::endless) endless_.insert(member_key(id, field.index));
    });
  }
  if (members.empty() && type.size != 0) {
    // Types that nobody is to look into (bpf_timer, bpf_dynptr) had unnamed bitfields, which are
    // not in BTF. Variables of them need the alignment that the size allows.
    const std::uint64_t most = type.size | model_.alignment_of_8.value;
    type.alignment = static_cast<std::uint8_t>(1U << std::countr_zero(most));
  }
  if (type.size % type.alignment != 0) type.is_packed = true;
  if (type.is_packed) type.alignment = 1;
  return type;
}

void Layouts::add(Known& type, const PlacedField& field, const Known& of) {
  const std::uint64_t start = field.member.offset.value % (std::uint64_t{of.alignment} * 8);
  type.alignment = std::max(type.alignment, of.alignment);
  type.nesting = std::max<std::uint8_t>(type.nesting, of.nesting + 1);
  // Bitfields begin anywhere in a unit of their type, as long as they end in it.
  if (field.is_bitfield ? start + field.size.value > std::uint64_t{of.size} * 8 : start != 0) {
    type.is_packed = true;
  }
}

/// What place() does, for members of which nothing is out of the ordinary; else false.
bool Layouts::place_regular(Known& type, const Records<Member>& members, int depth) {
  const bool is_union = type.base == Kind::kUnion;
  const std::uint64_t size = std::uint64_t{type.size} * 8;
  PlacedField field{.member = {}, .index = 0, .size = {0}, .is_bitfield = false};
  std::uint64_t end = 0;
  for (const Member member : members) {
    ask(member.type, depth);
    const Known& of = known_[member.type.value];
    const std::uint64_t bits = std::uint64_t{of.size} * 8;
    field.member = member;
    field.is_bitfield = member.bitfield_size.value != 0;
    field.size = field.is_bitfield ? member.bitfield_size : Bits{bits};
    const bool is_sound =
        of.state == State::known && of.is_object && of.nesting < kMaxNesting && !of.is_part_of_int;
    const bool is_placed = field.is_bitfield ? field.size.value <= (of.is_bool ? 1 : bits) &&
                                                   (of.base == Kind::kInt || is_enum(of.base))
                                             : member.offset.value % 8 == 0;
    const bool is_free = is_union ? member.offset.value == 0 : member.offset.value >= end;
    if (!is_sound || !is_placed || !is_free || field.end().value > size) return false;
    end = field.end().value;
    add(type, field, of);
  }
  return true;
}

RecordLayout Layouts::record(TypeId id) {
  const Known type = known(id);
  RecordLayout layout{.size = {type.size},
                      .alignment = {type.alignment},
                      .is_packed = type.is_packed,
                      .is_aligned = false};
  if (type.alignment == 1) return layout;
  if (view_.info(id).vlen == 0) {
    layout.is_aligned = true;
  } else if (selection_.extent(id) != Extent::whole) {
    std::vector<PlacedField> fields;
    std::vector<MisfitField> misfits;
    this->fields(id, fields, misfits);
    layout.is_aligned = std::ranges::none_of(fields, [&](const PlacedField& field) {
      return known_[field.member.type.value].alignment == type.alignment;
    });
  }
  return layout;
}

void Layouts::fields(TypeId id, std::vector<PlacedField>& fields,
                     std::vector<MisfitField>& misfits) {
  known(id);  // and so are the types of its members
  if (for_each_regular_field(id, [&](const PlacedField& field) { fields.push_back(field); }))
    return;
  const bool is_whole = selection_.extent(id) == Extent::whole;
  const auto add = [&](const PlacedField& field, std::optional<Misfit> misfit) {
    if (!is_whole && !selection_.has_record(id, field.index)) return;
    if (misfit) {
      misfits.push_back({field.index, *misfit});
    } else {
      fields.push_back(field);
    }
  };
  place_all(id, members(id), add);
}

/// Of a STRUCT or UNION.
Records<Member> Layouts::members(TypeId id) const {
  const Info info = view_.info(id);
  const std::byte* const first = view_.record(id).data() + kTypeHeaderSize;
  return {first, info.vlen, view_.order(), info.kind_flag};
}

/// Calls f(PlacedField, optional<Misfit>) for the members, by offset.
template <class F>
void Layouts::place_all(TypeId id, const Records<Member>& members, F&& f) const {
  Bits end{0};
  const auto place_one = [&](const Member& member, std::uint32_t index) {
    PlacedField field{.member = member, .index = index, .size = {0}, .is_bitfield = false};
    const auto misfit = place(id, end, field);
    if (!misfit) end = std::max(end, field.end());
    f(field, misfit);
  };
  bool is_sorted = true;
  Bits last{0};
  for (const Member member : members) {
    if (member.offset < last) is_sorted = false;
    last = member.offset;
  }
  if (is_sorted) {
    std::uint32_t index = 0;
    for (const Member member : members) place_one(member, index++);
    return;
  }
  // Languages that put members where they like list them as the source does.
  std::vector<std::pair<Bits, std::uint32_t>> order;
  for (const Member member : members) {
    order.emplace_back(member.offset, static_cast<std::uint32_t>(order.size()));
  }
  std::ranges::sort(order);
  for (const auto& [offset, index] : order) place_one(members[index], index);
}

std::optional<Misfit> Layouts::place(TypeId record, Bits end, PlacedField& field) const {
  const Known& type = known_[field.member.type.value];
  if (type.state == State::asked || type.is_endless || type.nesting == kMaxNesting ||
      endless_.contains(member_key(record, field.index))) {
    return Misfit::endless;
  }
  if (!type.is_object) return Misfit::no_object;
  field.size = ByteCount{type.size};
  if (field.member.bitfield_size.value != 0 || type.is_part_of_int) {
    if (!place_bits(field)) return Misfit::bits;
  } else if (field.member.offset.value % 8 != 0) {
    return Misfit::bits;
  }
  if (field.end() > ByteCount{view_.third_word(record)}) return Misfit::too_large;
  const bool is_union = view_.kind(record) == Kind::kUnion;
  if (is_union ? field.member.offset.value != 0 : field.member.offset < end) return Misfit::overlap;
  return std::nullopt;
}

/// Whether C has the bitfield. Before there was kind_flag, its bits were those of its INT.
bool Layouts::place_bits(PlacedField& field) const {
  if (known_[field.member.type.value].base == Kind::kFloat) return false;
  const Type type = view_.decode(view_.skip_modifiers_and_typedefs(field.member.type));
  std::uint64_t most = field.size.value;
  if (const auto* integer = std::get_if<Int>(&type)) {
    if (field.member.bitfield_size.value == 0) {
      field.member.offset.value += integer->offset.value;
      field.member.bitfield_size = integer->bits;
    }
    if ((integer->encoding & kIntBool) != 0) most = 1;
  } else if (!std::holds_alternative<Enum>(type) && !std::holds_alternative<Enum64>(type)) {
    return false;
  }
  field.size = field.member.bitfield_size;
  field.is_bitfield = true;
  return field.size.value != 0 && field.size.value <= most;
}

}  // namespace btfreloc::btf
