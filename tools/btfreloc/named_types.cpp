#include "btfreloc/named_types.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "base/printable.h"
#include "btf/c_text.h"
#include "btf/compare/fields.h"
#include "btfreloc/member_search.h"
#include "btfreloc/set_address.h"
#include "btfreloc/suggest.h"
#include "core/members.h"
#include "kernels/slice.h"

namespace btfreloc::tool {
namespace {

using btf::Kind;
using btf::WrittenPath;

/// Kinds that C can declare by name.
constexpr btf::KindSet kDeclared{Kind::kStruct, Kind::kUnion,   Kind::kEnum, Kind::kEnum64,
                                 Kind::kFwd,    Kind::kTypedef, Kind::kFunc};

bool is_pattern(std::string_view name) {
  return name.find_first_of("*?[") != std::string_view::npos;
}

/// The types of one blob, its base's left out, that an argument names.
std::vector<TypeId> find_in(const btf::View& btf, const WrittenPath& wanted) {
  std::vector<TypeId> found;
  const auto add = [&](TypeId id) {
    if (!kDeclared.has(btf.info(id).kind)) return;
    if (wanted.keyword.empty() || btf::keyword(btf, id) == wanted.keyword) found.push_back(id);
  };
  if (!is_pattern(wanted.type)) {
    const auto essential = wanted.type.substr(0, btf::essential_length(wanted.type));
    for (const TypeId id : btf.named(essential)) {
      if (btf.name(id) == wanted.type) add(id);
    }
    return found;
  }
  const std::string pattern(wanted.type);
  for (TypeId id = btf.first_id(); id.value < btf.size(); ++id.value) {
    const std::string name(btf.name(id));
    if (!name.empty() && ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0) add(id);
  }
  return found;
}

/// Without forward declarations of what is defined, and functions that are declared alike.
void drop_repeats(const btf::View& btf, std::vector<TypeId>& types) {
  std::unordered_set<std::string> defined;
  std::unordered_set<std::string> functions;
  for (const TypeId id : types) {
    if (btf.kind(id) != Kind::kFwd) defined.insert(btf::title(btf, id));
  }
  std::erase_if(types, [&](TypeId id) {
    if (btf.kind(id) == Kind::kFwd) return !defined.insert(btf::title(btf, id)).second;
    if (btf.kind(id) != Kind::kFunc) return false;
    return !functions.insert(fmt::format("{} {}", btf.third_word(id), btf.name(id))).second;
  });
}

/// Steps from a record through anonymous members to the one that has a member. False when there is
/// no way.
bool lead_to(const btf::View& btf, TypeId from, TypeId to,
             std::vector<std::pair<TypeId, std::uint32_t>>& steps, std::size_t& seen) {
  constexpr std::size_t kMostSeen = 20'000;  // as find_field() looks at
  constexpr std::size_t kMostSteps = 32 * btf::kMaxPathComponents;
  if (from == to) return true;
  const auto members = core::members_of(btf, from);
  if (!members || steps.size() > kMostSteps) return false;
  for (std::uint32_t i = 0; i < members->size(); ++i) {
    if (++seen > kMostSeen) return false;
    const btf::Member member = (*members)[i];
    if (btf.first_char(member.name) != '\0') continue;
    steps.emplace_back(from, i);
    if (lead_to(btf, btf.skip_modifiers_and_typedefs(member.type), to, steps, seen)) return true;
    steps.pop_back();
  }
  return false;
}

/// The ends of a path's beginnings: "a", "a.b", "a.b[3]".
std::vector<std::string_view> beginnings(std::string_view path) {
  std::vector<std::string_view> all;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i] == '.' || path[i] == '[') all.push_back(path.substr(0, i));
  }
  all.push_back(path);
  return all;
}

/// The member that a path leads to, with what it lies in.
NamedType member_at(const btf::View& btf, TypeId type, std::string_view path) {
  NamedType named{.btf = &btf, .type = type};
  TypeId outer = btf.skip_modifiers_and_typedefs(type);
  for (const std::string_view beginning : beginnings(path)) {
    const auto field = btf::find_field(btf, type, beginning);
    if (!field) continue;                        // "(anon)", which means nothing
    if (core::members_of(btf, field->record)) {  // an element of an array is no member
      std::size_t seen = 0;
      lead_to(btf, outer, field->record, named.records, seen);
      named.records.emplace_back(field->record, field->index);
    }
    outer = btf.skip_modifiers_and_typedefs(field->type);
    named.member_type = field->type;
  }
  return named;
}

std::optional<std::uint32_t> find_enumerator(const btf::View& btf, TypeId id,
                                             std::string_view name) {
  for (std::uint32_t i = 0; i < btf.info(id).vlen; ++i) {
    if (btf.string(core::enumerator_of(btf, id, i).name) == name) return i;
  }
  return std::nullopt;
}

std::vector<std::string_view> enumerator_names(const btf::View& btf, TypeId id) {
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < btf.info(id).vlen; ++i) {
    names.push_back(btf.string(core::enumerator_of(btf, id, i).name));
  }
  return names;
}

