#include "core/minimize.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "btf/subset.h"
#include "core/compat.h"
#include "core/members.h"

// What has to stay. A rule may say yes, no or "cannot tell" about a candidate, and must say the
// same afterwards:
//
//   yes  what it went through stays: members on the path with anonymous ones in the way, kinds and
//        sizes of their types, the enumerator.
//   no   the candidate stays, and that is enough where less can only turn more candidates down: a
//        member that is not there is not found. Where less could be taken for a yes, what said no
//        stays: pointees, which void is not, and what makes an array without a bound no last
//        member.
//   else all of the candidate stays.

namespace btfreloc::core {
namespace {

using btf::Kind;

std::string_view essential(std::string_view name) {
  return name.substr(0, btf::essential_length(name));
}

/// A type, by the view it was found through.
using Type = std::pair<const btf::View*, TypeId>;

/// Goes through a target type as types_match() does, and keeps what the local type finds there.
class MatchedParts {
 public:
  /// Without `keeps_records` the answer was no, which fewer records do not change.
  MatchedParts(const btf::View& local, const btf::View& target, bool keeps_records,
               btf::Selection& selection)
      : local_(local), target_(target), keeps_records_(keeps_records), selection_(selection) {}

  /// False when there is too much to go through.
  bool walk(TypeId local, TypeId target) {
    todo_.push_back({local, target, false});
    while (!todo_.empty()) {
      const Pair pair = todo_.back();
      todo_.pop_back();
      if (!budget_.spend(1)) return false;
      step(pair);
    }
    return true;
  }

 private:
  struct Pair {
    TypeId local;
    TypeId target;
    bool behind_ptr;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };

  void step(const Pair& pair) {
    const Pair at{local_.skip_modifiers_and_typedefs(pair.local),
                  target_.skip_modifiers_and_typedefs(pair.target), pair.behind_ptr};
    if (!seen_.insert(at).second) return;
    const auto kind = local_.kind(at.local);
    const auto other = target_.kind(at.target);
    if (!kind || !other) return;
    // Names count here. Only a module may have to hide one, where the kernel has it, too.
    if (target_.base() == nullptr || at.target < target_.first_id()) {
      selection_.keep_name(target_, at.target);
    }
    if (!kinds_are_compat(*kind, *other)) return;
    if (!essential_names_equal(local_.name(at.local), target_.name(at.target))) return;
    if (kind == Kind::kPtr) {
      todo_.push_back(
          {TypeId{local_.third_word(at.local)}, TypeId{target_.third_word(at.target)}, true});
    } else if (kind == Kind::kArray) {
      todo_.push_back({std::get<btf::Array>(local_.decode(at.local)).type,
                       std::get<btf::Array>(target_.decode(at.target)).type, at.behind_ptr});
    } else if (kind == Kind::kFuncProto) {
      enter_function(at);
    } else if (is_composite(*kind) && !at.behind_ptr) {
      enter_members(at);
    } else if (is_enum(*kind) && keeps_records_) {
      keep_enumerators(at);
    }
  }

  void enter_function(const Pair& at) {
    const auto ours = std::get<btf::FuncProto>(local_.decode(at.local));
    const auto theirs = std::get<btf::FuncProto>(target_.decode(at.target));
    todo_.push_back({ours.return_type, theirs.return_type, at.behind_ptr});
    for (std::uint32_t i = 0; i < std::min(ours.params.size(), theirs.params.size()); ++i) {
      todo_.push_back({ours.params[i].type, theirs.params[i].type, at.behind_ptr});
    }
  }

  void enter_members(const Pair& at) {
    selection_.add_pointees(target_, at.target);
    const auto ours = *members_of(local_, at.local);
    const auto theirs = *members_of(target_, at.target);
    std::vector<std::uint32_t> kept;
    for (std::uint32_t i = 0; i < theirs.size(); ++i) {
      const std::string_view name = target_.string(theirs[i].name);
      bool is_asked_for = false;
      for (const btf::Member member : ours) {
        if (!budget_.spend(1)) return;
        if (!essential_names_equal(local_.string(member.name), name)) continue;
        is_asked_for = true;
        todo_.push_back({member.type, theirs[i].type, false});
      }
      if (is_asked_for) kept.push_back(i);
    }
    if (keeps_records_) keep(at.target, std::move(kept), ours.size());
  }

