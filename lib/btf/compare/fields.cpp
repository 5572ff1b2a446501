#include "btf/compare/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <charconv>

#include "btf/c_text.h"

namespace btfreloc::btf {
namespace {

/// Anonymous structs inside one another; no kernel has more than five.
constexpr int kMaxAnonymous = 32;
/// Named structs inside one another that find_nested() goes into.
constexpr std::size_t kMaxNested = 3;
/// Members that one walk looks at. The largest struct of a kernel, with what it holds, has 3,000.
constexpr std::size_t kMaxSeen = 20'000;

bool is_composite(const View& view, TypeId id) {
  const auto kind = view.kind(id);
  return kind == Kind::kStruct || kind == Kind::kUnion;
}

/// The struct or union behind a member's type; void when it is none.
TypeId composite_of(const View& view, TypeId member_type) {
  const TypeId type = view.skip_modifiers_and_typedefs(member_type);
  return is_composite(view, type) ? type : TypeId{};
}

bool is_anonymous(const View& view, const Member& member) {
  return view.first_char(member.name) == '\0';
}

/// Calls visit(record, index, member, offset) for the members of a composite, those of anonymous
/// ones in their place, until it says false.
template <class Visit>
class Flattened {
 public:
  Flattened(const View& view, std::size_t limit, Visit& visit)
      : view_(view), left_(limit), visit_(visit) {}

  bool walk(TypeId record, Bits start = {}, int depth = 0) {
    std::uint32_t index = 0;
    for (const Member member : member_list(view_, record)) {
      if (left_-- == 0) {
        left_ = 0;
        return false;
      }
      const Bits offset = start + member.offset;
      if (!is_anonymous(view_, member)) {
        if (!visit_(record, index, member, offset)) return false;
      } else if (depth < kMaxAnonymous) {
        if (!walk(composite_of(view_, member.type), offset, depth + 1)) return false;
      }
      ++index;
    }
    return true;
  }

 private:
  const View& view_;
  std::size_t left_;
  Visit& visit_;
};

template <class Visit>
void for_each_member(const View& view, TypeId record, std::size_t limit, Visit visit) {
  Flattened<Visit>(view, limit, visit).walk(record);
}

/// One step of a written path: a name, or an index in brackets.
struct Component {
  std::string_view text;
  std::optional<std::uint32_t> index;
  bool is_bad = false;
};

/// Takes the first component off a path.
Component next_component(std::string_view& path) {
  if (path.starts_with('[')) {
    const std::size_t end = std::min(path.find(']'), path.size() - 1);
    Component component{.text = path.substr(0, end + 1), .index = 0};
    const std::string_view digits = path.substr(1, end - 1);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), *component.index);
    component.is_bad = path[end] != ']' || error != std::errc() || digits.empty() ||
                       stop != digits.data() + digits.size();
    path.remove_prefix(end + 1);
    if (path.starts_with('.') && path.size() > 1) path.remove_prefix(1);
    return component;
  }
  const std::size_t end = std::min(path.find_first_of(".["), path.size());
  const Component component{.text = path.substr(0, end), .index = {}, .is_bad = end == 0};
  path.remove_prefix(end);
  // A dot at the very end stays, to be told as the bad component that it is.
  if (path.starts_with('.') && path.size() > 1) path.remove_prefix(1);
  return component;
}

class PathWalk {
 public:
  PathWalk(const View& view, TypeId type)
      : view_(view),
        pointer_size_(view.pointer_size()),
        field_{.path = {},
               .record = {},
               .index = 0,
               .type = type,
               .offset = {},
               .bitfield_size = {},
               .bytes = {}} {}

  std::expected<Field, NoField> walk(std::string_view path) {
    for (std::size_t count = 0; !path.empty(); ++count) {
      const Component component = next_component(path);
      if (component.text == "(anon)") continue;
      const TypeId in = view_.skip_modifiers_and_typedefs(field_.type);
      const auto fail = [&](NoField::Why why) {
        return std::unexpected(NoField{
            .why = why, .component = std::string(component.text), .before = field_.path, .in = in});
      };
      if (component.is_bad) return fail(NoField::Why::bad_path);
      if (count >= kMaxPathComponents) return fail(NoField::Why::too_deep);
      if (component.index) {
        const Type type = view_.decode(in);
        const auto* array = std::get_if<Array>(&type);
        if (array == nullptr) return fail(NoField::Why::no_array);
        if (array->nr_elems != 0 && *component.index >= array->nr_elems) {
          return fail(NoField::Why::bounds);
        }
        enter_element(in, *array, *component.index);
      } else if (!is_composite(view_, in)) {
        return fail(NoField::Why::no_members);
      } else if (!enter_member(in, component.text)) {
        return fail(NoField::Why::no_member);
      }
    }
    field_.bytes = size_of(view_, field_.type, pointer_size_);
    return std::move(field_);
  }

 private:
  void enter_element(TypeId array_id, const Array& array, std::uint32_t index) {
    const ByteCount element = size_of(view_, array.type, pointer_size_).value_or(ByteCount{});
    field_.path += fmt::format("[{}]", index);
    field_.record = array_id;
    field_.index = index;
    field_.type = array.type;
    field_.offset = field_.offset + Bits{Bits(element).value * index};
    field_.bitfield_size = {};
  }

