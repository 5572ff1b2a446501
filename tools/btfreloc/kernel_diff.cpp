#include "btfreloc/kernel_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <tuple>
#include <utility>

#include "base/printable.h"
#include "btf/c_text.h"
#include "btf/compare/fields.h"
#include "btf/compare/type_pairs.h"
#include "btfreloc/member_search.h"
#include "btfreloc/suggest.h"

namespace btfreloc::tool {
namespace {

/// The kernel or one of its modules, on both sides.
struct Scope {
  std::string module;  ///< "" for the kernel.
  btf::SameTypes types;
};

DiffGroup group_of(const btf::View& view, TypeId id) {
  switch (view.kind(id).value_or(btf::Kind::kVoid)) {
    case btf::Kind::kFunc: return DiffGroup::functions;
    case btf::Kind::kVar: return DiffGroup::variables;
    default: return DiffGroup::types;
  }
}

DiffEntry entry_of(const Scope& scope, const btf::NamedPair& pair, btf::TypeChange change) {
  const btf::View& view = pair.after ? scope.types.after() : scope.types.before();
  const TypeId id = pair.after ? *pair.after : *pair.before;
  return {.group = group_of(view, id),
          .title = btf::title(view, id),
          .name = std::string(view.name(id)),
          .module = scope.module,
          .number = pair.number,
          .old_btf = &scope.types.before(),
          .new_btf = &scope.types.after(),
          .before = pair.before,
          .after = pair.after,
          .change = std::move(change),
          .notes = {}};
}

/// Appends what became of a pair, if anything did.
void add_pair(Scope& scope, const btf::NamedPair& pair, std::vector<DiffEntry>& entries) {
  btf::TypeChange change;
  if (pair.before && pair.after) {
    change = btf::compare_types(scope.types, *pair.before, *pair.after);
    if (!change.differs()) return;
  }
  entries.push_back(entry_of(scope, pair, std::move(change)));
}

void compare_scope(Scope& scope, std::vector<DiffEntry>& entries) {
  for (const btf::NamedPair& pair : btf::pair_types(scope.types)) add_pair(scope, pair, entries);
  auto enumerators = btf::compare_nameless_enums(scope.types.before(), scope.types.after());
  if (enumerators.empty()) return;
  DiffEntry pool{.title = "enum (anon)",
                 .name = {},
                 .module = scope.module,
                 .old_btf = &scope.types.before(),
                 .new_btf = &scope.types.after(),
                 .before = {},
                 .after = {},
                 .change = {},
                 .notes = {}};
  pool.change.enumerators = std::move(enumerators);
  entries.push_back(std::move(pool));
}

Result<std::span<const core::Module>> modules_of(const Kernel& kernel) {
  if (!kernel.may_have_modules()) return std::span<const core::Module>();
  return kernel.target().modules();
}

/// Where a name is looked for: a kernel, or one of its modules.
struct Place {
  std::string_view module;
  const btf::View* btf;
};

bool has_named(const btf::View& view, const btf::WrittenPath& written) {
  for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
    const bool is_it = view.string_is(view.name_offset(id), written.type) &&
                       btf::name_space(view, id) &&
                       (written.keyword.empty() || written.keyword == btf::keyword(view, id));
    if (is_it) return true;
  }
  return false;
}

/// The kernel when it has the type, else those of its modules that do: libbpf's order.
Result<std::vector<Place>> places_of(const Kernel& kernel, const btf::WrittenPath& written) {
  std::vector<Place> places;
  if (has_named(kernel.btf(), written)) {
    places.push_back({.module = {}, .btf = &kernel.btf()});
    return places;
  }
  TRY(const auto modules, modules_of(kernel));
  for (const core::Module& module : modules) {
    if (has_named(*module.btf, written)) {
      places.push_back({.module = module.name, .btf = module.btf});
    }
  }
  return places;
}

void swap_sides(btf::FieldChange& change) { std::swap(change.before, change.after); }

bool differs(const btf::FieldChange& change) {
  return change.before.size() != 1 || change.after.size() != 1 || change.is_renamed() ||
         change.moved || change.resized || change.retyped;
}

/// The types, functions and members that were named.
class NamedComparison {
 public:
  NamedComparison(const Kernel& old_kernel, const Kernel& new_kernel, KernelDiff& diff)
      : old_(old_kernel), new_(new_kernel), diff_(diff) {}

