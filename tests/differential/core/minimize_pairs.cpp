// Random types, the same types as another kernel might have them, and random relocations of two
// objects: what core::minimize() leaves of the kernel decides all of them as the kernel does, by
// our rules and by libbpf's, and by libbpf itself.
//
//   minimize_pairs PAIRS [SEED]

#include <fmt/format.h>
#include <rapidcheck.h>

#include <set>
#include <span>
#include <string>
#include <vector>

#include "btf/view.h"
#include "core/candidates.h"
#include "core/cases.h"
#include "core/minimize.h"
#include "core/model.h"
#include "core/oracle.h"
#include "core/pairs_program.h"
#include "support/choices.h"

namespace btfreloc::test {
namespace {

using core::Decision;
using core::ReloKind;
using core::Rules;

constexpr std::size_t kRelocationsPerObject = 9;
constexpr std::size_t kBytesPerPair = 1600;

/// What was compared.
struct Tally {
  std::size_t relocations = 0;
  std::size_t by_libbpf = 0;
  std::size_t type_ids = 0;  ///< Not compared: ids are those of another BTF.
  std::size_t in_modules = 0;
  std::size_t one_namespace = 0;  ///< Objects not compared: see one_namespace_decides().
  std::size_t several_candidates = 0;
  std::size_t poisoned = 0;
  std::size_t fatal = 0;
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};
Tally g_tally;

std::vector<Decision> decide(const Cases& object, const core::Target& target, Rules rules) {
  return must(
      core::resolve(object.local.view, std::endian::little, object.requests(), target, rules));
}

std::string text(const Decision& decision) {
  return fmt::format("{} {} {} {}", name(decision.outcome), name(decision.reason),
                     decision.new_value.value_or(0), insn_text(decision.after));
}

bool is_type_id(const core::Request& request) {
  return request.kind == static_cast<std::uint32_t>(ReloKind::type_id_target);
}

bool is_in_module(const Decision& decision) {
  return !decision.considered.empty() && !decision.considered[0].candidate.module.empty();
}

void count(const Decision& decision) {
  ++g_tally.relocations;
  g_tally.poisoned += decision.outcome == core::Outcome::poisoned;
  g_tally.fatal += decision.outcome == core::Outcome::fatal;
  g_tally.several_candidates += decision.considered.size() > 1;
  g_tally.in_modules += is_in_module(decision);
}

/// A module's type loses its name in the one namespace of the small BTF when the kernel has another
/// type of that name which is asked for, too; type_matches compares such names.
bool one_namespace_decides(const Cases& object, const core::Target& full,
                           const core::Target& small) {
  const std::vector<core::Request> requests = object.requests();
  const auto expected = decide(object, full, Rules::coherent);
  const auto found = decide(object, small, Rules::coherent);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const bool is_match = requests[i].kind == static_cast<std::uint32_t>(ReloKind::type_matches);
    if (is_match && is_in_module(expected[i]) && text(expected[i]) != text(found[i])) return true;
  }
  return false;
}

void compare_decisions(const Cases& object, const core::Target& full, const core::Target& small) {
  if (full.modules && one_namespace_decides(object, full, small)) {
    ++g_tally.one_namespace;
    return;
  }
  const std::vector<core::Request> requests = object.requests();
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    const auto expected = decide(object, full, rules);
    const auto found = decide(object, small, rules);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (is_type_id(requests[i])) {
        ++g_tally.type_ids;
        continue;
      }
      count(expected[i]);
      const std::string what =
          fmt::format("rules {}: {} [{}] {}: ", static_cast<int>(rules), requests[i].kind,
                      requests[i].root.value, requests[i].access);
      RC_LOG(fmt::format("{}{} | {}\n", what, expected[i].detail, found[i].detail));
      RC_ASSERT(what + text(found[i]) == what + text(expected[i]));
    }
  }
}

