#include "btf/compare/same_type.h"

#include <algorithm>
#include <string_view>

#include "btf/compare/fields.h"

namespace btfreloc::btf {
namespace {

/// Nameless types inside one another, and parameters of parameters.
constexpr int kMaxDepth = 32;
/// Pointers, arrays and modifiers in one declaration.
constexpr int kMaxSteps = 2 * kMaxModifiers;

/// Kinds that C declares with the same word: a struct and its forward declaration, enums of any
/// width.
enum class Word : std::uint8_t { none, is_struct, is_union, is_enum };

Word word_of(const View& view, TypeId id) {
  switch (view.kind(id).value_or(Kind::kVoid)) {
    case Kind::kStruct: return Word::is_struct;
    case Kind::kUnion: return Word::is_union;
    case Kind::kEnum:
    case Kind::kEnum64: return Word::is_enum;
    case Kind::kFwd: return view.info(id).kind_flag ? Word::is_union : Word::is_struct;
    default: return Word::none;
  }
}

TypeId without_tags(const View& view, TypeId id) {
  for (int step = 0; step < kMaxModifiers && view.kind(id) == Kind::kTypeTag; ++step) {
    id = TypeId{view.third_word(id)};
  }
  return id;
}

}  // namespace

bool SameTypes::spend(std::uint64_t steps) {
  left_ -= std::min(left_, steps);
  return left_ > 0;
}

bool SameTypes::same_names(StrOff before, StrOff after) const {
  if (before_.first_char(before) != after_.first_char(after)) return false;
  return before_.string_is(before, after_.string(after));
}

bool SameTypes::alike_underneath(TypeId before, TypeId after) {
  return alike(before_.skip_modifiers_and_typedefs(before),
               after_.skip_modifiers_and_typedefs(after));
}

bool SameTypes::compare(TypeId before, TypeId after, int depth) {
  for (int step = 0; step < kMaxSteps; ++step) {
    before = without_tags(before_, before);
    after = without_tags(after_, after);
    if (!spend(1)) return true;
    const auto kind = before_.kind(before);
    const Word word = word_of(before_, before);
    if (word != Word::none) {
      if (word_of(after_, after) != word) return false;
      const bool is_nameless = before_.first_char(before_.name_offset(before)) == '\0' &&
                               after_.first_char(after_.name_offset(after)) == '\0';
      if (is_nameless) return compare_nameless(before, after, depth);
      return same_names(before_.name_offset(before), after_.name_offset(after));
    }
    if (after_.kind(after) != kind) return false;
    switch (kind.value_or(Kind::kVoid)) {
      case Kind::kPtr:
      case Kind::kConst:
      case Kind::kVolatile:
      case Kind::kRestrict: break;
      case Kind::kArray:
        if (std::get<Array>(before_.decode(before)).nr_elems !=
            std::get<Array>(after_.decode(after)).nr_elems) {
          return false;
        }
        before = std::get<Array>(before_.decode(before)).type;
        after = std::get<Array>(after_.decode(after)).type;
        continue;
      case Kind::kFuncProto: return compare_nameless(before, after, depth);
      case Kind::kVoid: return true;
      default: return same_names(before_.name_offset(before), after_.name_offset(after));
    }
    before = TypeId{before_.third_word(before)};
    after = TypeId{after_.third_word(after)};
  }
  return true;
}

bool SameTypes::compare_nameless(TypeId before, TypeId after, int depth) {
  if (depth >= kMaxDepth) return true;
  constexpr std::uint64_t kPriceOfMemory = 100;
  if (!spend(kPriceOfMemory)) return true;
  // Types that contain themselves are alike as far as they have been compared.
  const std::uint64_t key = std::uint64_t{before.value} << 32 | after.value;
  const auto [known, is_new] = known_.try_emplace(key, true);
  if (!is_new) return known->second;
  bool same = false;
  switch (before_.kind(before).value_or(Kind::kVoid)) {
    case Kind::kFuncProto: same = compare_prototypes(before, after, depth + 1); break;
    case Kind::kStruct:
    case Kind::kUnion: same = compare_members(before, after, depth + 1); break;
    // Enumerators have names of their own, and are compared where those are.
    default: same = before_.third_word(before) == after_.third_word(after); break;
  }
  known_[key] = same;
  return same;
}

bool SameTypes::compare_members(TypeId before, TypeId after, int depth) {
  const Records<Member> olds = member_list(before_, before);
  const Records<Member> news = member_list(after_, after);
  if (olds.size() != news.size() || before_.third_word(before) != after_.third_word(after)) {
    return false;
  }
  for (std::uint32_t i = 0; i < olds.size(); ++i) {
    const Member old_member = olds[i];
    const Member new_member = news[i];
    if (old_member.offset != new_member.offset ||
        old_member.bitfield_size != new_member.bitfield_size ||
        !same_names(old_member.name, new_member.name) ||
        !compare(old_member.type, new_member.type, depth) ||
        !compare_sizes(old_member.type, new_member.type)) {
      return false;
    }
  }
  return true;
}

bool SameTypes::compare_sizes(TypeId before, TypeId after) {
  return size_of(before_, before, before_pointer_) == size_of(after_, after, after_pointer_);
}

bool SameTypes::compare_prototypes(TypeId before, TypeId after, int depth) {
  const auto old_proto = std::get<FuncProto>(before_.decode(before));
  const auto new_proto = std::get<FuncProto>(after_.decode(after));
  if (old_proto.params.size() != new_proto.params.size() ||
      !compare(old_proto.return_type, new_proto.return_type, depth)) {
    return false;
  }
  for (std::uint32_t i = 0; i < old_proto.params.size(); ++i) {
    if (!compare(old_proto.params[i].type, new_proto.params[i].type, depth)) return false;
  }
  return true;
}

}  // namespace btfreloc::btf
