#include "btf/header/c_types.h"

#include <fmt/format.h>

#include <algorithm>

#include "btf/header/c_words.h"

namespace btfreloc::btf {
namespace {

/// Longest text that is remembered; longer ones are those of pointers to pointers to pointers.
constexpr std::size_t kMaxText = 1024;
constexpr std::size_t kMaxDimensions = 200;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string c_attribute(const View& view, TypeId type_tag) {
  const auto tag = std::get<TypeTag>(view.decode(type_tag));
  const std::string_view text = view.string(tag.name);
  constexpr std::size_t kLongest = 128;
  if (text.empty() || text.size() > kLongest) return {};
  if (!tag.is_attribute) {
    const bool is_plain = std::ranges::all_of(text, [](char c) {
      return is_word(c) || c == ':' || c == '.' || c == '-' || c == '=' || c == ',';
    });
    return is_plain ? fmt::format("__attribute__((btf_type_tag(\"{}\"))) ", text) : std::string();
  }
  // An attribute is what it says: one that is known to change nothing but the pointer.
  constexpr std::string_view kAddressSpace = "address_space(";
  if (!text.starts_with(kAddressSpace) || !text.ends_with(')')) return {};
  const auto number = text.substr(kAddressSpace.size(), text.size() - kAddressSpace.size() - 1);
  const bool is_number = !number.empty() && number.size() < 8 &&
                         std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? fmt::format("__attribute__(({})) ", text) : std::string();
}

void CTypes::learn(TypeId id, int depth) {
  known_[id.value].state = State::asked;
  Known known;
  if (depth <= kMaxModifiers) known = spell(id, view_.kind(id).value_or(Kind::kVoid), depth);
  if (known.left > kMaxText || known.right > kMaxDimensions) known = Known();
  known.state = State::known;
  known_[id.value] = known;
}

/// Of the type that a pointer, qualifier or array is made of; incomplete, if it is made of itself.
const CTypes::Known& CTypes::target_of(TypeId id, int depth) {
  const Known& known = known_[id.value];
  if (known.state == State::unknown) learn(id, depth + 1);
  return known;
}

CTypes::Known CTypes::spell(TypeId id, Kind kind, int depth) {
  switch (kind) {
    case Kind::kInt: {
      if (!layouts_.is_object(id)) return write({"void "});
      const auto integer = std::get<Int>(view_.decode(id));
      const auto name = c_integer(integer, view_.name(id), layouts_.model().pointer_size);
      return write({name, " "});
    }
    case Kind::kFloat:
      if (!layouts_.is_object(id)) return write({"void "});
      return write({c_float({view_.third_word(id)}), " "});
    case Kind::kPtr: return point_to(id, depth);
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kTypeTag: return qualify(id, kind, depth);
    case Kind::kTypedef: return alias(id, depth);
    case Kind::kStruct: return tagged(id, "struct ");
    case Kind::kUnion: return tagged(id, "union ");
    case Kind::kFwd: return tagged(id, view_.info(id).kind_flag ? "union " : "struct ");
    case Kind::kEnum:
    case Kind::kEnum64: {
      if (!layouts_.is_object(id)) return write({"void "});
      // C has no enums without enumerators.
      const Info info = view_.info(id);
      if (info.vlen == 0) return write({c_integer({view_.third_word(id)}, info.kind_flag), " "});
      return tagged(id, "enum ");
    }
    case Kind::kArray: return array(id, depth);
    case Kind::kFuncProto: return Known();
    case Kind::kVoid:
    case Kind::kFunc:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kDeclTag: return write({"void "});
  }
  std::unreachable();
}

CTypes::Known CTypes::point_to(TypeId id, int depth) {
  const Known& to = target_of(TypeId{view_.third_word(id)}, depth);
  if (to.left == 0 || to.right != 0) return Known();
  Known known = write({std::string(spelling(to).left), "*"});
  known.named = to.named;
  known.is_tag = to.is_tag;
  return known;
}

/// A type with a qualifier or tag.
CTypes::Known CTypes::qualify(TypeId id, Kind kind, int depth) {
  const TypeId target{view_.third_word(id)};
  const Known& to = target_of(target, depth);
  if (to.left == 0) return Known();
  const std::string left(spelling(to).left);
  const std::string right(spelling(to).right);
  const std::string word = kind == Kind::kConst      ? "const "
                           : kind == Kind::kVolatile ? "volatile "
                           : kind == Kind::kRestrict ? "restrict "
                                                     : c_attribute(view_, id);
  // Behind the last star, or in front of a type without one; once.
  const std::size_t level = left.rfind('*') + 1;
  Known known;
  if ((kind == Kind::kRestrict && !may_be_restrict(target)) ||
      left.find(word, level) != std::string::npos) {
    known = write({left}, right);
  } else if (level != 0 || kind == Kind::kTypeTag) {
    known = write({left, word}, right);
  } else {
    known = write({word, left}, right);
  }
  known.named = to.named;
  known.is_tag = to.is_tag;
  known.is_contained = to.is_contained;
  known.has_contents = to.has_contents;
  return known;
}

bool CTypes::may_be_restrict(TypeId id) {
  const TypeId pointer = view_.skip_modifiers_and_typedefs(id);
  return view_.kind(pointer) == Kind::kPtr &&
         layouts_.base_kind(TypeId{view_.third_word(pointer)}) != Kind::kFuncProto;
}

CTypes::Known CTypes::array(TypeId id, int depth) {
  if (!layouts_.is_object(id)) return Known();
  const auto array = std::get<Array>(view_.decode(id));
  const Known& of = target_of(array.type, depth);
  if (of.left == 0) return Known();
  const std::string left(spelling(of).left);
  Known known = write({left}, fmt::format("[{}]{}", array.nr_elems, spelling(of).right));
  known.named = of.named;
  known.is_tag = of.is_tag;
  known.is_contained = of.is_contained;
  known.has_contents = of.has_contents;
  return known;
}

CTypes::Known CTypes::alias(TypeId id, int depth) {
  const std::string_view name = names_.of(id);
  if (name.empty()) {
    Known known = target_of(TypeId{view_.third_word(id)}, depth);
    return known.state == State::known ? known : Known();
  }
  Known known = write({name, " "});
  known.named = id.value;
  // What it consists of, through further typedefs and arrays.
  TypeId behind = id;
  for (int step = 0; step <= kMaxNesting; ++step) {
    const auto kind = view_.kind(behind);
    if (!kind) break;
    if (*kind == Kind::kArray) {
      behind = std::get<Array>(view_.decode(behind)).type;
    } else if (is_modifier(*kind)) {
      if (*kind == Kind::kTypedef && view_.name(behind) == kBuiltinVaList) return Known();
      behind = TypeId{view_.third_word(behind)};
    } else {
      if (is_composite(*kind) && !view_.name(behind).empty()) {
        known.has_contents = true;
        contents_[id.value] = behind;
      }
      break;
    }
  }
  return known;
}

CTypes::Known CTypes::tagged(TypeId id, std::string_view keyword) {
  const std::string_view name = names_.of(id);
  if (name.empty()) return Known();
  Known known = write({keyword, name, " "});
  known.named = id.value;
  const auto kind = *view_.kind(id);
  known.is_tag = !is_enum(kind);
  known.is_contained = is_composite(kind);
  return known;
}

CTypes::Known CTypes::write(std::initializer_list<std::string_view> left, std::string_view right) {
  Known known;
  known.text = static_cast<std::uint32_t>(texts_.size());
  for (const std::string_view word : left) texts_ += word;
  const std::size_t size = texts_.size() - known.text;
  texts_ += right;
  known.left = static_cast<std::uint16_t>(std::min<std::size_t>(size, UINT16_MAX));
  known.right = static_cast<std::uint8_t>(std::min<std::size_t>(right.size(), UINT8_MAX));
  return known;
}

}  // namespace btfreloc::btf
