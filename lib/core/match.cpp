#include "core/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/compat.h"
#include "core/members.h"

namespace btfreloc::core {
namespace {

Malformed too_deep() {
  return {fmt::format("types nest deeper than {} levels, or beyond counting", kMaxAccessDepth)};
}

Malformed too_far() { return {"the field is beyond 512 MiB"}; }

/// Walks the named steps of a local path through the types of the target.
class FieldMatch {
 public:
  FieldMatch(const btf::View& local_btf, const btf::View& target_btf, Spec& spec, Budget& budget)
      : local_(local_btf), target_(target_btf), spec_(spec), budget_(budget) {}

  Match run(const Spec& local) {
    at_ = spec_.root;
    for (step_ = 0; step_ < local.path.size(); ++step_) {
      const Accessor& asked = local.path[step_];
      const auto stopped = asked.is_member() ? enter_member(asked) : enter_element(asked);
      if (stopped) return *stopped;
    }
    return std::move(spec_);
  }

 private:
  /// Nothing: the walk goes on.
  using Stop = std::optional<Match>;

  Stop refuse(Mismatch why, TypeId member = {}) const {
    return Refusal{.why = why, .step = step_, .type = at_, .member = member};
  }

  Stop enter_member(const Accessor& asked) {
    at_ = target_.skip_modifiers_and_typedefs(at_);
    if (!members_of(target_, at_)) return refuse(Mismatch::not_composite);
    const btf::Member local = (*members_of(local_, asked.type))[asked.index];
    const auto [search, found] = find_member(at_, local_.string(local.name));
    if (search == Search::too_deep) return too_deep();
    if (search == Search::absent) return refuse(Mismatch::no_such_member);
    switch (fields_are_compat({local_, local.type, target_, found}, budget_)) {
      case Compat::no: return refuse(Mismatch::member_type, found);
      case Compat::too_deep: return too_deep();
      case Compat::yes: break;
    }
    if (spec_.offset.value > UINT32_MAX) return too_far();
    at_ = found;
    return std::nullopt;
  }

  Stop enter_element(const Accessor& asked) {
    if (step_ > 0) {
      at_ = target_.skip_modifiers_and_typedefs(at_);
      if (target_.kind(at_) != btf::Kind::kArray) return refuse(Mismatch::not_array);
      const auto array = std::get<btf::Array>(target_.decode(at_));
      if (asked.index >= array.nr_elems && !is_flexible(target_, spec_, array))
        return refuse(Mismatch::array_bound);
      at_ = array.type;
    }
    at_ = target_.skip_modifiers_and_typedefs(at_);
    if (spec_.access.size() == kMaxAccessDepth) return too_deep();
    spec_.access.push_back(asked.index);
    spec_.path.push_back({.type = at_, .index = asked.index, .name = {}});
    const auto size = btf::size_of(target_, at_, target_.pointer_size());
    if (!size) return Malformed{fmt::format("type [{}] of the target has no size", at_.value)};
    // Indices have 31 bits and sizes 32, so their product fits, and in bits it may not.
    const std::uint64_t bytes = std::uint64_t{asked.index} * size->value;
    spec_.offset = spec_.offset + ByteCount{std::min<std::uint64_t>(bytes, UINT32_MAX)};
    if (spec_.offset.value > UINT32_MAX) return too_far();
    return std::nullopt;
  }

  enum class Search : std::uint8_t { absent, found, too_deep };

  /// Depth first through anonymous members; the first member of that name decides. Appends the way
  /// to it to the spec, and returns its type.
  std::pair<Search, TypeId> find_member(TypeId type, std::string_view name) {
    type = target_.skip_modifiers_and_typedefs(type);
    const auto members = members_of(target_, type);
    if (!members) return {Search::absent, {}};
    for (std::uint32_t i = 0; i < members->size(); ++i) {
      if (spec_.access.size() == kMaxAccessDepth || !budget_.spend(1)) {
        return {Search::too_deep, {}};
      }
      const btf::Member member = (*members)[i];
      if (target_.first_char(member.name) == '\0') {
        spec_.access.push_back(i);
        spec_.offset = spec_.offset + member.offset;
        const auto inside = find_member(member.type, name);
        if (inside.first != Search::absent) return inside;
        spec_.offset.value -= member.offset.value;
        spec_.access.pop_back();
      } else if (target_.string_is(member.name, name)) {
        spec_.access.push_back(i);
        spec_.path.push_back({.type = type, .index = i, .name = member.name});
        spec_.offset = spec_.offset + member.offset;
        return {Search::found, member.type};
      }
    }
    return {Search::absent, {}};
  }

  const btf::View& local_;
  const btf::View& target_;
  Spec& spec_;
  TypeId at_;
  std::size_t step_ = 0;
  Budget& budget_;
};

Match match_enumerator(const btf::View& local_btf, const Spec& local, const btf::View& target_btf,
                       Spec& spec, Budget& budget) {
  const TypeId type = target_btf.skip_modifiers_and_typedefs(spec.root);
  const auto kind = target_btf.kind(type);
  if (!kind || !kinds_are_compat(*kind, btf::Kind::kEnum)) {
    return Refusal{.why = Mismatch::not_enum, .step = 0, .type = type, .member = {}};
  }
  const std::string_view name =
      local_btf.string(enumerator_of(local_btf, local.enum_type, local.access[0]).name);
  const std::uint32_t count = target_btf.info(type).vlen;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (!budget.spend(1)) return too_deep();
    if (!essential_names_equal(target_btf.string(enumerator_of(target_btf, type, i).name), name))
      continue;
    spec.access.push_back(i);
    spec.enum_type = type;
    return std::move(spec);
  }
  return Refusal{.why = Mismatch::no_such_enumerator, .step = 0, .type = type, .member = {}};
}

Match match_type(const btf::View& local_btf, const Spec& local, const btf::View& target_btf,
                 Spec& spec, Budget& budget) {
  const TypePair types{local_btf, local.root, target_btf, spec.root};
  const bool contents = local.kind == ReloKind::type_matches;
  switch (contents ? types_match(types, budget) : types_are_compat(types, budget)) {
    case Compat::yes: spec.access.push_back(0); return std::move(spec);
    case Compat::too_deep: return too_deep();
    case Compat::no: break;
  }
  return Refusal{.why = contents ? Mismatch::type_contents : Mismatch::type,
                 .step = 0,
                 .type = spec.root,
                 .member = {}};
}

}  // namespace

Match match(const btf::View& local_btf, const Spec& local, const btf::View& target_btf,
            TypeId candidate, Budget& budget) {
  Spec spec{.kind = local.kind,
            .root = candidate,
            .access = {},
            .path = {},
            .offset = {},
            .enum_type = {}};
  if (is_type_based(local.kind)) return match_type(local_btf, local, target_btf, spec, budget);
  if (is_enumval_based(local.kind))
    return match_enumerator(local_btf, local, target_btf, spec, budget);
  return FieldMatch(local_btf, target_btf, spec, budget).run(local);
}

}  // namespace btfreloc::core