  void keep_enumerators(const Pair& at) {
    const std::uint32_t ours = local_.info(at.local).vlen;
    std::unordered_set<std::string_view> names;
    for (std::uint32_t i = 0; i < ours; ++i) {
      names.insert(essential(local_.string(enumerator_of(local_, at.local, i).name)));
    }
    std::vector<std::uint32_t> kept;
    for (std::uint32_t i = 0; i < target_.info(at.target).vlen; ++i) {
      const std::string_view name = target_.string(enumerator_of(target_, at.target, i).name);
      if (names.contains(essential(name))) kept.push_back(i);
    }
    keep(at.target, std::move(kept), ours);
  }

  /// Two of the object's may find the same one, but it has to have as many: others fill up.
  void keep(TypeId type, std::vector<std::uint32_t> kept, std::uint32_t least) {
    const std::size_t found = kept.size();
    for (std::uint32_t i = 0; i < target_.info(type).vlen && kept.size() < least; ++i) {
      if (!std::binary_search(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(found), i)) {
        kept.push_back(i);
      }
    }
    for (const std::uint32_t i : kept) selection_.add_record(target_, type, i);
  }

  const btf::View& local_;
  const btf::View& target_;
  bool keeps_records_;
  btf::Selection& selection_;
  std::vector<Pair> todo_;
  std::set<Pair> seen_;
  Budget budget_;
};

class Minimizer {
 public:
  Minimizer(const Target& target, std::span<const DecidedObject> objects, Extent extent)
      : target_(target), objects_(objects), extent_(extent) {}

  Result<std::vector<std::byte>> run() {
    for_each_verdict([this](const Decision& decision, const CandidateVerdict& verdict) {
      if (decision.local->kind != ReloKind::type_id_target) wanted_.insert(type_of(verdict));
    });
    for (const DecidedObject& object : objects_) {
      for (const Decision& decision : object.decisions) keep(object.local, decision);
    }
    for (const auto& [btf, type, member] : not_last_) {
      selection_.add_record_behind(*btf, type, member);
    }
    if (needs_signs_) keep_a_sign();
    TRY(const std::vector<const btf::View*> views, views_in_order());
    return btf::subset(selection_, views);
  }

 private:
  template <class F>
  void for_each_verdict(F&& f) const {
    for (const DecidedObject& object : objects_) {
      for (const Decision& decision : object.decisions) {
        for (const CandidateVerdict& verdict : decision.considered) f(decision, verdict);
      }
    }
  }

  static Type type_of(const CandidateVerdict& verdict) {
    return {verdict.candidate.btf, verdict.candidate.type};
  }

  void keep(const btf::View& local, const Decision& decision) {
    if (decision.considered.empty()) return;
    bool is_kept = false;
    for (const CandidateVerdict& verdict : decision.considered) {
      if (!wanted_.contains(type_of(verdict))) continue;
      is_kept = true;
      used_.insert(verdict.candidate.btf);
      keep(local, decision, verdict);
    }
    // What only comes along must be no candidate: neither of a type that was left out, nor beside
    // the kernel's, where a module has another type of that name.
    const bool is_of_kernel = decision.considered[0].candidate.btf == &target_.kernel;
    if (is_kept && !is_of_kernel) return;
    const Kind kind = *local.kind(decision.local->root);
    btf::KindSet kinds{kind};
    if (is_enum(kind)) kinds = {Kind::kEnum, Kind::kEnum64};
    selection_.reserve(essential(local.name(decision.local->root)), kinds);
  }

  void keep(const btf::View& local, const Decision& decision, const CandidateVerdict& verdict) {
    const btf::View& btf = *verdict.candidate.btf;
    const TypeId type = verdict.candidate.type;
    const ReloKind kind = decision.local->kind;
    const auto* const answer = std::get_if<Answer>(&verdict.result);
    const auto* const refusal = std::get_if<Refusal>(&verdict.result);
    selection_.add(btf, type);
    if (extent_ == Extent::candidates || (answer == nullptr && refusal == nullptr)) {
      return keep_whole(btf, type, is_type_based(kind));
    }
    if (kind == ReloKind::type_matches) {
      MatchedParts parts(local, btf, answer != nullptr, selection_);
      if (!parts.walk(decision.local->root, type)) keep_whole(btf, type, true);
    }
    if (is_type_based(kind)) {
      if (!is_composite(*btf.kind(type))) selection_.add_pointees(btf, type);
    } else if (answer != nullptr) {
      is_enumval_based(kind) ? keep_enumerator(btf, *answer) : keep_path(btf, answer->spec);
    } else if (refusal->why == Mismatch::array_bound) {
      keep_bound(local, *decision.local, verdict.candidate, *refusal);
    }
  }