/// libbpf on the two BTFs, without our help. It stops at the first error.
void compare_by_libbpf(const Cases& object, Bytes full, Bytes small) {
  const LibbpfBtf local(object.local.bytes);
  btf__set_pointer_size(local.get(), 8);
  const LibbpfBtf full_btf(full);
  const LibbpfBtf small_btf(small);
  LibbpfRelocator expected(local.get(), full_btf.get());
  LibbpfRelocator found(local.get(), small_btf.get());
  const std::vector<core::Request> requests = object.requests();
  std::set<TypeId> stopped;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    // An error of a candidate leaves the list of its root half narrowed.
    if (stopped.contains(requests[i].root) || is_type_id(requests[i])) continue;
    const LibbpfResult a = expected.relocate(requests[i], object.access_offsets[i]);
    const LibbpfResult b = found.relocate(requests[i], object.access_offsets[i]);
    if (a.outcome == core::Outcome::fatal) stopped.insert(requests[i].root);
    ++g_tally.by_libbpf;
    RC_ASSERT(fmt::format("{} {} {}", i, name(b.outcome), insn_text(b.after)) ==
              fmt::format("{} {} {}", i, name(a.outcome), insn_text(a.after)));
  }
}

void compare_pair(const std::vector<std::uint8_t>& bytes) {
  Choices choices(bytes);
  const Model model = make_local(choices);
  const Model other = make_target(model, choices);
  BtfBytes kernel_bytes = make_target(model, choices).write();
  // libbpf 1.1 looks for the sign of a field behind its type: behind the last one are strings.
  kernel_bytes.integer("end", 4);
  const OpenBtf kernel = open(kernel_bytes);
  // A module has types that the kernel lacks, and others of names that it has.
  const OpenBtf module = open(
      make_target(choices.percent(50) ? other : make_local(choices), choices).write(&kernel_bytes),
      &kernel.view);
  const OpenBtf second =
      open(make_target(make_local(choices), choices).write(&kernel_bytes), &kernel.view);
  const bool has_modules = choices.percent(40);
  const std::vector<core::Module> modules = {{"first", &module.view}, {"second", &second.view}};
  core::Target full{.kernel = kernel.view};
  if (has_modules) full.modules = [&] { return std::span<const core::Module>(modules); };

  std::vector<Cases> objects;
  objects.push_back(make_cases(model.write(), kRelocationsPerObject, choices));
  objects.push_back(make_cases(other.write(), kRelocationsPerObject, choices));
  core::KnownRoots known;
  for (const Cases& object : objects) {
    for (const Case& it : object.cases) known.add(object.local.view, it.request.root);
  }
  if (choices.percent(50)) full.known = &known;
  std::vector<std::vector<Decision>> decisions;
  std::vector<core::DecidedObject> decided;
  for (const Cases& object : objects) {
    decisions.push_back(decide(object, full, Rules::coherent));
  }
  for (std::size_t i = 0; i < objects.size(); ++i) {
    decided.push_back({.local = objects[i].local.view, .decisions = decisions[i]});
  }
  const auto extent = choices.percent(10) ? core::Extent::candidates : core::Extent::needed;
  const auto blob = must(core::minimize(full, decided, extent));
  const auto small = must(btf::View::open(blob));
  g_tally.bytes_before += kernel.bytes.size();
  g_tally.bytes_after += blob.size();
  for (const Cases& object : objects) {
    compare_decisions(object, full, {.kernel = small});
    if (!has_modules) compare_by_libbpf(object, kernel.bytes, blob);
  }
}

bool print_tally(std::size_t pairs) {
  fmt::print("{} kernels, {} relocations compared, {} by libbpf itself; {} of type ids not\n",
             pairs, g_tally.relocations, g_tally.by_libbpf, g_tally.type_ids);
  fmt::print("  {} with several candidates, {} in modules, {} poisoned, {} fatal\n",
             g_tally.several_candidates, g_tally.in_modules, g_tally.poisoned, g_tally.fatal);
  fmt::print("  {} bytes became {}; {} objects of {} not compared because of modules\n",
             g_tally.bytes_before, g_tally.bytes_after, g_tally.one_namespace, 2 * pairs);
  constexpr std::size_t kLeast = 1000;
  if (g_tally.one_namespace * 100 > pairs) return false;
  return pairs < 10'000 || (g_tally.by_libbpf >= kLeast && g_tally.in_modules >= kLeast &&
                            g_tally.several_candidates >= kLeast && g_tally.poisoned >= kLeast &&
                            g_tally.fatal >= kLeast);
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  using namespace btfreloc::test;
  return run({.name = "minimize_pairs",
              .claim = "a minimized BTF decides as the whole does",
              .bytes_per_pair = kBytesPerPair,
              .compare = compare_pair,
              .print_tally = print_tally},
             argc, argv);
}
