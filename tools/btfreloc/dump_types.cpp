#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "btf/c_text.h"
#include "btf/raw_text.h"
#include "btf/tagged_union.h"
#include "btf/value.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/suggest.h"

namespace btfreloc::tool {
namespace {

/// "struct task_struct" asks for one keyword, "task_struct" for any.
struct Wanted {
  std::string_view keyword;
  std::string_view name;
};

Wanted parse_wanted(std::string_view text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return {.keyword = {}, .name = text};
  for (const std::string_view word : {"struct", "union", "enum", "typedef", "func", "var"}) {
    if (text.substr(0, blank) == word) return {.keyword = word, .name = text.substr(blank + 1)};
  }
  return {.keyword = {}, .name = text};  // "unsigned int"
}

/// A tagged union is printed as an enum, so that may be asked for.
bool has_keyword(const btf::View& view, TypeId id, std::string_view keyword) {
  if (keyword.empty() || btf::keyword(view, id) == keyword) return true;
  return keyword == "enum" && btf::TaggedUnions(view).find(id) != nullptr;
}

/// Structs whose name had to be made legal, by the original: "Option<u32>".
std::vector<TypeId> find_by_original_name(const btf::View& view, const Wanted& wanted) {
  std::vector<TypeId> found;
  const std::string tag_name = "name=" + std::string(wanted.name);
  for (TypeId id{1}; id.value < view.size(); ++id.value) {
    if (view.kind(id) != btf::Kind::kDeclTag || view.name(id) != tag_name) continue;
    const auto tag = std::get<btf::DeclTag>(view.decode(id));
    if (tag.component == -1 && has_keyword(view, tag.type, wanted.keyword)) {
      found.push_back(tag.type);
    }
  }
  return found;
}

std::vector<TypeId> find_types(const btf::View& view, const Wanted& wanted) {
  std::vector<TypeId> found;
  for (const btf::View* layer = &view; layer != nullptr; layer = layer->base()) {
    for (const TypeId id :
         layer->named(wanted.name.substr(0, btf::essential_length(wanted.name)))) {
      if (layer->name(id) != wanted.name) continue;
      if (has_keyword(*layer, id, wanted.keyword)) found.push_back(id);
    }
  }
  return found.empty() ? find_by_original_name(view, wanted) : found;
}

/// The id in "[12]"; nullopt for a name.
std::optional<TypeId> parse_id(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return std::nullopt;
  text = text.substr(1, text.size() - 2);
  TypeId id;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), id.value);
  return error == std::errc() && end == text.end() ? std::optional(id) : std::nullopt;
}

std::vector<std::string_view> all_names(const Input& input) {
  std::vector<std::string_view> names;
  for (const btf::View* view : input.views()) {
    for (std::uint32_t id = 1; id < view->size(); ++id) {
      if (const std::string_view name = view->name(TypeId{id}); !name.empty()) {
        names.push_back(name);
      }
    }
  }
  return names;
}

template <class Each>
void for_each_id(const TypeSelection& types, Each&& each) {
  for (const TypeId id : types.ids) each(id);
  if (!types.ids.empty()) return;
  for (std::uint32_t id = types.view->first_id().value; id < types.view->size(); ++id) {
    each(TypeId{id});
  }
}

/// A heading between the blobs of concatenated BTF, in a form the raw notation has no line for.
void print_part_heading(Output& out, const Input& input, std::size_t part) {
  if (input.object() == nullptr || input.object()->parts().size() < 2) return;
  const auto& parts = input.object()->parts();
  out << fmt::format("# part {} of {}: .BTF+{:#x}\n", part + 1, parts.size(), parts[part].offset);
}

/// How often the others mention each type, up to 255: an anonymous enum that none does stands for
/// itself.
std::vector<std::uint8_t> mentions_of(const btf::View& view) {
  std::vector<std::uint8_t> mentions(view.size());
  for (std::uint32_t id = view.first_id().value; id < view.size(); ++id) {
    view.for_each_type_id(TypeId{id}, [&](TypeId to) {
      if (mentions[to.value] != UINT8_MAX) ++mentions[to.value];
    });
  }
  return mentions;
}

/// Types that are printed as parts of a tagged union: its tags, and payloads that nothing else has.
std::vector<bool> parts_of_tagged_unions(const btf::View& view, btf::TaggedUnions& tagged_unions,
                                         const std::vector<std::uint8_t>& mentions) {
  std::vector<bool> parts(view.size());
  for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
    const btf::TaggedUnion* type = tagged_unions.find(id);
    if (type == nullptr) continue;
    for (const TypeId tag : tagged_unions.tags_of(id)) parts[tag.value] = true;
    for (const btf::TaggedUnion::Variant& variant : type->variants) {
      const bool is_part =
          btf::has_own_payload(view, variant) && mentions[variant.payload.value] == 1;
      if (is_part) parts[variant.payload.value] = true;
    }
  }
  return parts;
}

