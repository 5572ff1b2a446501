#include "btf/header/rust_layout.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kWidestAlignment = 16;

/// The alignment of a struct while those of its members are looked for.
constexpr std::uint32_t kInWork = 0;

/// The alignment of an integer or float of this size: none where Rust has bytes in its place.
std::uint32_t scalar_alignment(std::uint64_t size, const DataModel& model) {
  if (size == 8) return static_cast<std::uint32_t>(model.alignment_of_8.value);
  return std::has_single_bit(size) && size <= kWidestAlignment ? static_cast<std::uint32_t>(size)
                                                               : 1;
}

std::uint64_t round_up(std::uint64_t offset, std::uint64_t alignment) {
  return (offset + alignment - 1) / alignment * alignment;
}

/// The bytes that bits touch, from the first to behind the last.
struct ByteRange {
  std::uint64_t begin;
  std::uint64_t end;

  static ByteRange of(Bits offset, Bits size) {
    return {.begin = offset.value / 8, .end = (offset.value + size.value + 7) / 8};
  }
};

}  // namespace

Records<Member> members_of(const View& view, TypeId id) {
  const Type type = view.decode(id);
  if (const auto* s = std::get_if<Struct>(&type)) return s->members;
  if (const auto* u = std::get_if<Union>(&type)) return u->members;
  return {};
}

RustLayouts::RustLayouts(const HeaderSelection& selection, Layouts& layouts)
    : view_(selection.view()), layouts_(layouts) {
  std::vector<TypeId> records;
  for (const TypeId id : selection.types()) {
    if (!is_composite(view_.kind(id).value_or(Kind::kVoid))) continue;
    record_alignment(id);
    records.push_back(id);
  }
  for (const TypeId id : records) lower_unnamed(id);
}

/// Goes on with what is in those that were lowered.
void RustLayouts::lower_unnamed(TypeId outer) {
  std::vector<TypeId> lowered{outer};
  while (!lowered.empty()) {
    const TypeId record = lowered.back();
    lowered.pop_back();
    const std::uint32_t most = records_.at(record);
    for (const Member member : members_of(view_, record)) {
      const TypeId type = view_.skip_modifiers(member.type);
      const auto inner = records_.find(type);
      if (inner == records_.end() || view_.name_offset(type).value != 0) continue;
      std::uint32_t possible = std::min(inner->second, most);
      while (whole_bytes(member.offset).value % possible != 0) possible /= 2;
      if (possible == inner->second) continue;
      inner->second = possible;
      lowered.push_back(type);
    }
  }
}

std::uint32_t RustLayouts::certain_alignment() const {
  return static_cast<std::uint32_t>(layouts_.model().pointer_size.value);
}

std::uint32_t RustLayouts::alignment(TypeId id) {
  id = element(id);
  switch (view_.kind(id).value_or(Kind::kVoid)) {
    case Kind::kPtr: return certain_alignment();
    case Kind::kInt:
    case Kind::kEnum:
    case Kind::kEnum64: return scalar_alignment(view_.third_word(id), layouts_.model());
    case Kind::kFloat: {
      // Rust has no others.
      const std::uint32_t size = view_.third_word(id);
      return size == 4 || size == 8 ? scalar_alignment(size, layouts_.model()) : 1;
    }
    case Kind::kStruct:
    case Kind::kUnion: return record_alignment(id);
    case Kind::kVoid:
    case Kind::kArray:
    case Kind::kFwd:
    case Kind::kTypedef:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kFunc:
    case Kind::kFuncProto:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kDeclTag:
    case Kind::kTypeTag: return 1;
  }
  std::unreachable();
}

/// What the type is, or an array of it, or of arrays of it; more of those than compilers follow are
/// none of any.
TypeId RustLayouts::element(TypeId id) const {
  for (int depth = 0; depth <= kMaxModifiers; ++depth) {
    id = view_.skip_modifiers_and_typedefs(id);
    if (view_.kind(id) != Kind::kArray) break;
    id = std::get<Array>(view_.decode(id)).type;
  }
  return id;
}

/// Goes down without recursion: in a file, structs may be nested deep, and in themselves.
std::uint32_t RustLayouts::record_alignment(TypeId id) {
  if (const auto known = records_.find(id); known != records_.end()) return known->second;
  struct Step {
    TypeId record;
    std::uint32_t next = 0;  ///< Index of the member to look at.
  };
  std::vector<Step> path{{id}};
  records_[id] = kInWork;
  while (!path.empty()) {
    Step& step = path.back();
    const Records<Member> members = members_of(view_, step.record);
    if (step.next == members.size()) {
      records_[step.record] = alignment_of_members(step.record, members);
      path.pop_back();
      continue;
    }
    const TypeId inner = element(members[step.next++].type);
    if (!is_composite(view_.kind(inner).value_or(Kind::kVoid))) continue;
    if (records_.try_emplace(inner, kInWork).second) path.push_back({inner});
  }
  return records_.at(id);
}

