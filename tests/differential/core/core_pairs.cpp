// Random types, and the same types as another kernel might have them: what libbpf makes of random
// relocations between the two, and what we do. Outcomes and instructions must be equal.
//
//   core_pairs PAIRS [SEED]

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "btf/view.h"
#include "core/cases.h"
#include "core/field.h"
#include "core/model.h"
#include "core/oracle.h"
#include "core/pairs_program.h"
#include "support/choices.h"

namespace btfreloc::test {
namespace {

using core::Outcome;
using core::ReloKind;

constexpr std::size_t kRelocationsPerPair = 14;
constexpr std::size_t kBytesPerPair = 1000;

/// What was compared.
struct Tally {
  std::size_t relocations = 0;
  std::size_t excluded = 0;  ///< libbpf 1.1 is known to differ from 1.8 there.
  std::array<std::array<std::size_t, 3>, kKinds> by_kind{};  ///< By outcome.
  std::size_t resized = 0;
  std::size_t several_candidates = 0;
  std::size_t ambiguous = 0;
  std::size_t coherent = 0;  ///< Decided by our own rules, too, where these must not differ.
};
Tally g_tally;

bool is_array(const btf::View& btf, TypeId type) { return btf.kind(type) == btf::Kind::kArray; }

/// Since 1.6, libbpf compares the size of an element where a member is an array; 1.1 compares that
/// of the whole array. It matters for loads and stores.
bool differs_since_libbpf_1_1(const btf::View& local, const core::Decision& ours) {
  if (!ours.local || ours.local->kind != ReloKind::field_byte_offset) return false;
  if (!core::accesses_memory(ours.before.first)) return false;
  for (const core::CandidateVerdict& verdict : ours.considered) {
    const auto* answer = std::get_if<core::Answer>(&verdict.result);
    if (answer != nullptr && is_array(*verdict.candidate.btf, answer->access.type)) return true;
  }
  const auto value =
      core::value_of(local, *ours.local, {.order = std::endian::little, .pointer_size = {8}});
  return value && is_array(local, value->access.type);
}

void count(const core::Decision& ours) {
  ++g_tally.relocations;
  if (ours.local) {
    ++g_tally.by_kind[static_cast<std::size_t>(ours.local->kind)]
                     [static_cast<std::size_t>(ours.outcome)];
  }
  const bool is_resized = ours.outcome == Outcome::patched &&
                          core::accesses_memory(ours.before.first) &&
                          ours.before.first.opcode != ours.after.first.opcode;
  if (is_resized) ++g_tally.resized;
  if (ours.considered.size() > 1) ++g_tally.several_candidates;
  if (ours.reason == core::Reason::ambiguous) ++g_tally.ambiguous;
}

/// Our own rules must not differ where they have nothing to add: one candidate, no large unsigned
/// enumerator, no immediate that does not fit, no store or sign-extending load of another size.
bool must_be_equal(const core::Decision& as_libbpf, const core::Decision& coherent) {
  if (coherent.reason == core::Reason::bad_access_size && as_libbpf.outcome != Outcome::poisoned) {
    return false;
  }
  const auto fits = [](std::uint64_t value) { return value + 0x80000000ULL <= 0xffffffffULL; };
  const core::Answer* answer = coherent.answer();
  return coherent.considered.size() < 2 && fits(coherent.local_value.value_or(0)) &&
         (answer == nullptr || fits(answer->value));
}

void compare_pair(const std::vector<std::uint8_t>& bytes) {
  Choices choices(bytes);
  const Model local_model = make_local(choices);
  const Model target_model = make_target(local_model, choices);
  const OpenBtf target = open(target_model.write());
  const Cases made = make_cases(local_model.write(), kRelocationsPerPair, choices);
  const btf::View& local = made.local.view;
  const std::vector<core::Request> requests = made.requests();

  const LibbpfBtf libbpf_local(made.local.bytes);
  const LibbpfBtf libbpf_target(target.bytes);
  btf__set_pointer_size(libbpf_local.get(), 8);
  LibbpfRelocator libbpf(libbpf_local.get(), libbpf_target.get());

  const core::Target kernel{.kernel = target.view, .modules = {}};
  const auto ours =
      must(core::resolve(local, std::endian::little, requests, kernel, core::Rules::libbpf));
  const auto coherent = must(core::resolve(local, std::endian::little, requests, kernel));
  std::set<TypeId> stopped;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    // libbpf stops at an error of a candidate, and leaves the list of its root half narrowed.
    if (stopped.contains(requests[i].root)) continue;
    if (ours[i].reason == core::Reason::ambiguous || ours[i].reason == core::Reason::no_value) {
      stopped.insert(requests[i].root);
    }
    const LibbpfResult theirs = libbpf.relocate(requests[i], made.access_offsets[i]);
    const std::string what = fmt::format("{} [{}] {}: {}", requests[i].kind, requests[i].root.value,
                                         requests[i].access, insn_text(requests[i].site));
    if (differs_since_libbpf_1_1(local, ours[i])) {
      ++g_tally.excluded;
    } else {
      count(ours[i]);
      RC_LOG(fmt::format("{}: {} {}\n", what, name(ours[i].reason), ours[i].detail));
      RC_ASSERT(fmt::format("{} {} {}", what, name(ours[i].outcome), insn_text(ours[i].after)) ==
                fmt::format("{} {} {}", what, name(theirs.outcome), insn_text(theirs.after)));
    }
    if (must_be_equal(ours[i], coherent[i])) {
      ++g_tally.coherent;
      RC_ASSERT(coherent[i].outcome == ours[i].outcome);
      RC_ASSERT(coherent[i].after == ours[i].after);
    }
  }
}

/// False when something was compared too rarely for the comparison to mean much.
bool print_tally(std::size_t pairs) {
  constexpr std::size_t kLeast = 1000;
  const bool is_full = pairs >= 100'000;
  bool is_enough = true;
  const auto row = [&](std::string_view what, std::size_t count, bool is_needed = true) {
    const bool is_rare = is_full && is_needed && count < kLeast;
    fmt::print("  {:<28}{:>10}{}\n", what, count, is_rare ? "  too few" : "");
    is_enough &= !is_rare;
  };
  fmt::print("{} pairs of types, {} relocations compared, {} ({:.1f} %) excluded\n\n", pairs,
             g_tally.relocations, g_tally.excluded,
             100.0 * static_cast<double>(g_tally.excluded) /
                 static_cast<double>(g_tally.relocations + g_tally.excluded));
  fmt::print("  {:<16}{:>10}{:>10}{:>10}\n", "kind", "patched", "poisoned", "fatal");
  std::array<std::size_t, 3> outcomes{};
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    const auto& by_outcome = g_tally.by_kind[kind];
    const std::size_t sum = by_outcome[0] + by_outcome[1] + by_outcome[2];
    const bool is_rare = is_full && sum < kLeast;
    fmt::print("  {:<16}{:>10}{:>10}{:>10}{}\n", core::kReloKindNames[kind], by_outcome[0],
               by_outcome[1], by_outcome[2], is_rare ? "  too few" : "");
    is_enough &= !is_rare;
    for (std::size_t i = 0; i < 3; ++i) outcomes[i] += by_outcome[i];
  }
  fmt::print("\n");
  row("patched", outcomes[0]);
  row("poisoned", outcomes[1]);
  row("fatal", outcomes[2]);
  row("access size changed", g_tally.resized);
  row("several candidates", g_tally.several_candidates);
  row("ambiguous", g_tally.ambiguous);
  row("equal by our own rules", g_tally.coherent);
  constexpr std::size_t kMostExcluded = 20;  // one in
  return is_enough && g_tally.excluded * kMostExcluded < g_tally.relocations;
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  using namespace btfreloc::test;
  return run({.name = "core_pairs",
              .claim = "libbpf and we make the same of a relocation",
              .bytes_per_pair = kBytesPerPair,
              .compare = compare_pair,
              .print_tally = print_tally},
             argc, argv);
}