/// Types that make a line of C when all are printed: what has a name a program could use.
bool is_definition(const btf::View& view, TypeId id, const std::vector<std::uint8_t>& mentions) {
  switch (view.kind(id).value_or(btf::Kind::kVoid)) {
    case btf::Kind::kStruct:
    case btf::Kind::kUnion:
    case btf::Kind::kEnum:
    case btf::Kind::kEnum64: return !view.name(id).empty() || mentions[id.value] == 0;
    case btf::Kind::kTypedef:
    case btf::Kind::kFwd:
    case btf::Kind::kFunc:
    case btf::Kind::kVar:
    case btf::Kind::kDatasec:
    case btf::Kind::kDeclTag: return true;
    case btf::Kind::kVoid:
    case btf::Kind::kInt:
    case btf::Kind::kPtr:
    case btf::Kind::kArray:
    case btf::Kind::kVolatile:
    case btf::Kind::kConst:
    case btf::Kind::kRestrict:
    case btf::Kind::kFuncProto:
    case btf::Kind::kFloat:
    case btf::Kind::kTypeTag: return false;
  }
  return false;
}

}  // namespace

Result<std::vector<TypeSelection>> select_types(const Input& input,
                                                const std::vector<std::string>& names) {
  std::vector<TypeSelection> selections;
  for (const btf::View* view : input.views()) selections.push_back({.view = view, .ids = {}});
  for (const std::string& name : names) {
    const Wanted wanted = parse_wanted(name);
    bool any = false;
    for (TypeSelection& selection : selections) {
      const std::vector<TypeId> found = find_types(*selection.view, wanted);
      selection.ids.insert(selection.ids.end(), found.begin(), found.end());
      any = any || !found.empty();
    }
    if (any) continue;
    return fail(Errc::not_found, fmt::format("no type is named `{}`", name), {.file = input.path()},
                did_you_mean(nearest(wanted.name, all_names(input))));
  }
  if (!names.empty()) {
    std::erase_if(selections, [](const TypeSelection& types) { return types.ids.empty(); });
  }
  return selections;
}

Result<ValueType> select_value_type(const Input& input, const std::string& name) {
  std::vector<TypeSelection> selections;
  if (const auto id = parse_id(name)) {
    for (const btf::View* view : input.views()) {
      if (view->contains(*id)) selections.push_back({.view = view, .ids = {*id}});
    }
    if (selections.empty()) {
      return fail(Errc::not_found, fmt::format("no type has the id {}", name),
                  {.file = input.path()});
    }
  } else {
    TRY(selections, select_types(input, {name}));
  }
  std::vector<ValueType> found;
  std::string ids;
  for (const TypeSelection& selection : selections) {
    for (const TypeId id : selection.ids) {
      const auto size = btf::value_size(*selection.view, id);
      if (!size || size->value == 0) continue;
      found.push_back({.view = selection.view, .id = id, .size = *size});
      ids += fmt::format("{}[{}]", ids.empty() ? "" : ", ", id.value);
    }
  }
  if (found.empty()) {
    return fail(Errc::not_found, fmt::format("values of `{}` have no bytes", name),
                {.file = input.path()});
  }
  if (found.size() > 1) {
    return fail(Errc::not_found, fmt::format("several types are named `{}`: {}", name, ids),
                {.file = input.path()},
                fmt::format("say which, as --value '[{}]'", found[0].id.value));
  }
  return found[0];
}

void print_types_as_c(Output& out, const Input& input, const std::vector<TypeSelection>& types) {
  for (std::size_t part = 0; part < types.size(); ++part) {
    const btf::View& view = *types[part].view;
    btf::CText text(view);
    const auto print = [&](TypeId id) {
      text.print(out.buffer(), id);
      out.flush_if_full();
    };
    if (!types[part].ids.empty()) {
      std::ranges::for_each(types[part].ids, print);
      continue;
    }
    print_part_heading(out, input, part);
    const std::vector<std::uint8_t> mentions = mentions_of(view);
    const std::vector<bool> parts = parts_of_tagged_unions(view, text.tagged_unions(), mentions);
    for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
      if (is_definition(view, id, mentions) && !parts[id.value]) print(id);
    }
  }
}

void print_types_raw(Output& out, const Input& input, const std::vector<TypeSelection>& types) {
  for (std::size_t part = 0; part < types.size(); ++part) {
    if (types[part].ids.empty()) print_part_heading(out, input, part);
    for_each_id(types[part], [&](TypeId id) {
      btf::print_raw(out.buffer(), *types[part].view, id);
      out.flush_if_full();
    });
  }
}

std::string btf_summary(const btf::View& view) {
  std::array<std::size_t, 128> counts{};
  for (std::uint32_t id = view.first_id().value; id < view.size(); ++id) {
    ++counts[view.info(TypeId{id}).kind];
  }
  std::string kinds;
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", counts[kind],
                         kind < btf::kFirstUnknownKind ? btf::kKindTraits[kind].name
                                                       : fmt::format("of kind {}", kind));
  }
  return fmt::format("BTF: {} types{}{}{}, {} bytes of strings", view.own_count(),
                     kinds.empty() ? "" : " (", kinds, kinds.empty() ? "" : ")",
                     view.header().strings_size);
}

}  // namespace btfreloc::tool
