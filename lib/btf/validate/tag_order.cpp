#include "btf/validate/checker.h"

// Type tags must be the first of the modifiers behind a pointer. Source: btf_check_type_tags(),
// kernel/bpf/btf.c.

namespace btfreloc::btf {
namespace {

/// Modifiers that are followed from one type.
constexpr int kMaxChain = 32;

}  // namespace

void check_tag_order(Checker& checker, const RawTypes& types, const BrokenTypes& broken) {
  if (!checker.demands(Rule::tag_order)) return;
  const auto is_broken = [&](TypeId id) {
    return types.is_own(id) && broken[id.value - types.first_id().value];
  };
  // Behind a type up to this one, tags and other modifiers are in order.
  TypeId good{types.first_id().value - 1};
  for (std::uint32_t i = types.first_id().value; i < types.end_id() && !checker.stopped(); ++i) {
    TypeId id{i};
    if (!is_modifier(types.kind(id)) || is_broken(id)) continue;
    bool in_tags = types.kind(id) == Kind::kTypeTag;
    for (int left = kMaxChain; is_modifier(types.kind(id)); --left) {
      if (left == 0) {
        checker.report(Rule::modifier_chain, Checker::Place{types, TypeId{i}, 8},
                       "more than {} modifiers follow it", kMaxChain);
        break;
      }
      const bool is_tag = types.kind(id) == Kind::kTypeTag;
      if (is_tag && !in_tags) {
        checker.report(Rule::tag_order, Checker::Place{types, TypeId{i}, 8},
                       "TYPE_TAG [{}] comes behind it", id.value);
        break;
      }
      in_tags = in_tags && is_tag;
      if (id <= good || is_broken(id)) break;
      id = TypeId{types.third(id)};
    }
    good = TypeId{i};
  }
}

}  // namespace btfreloc::btf
