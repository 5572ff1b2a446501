#include "core/resolve.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "btf/signs.h"
#include "core/candidates.h"
#include "core/field.h"

namespace btfreloc::core {
namespace {

/// Candidates compared with relocations, all in all, before a root type counts as ambiguous. Real
/// objects need as many as they have relocations, and a few for names that a kernel has twice.
constexpr std::size_t kMaxVerdicts = 200'000;

/// True for kinds that some candidate must resolve, because there is no value for "missing".
bool needs_candidate(ReloKind kind) {
  return (is_field_based(kind) && kind != ReloKind::field_exists) ||
         kind == ReloKind::enumval_value;
}

void fail(Decision& decision, Reason reason, std::string detail) {
  decision.outcome = Outcome::fatal;
  decision.reason = reason;
  decision.detail = std::move(detail);
}

/// The code for what kept a candidate from matching.
Reason reason_of(const Refusal& refusal) {
  switch (refusal.why) {
    case Mismatch::no_such_member:
    case Mismatch::member_type:
    case Mismatch::not_composite:
    case Mismatch::not_array:
    case Mismatch::array_bound: return Reason::missing_member;
    case Mismatch::not_enum:
    case Mismatch::no_such_enumerator: return Reason::missing_enumerator;
    case Mismatch::type:
    case Mismatch::type_contents: return Reason::missing_type;
  }
  std::unreachable();
}

const Answer* answer_of(const CandidateVerdict& verdict) {
  return verdict.counted ? std::get_if<Answer>(&verdict.result) : nullptr;
}

/// The same as far as the instruction goes.
bool agree(const Answer& a, const Answer& b) {
  return a.value == b.value && a.spec.offset == b.spec.offset;
}

}  // namespace

/// Decides the relocations of one object for one target, which run() is given. What the object
/// alone says is read before that: copies of one that has not run yet share that work.
class Resolver {
 public:
  Resolver(const btf::View& local, std::endian order, std::span<const Request> requests,
           Rules rules)
      : local_(local),
        requests_(requests),
        rules_(rules),
        decisions_(requests.size()),
        locals_(requests.size()) {
    const bool as_libbpf = rules == Rules::libbpf;
    machine_ = {.order = as_libbpf ? std::endian::native : order,
                .pointer_size = {8},
                .enumerators_are_signed = as_libbpf};
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (prepare(i)) roots_.push_back(requests_[i].root);
    }
    std::ranges::sort(roots_);
    roots_.erase(std::ranges::unique(roots_).begin(), roots_.end());
  }

  bool needs_target() const { return !roots_.empty(); }
  const std::vector<Decision>& decisions() const { return decisions_; }

  Result<std::vector<Decision>> run(const Target& target) {
    TRY(const Candidates candidates, Candidates::find(local_, roots_, target));
    if (rules_ == Rules::libbpf) {
      decide_in_order(candidates);
    } else {
      decide_by_root(candidates);
    }
    return std::move(decisions_);
  }

 private:
  /// Reads the request. True when candidates must be asked; otherwise it is decided.
  bool prepare(std::size_t i) {
    const Request& request = requests_[i];
    Decision& decision = decisions_[i];
    decision.before = decision.after = request.site;
    const auto kind = relo_kind(request.kind);
    if (!kind) {
      fail(decision, Reason::bad_relocation,
           fmt::format("relocation kind {} is not known", request.kind));
      return false;
    }
    auto spec = parse_spec(local_, request.root, request.access, *kind);
    if (!spec) {
      fail(decision, Reason::bad_relocation, std::move(spec).error().reason);
      return false;
    }
    decision.local = *std::move(spec);
    if (*kind == ReloKind::type_id_local) {
      decision.local_value = request.root.value;
      finish(decision, request.root.value);
      return false;
    }
    if (local_.name(request.root).empty()) {
      fail(decision, Reason::anonymous_root,
           "its type has no name, by which a kernel's could be found");
      return false;
    }
    const auto value = value_of(local_, *decision.local, machine_);
    if (!value) {
      fail(decision, Reason::no_value, value.error().reason);
      return false;
    }
    decision.local_value = value->number;
    locals_[i] = *value;
    if (rules_ == Rules::coherent) settle_sign(decision);
    return true;
  }