  /// The members that the numbers of an access go through.
  void keep_path(const btf::View& btf, const Spec& spec) {
    TypeId at = btf.skip_modifiers_and_typedefs(spec.root);
    for (std::size_t i = 1; i < spec.access.size(); ++i) {
      if (const auto members = members_of(btf, at)) {
        selection_.add_record(btf, at, spec.access[i]);
        at = (*members)[spec.access[i]].type;
      } else {
        at = std::get<btf::Array>(btf.decode(at)).type;
      }
      at = btf.skip_modifiers_and_typedefs(at);
    }
  }

  void keep_enumerator(const btf::View& btf, const Answer& answer) {
    const TypeId type = answer.spec.enum_type;
    const std::uint32_t index = answer.spec.access[0];
    selection_.add_record(btf, type, index);
    // Where its sign bit is set, it matters whether this BTF says which enums are signed. The
    // kernel's may not, but that of a module, and both become one.
    const bool is_unsigned = btf.kind(type) == Kind::kEnum && !btf.info(type).kind_flag;
    if (!is_unsigned || (enumerator_of(btf, type, index).value >> 31 & 1) == 0) return;
    needs_signs_ = true;
    if (btf.third_word(type) != 8 && answer.value >> 32 != 0) selection_.add_sign(btf, type);
  }

  /// An array without a bound was refused because it is not the last member: something has to stay
  /// behind it, where it stays.
  void keep_bound(const btf::View& local, const Spec& asked, const Candidate& candidate,
                  const Refusal& refusal) {
    Spec before = asked;
    before.path.resize(refusal.step);
    const Match matched = match(local, before, *candidate.btf, candidate.type, budget_);
    const auto* const spec = std::get_if<Spec>(&matched);
    if (spec == nullptr || spec->path.empty() || !spec->path.back().is_member()) return;
    const Accessor& member = spec->path.back();
    if (member.index + 1 == candidate.btf->info(member.type).vlen) return;
    not_last_.emplace_back(candidate.btf, member.type, member.index);
  }

  /// Everything in a type, and behind its pointers when these count.
  void keep_whole(const btf::View& btf, TypeId root, bool with_pointees) {
    std::vector<TypeId> todo = {root};
    std::unordered_set<TypeId> seen;
    while (!todo.empty()) {
      const TypeId type = todo.back();
      todo.pop_back();
      if (!seen.insert(type).second) continue;
      const auto kind = btf.kind(type);
      if (!kind || type.value == 0) continue;
      const bool has_records = is_composite(*kind) || is_enum(*kind);
      if (has_records) selection_.add_records(btf, type);
      if (with_pointees && (type == root || is_composite(*kind))) {
        selection_.add_pointees(btf, type);
      }
      if (kind == Kind::kPtr && !with_pointees) continue;
      btf.for_each_type_id(type, [&](TypeId to) { todo.push_back(to); });
    }
  }

  /// Keeps the cheapest enum that tells readers of the others that these are not signed.
  void keep_a_sign() {
    std::optional<TypeId> cheapest;
    for (std::uint32_t i = 1; i < target_.kernel.size(); ++i) {
      const TypeId type{i};
      const auto kind = target_.kernel.kind(type);
      const bool tells =
          kind == Kind::kEnum64 || (kind == Kind::kEnum && target_.kernel.info(type).kind_flag);
      if (!tells) continue;
      if (!cheapest) cheapest = type;
      if (selection_.has(target_.kernel, type)) return;
      if (target_.kernel.name_offset(type).value == 0) cheapest = type;
    }
    if (cheapest) selection_.add(target_.kernel, *cheapest);
  }

  /// The kernel, and the modules that types were found in, in their order: that of candidates.
  Result<std::vector<const btf::View*>> views_in_order() {
    std::vector<const btf::View*> views;
    // What is taken for the kernel may itself be split.
    for (const btf::View* view = &target_.kernel; view != nullptr; view = view->base()) {
      views.insert(views.begin(), view);
    }
    used_.erase(&target_.kernel);
    if (used_.empty()) return views;
    TRY(const std::span<const Module> modules, target_.modules());
    for (const Module& module : modules) {
      if (used_.contains(module.btf)) views.push_back(module.btf);
    }
    return views;
  }

  const Target& target_;
  std::span<const DecidedObject> objects_;
  Extent extent_;
  btf::Selection selection_;
  std::set<Type> wanted_;  ///< Candidates of relocations other than type_id_target.
  std::unordered_set<const btf::View*> used_;
  std::vector<std::tuple<const btf::View*, TypeId, std::uint32_t>> not_last_;
  bool needs_signs_ = false;
  Budget budget_;
};

}  // namespace

Result<std::vector<std::byte>> minimize(const Target& target,
                                        std::span<const DecidedObject> objects, Extent extent) {
  return Minimizer(target, objects, extent).run();
}

}  // namespace btfreloc::core
