#include "btf/tagged_union.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace btfreloc::btf {
namespace {

constexpr std::string_view kDiscriminant = "discriminant";
constexpr std::string_view kValues = "discriminant=";
constexpr std::string_view kDefault = "default";
constexpr std::string_view kName = "name=";
/// On the STRUCT of a tagged union without variants, which has no other tag that says what it is.
constexpr std::string_view kNoVariants = "discriminant=none";

/// Bits from which on values are written in hexadecimal.
constexpr Bits kMostDecimalBits = {64};

/// Variants, tags and characters of long tags that are read for all types together: so many, and
/// some for each type and each 12 bytes of types, the size of one member. Compilers need less than
/// one.
constexpr std::uint64_t kLeastParts = 10'000;
constexpr std::uint64_t kPartsPerRecord = 2;
constexpr std::uint64_t kRecordSize = 12;
constexpr std::size_t kLongTag = 64;  // characters

// Writing.

Member member_at(Bits offset, StrOff name, TypeId type) {
  return {.name = name, .type = type, .offset = offset, .bitfield_size = {}};
}

std::string value_text(const TaggedUnion::Discriminant& discriminant, WideInt value) {
  return discriminant.bits > kMostDecimalBits ? hexadecimal(value, discriminant.bits)
                                              : decimal(value, discriminant.is_signed);
}

/// Writes the tags of a tagged union whose types are there.
class TagWriter {
 public:
  TagWriter(Builder& btf, TypeId on) : btf_(btf), on_(on) {}

  void write(std::string_view key, std::string_view value, std::int32_t component) {
    const StrOff text = btf_.string(std::string(key).append(value));
    btf_.add(DeclTag{.name = text, .type = on_, .component = component, .is_attribute = false});
  }
  /// Whether there was a need to.
  bool write_name(std::string_view original, std::string_view legal, std::int32_t component) {
    if (original != legal) write(kName, original, component);
    return original != legal;
  }