/// The part of a type that a path names. Fails with the names that are near.
Result<NamedType> part_of(const btf::View& btf, TypeId type, std::string_view path) {
  if (path.empty()) return NamedType{.btf = &btf, .type = type};
  const TypeId target = btf.skip_modifiers_and_typedefs(type);
  if (const auto kind = btf.kind(target); kind && btf::is_enum(*kind)) {
    if (const auto index = find_enumerator(btf, target, path)) {
      return NamedType{.btf = &btf, .type = type, .records = {{target, *index}}};
    }
    return fail(Errc::not_found,
                fmt::format("`{}` has no enumerator named `{}`", printable(btf::title(btf, type)),
                            printable(path)),
                {}, did_you_mean(nearest(path, enumerator_names(btf, target))));
  }
  if (const auto found = btf::find_field(btf, type, path); !found) {
    const std::vector<FoundMember> members =
        nearest_members(btf, found.error().in, found.error().component);
    std::vector<std::string_view> names;
    for (const FoundMember& member : members) names.push_back(member.path);
    return fail(Errc::not_found, printable(btf::text(btf, found.error())), {},
                printable(did_you_mean(names)));
  }
  return member_at(btf, type, path);
}

/// The kernels of a set that have a type, function or variable of that name.
Result<std::vector<std::string>> kernels_with(const SetAddress& address, std::string_view name) {
  TRY(const auto file, SetFile::open(address.set));
  kernels::Slicer slicer(file->set());
  const std::span<const std::string_view> names(&name, 1);
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < file->set().columns().size(); ++i) {
    const kernels::Column& column = file->column(i);
    if (!column.module.empty()) continue;
    auto slice = slicer.slice(i, {.types = names, .functions = names});
    if (!slice) return std::unexpected(file->in_file(std::move(slice).error()));
    if (*slice != nullptr) labels.push_back(column.label);
  }
  return labels;
}

class Finder {
 public:
  Finder(const Kernel& kernel, const std::string& address)
      : kernel_(kernel), address_(address), target_(kernel.target()) {}

  Status find(const std::string& argument) {
    const WrittenPath wanted = btf::read_written_path(argument);
    bool is_found = false;
    for (const btf::View* view = &kernel_.btf(); view != nullptr; view = view->base()) {
      TRY(const bool has_some, find_in_blob(*view, wanted));
      is_found = is_found || has_some;
    }
    if (is_found) return {};
    if (target_.modules) {
      TRY(const std::span<const core::Module> modules, target_.modules());
      for (const core::Module& module : modules) {
        TRY(const bool has_some, find_in_blob(*module.btf, wanted));
        is_found = is_found || has_some;
      }
    }
    if (is_found) return {};
    return not_found(wanted);
  }

  std::vector<NamedType> take() && { return std::move(found_); }

 private:
  /// False when the blob has none.
  Result<bool> find_in_blob(const btf::View& btf, const WrittenPath& wanted) {
    std::vector<TypeId> types = find_in(btf, wanted);
    drop_repeats(btf, types);
    std::optional<Error> error;
    bool has_part = false;
    for (const TypeId id : types) {
      auto part = part_of(btf, id, wanted.path);
      if (part) {
        found_.push_back(*std::move(part));
        has_part = true;
      } else if (!error) {
        error = std::move(part).error();
      }
    }
    // Of several types of that name, one that has the member is what was meant.
    if (error && !has_part) {
      error->where.file = address_;
      return std::unexpected(*std::move(error));
    }
    return has_part;
  }

  Status not_found(const WrittenPath& wanted) const {
    std::vector<std::string_view> names;
    const auto add_names = [&](const btf::View& btf) {
      for (TypeId id = btf.first_id(); id.value < btf.size(); ++id.value) {
        const bool is_alike = wanted.keyword.empty() || btf::keyword(btf, id) == wanted.keyword;
        if (is_alike && kDeclared.has(btf.info(id).kind)) names.push_back(btf.name(id));
      }
    };
    for (const btf::View* view = &kernel_.btf(); view != nullptr; view = view->base()) {
      add_names(*view);
    }
    if (target_.modules) {
      TRY(const std::span<const core::Module> modules, target_.modules());
      for (const core::Module& module : modules) add_names(*module.btf);
    }
    const std::string what =
        wanted.keyword.empty() ? "type or function" : std::string(wanted.keyword);
    std::string message =
        fmt::format("no {} of {} is named `{}`", what, kernel_.label(), printable(wanted.type));
    TRY(const std::string elsewhere, kernels_that_have_it(wanted));
    message += elsewhere;
    return fail(Errc::not_found, std::move(message), {.file = address_},
                printable(did_you_mean(nearest(wanted.type, names))));
  }

  /// "; 6.1.0-56-amd64 and 3 more kernels of the set have one"
  Result<std::string> kernels_that_have_it(const WrittenPath& wanted) const {
    const auto address = parse_set_address(address_);
    if (!address || is_pattern(wanted.type)) return std::string();
    TRY(const std::vector<std::string> labels, kernels_with(*address, wanted.type));
    if (labels.empty()) return std::string("; no kernel of the set has one");
    constexpr std::size_t kMostLabels = 3;
    std::string text = "; in the set, ";
    for (std::size_t i = 0; i < std::min(labels.size(), kMostLabels); ++i) {
      text += fmt::format("{}{}", i == 0 ? "" : ", ", printable(labels[i]));
    }
    if (labels.size() > kMostLabels) {
      text += fmt::format(" and {} more have one", labels.size() - kMostLabels);
    } else {
      text += labels.size() == 1 ? " has one" : " have one";
    }
    return text;
  }

  const Kernel& kernel_;
  const std::string& address_;
  core::Target target_;
  std::vector<NamedType> found_;
};

}  // namespace

Result<std::vector<NamedType>> find_named_types(const Kernel& kernel, const std::string& address,
                                                std::span<const std::string> arguments) {
  Finder finder(kernel, address);
  for (const std::string& argument : arguments) TRY_OK(finder.find(argument));
  return std::move(finder).take();
}

}  // namespace btfreloc::tool