  Status compare(const btf::WrittenPath& written) {
    TRY(const auto old_places, places_of(old_, written));
    TRY(const auto new_places, places_of(new_, written));
    if (old_places.empty() && new_places.empty()) return fail_unknown(written);
    const std::vector<Place> no_old{{.module = {}, .btf = &old_.btf()}};
    const std::vector<Place> no_new{{.module = {}, .btf = &new_.btf()}};
    found_path_ = written.path.empty();
    missing_.reset();
    TRY_OK(compare_places(old_places.empty() ? no_old : old_places,
                          new_places.empty() ? no_new : new_places, written));
    if (!found_path_ && missing_) return std::unexpected(*std::move(missing_));
    return {};
  }

 private:
  Status compare_places(const std::vector<Place>& old_places, const std::vector<Place>& new_places,
                        const btf::WrittenPath& written) {
    for (std::size_t i = 0; i < std::max(old_places.size(), new_places.size()); ++i) {
      const Place& now = new_places[std::min(i, new_places.size() - 1)];
      // The module of the same name; where there is none, whatever has the type.
      auto old = std::ranges::find(old_places, now.module, &Place::module);
      if (old == old_places.end()) old = old_places.begin() + std::min(i, old_places.size() - 1);
      Scope scope{.module = std::string(now.module), .types = {*old->btf, *now.btf}};
      for (const auto& pair : btf::pair_types_named(scope.types, written.keyword, written.type)) {
        if (is_hidden_function(scope, pair, written)) continue;
        if (written.path.empty()) {
          add_pair(scope, pair, diff_.entries);
        } else {
          compare_path(scope, pair, written.path);
        }
      }
      diff_.gave_up |= scope.types.gave_up();
      if (new_places.size() == 1) break;
    }
    return {};
  }

  /// A function of a type's name is compared when it is called so: "func sigaction".
  static bool is_hidden_function(const Scope& scope, const btf::NamedPair& pair,
                                 const btf::WrittenPath& written) {
    if (!written.keyword.empty()) return false;
    const btf::View& view = pair.after ? scope.types.after() : scope.types.before();
    if (group_of(view, pair.after ? *pair.after : *pair.before) == DiffGroup::types) return false;
    for (const std::string_view keyword : {"struct", "union", "enum", "typedef"}) {
      const btf::WrittenPath type{.keyword = keyword, .type = written.type, .path = {}};
      if (has_named(scope.types.before(), type) || has_named(scope.types.after(), type))
        return true;
    }
    return false;
  }

  void compare_path(Scope& scope, const btf::NamedPair& pair, std::string_view path) {
    btf::TypeChange change;
    if (pair.before && pair.after) {
      change.enumerators = enumerators_named(scope, pair, path);
      if (found_enumerator_) {
        found_path_ = true;
      } else if (auto field = follow(scope, *pair.before, *pair.after, path)) {
        found_path_ = true;
        if (differs(*field)) change.fields.push_back(*std::move(field));
      }
      if (change.differs()) diff_.entries.push_back(entry_of(scope, pair, std::move(change)));
      return;
    }
    const btf::View& view = pair.after ? scope.types.after() : scope.types.before();
    const auto field = btf::find_field(view, pair.after ? *pair.after : *pair.before, path);
    if (!field) {
      remember_missing(view, field.error());
      return;
    }
    found_path_ = true;
    (pair.after ? change.fields.emplace_back().after
                : change.fields.emplace_back().before) = {*field};
    diff_.entries.push_back(entry_of(scope, pair, std::move(change)));
  }

  /// What became of a member, wherever it is; nullopt when neither side has it.
  std::optional<btf::FieldChange> follow(Scope& scope, TypeId before, TypeId after,
                                         std::string_view path) {
    if (auto forward = btf::follow_field(scope.types, before, after, path)) return forward;
    btf::SameTypes backwards(scope.types.after(), scope.types.before());
    auto back = btf::follow_field(backwards, after, before, path);
    if (back) {
      swap_sides(*back);
    } else {
      remember_missing(scope.types.after(),
                       btf::find_field(scope.types.after(), after, path).error());
      remember_missing(scope.types.before(),
                       btf::find_field(scope.types.before(), before, path).error());
    }
    return back;
  }

  std::vector<btf::EnumeratorChange> enumerators_named(Scope& scope, const btf::NamedPair& pair,
                                                       std::string_view name) {
    found_enumerator_ = has_enumerator(scope.types.before(), *pair.before, name) ||
                        has_enumerator(scope.types.after(), *pair.after, name);
    if (!found_enumerator_) return {};
    auto changes = btf::compare_types(scope.types, *pair.before, *pair.after).enumerators;
    std::erase_if(changes, [&](const auto& change) { return change.name != name; });
    return changes;
  }