 private:
  Builder& btf_;
  TypeId on_;
};

/// The type of the union's first member: that of the discriminant, or a structure that has it where
/// it lies. Source of why: btf_struct_check_meta() in Linux kernel/bpf/btf.c, which wants members
/// of unions at offset 0.
TypeId add_discriminant(Builder& btf, const TaggedUnion& type) {
  const TaggedUnion::Discriminant& discriminant = *type.discriminant;
  if (discriminant.offset.value == 0) return discriminant.type;
  const Member inner = member_at(discriminant.offset, {}, discriminant.type);
  return btf.add_struct({}, type.size, {&inner, 1});
}

// Reading.

/// A STRUCT that may be a tagged union, and its parts.
struct Shape {
  StrOff name;
  ByteCount size;
  TypeId union_id;
  Records<Member> members;  ///< Of the union.
};

bool is_plain(const Member& member) {
  return member.offset.value == 0 && member.bitfield_size.value == 0;
}

std::optional<Shape> shape_of(const View& view, TypeId id) {
  if (view.kind(id) != Kind::kStruct || view.info(id).vlen != 1) return std::nullopt;
  const auto outer = std::get<Struct>(view.decode(id));
  const Member member = outer.members[0];
  if (member.name.value != 0 || !is_plain(member)) return std::nullopt;
  if (view.kind(member.type) != Kind::kUnion) return std::nullopt;
  const auto inner = std::get<Union>(view.decode(member.type));
  if (inner.name.value != 0 || inner.size != outer.size) return std::nullopt;
  return Shape{
      .name = outer.name, .size = outer.size, .union_id = member.type, .members = inner.members};
}

/// The integer or enum as a discriminant at an offset; nullopt for other types.
std::optional<TaggedUnion::Discriminant> scalar(const View& view, TypeId id, Bits offset) {
  if (offset.value % 8 != 0) return std::nullopt;
  TaggedUnion::Discriminant result{.type = id, .offset = whole_bytes(offset), .bits = {}};
  const Type type = view.decode(view.skip_modifiers_and_typedefs(id));
  if (const auto* integer = std::get_if<Int>(&type)) {
    // What is not a whole number of bytes lies elsewhere in big-endian memory.
    if (integer->offset.value != 0 || integer->bits != Bits(integer->size)) return std::nullopt;
    result.bits = integer->bits;
    result.is_signed = (integer->encoding & kIntSigned) != 0;
  } else if (const auto* enumeration = std::get_if<Enum>(&type)) {
    result.bits = enumeration->size;
    result.is_signed = enumeration->is_signed;
  } else if (const auto* wide = std::get_if<Enum64>(&type)) {
    result.bits = wide->size;
    result.is_signed = wide->is_signed;
  }
  if (result.bits.value == 0 || result.bits > kWidestInteger) return std::nullopt;
  return result;
}

/// What the first member of the union is as a discriminant. `is_tagged`: its tag says that it is
/// one; else it has to look like LLVM 22's, which no member of C does.
std::optional<TaggedUnion::Discriminant> discriminant_in(const View& view, const Shape& shape,
                                                         bool is_tagged) {
  if (shape.members.empty()) return std::nullopt;
  const Member member = shape.members[0];
  if (member.name.value != 0 || member.bitfield_size.value != 0) return std::nullopt;
  TypeId type = member.type;
  Bits offset = member.offset;
  const auto kind = view.kind(type);
  const bool is_wrapper =
      is_tagged && kind == Kind::kStruct && view.name(type).empty() && view.info(type).vlen == 1;
  if (is_wrapper) {
    const Member inner = std::get<Struct>(view.decode(type)).members[0];
    if (inner.bitfield_size.value != 0) return std::nullopt;
    type = inner.type;
    offset = offset + inner.offset;
  } else if (!is_tagged && kind != Kind::kInt && kind != Kind::kEnum && kind != Kind::kEnum64) {
    return std::nullopt;
  }
  auto result = scalar(view, type, offset);
  if (!result || Bits(result->offset) + result->bits > Bits(shape.size)) return std::nullopt;
  return result;
}

std::optional<WideInt> parse_value(const TaggedUnion::Discriminant& discriminant,
                                   std::string_view text) {
  const bool is_wide = discriminant.bits > kMostDecimalBits;
  if (text.starts_with("0x") != is_wide) return std::nullopt;
  const auto digits = parse_integer(text);
  if (!digits) return std::nullopt;
  const WideInt value = extended(*digits, discriminant.bits, discriminant.is_signed);
  // Hexadecimal digits are the bits, and those of a negative number have no sign in front.
  const bool fits = is_wide ? extended(*digits, discriminant.bits, false) == *digits
                            : value_text(discriminant, value) == text;
  return fits ? std::optional(value) : std::nullopt;
}

std::optional<std::vector<TaggedUnion::Range>> parse_ranges(
    const TaggedUnion::Discriminant& discriminant, std::string_view list) {
  std::vector<TaggedUnion::Range> ranges;
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view range = list.substr(0, comma);
    const std::size_t dots = range.find("..");
    const auto first = parse_value(discriminant, range.substr(0, dots));
    const auto last =
        dots == std::string_view::npos ? first : parse_value(discriminant, range.substr(dots + 2));
    if (!first || !last || compare(*first, *last, discriminant.is_signed) > 0) return std::nullopt;
    ranges.push_back({.first = *first, .last = *last});
    if (comma == std::string_view::npos) return ranges;
    list.remove_prefix(comma + 1);
  }
}

/// The tags of a union, by component.
struct UnionTags {
  bool is_discriminant = false;  ///< Of component 0.
  std::map<std::uint32_t, std::string_view> values;
  std::map<std::uint32_t, std::string_view> names;
};

/// The text of a tag; nullopt when it does not count: an attribute, or cut by the reader.
std::optional<std::string_view> tag_text(const View& view, const DeclTag& tag) {
  const std::string_view text = view.string(tag.name);
  if (tag.is_attribute || text.size() >= kMaxStringSize) return std::nullopt;
  return text;
}

/// nullopt when they contradict each other or the union.
std::optional<UnionTags> read_tags(const View& view, const Shape& shape, DeclTags& tags) {
  UnionTags result;
  for (const TypeId id : tags.on(shape.union_id)) {
    const auto tag = std::get<DeclTag>(view.decode(id));
    const auto text = tag_text(view, tag);
    const bool is_ours = view.string(tag.name).starts_with(kDiscriminant);
    if (!text && !is_ours) continue;
    if (is_ours &&
        (tag.component < 0 || static_cast<std::uint32_t>(tag.component) >= shape.members.size())) {
      return std::nullopt;
    }
    const auto component = static_cast<std::uint32_t>(tag.component);
    if (!text) {
      result.values[component] = "";  // too long to know
    } else if (*text == kDiscriminant) {
      if (component != 0) return std::nullopt;
      result.is_discriminant = true;
    } else if (text->starts_with(kValues)) {
      const auto [values, is_new] =
          result.values.try_emplace(component, text->substr(kValues.size()));
      if (!is_new) values->second = "";  // which of them?
    } else if (text->starts_with(kName)) {
      result.names.try_emplace(component, text->substr(kName.size()));
    }
  }
  if (result.is_discriminant && result.values.contains(0)) return std::nullopt;
  return result;
}