  /// Compilers before clang 15 did not write whether an enum is signed: what they put in the
  /// instruction tells.
  void settle_sign(Decision& decision) const {
    if (decision.local->kind != ReloKind::enumval_value) return;
    Machine is_signed = machine_;
    is_signed.enumerators_are_signed = true;
    const auto value = value_of(local_, *decision.local, is_signed);
    if (value && held_value(decision.before) == value->number) {
      decision.local_value = value->number;
    }
  }

  /// True when an enumerator of the target is to be read as signed because its BTF cannot say so,
  /// and the object's is.
  bool reads_as_signed(const Decision& decision, const btf::View& target) {
    if (rules_ == Rules::libbpf) return true;
    if (decision.local->kind != ReloKind::enumval_value) return false;
    const bool local_is_signed = local_.info(decision.local->enum_type).kind_flag ||
                                 static_cast<std::int64_t>(*decision.local_value) < 0;
    return local_is_signed && !tells_signs(target);
  }

  /// As btf::tells_signs(), which looks at all types: once for each BTF.
  bool tells_signs(const btf::View& btf) {
    const auto [known, is_new] = tells_signs_.try_emplace(&btf, false);
    if (is_new) known->second = btf::tells_signs(btf);
    return known->second;
  }

  CandidateVerdict ask(const Decision& decision, const Candidate& candidate) {
    const Spec& spec = *decision.local;
    Match matched = match(local_, spec, *candidate.btf, candidate.type, budget_);
    if (auto* refusal = std::get_if<Refusal>(&matched)) return {candidate, *refusal};
    if (auto* malformed = std::get_if<Malformed>(&matched)) return {candidate, *malformed};
    Answer answer{.spec = std::get<Spec>(std::move(matched)), .value = 0, .access = {}};
    Machine machine = machine_;
    machine.pointer_size = candidate.btf->pointer_size();
    machine.enumerators_are_signed = reads_as_signed(decision, *candidate.btf);
    const auto value = value_of(*candidate.btf, answer.spec, machine);
    if (!value) return {candidate, value.error()};
    answer.value = value->number;
    answer.access = value->access;
    return {candidate, std::move(answer)};
  }

  void ask_all(Decision& decision, const std::vector<Candidate>& candidates) {
    decision.considered.reserve(candidates.size());
    for (const Candidate& candidate : candidates) {
      decision.considered.push_back(ask(decision, candidate));
    }
  }

  /// True until something has decided about the request.
  bool is_undecided(const Decision& decision) const {
    return decision.outcome == Outcome::fatal && decision.reason == Reason::none;
  }

  // libbpf's way.