  static bool has_enumerator(const btf::View& view, TypeId id, std::string_view name) {
    const auto values = btf::enumerators_of(view, view.skip_modifiers_and_typedefs(id));
    return std::ranges::any_of(values,
                               [&](const auto& value) { return view.string_is(value.name, name); });
  }

  /// Keeps why a member is nowhere, with names that are near; the first that has some.
  void remember_missing(const btf::View& view, const btf::NoField& no_field) {
    if (missing_ && !missing_->hint.empty()) return;
    std::string hint;
    for (const FoundMember& near : nearest_members(view, no_field.in, no_field.component)) {
      hint += (hint.empty() ? "did you mean " : " or ") + member_text(view, near);
    }
    if (!hint.empty()) hint += "?";
    missing_ = Error{.code = Errc::not_found,
                     .message = fmt::format("{}, in {} as in {}", btf::text(view, no_field),
                                            old_.label(), new_.label()),
                     .hint = std::move(hint)};
  }

  std::unexpected<Error> fail_unknown(const btf::WrittenPath& written) const {
    std::vector<std::string_view> names;
    for (const btf::View* view : {&old_.btf(), &new_.btf()}) {
      for (TypeId id = view->first_id(); id.value < view->size(); ++id.value) {
        if (btf::name_space(*view, id)) names.push_back(view->name(id));
      }
    }
    return fail(Errc::not_found,
                fmt::format("neither {} nor {} has a type or function named `{}{}{}`", old_.label(),
                            new_.label(), written.keyword, written.keyword.empty() ? "" : " ",
                            written.type),
                {}, did_you_mean(nearest(written.type, names)));
  }

  const Kernel& old_;
  const Kernel& new_;
  KernelDiff& diff_;
  bool found_path_ = false;
  bool found_enumerator_ = false;
  std::optional<Error> missing_;
};

/// Everything in both kernels, and in the modules of both.
Status compare_everything(const Kernel& old_kernel, const Kernel& new_kernel, bool with_modules,
                          KernelDiff& diff) {
  const auto compare = [&](std::string_view module, const btf::View& before,
                           const btf::View& after) {
    Scope scope{.module = std::string(module), .types = {before, after}};
    compare_scope(scope, diff.entries);
    diff.gave_up |= scope.types.gave_up();
  };
  compare("", old_kernel.btf(), new_kernel.btf());
  if (!with_modules) return {};
  TRY(const auto old_modules, modules_of(old_kernel));
  TRY(const auto new_modules, modules_of(new_kernel));
  for (const core::Module& now : new_modules) {
    const auto old = std::ranges::find(old_modules, now.name, &core::Module::name);
    if (old == old_modules.end()) {
      diff.added_modules.emplace_back(now.name);
    } else {
      compare(now.name, *old->btf, *now.btf);
    }
  }
  for (const core::Module& old : old_modules) {
    const bool is_there = std::ranges::any_of(
        new_modules, [&](const core::Module& now) { return now.name == old.name; });
    if (!is_there) diff.removed_modules.emplace_back(old.name);
  }
  return {};
}

}  // namespace

DiffCounts counts_of(const KernelDiff& diff, DiffGroup group) {
  DiffCounts counts;
  for (const DiffEntry& entry : diff.entries) {
    if (entry.group != group) continue;
    ++(entry.is_added() ? counts.added : entry.is_removed() ? counts.removed : counts.changed);
  }
  return counts;
}

void sort_entries(std::vector<DiffEntry>& entries) {
  const auto key = [](const DiffEntry* entry) {
    return std::tie(entry->group, entry->name, entry->title, entry->module, entry->number);
  };
  std::vector<DiffEntry*> order;
  for (DiffEntry& entry : entries) order.push_back(&entry);
  std::ranges::stable_sort(order, [&](const auto* a, const auto* b) { return key(a) < key(b); });
  std::vector<DiffEntry> sorted;
  sorted.reserve(order.size());
  for (DiffEntry* entry : order) sorted.push_back(std::move(*entry));
  entries = std::move(sorted);
}

Result<KernelDiff> compare_kernels(const Kernel& old_kernel, const Kernel& new_kernel,
                                   const DiffSelection& selection) {
  KernelDiff diff;
  if (selection.is_everything()) {
    TRY_OK(compare_everything(old_kernel, new_kernel, selection.with_modules, diff));
  }
  NamedComparison named(old_kernel, new_kernel, diff);
  for (const std::string& type : selection.types) {
    TRY_OK(named.compare(btf::read_written_path(type)));
  }
  for (const std::string& function : selection.functions) {
    TRY_OK(named.compare({.keyword = "func", .type = function, .path = {}}));
  }
  sort_entries(diff.entries);
  return diff;
}

}  // namespace btfreloc::tool