/// Whether tags say that a STRUCT whose union has no members is a tagged union. In C it is an empty
/// struct.
bool has_no_variants(const View& view, TypeId id, DeclTags& tags) {
  return std::ranges::any_of(tags.on(id), [&](TypeId tag_id) {
    const auto tag = std::get<DeclTag>(view.decode(tag_id));
    const auto text = tag_text(view, tag);
    return text && tag.component == -1 && (*text == kNoVariants || text->starts_with(kName));
  });
}

std::string original_name(const View& view, TypeId id, StrOff name, DeclTags& tags) {
  for (const TypeId tag_id : tags.on(id)) {
    const auto tag = std::get<DeclTag>(view.decode(tag_id));
    const auto text = tag_text(view, tag);
    if (text && tag.component == -1 && text->starts_with(kName)) {
      return std::string(text->substr(kName.size()));
    }
  }
  return std::string(view.string(name));
}

/// Takes what a tag says into a variant; what cannot be read leaves it as it is.
void read_values(TaggedUnion::Variant& variant,
                 const std::optional<TaggedUnion::Discriminant>& discriminant,
                 std::string_view text) {
  if (text == kDefault) {
    variant.is_default = true;
  } else if (discriminant) {
    variant.values = parse_ranges(*discriminant, text).value_or(std::vector<TaggedUnion::Range>());
  }
}

}  // namespace

TypeId add_tagged_union(Builder& btf, const TaggedUnion& type, const EncodeOptions& options) {
  LegalNames variant_names;
  for (const TaggedUnion::Variant& variant : type.variants) variant_names.add(variant.name);
  std::vector<Member> members;
  if (type.discriminant) members.push_back(member_at({}, {}, add_discriminant(btf, type)));
  const auto first_variant = static_cast<std::int32_t>(members.size());
  for (const TaggedUnion::Variant& variant : type.variants) {
    const StrOff name = btf.string(variant_names.unique(variant.name));
    members.push_back(member_at({}, name, variant.payload));
  }

  const std::string name =
      options.names != nullptr ? options.names->unique(type.name) : legal_name(type.name);
  const Member inner = member_at({}, {}, TypeId{btf.next_id().value + 1});
  const TypeId id = btf.add_struct(btf.string(name), type.size, {&inner, 1});
  const TypeId union_id = btf.add_union({}, type.size, members);
  if (!options.tags) return id;

  TagWriter tags(btf, union_id);
  if (type.discriminant) tags.write(kDiscriminant, "", 0);
  std::int32_t component = first_variant;
  for (const TaggedUnion::Variant& variant : type.variants) {
    const std::string values = selection_text(type, variant);
    if (!values.empty()) tags.write(kValues, values, component);
    tags.write_name(variant.name, variant_names.unique(variant.name), component++);
  }
  TagWriter on_struct(btf, id);
  const bool is_tagged = on_struct.write_name(type.name, name, -1) || !members.empty();
  if (!is_tagged) on_struct.write(kNoVariants, "", -1);
  return id;
}

std::optional<TaggedUnion> decode_tagged_union(const View& view, TypeId id, DeclTags& tags) {
  const auto shape = shape_of(view, id);
  if (!shape) return std::nullopt;
  const auto on_union = read_tags(view, *shape, tags);
  if (!on_union) return std::nullopt;

  TaggedUnion result;
  // A first variant has its values.
  if (!on_union->values.contains(0)) {
    result.discriminant = discriminant_in(view, *shape, on_union->is_discriminant);
  }
  if (on_union->is_discriminant && !result.discriminant) return std::nullopt;
  const std::uint32_t first_variant = result.discriminant ? 1 : 0;
  result.name = original_name(view, id, shape->name, tags);
  result.size = shape->size;
  for (std::uint32_t i = first_variant; i < shape->members.size(); ++i) {
    const Member member = shape->members[i];
    if (!is_plain(member)) return std::nullopt;
    const auto name = on_union->names.find(i);
    TaggedUnion::Variant& variant = result.variants.emplace_back();
    variant.name = name != on_union->names.end() ? name->second : view.string(member.name);
    variant.payload = member.type;
    const auto values = on_union->values.find(i);
    if (values != on_union->values.end()) {
      read_values(variant, result.discriminant, values->second);
    }
  }
  // Any struct around an unnamed union looks like variants without a discriminant.
  const bool is_complete = result.discriminant ||
                           (shape->members.empty() && has_no_variants(view, id, tags)) ||
                           (result.variants.size() == 1 && result.variants[0].is_default);
  return is_complete ? std::optional(std::move(result)) : std::nullopt;
}

