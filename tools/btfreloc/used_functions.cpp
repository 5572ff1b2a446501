#include "btfreloc/used_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "btf/compare/changes.h"
#include "btf/compare/same_type.h"

namespace btfreloc::tool {
namespace {

/// Something of the kernel that an object uses by name.
struct Used {
  enum class What : std::uint8_t { function, tracepoint, variable };
  What what;
  std::string name;

  friend auto operator<=>(const Used&, const Used&) = default;
};

/// What a section name attaches to. Source: section_defs[] in libbpf, src/libbpf.c.
struct AttachDef {
  std::string_view prefix;  ///< Before the '/'.
  Used::What what;
  std::string_view function_prefix;  ///< Of the function that stands for the attach point.
};
constexpr auto kAttachDefs = std::to_array<AttachDef>({
    {"kprobe", Used::What::function, ""},
    {"kretprobe", Used::What::function, ""},
    {"fentry", Used::What::function, ""},
    {"fentry.s", Used::What::function, ""},
    {"fexit", Used::What::function, ""},
    {"fexit.s", Used::What::function, ""},
    {"fsession", Used::What::function, ""},
    {"fsession.s", Used::What::function, ""},
    {"fmod_ret", Used::What::function, ""},
    {"fmod_ret.s", Used::What::function, ""},
    {"lsm", Used::What::function, "bpf_lsm_"},
    {"lsm.s", Used::What::function, "bpf_lsm_"},
    {"lsm_cgroup", Used::What::function, "bpf_lsm_"},
    {"iter", Used::What::function, "bpf_iter_"},
    {"iter.s", Used::What::function, "bpf_iter_"},
    {"tp_btf", Used::What::tracepoint, ""},
    {"raw_tp", Used::What::tracepoint, ""},
    {"raw_tp.w", Used::What::tracepoint, ""},
    {"raw_tracepoint", Used::What::tracepoint, ""},
    {"raw_tracepoint.w", Used::What::tracepoint, ""},
});

std::optional<Used> attached_to(std::string_view section) {
  if (section.starts_with('?')) section.remove_prefix(1);
  const std::size_t slash = section.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto def = std::ranges::find(kAttachDefs, section.substr(0, slash), &AttachDef::prefix);
  if (def == kAttachDefs.end()) return std::nullopt;
  const std::string_view point = section.substr(slash + 1);
  // A kprobe may name a place in a function: "do_exit+0x10".
  return Used{
      .what = def->what,
      .name = std::string(def->function_prefix) + std::string(point.substr(0, point.find('+')))};
}

std::vector<Used> used_by(const object::Object& object) {
  std::vector<Used> used;
  for (const object::Program& program : object.programs()) {
    if (auto point = attached_to(program.section)) used.push_back(*std::move(point));
  }
  for (const object::Extern& symbol : object.externs()) {
    if (symbol.section != ".ksyms") continue;
    used.push_back({.what = symbol.is_function ? Used::What::function : Used::What::variable,
                    .name = std::string(symbol.name)});
  }
  std::ranges::sort(used);
  const auto repeated = std::ranges::unique(used);
  used.erase(repeated.begin(), repeated.end());
  return used;
}

btf::Kind kind_of(Used::What what) {
  switch (what) {
    case Used::What::function: return btf::Kind::kFunc;
    case Used::What::tracepoint: return btf::Kind::kTypedef;
    case Used::What::variable: return btf::Kind::kVar;
  }
  return btf::Kind::kVoid;
}

/// The name it has in a kernel's BTF. Source: attach_raw_tp's BTF_TRACE_PREFIX, libbpf.c.
std::string btf_name(const Used& used) {
  return used.what == Used::What::tracepoint ? "btf_trace_" + used.name : used.name;
}

struct Found {
  const btf::View* btf;
  std::string_view module;
  TypeId type;
};

/// Where things of the kernel are, by index of those asked for.
using Places = std::vector<std::optional<Found>>;

void find_in(const btf::View& view, std::string_view module, const std::vector<Used>& used,
             Places& places) {
  std::vector<std::string> names;
  for (const Used& one : used) names.push_back(btf_name(one));
  // One whose name ends like a flavor is looked for by what is before it.
  std::vector<std::string_view> essential;
  for (const std::string& name : names) {
    essential.push_back(std::string_view(name).substr(0, btf::essential_length(name)));
  }
  const auto found = view.find_named(
      essential, btf::KindSet{btf::Kind::kFunc, btf::Kind::kTypedef, btf::Kind::kVar});
  for (const btf::NamedType& type : found) {
    for (std::size_t i = 0; i < used.size(); ++i) {
      if (essential[i] != essential[type.name] || places[i]) continue;
      if (view.kind(type.type) != kind_of(used[i].what) || view.name(type.type) != names[i]) {
        continue;
      }
      places[i] = Found{.btf = &view, .module = module, .type = type.type};
    }
  }
}

Result<Places> places_of(const Kernel& kernel, const std::vector<Used>& used) {
  Places places(used.size());
  find_in(kernel.btf(), "", used, places);
  const bool has_all = std::ranges::all_of(places, [](const auto& place) { return !!place; });
  if (has_all || !kernel.may_have_modules()) return places;
  TRY(const auto modules, kernel.target().modules());
  for (const core::Module& module : modules) find_in(*module.btf, module.name, used, places);
  return places;
}

/// The FUNC of a function; of a tracepoint the FUNC_PROTO that its typedef points to.
TypeId prototype_of(const Found& found) {
  if (found.btf->kind(found.type) != btf::Kind::kTypedef) return found.type;
  const TypeId pointer = found.btf->skip_modifiers_and_typedefs(found.type);
  return found.btf->kind(pointer) == btf::Kind::kPtr ? TypeId{found.btf->third_word(pointer)}
                                                     : pointer;
}

btf::TypeChange change_of(const Used& used, const Found& before, const Found& after) {
  btf::SameTypes types(*before.btf, *after.btf);
  if (used.what == Used::What::variable) {
    return btf::compare_types(types, before.type, after.type);
  }
  btf::TypeChange change;
  change.prototype = btf::compare_prototypes(types, prototype_of(before), prototype_of(after));
  return change;
}

std::string title_of(const Used& used) {
  switch (used.what) {
    case Used::What::function: return "func " + used.name;
    case Used::What::tracepoint: return "tracepoint " + used.name;
    case Used::What::variable: return "var " + used.name;
  }
  return {};
}

}  // namespace

Status compare_used_functions(const object::Object& object, const Kernel& old_kernel,
                              const Kernel& new_kernel, std::vector<DiffEntry>& entries) {
  const std::vector<Used> used = used_by(object);
  if (used.empty()) return {};
  TRY(const Places before, places_of(old_kernel, used));
  TRY(const Places after, places_of(new_kernel, used));
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!before[i] && !after[i]) continue;
    DiffEntry entry{
        .group = used[i].what == Used::What::variable ? DiffGroup::variables : DiffGroup::functions,
        .title = title_of(used[i]),
        .name = used[i].name,
        .module = std::string(after[i] ? after[i]->module : before[i]->module),
        .old_btf = before[i] ? before[i]->btf : &old_kernel.btf(),
        .new_btf = after[i] ? after[i]->btf : &new_kernel.btf(),
        .before = {},
        .after = {},
        .change = {},
        .notes = {}};
    if (before[i]) entry.before = before[i]->type;
    if (after[i]) entry.after = after[i]->type;
    if (before[i] && after[i]) {
      entry.change = change_of(used[i], *before[i], *after[i]);
      if (!entry.change.differs()) continue;
    }
    entries.push_back(std::move(entry));
  }
  return {};
}

}  // namespace btfreloc::tool