/// The highest alignment that all offsets and the size are multiples of, as far as members ask for
/// one. A struct that C has packed may so have more than 1 byte, and programs load its members
/// whole: rustc reads those of packed(1) byte by byte for BPF.
std::uint32_t RustLayouts::alignment_of_members(TypeId id, const Records<Member>& members) {
  std::uint32_t wanted = 1;
  std::uint64_t common = view_.third_word(id);  // its lowest bit is that of all that limits it
  for (const Member member : members) {
    const auto layout = layouts_.of(member.type);
    if (!layout) continue;
    std::uint32_t own = alignment(member.type);
    // It has this struct in it. Whichever it will have, its place is to be a multiple of it.
    const bool is_open = own == kInWork;
    if (is_open) own = kWidestAlignment;
    if (member.bitfield_size.value != 0 || member.offset.value % 8 != 0) {
      // As in C, its type aligns the struct, unless it is laid over two of those: that is packed.
      const std::uint64_t unit = std::max<std::uint64_t>(layout->size.value, 1) * 8;
      const std::uint64_t last =
          member.offset.value + std::max<std::uint64_t>(member.bitfield_size.value, 1) - 1;
      if (member.offset.value / unit == last / unit) wanted = std::max(wanted, own);
      continue;
    }
    if (!is_open) wanted = std::max(wanted, own);
    const std::uint64_t offset = whole_bytes(member.offset).value;
    if (offset % own != 0) common |= offset;
  }
  while (common % wanted != 0) wanted /= 2;
  return wanted;
}

RustLayout RustLayouts::of(TypeId id, std::vector<MisfitField>& misfits) {
  RustLayout layout;
  layout.size = ByteCount{view_.third_word(id)};
  layout.alignment = record_alignment(id);
  std::vector<PlacedField> members;
  layouts_.fields(id, members, misfits);
  if (view_.kind(id) == Kind::kUnion) {
    add_union_fields(layout, members);
  } else {
    add_struct_fields(layout, members);
  }
  align(layout);
  return layout;
}

void RustLayouts::add_struct_fields(RustLayout& layout, const std::vector<PlacedField>& members) {
  using Content = RustLayout::PlacedField::Content;
  const std::uint32_t most = std::min(layout.alignment, certain_alignment());
  std::uint64_t end = 0;  // of the fields so far
  const auto pad_to = [&](std::uint64_t offset) {
    if (offset == end) return;
    layout.fields.push_back({.content = Content::padding, .offset = {end}, .size = {offset - end}});
    end = offset;
  };
  for (const PlacedField& field : members) {
    if (field.is_bitfield) {
      const ByteRange bytes = ByteRange::of(field.member.offset, field.size);
      // Bitfields that share a byte, or are neighbours, share their storage.
      const bool joins = !layout.fields.empty() &&
                         layout.fields.back().content == Content::bitfields && bytes.begin <= end;
      if (!joins) {
        pad_to(bytes.begin);
        layout.fields.push_back(
            {.content = Content::bitfields, .offset = {bytes.begin}, .size = {}});
      }
      RustLayout::PlacedField& storage = layout.fields.back();
      end = std::max(end, bytes.end);
      storage.size = {end - storage.offset.value};
      layout.bitfields.push_back(
          {.member = field,
           .storage = static_cast<std::uint32_t>(layout.fields.size() - 1),
           .offset = {field.member.offset.value - storage.offset.value * 8}});
      continue;
    }
    const std::uint64_t offset = whole_bytes(field.member.offset).value;
    if (round_up(end, std::min(alignment(field.member.type), most)) != offset) pad_to(offset);
    const std::uint64_t size = whole_bytes(field.size).value;
    layout.fields.push_back(
        {.content = Content::member, .offset = {offset}, .size = {size}, .member = field});
    end = offset + size;
  }
  if (round_up(end, most) != layout.size.value ||
      (layout.alignment > most && end != layout.size.value)) {
    pad_to(layout.size.value);
  }
}

void RustLayouts::add_union_fields(RustLayout& layout, const std::vector<PlacedField>& members) {
  using Content = RustLayout::PlacedField::Content;
  std::uint64_t end = 0;
  std::uint64_t bits_end = 0;
  for (const PlacedField& field : members) {
    if (field.is_bitfield) {
      bits_end = std::max(bits_end, ByteRange::of(field.member.offset, field.size).end);
      continue;
    }
    const ByteCount size = whole_bytes(field.size);
    layout.fields.push_back(
        {.content = Content::member, .offset = {0}, .size = size, .member = field});
    end = std::max(end, size.value);
  }
  if (bits_end != 0) {
    const auto storage = static_cast<std::uint32_t>(layout.fields.size());
    layout.fields.push_back({.content = Content::bitfields, .offset = {0}, .size = {bits_end}});
    for (const PlacedField& field : members) {
      if (!field.is_bitfield) continue;
      layout.bitfields.push_back(
          {.member = field, .storage = storage, .offset = field.member.offset});
    }
    end = std::max(end, bits_end);
  }
  // Rust has no union without fields.
  if (end != layout.size.value || layout.fields.empty()) {
    layout.fields.push_back({.content = Content::padding, .offset = {0}, .size = layout.size});
  }
}

void RustLayouts::align(RustLayout& layout) {
  std::uint32_t from_fields = 1;
  for (const RustLayout::PlacedField& field : layout.fields) {
    if (field.content != RustLayout::PlacedField::Content::member) continue;
    from_fields = std::max(from_fields, alignment(field.member.member.type));
  }
  layout.is_packed = from_fields > layout.alignment;
  if (from_fields < layout.alignment) layout.alignment_marker = layout.alignment;
}

}  // namespace btfreloc::btf