TaggedUnions::TaggedUnions(const View& view)
    : view_(view),
      tags_(view),
      parts_(kLeastParts +
             kPartsPerRecord * (view.size() + view.header().types_size / kRecordSize)) {}

bool TaggedUnions::take(std::uint64_t parts) {
  const bool is_enough = parts <= parts_;
  parts_ -= std::min(parts, parts_);
  return is_enough;
}

/// Whether what the type is made of may still be read.
bool TaggedUnions::take_parts(const std::vector<TypeId>& tagged, std::uint64_t variants) {
  std::uint64_t tags = 0;
  for (const TypeId on : tagged) tags += tags_.on(on).size();
  if (!take(1 + variants + tags)) return false;
  std::uint64_t characters = 0;
  for (const TypeId on : tagged) {
    for (const TypeId tag : tags_.on(on)) {
      const std::size_t size = view_.name(tag).size();
      if (size >= kLongTag) characters += size;
    }
  }
  return take(characters);
}

const TaggedUnion* TaggedUnions::find(TypeId id) {
  const auto shape = shape_of(view_, id);
  if (!shape) return nullptr;
  const auto [known, is_new] = known_.try_emplace(id);
  if (is_new && take_parts({id, shape->union_id}, shape->members.size())) {
    known->second = decode_tagged_union(view_, id, tags_);
  }
  return known->second ? &*known->second : nullptr;
}

std::vector<TypeId> TaggedUnions::tags_of(TypeId id) {
  std::vector<TypeId> ids;
  const auto shape = shape_of(view_, id);
  if (find(id) == nullptr || !shape) return ids;
  for (const TypeId on : {id, shape->union_id}) {
    std::ranges::copy_if(tags_.on(on), std::back_inserter(ids), [&](TypeId tag) {
      const std::string_view text = view_.name(tag);
      return text.starts_with(kName) || text == kDiscriminant || text.starts_with(kValues);
    });
  }
  return ids;
}

bool has_own_payload(const View& view, const TaggedUnion::Variant& variant) {
  if (view.kind(variant.payload) != Kind::kStruct) return false;
  const std::string_view name = view.name(variant.payload);
  return name.empty() || name == legal_name(variant.name);
}

Selection select(const TaggedUnion& type, WideInt value) {
  using enum Selection::Outcome;
  const bool is_signed = type.discriminant && type.discriminant->is_signed;
  const auto has_value = [&](const TaggedUnion::Variant& variant) {
    return std::ranges::any_of(variant.values, [&](const TaggedUnion::Range& range) {
      return compare(range.first, value, is_signed) <= 0 &&
             compare(value, range.last, is_signed) <= 0;
    });
  };
  const auto only = [&](auto&& is_wanted) -> Selection {
    const auto first = std::ranges::find_if(type.variants, is_wanted);
    if (first == type.variants.end()) return {.outcome = none};
    if (std::any_of(std::next(first), type.variants.end(), is_wanted))
      return {.outcome = ambiguous};
    return {.outcome = variant, .variant = static_cast<std::size_t>(first - type.variants.begin())};
  };
  if (const Selection selected = only(has_value); selected.outcome != none) return selected;
  const bool has_unknown =
      std::ranges::any_of(type.variants, [](const TaggedUnion::Variant& variant) {
        return variant.values.empty() && !variant.is_default;
      });
  if (has_unknown) return {.outcome = unknown};
  return only([](const TaggedUnion::Variant& variant) { return variant.is_default; });
}

std::string range_text(const TaggedUnion::Discriminant& discriminant,
                       const TaggedUnion::Range& range) {
  const std::string first = value_text(discriminant, range.first);
  return range.first == range.last ? first : first + ".." + value_text(discriminant, range.last);
}

std::string selection_text(const TaggedUnion& type, const TaggedUnion::Variant& variant) {
  if (variant.is_default) return std::string(kDefault);
  std::string list;
  for (const TaggedUnion::Range& range : variant.values) {
    if (!list.empty()) list += ',';
    if (type.discriminant) list += range_text(*type.discriminant, range);
  }
  return list;
}

}  // namespace btfreloc::btf