  bool enter_member(TypeId record, std::string_view name) {
    bool found = false;
    for_each_member(view_, record, kMaxFields,
                    [&](TypeId in, std::uint32_t index, const Member& member, Bits offset) {
                      if (!view_.string_is(member.name, name)) return true;
                      found = true;
                      if (!field_.path.empty()) field_.path += ".";
                      field_.path += name;
                      field_.record = in;
                      field_.index = index;
                      field_.type = member.type;
                      field_.offset = field_.offset + offset;
                      field_.bitfield_size = member.bitfield_size;
                      return false;
                    });
    return found;
  }

  const View& view_;
  ByteCount pointer_size_;
  Field field_;
};

/// The search of find_nested().
class NestedSearch {
 public:
  NestedSearch(const View& view, const std::unordered_set<std::string_view>& names)
      : view_(view), pointer_size_(view.pointer_size()), names_(names) {
    for (const std::string_view name : names) {
      if (!name.empty()) first_chars_.set(static_cast<unsigned char>(name[0]));
    }
  }

  void search(TypeId record, Bits start) {
    for_each_member(view_, record, kMaxSeen,
                    [&](TypeId in, std::uint32_t index, const Member& member, Bits offset) {
                      if (++seen_ > kMaxSeen) return false;
                      if (!around_.empty()) visit(in, index, member, start + offset);
                      if (around_.size() >= kMaxNested) return true;
                      const TypeId inner = composite_of(view_, member.type);
                      if (inner.value == 0) return true;
                      around_.push_back(member.name);
                      search(inner, start + offset);
                      around_.pop_back();
                      return true;
                    });
  }
  NestedFields found() && { return {.found = std::move(found_), .seen = seen_}; }

 private:
  void visit(TypeId in, std::uint32_t index, const Member& member, Bits offset) {
    if (!first_chars_.test(static_cast<unsigned char>(view_.first_char(member.name)))) return;
    const std::string_view name = view_.string(member.name);
    if (!names_.contains(name)) return;
    std::string path;
    for (const StrOff outer : around_) path.append(view_.string(outer)).append(".");
    found_.push_back({.path = path.append(name),
                      .record = in,
                      .index = index,
                      .type = member.type,
                      .offset = offset,
                      .bitfield_size = member.bitfield_size,
                      .bytes = size_of(view_, member.type, pointer_size_)});
  }

  const View& view_;
  ByteCount pointer_size_;
  const std::unordered_set<std::string_view>& names_;
  std::bitset<256> first_chars_;
  std::vector<StrOff> around_;  ///< Names of the members that lead to where the search is.
  std::size_t seen_ = 0;
  std::vector<Field> found_;
};

}  // namespace

Records<Member> member_list(const View& view, TypeId id) {
  const Type type = view.decode(id);
  if (const auto* as_struct = std::get_if<Struct>(&type)) return as_struct->members;
  if (const auto* as_union = std::get_if<Union>(&type)) return as_union->members;
  return {};
}

std::vector<Field> fields_of(const View& view, TypeId type) {
  const TypeId record = view.skip_modifiers_and_typedefs(type);
  const ByteCount pointer_size = view.pointer_size();
  std::vector<Field> fields;
  fields.reserve(member_list(view, record).size());
  for_each_member(view, record, kMaxFields,
                  [&](TypeId in, std::uint32_t index, const Member& member, Bits offset) {
                    fields.push_back({.path = std::string(view.string(member.name)),
                                      .record = in,
                                      .index = index,
                                      .type = member.type,
                                      .offset = offset,
                                      .bitfield_size = member.bitfield_size,
                                      .bytes = size_of(view, member.type, pointer_size)});
                    return true;
                  });
  return fields;
}

WrittenPath read_written_path(std::string_view text) {
  const auto trim = [](std::string_view word) {
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    return word;
  };
  WrittenPath written{.keyword = {}, .type = trim(text), .path = {}};
  for (const std::string_view keyword : {"struct", "union", "enum", "typedef", "func", "var"}) {
    if (written.type.starts_with(keyword) && written.type.substr(keyword.size()).starts_with(' ')) {
      written.keyword = keyword;
      written.type = trim(written.type.substr(keyword.size()));
      break;
    }
  }
  const std::size_t dot = written.type.find('.');
  if (dot != std::string_view::npos) {
    written.path = written.type.substr(dot + 1);
    written.type = trim(written.type.substr(0, dot));
  }
  return written;
}

std::expected<Field, NoField> find_field(const View& view, TypeId type, std::string_view path) {
  return PathWalk(view, type).walk(path);
}

std::string text(const View& view, const NoField& no_field) {
  const std::string in = title(view, no_field.in);
  switch (no_field.why) {
    case NoField::Why::no_member:
      return fmt::format("`{}` has no member named `{}`", in, no_field.component);
    case NoField::Why::no_members:
      return fmt::format("`{}` has no members, and `{}` is asked of it", in, no_field.component);
    case NoField::Why::no_array:
      return fmt::format("`{}` has no elements, and `{}` is asked of it", in, no_field.component);
    case NoField::Why::bounds:
      return fmt::format("`{}` has no element `{}`", in, no_field.component);
    case NoField::Why::bad_path:
      return fmt::format("`{}` is neither the name of a member nor an index", no_field.component);
    case NoField::Why::too_deep:
      return fmt::format("the path has more than {} components", kMaxPathComponents);
  }
  return {};
}

NestedFields find_nested(const View& view, TypeId type,
                         const std::unordered_set<std::string_view>& names) {
  NestedSearch search(view, names);
  search.search(view.skip_modifiers_and_typedefs(type), {});
  return std::move(search).found();
}

}  // namespace btfreloc::btf
