#include "object/kernel_names.h"

#include <cstdint>
#include <unordered_set>

#include "core/members.h"

namespace btfreloc::object {
namespace {

using btf::Kind;

/// Of one struct, those of anonymous members included. Compilers nest a few.
constexpr std::size_t kMostMembers = 4096;
constexpr int kMaxDepth = 32;

void add_member_names(const btf::View& btf, TypeId id, std::unordered_set<std::string_view>& names,
                      std::size_t& seen, int depth = 0) {
  const auto members = core::members_of(btf, btf.skip_modifiers(id));
  if (!members || depth > kMaxDepth) return;
  for (const btf::Member member : *members) {
    if (++seen > kMostMembers) return;
    const std::string_view name = btf.string(member.name);
    if (name.empty()) {
      add_member_names(btf, member.type, names, seen, depth + 1);
    } else {
      names.insert(name);
    }
  }
}

bool is_flavored(std::string_view name) { return btf::essential_length(name) != name.size(); }

/// No kernel's enum has an enumerator with a flavor.
bool has_flavored_enumerators(const btf::View& btf, TypeId id) {
  for (std::uint32_t i = 0; i < btf.info(id).vlen; ++i) {
    if (is_flavored(btf.string(core::enumerator_of(btf, id, i).name))) return true;
  }
  return false;
}

}  // namespace

std::unordered_set<std::string_view> member_names(const btf::View& btf, TypeId id) {
  std::unordered_set<std::string_view> names;
  std::size_t seen = 0;
  add_member_names(btf, id, names, seen);
  return names;
}

btf::KindSet kinds_of(std::string_view keyword) {
  if (keyword == "struct") return {Kind::kStruct, Kind::kFwd};
  if (keyword == "union") return {Kind::kUnion, Kind::kFwd};
  if (keyword == "enum") return {Kind::kEnum, Kind::kEnum64};
  return {Kind::kTypedef};
}

std::optional<TypeId> KernelNames::find(std::string_view name, btf::KindSet kinds) const {
  std::optional<TypeId> forward;
  for (const btf::View* view = &kernel_; view != nullptr; view = view->base()) {
    for (const TypeId id : view->named(name.substr(0, btf::essential_length(name)))) {
      if (!kinds.has(view->info(id).kind) || view->name(id) != name) continue;
      if (view->kind(id) != Kind::kFwd) return id;
      if (!forward) forward = id;
    }
  }
  return forward;
}

std::optional<TypeId> KernelNames::find_declared(TypeId id) const {
  const std::string_view name = local_.name(id);
  const auto kind = local_.kind(id);
  if (name.empty() || is_flavored(name) || !kind) return std::nullopt;
  if (btf::is_composite(*kind)) return find_record(id);
  if (btf::is_enum(*kind)) {
    if (has_flavored_enumerators(local_, id)) return std::nullopt;
    return find(name, kinds_of("enum"));
  }
  if (kind == Kind::kTypedef) return find(name, kinds_of("typedef"));
  if (kind == Kind::kFwd)
    return find(name, kinds_of(local_.info(id).kind_flag ? "union" : "struct"));
  return std::nullopt;
}

std::optional<TypeId> KernelNames::find_record(TypeId id) const {
  const std::unordered_set<std::string_view> ours = member_names(local_, id);
  std::optional<TypeId> best;
  std::size_t most = 0;
  for (const btf::View* view = &kernel_; view != nullptr; view = view->base()) {
    for (const TypeId candidate : view->named(local_.name(id))) {
      if (view->kind(candidate) != local_.kind(id)) continue;
      if (view->name(candidate) != local_.name(id)) continue;
      std::size_t common = 0;
      for (const std::string_view name : member_names(*view, candidate)) {
        common += ours.contains(name) ? 1 : 0;
      }
      if (best && common <= most) continue;
      best = candidate;
      most = common;
    }
  }
  if (best && most * 2 < ours.size()) return std::nullopt;
  return best;
}

}  // namespace btfreloc::object