  void decide_in_order(const Candidates& candidates) {
    std::unordered_map<TypeId, std::vector<Candidate>> remaining;
    std::vector<std::size_t> order(requests_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return requests_[i].record; });
    for (const std::size_t i : order) {
      Decision& decision = decisions_[i];
      if (!is_undecided(decision)) continue;
      const TypeId root = requests_[i].root;
      std::vector<Candidate>& list = remaining.try_emplace(root, candidates.of(root)).first->second;
      if (!take_from_budget(decision, list.size())) continue;
      ask_all(decision, list);
      if (budget_.left == 0) {
        fail_unfinished(decision);
        continue;
      }
      decide(decision);
      // libbpf stops at an error, and the whole load with it.
      if (decision.reason == Reason::ambiguous || decision.reason == Reason::no_value) continue;
      std::vector<Candidate> matching;
      for (const CandidateVerdict& verdict : decision.considered) {
        if (answer_of(verdict) != nullptr) matching.push_back(verdict.candidate);
      }
      if (!matching.empty()) list = std::move(matching);
    }
  }

  // Ours.

  void decide_by_root(const Candidates& candidates) {
    std::vector<std::pair<TypeId, std::size_t>> by_root;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
      if (is_undecided(decisions_[i])) by_root.emplace_back(requests_[i].root, i);
    }
    std::ranges::sort(by_root);
    std::vector<std::size_t> members;
    for (auto it = by_root.begin(); it != by_root.end();) {
      const TypeId root = it->first;
      members.clear();
      for (; it != by_root.end() && it->first == root; ++it) members.push_back(it->second);
      const std::vector<Candidate>& list = candidates.of(root);
      for (const std::size_t i : members) {
        if (take_from_budget(decisions_[i], list.size())) ask_all(decisions_[i], list);
      }
      if (budget_.left == 0) {
        // Some candidates were not looked at to the end: that must not rule them out.
        for (const std::size_t i : members) fail_unfinished(decisions_[i]);
        continue;
      }
      const bool is_coherent = list.size() < 2 || count_coherent(members, list.size());
      const std::string mixed = is_coherent ? "" : which_satisfies_which(members, list);
      for (const std::size_t i : members) {
        Decision& decision = decisions_[i];
        if (!is_undecided(decision)) continue;
        if (!is_coherent && needs_candidate(decision.local->kind)) {
          fail(decision, Reason::incoherent_layout, mixed);
        } else {
          decide(decision);
        }
      }
    }
  }

  /// Applies the rule of Rules::coherent to all relocations of one root: sets `counted`. False when
  /// layouts would mix.
  bool count_coherent(const std::vector<std::size_t>& members, std::size_t candidates) {
    std::vector<std::size_t> resolve_all;
    std::vector<std::size_t> resolve_some;
    for (std::size_t c = 0; c < candidates; ++c) {
      const auto [resolved, asked] = resolved_by(members, c);
      if (resolved == asked) resolve_all.push_back(c);
      if (resolved > 0) resolve_some.push_back(c);
    }
    if (!resolve_all.empty()) return count_only(members, resolve_all), true;
    if (resolve_some.empty()) return true;
    for (std::size_t i = 1; i < resolve_some.size(); ++i) {
      if (!answer_alike(members, resolve_some[0], resolve_some[i])) return false;
    }
    return count_only(members, resolve_some), true;
  }

  /// How many relocations that need a candidate this one resolves, of how many.
  std::pair<std::size_t, std::size_t> resolved_by(const std::vector<std::size_t>& members,
                                                  std::size_t candidate) const {
    std::size_t resolved = 0;
    std::size_t asked = 0;
    for (const std::size_t i : members) {
      const Decision& decision = decisions_[i];
      if (!is_undecided(decision) || !needs_candidate(decision.local->kind)) continue;
      ++asked;
      if (std::holds_alternative<Answer>(decision.considered[candidate].result)) ++resolved;
    }
    return {resolved, asked};
  }

  /// Two candidates that resolve the same relocations to the same values are one layout.
  bool answer_alike(const std::vector<std::size_t>& members, std::size_t a, std::size_t b) const {
    return std::ranges::all_of(members, [&](std::size_t i) {
      const Decision& decision = decisions_[i];
      if (!is_undecided(decision) || !needs_candidate(decision.local->kind)) return true;
      const auto* first = std::get_if<Answer>(&decision.considered[a].result);
      const auto* second = std::get_if<Answer>(&decision.considered[b].result);
      return first != nullptr && second != nullptr ? agree(*first, *second) : first == second;
    });
  }

  void count_only(const std::vector<std::size_t>& members,
                  const std::vector<std::size_t>& candidates) {
    for (const std::size_t i : members) {
      for (CandidateVerdict& verdict : decisions_[i].considered) verdict.counted = false;
      if (decisions_[i].considered.empty()) continue;
      for (const std::size_t c : candidates) decisions_[i].considered[c].counted = true;
    }
  }

  /// "[12] has x and lacks y; [14] has y and lacks x"
  std::string which_satisfies_which(const std::vector<std::size_t>& members,
                                    const std::vector<Candidate>& list) const {
    constexpr std::size_t kMostNames = 4;
    constexpr std::size_t kMostCandidates = 8;
    constexpr std::size_t kMaxName = 64;  // bytes
    std::string text;
    for (std::size_t c = 0; c < list.size() && c < kMostCandidates; ++c) {
      std::vector<std::string> has;
      std::vector<std::string> lacks;
      for (const std::size_t i : members) {
        const Decision& decision = decisions_[i];
        if (decision.considered.empty() || !needs_candidate(decision.local->kind)) continue;
        auto& names = std::holds_alternative<Answer>(decision.considered[c].result) ? has : lacks;
        if (names.size() > kMostNames) continue;
        std::string path = access_path(local_, *decision.local).substr(0, kMaxName);
        if (std::ranges::find(names, path) != names.end()) continue;
        names.push_back(names.size() < kMostNames ? std::move(path) : "...");
      }
      text += fmt::format("{}{} has {} and lacks {}", text.empty() ? "" : "; ", id_text(list[c]),
                          has.empty() ? "none" : fmt::format("{}", fmt::join(has, ", ")),
                          lacks.empty() ? "none" : fmt::format("{}", fmt::join(lacks, ", ")));
    }
    return text;
  }

  // Both.

  bool take_from_budget(Decision& decision, std::size_t verdicts) {
    verdicts_ += verdicts;
    if (verdicts_ <= kMaxVerdicts) return true;
    fail(decision, Reason::ambiguous, "more types have this name than can be compared");
    return false;
  }

  static void fail_unfinished(Decision& decision) {
    fail(decision, Reason::no_value, "its types are too many to compare");
  }

  /// Combines the answers that count.
  void decide(Decision& decision) const {
    const ReloKind kind = decision.local->kind;
    const CandidateVerdict* refused = nullptr;
    for (std::size_t c = 0; c < decision.considered.size(); ++c) {
      const CandidateVerdict& verdict = decision.considered[c];
      if (!verdict.counted) continue;
      if (const auto* malformed = std::get_if<Malformed>(&verdict.result)) {
        return fail(decision, Reason::no_value,
                    fmt::format("{}: {}", id_text(verdict.candidate), malformed->reason));
      }
      if (std::holds_alternative<Refusal>(verdict.result)) {
        if (refused == nullptr) refused = &verdict;
        continue;
      }
      if (!decision.chosen) {
        decision.chosen = c;
      } else if (!agree_on(decision, verdict.candidate, std::get<Answer>(verdict.result))) {
        return fail_ambiguous(decision, verdict.candidate);
      }
    }
    if (decision.chosen) {
      // Nothing that resolves values is refused here; what asks for existence may be.
      if (refused != nullptr && rules_ == Rules::coherent && !needs_candidate(kind)) {
        return fail_ambiguous(decision, refused->candidate);
      }
      if (kind == ReloKind::type_id_target && !first_candidate(decision).keeps_id) {
        decision.outcome = Outcome::left_open;
        decision.reason = Reason::id_not_kept;
        return;
      }
      return finish(decision, decision.answer()->value);
    }
    if (!needs_candidate(kind)) return finish(decision, 0);
    poison_with(decision, refused == nullptr ? Reason::missing_type
                                             : reason_of(std::get<Refusal>(refused->result)));
  }

  bool agree_on(const Decision& decision, const Candidate& theirs, const Answer& other) const {
    const Answer& first = *decision.answer();
    if (!agree(first, other)) return false;
    // libbpf takes the size of the first and does not look at the others'.
    if (rules_ == Rules::libbpf || !accesses_memory(decision.before.first)) return true;
    if (first.access.size != other.access.size) return false;
    const Access& local = local_of(decision).access;
    return local.size == first.access.size ||
           may_resize(local, *first_candidate(decision).btf, first.access) ==
               may_resize(local, *theirs.btf, other.access);
  }

  static const Candidate& first_candidate(const Decision& decision) {
    return decision.considered[*decision.chosen].candidate;
  }
  const Value& local_of(const Decision& decision) const {
    return locals_[static_cast<std::size_t>(&decision - decisions_.data())];
  }

  static void fail_ambiguous(Decision& decision, const Candidate& other) {
    const Candidate& first = decision.considered[*decision.chosen].candidate;
    fail(decision, Reason::ambiguous,
         fmt::format("types {} and {} have the name and differ in this", id_text(first),
                     id_text(other)));
    decision.chosen.reset();
  }

  static void poison_with(Decision& decision, Reason reason) {
    decision.outcome = Outcome::poisoned;
    decision.reason = reason;
    decision.after = poison(decision.before);
  }

  /// Local type ids are numbers of this object: what a loader put there may be anything. Bitfields
  /// are loaded through a unit that compilers choose differently.
  static bool is_validated(ReloKind kind, const Value& local) {
    switch (kind) {
      case ReloKind::type_id_local:
      case ReloKind::type_id_target: return false;
      case ReloKind::field_byte_offset:
      case ReloKind::field_byte_size:
      case ReloKind::field_lshift_u64: return !local.is_bitfield;
      default: return true;
    }
  }

  /// True where more or fewer bytes hold the same number: pointers, and integers without a sign.
  bool may_resize(const Access& ours, const btf::View& btf, const Access& theirs) const {
    const btf::Type local = local_.decode(ours.type);
    const btf::Type target = btf.decode(theirs.type);
    if (std::holds_alternative<btf::Ptr>(local) && std::holds_alternative<btf::Ptr>(target)) {
      return true;
    }
    const auto* a = std::get_if<btf::Int>(&local);
    const auto* b = std::get_if<btf::Int>(&target);
    return a != nullptr && b != nullptr && a->encoding != btf::kIntSigned &&
           b->encoding != btf::kIntSigned;
  }

  /// Puts the value into the instruction.
  void finish(Decision& decision, std::uint64_t value) const {
    const Value& local = local_of(decision);
    NewValue wanted{.old_value = *decision.local_value,
                    .new_value = value,
                    .is_validated = is_validated(decision.local->kind, local),
                    .old_size = {0},
                    .new_size = {0},
                    .may_resize = true};
    const Answer* answer = decision.answer();
    if (answer != nullptr && decision.local->kind == ReloKind::field_byte_offset) {
      const btf::View& btf = *decision.considered[*decision.chosen].candidate.btf;
      wanted.old_size = local.access.size;
      wanted.new_size = answer->access.size;
      if (wanted.old_size != wanted.new_size) {
        wanted.may_resize = may_resize(local.access, btf, answer->access);
        decision.field_size_changed = !accesses_memory(decision.before.first) &&
                                      is_scalar(local_, local.access.type) &&
                                      is_scalar(btf, answer->access.type);
      }
    }
    const auto patched = patch(decision.before, wanted, rules_ == Rules::libbpf);
    if (!patched) return fail_patch(decision, patched.error());
    decision.outcome = Outcome::patched;
    decision.reason = Reason::none;
    decision.new_value = value;
    decision.after = *patched;
  }

  /// A number or address, or an array of them: what is read whole.
  static bool is_scalar(const btf::View& btf, TypeId type) {
    for (int depth = 0; depth < btf::kMaxModifiers; ++depth) {
      const btf::Type decoded = btf.decode(type);
      if (const auto* array = std::get_if<btf::Array>(&decoded)) {
        type = btf.skip_modifiers_and_typedefs(array->type);
        continue;
      }
      return std::holds_alternative<btf::Int>(decoded) ||
             std::holds_alternative<btf::Ptr>(decoded) ||
             std::holds_alternative<btf::Enum>(decoded) ||
             std::holds_alternative<btf::Enum64>(decoded) ||
             std::holds_alternative<btf::Float>(decoded);
    }
    return false;
  }

  static void fail_patch(Decision& decision, const PatchFailure& failure) {
    decision.field_size_changed = false;
    switch (failure.why) {
      case PatchFailure::Why::access_size:
        poison_with(decision, Reason::bad_access_size);
        decision.detail = failure.detail;
        return;
      case PatchFailure::Why::instruction:
        return fail(decision, Reason::unexpected_instruction, failure.detail);
      case PatchFailure::Why::value:
        return fail(decision, Reason::unexpected_value, failure.detail);
      case PatchFailure::Why::range:
        return fail(decision, Reason::value_out_of_range, failure.detail);
    }
  }

  const btf::View& local_;
  std::span<const Request> requests_;
  Rules rules_;
  Machine machine_ = {};
  std::vector<Decision> decisions_;
  std::vector<TypeId> roots_;  ///< Of requests for which candidates must be asked.
  std::vector<Value> locals_;  ///< Beside decisions_: what the compiler knew.
  std::unordered_map<const btf::View*, bool> tells_signs_;
  std::size_t verdicts_ = 0;
  Budget budget_;
};

Result<std::vector<Decision>> resolve(const btf::View& local, std::endian order,
                                      std::span<const Request> requests, const Target& target,
                                      Rules rules) {
  return Resolver(local, order, requests, rules).run(target);
}

PreparedRequests::PreparedRequests(const btf::View& local, std::endian order,
                                   std::vector<Request> requests, Rules rules)
    : requests_(std::move(requests)),
      resolver_(std::make_unique<Resolver>(local, order, requests_, rules)) {}
PreparedRequests::PreparedRequests(PreparedRequests&&) noexcept = default;
PreparedRequests& PreparedRequests::operator=(PreparedRequests&&) noexcept = default;
PreparedRequests::~PreparedRequests() = default;

Result<std::vector<Decision>> PreparedRequests::resolve(const Target& target) const {
  return Resolver(*resolver_).run(target);
}

bool PreparedRequests::need_no_target() const { return !resolver_->needs_target(); }

std::vector<Decision> PreparedRequests::decided() const { return resolver_->decisions(); }

}  // namespace btfreloc::core
