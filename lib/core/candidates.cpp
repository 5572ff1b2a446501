#include "core/candidates.h"

#include <algorithm>
#include <string_view>

#include "core/compat.h"

namespace btfreloc::core {
namespace {

using btf::Kind;

btf::KindSet compatible_kinds(Kind kind) {
  if (kinds_are_compat(kind, Kind::kEnum)) return {Kind::kEnum, Kind::kEnum64};
  return {kind};
}

/// What candidates are looked for by. Roots that differ in their flavor share one.
struct Wanted {
  std::uint32_t name;  ///< Index into Search::names.
  Kind kind;
};

/// The names that roots have in common, and what is wanted of each.
struct Search {
  std::vector<std::string_view> names;            ///< Essential names, each once.
  std::vector<std::vector<std::size_t>> by_name;  ///< For each name: indices into `wanted`.
  std::vector<Wanted> wanted;
  btf::KindSet kinds;
};

class SearchBuilder {
 public:
  /// The index in `wanted` for a root of that name and kind.
  std::size_t want(std::string_view essential_name, Kind kind) {
    const auto [name, is_new] =
        numbers_.try_emplace(essential_name, static_cast<std::uint32_t>(search.names.size()));
    if (is_new) {
      search.names.push_back(essential_name);
      search.by_name.emplace_back();
    }
    std::vector<std::size_t>& same_name = search.by_name[name->second];
    for (const std::size_t index : same_name) {
      if (search.wanted[index].kind == kind) return index;
    }
    same_name.push_back(search.wanted.size());
    search.wanted.push_back({.name = name->second, .kind = kind});
    search.kinds |= compatible_kinds(kind);
    return search.wanted.size() - 1;
  }

  Search search;

 private:
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

/// Adds the own types of `btf` that are wanted to the lists beside `search.wanted`.
void add_from(const btf::View& btf, std::string_view module, const Search& search,
              const Target& target, std::vector<std::vector<Candidate>>& lists) {
  const auto add = [&](TypeId type, std::uint32_t name) {
    const auto kind = btf.kind(type);
    for (const std::size_t index : search.by_name[name]) {
      if (kind && kinds_are_compat(search.wanted[index].kind, *kind)) {
        lists[index].push_back(
            {.btf = &btf, .module = module, .type = type, .keeps_id = target.keeps_ids});
      }
    }
  };
  if (target.known == nullptr) {
    for (const btf::NamedType& found : btf.find_named(search.names, search.kinds)) {
      add(found.type, found.name);
    }
    return;
  }
  for (std::uint32_t name = 0; name < search.names.size(); ++name) {
    for (const TypeId type : target.known->find(btf, search.names[name])) add(type, name);
  }
}

}  // namespace

void KnownRoots::add(const btf::View& local, TypeId root) {
  const std::string_view name = local.name(root);
  const auto kind = local.kind(root);
  if (name.empty() || !kind) return;
  const std::string_view essential_name = name.substr(0, btf::essential_length(name));
  kinds_ |= compatible_kinds(*kind);
  if (numbers_.try_emplace(essential_name, names_.size()).second) names_.push_back(essential_name);
}

std::span<const TypeId> KnownRoots::find(const btf::View& btf, std::string_view essential_name) {
  const auto [table, is_new] = found_.try_emplace(&btf);
  if (is_new) {
    table->second.resize(names_.size());
    for (const btf::NamedType& found : btf.find_named(names_, kinds_)) {
      table->second[found.name].push_back(found.type);
    }
  }
  return table->second[numbers_.at(essential_name)];
}

Result<Candidates> Candidates::find(const btf::View& local, std::span<const TypeId> roots,
                                    const Target& target) {
  Candidates candidates;
  SearchBuilder builder;
  std::vector<TypeId> nameless;
  for (const TypeId root : roots) {
    const std::string_view name = local.name(root);
    const auto kind = local.kind(root);
    if (name.empty() || !kind) {
      nameless.push_back(root);
      continue;
    }
    candidates.list_of_.try_emplace(
        root, builder.want(name.substr(0, btf::essential_length(name)), *kind));
  }
  const Search& search = builder.search;
  candidates.lists_.resize(search.wanted.size() + 1);
  for (const TypeId root : nameless) candidates.list_of_.try_emplace(root, search.wanted.size());

  add_from(target.kernel, "", search, target, candidates.lists_);
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < search.wanted.size(); ++i) {
    if (candidates.lists_[i].empty()) missing.push_back(i);
  }
  if (missing.empty() || !target.modules) return candidates;

  SearchBuilder in_modules;
  for (const std::size_t i : missing) {
    in_modules.want(search.names[search.wanted[i].name], search.wanted[i].kind);
  }
  std::vector<std::vector<Candidate>> found(missing.size());
  TRY(const std::span<const Module> modules, target.modules());
  for (const Module& module : modules) {
    add_from(*module.btf, module.name, in_modules.search, target, found);
  }
  for (std::size_t i = 0; i < missing.size(); ++i) {
    candidates.lists_[missing[i]] = std::move(found[i]);
  }
  return candidates;
}

}  // namespace btfreloc::core
