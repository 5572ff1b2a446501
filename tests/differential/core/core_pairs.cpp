// Random types, and the same types as another kernel might have them: what libbpf makes of random
// relocations between the two, and what we do. Outcomes and instructions must be equal.
//
//   core_pairs PAIRS [SEED]

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "btf/view.h"
#include "core/field.h"
#include "core/members.h"
#include "core/model.h"
#include "core/oracle.h"
#include "support/choices.h"

namespace btfreloc::test {
namespace {

using core::Outcome;
using core::ReloKind;

constexpr std::size_t kKinds = core::kReloKindNames.size();
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

/// A relocation to compare, with the access string, which must outlive the request.
struct Case {
  std::string access;
  core::Request request;
};

class CaseMaker {
 public:
  CaseMaker(const btf::View& local, Choices& choices) : local_(local), choices_(choices) {}

  Case make() {
    // Byte offsets are what most relocations ask for, and the only ones with an access size.
    const std::uint32_t number = choices_.below(kKinds + 6);
    const auto kind = number < kKinds ? static_cast<ReloKind>(number) : ReloKind::field_byte_offset;
    const TypeId root = choose_root(kind);
    Case made{.access = access_for(kind, root), .request = {}};
    made.request = {
        .root = root, .access = made.access, .kind = static_cast<std::uint32_t>(kind), .site = {}};
    made.request.site = site_for(made, kind);
    return made;
  }

 private:
  bool fits(ReloKind kind, TypeId type) const {
    if (local_.name(type).empty()) return false;
    const TypeId skipped = local_.skip_modifiers_and_typedefs(type);
    const auto of = local_.kind(skipped);
    if (core::is_field_based(kind)) return core::members_of(local_, skipped).has_value();
    if (core::is_enumval_based(kind)) return of == btf::Kind::kEnum || of == btf::Kind::kEnum64;
    return of != btf::Kind::kInt;
  }

  /// Nearly always a type that the kind is for; the same one often, so that relocations of one
  /// root meet.
  TypeId choose_root(ReloKind kind) {
    const auto any = TypeId{1 + choices_.below(local_.size() - 1)};
    if (choices_.percent(3)) return any;
    for (std::uint32_t i = 0; i < local_.size(); ++i) {
      const TypeId type{1 + (any.value + i) % (local_.size() - 1)};
      if (fits(kind, type)) return type;
    }
    return any;
  }

  std::string access_for(ReloKind kind, TypeId root) {
    if (core::is_type_based(kind)) return choices_.percent(2) ? "1" : "0";
    TypeId at = local_.skip_modifiers_and_typedefs(root);
    if (core::is_enumval_based(kind)) {
      const std::uint32_t count = std::max(local_.info(at).vlen, 1U);
      return std::to_string(choices_.below(count) + (choices_.percent(2) ? count : 0));
    }
    std::string access = choices_.percent(10) ? std::to_string(choices_.below(3)) : "0";
    for (int depth = 0; depth < 6; ++depth) {
      at = local_.skip_modifiers_and_typedefs(at);
      if (depth > 0 && choices_.percent(25)) break;
      const auto members = core::members_of(local_, at);
      if (members && !members->empty()) {
        const std::uint32_t index = choices_.below(members->size());
        access += ":" + std::to_string(index + (choices_.percent(1) ? members->size() : 0));
        at = (*members)[index].type;
      } else if (local_.kind(at) == btf::Kind::kArray) {
        const auto array = std::get<btf::Array>(local_.decode(at));
        access += ":" + std::to_string(choices_.below(array.nr_elems + 1));
        at = array.type;
      } else {
        break;
      }
    }
    return access;
  }

  /// What the compiler would have put in the instruction; 0 where that means nothing.
  std::uint64_t local_value(const Case& made, ReloKind kind) const {
    const auto spec = core::parse_spec(local_, made.request.root, made.access, kind);
    if (!spec) return 0;
    const auto value = core::value_of(
        local_, *spec,
        {.order = std::endian::little, .pointer_size = {8}, .enumerators_are_signed = true});
    return value ? value->number : 0;
  }

  std::uint32_t access_size(const Case& made, ReloKind kind) const {
    if (kind != ReloKind::field_byte_offset) return 8;
    const auto spec = core::parse_spec(local_, made.request.root, made.access, kind);
    if (!spec) return 8;
    const auto value =
        core::value_of(local_, *spec, {.order = std::endian::little, .pointer_size = {8}});
    return value ? static_cast<std::uint32_t>(value->access.size.value) : 8;
  }

  std::uint8_t size_bits(std::uint32_t bytes) {
    if (choices_.percent(5)) bytes = 1U << choices_.below(4);
    switch (bytes) {
      case 1: return BPF_B;
      case 2: return BPF_H;
      case 4: return BPF_W;
      default: return BPF_DW;
    }
  }

  core::Site site_for(const Case& made, ReloKind kind) {
    const std::uint64_t value =
        local_value(made, kind) + (choices_.percent(2) ? 1 + choices_.below(3) : 0);
    constexpr auto kImmediates = std::to_array<int>(
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_ALU | BPF_MOV | BPF_K, BPF_ALU64 | BPF_ADD | BPF_K,
         BPF_ALU64 | BPF_LSH | BPF_K, BPF_ALU64 | BPF_ARSH | BPF_K});
    insn::Insn insn{.dst = 1, .src = 0};
    switch (choices_.below(kind == ReloKind::field_byte_offset ? 8 : 5)) {
      case 0: {
        insn.opcode = BPF_LD | BPF_IMM | BPF_DW;
        insn.imm = static_cast<std::int32_t>(value);
        if (choices_.percent(1)) insn.src = 1;
        return {.first = insn, .second = insn::Insn{.imm = static_cast<std::int32_t>(value >> 32)}};
      }
      case 1:
        insn.opcode =
            static_cast<std::uint8_t>(BPF_STX | BPF_MEM | size_bits(access_size(made, kind)));
        insn.src = 2;
        insn.off = static_cast<std::int16_t>(value);
        return {.first = insn, .second = std::nullopt};
      case 5:
      case 6:
      case 7: {
        const int mode = choices_.percent(10) ? 0x80 : BPF_MEM;  // 0x80: BPF_MEMSX
        const int of = choices_.percent(15) ? BPF_ST : BPF_LDX;
        insn.opcode = static_cast<std::uint8_t>(of | mode | size_bits(access_size(made, kind)));
        insn.off = static_cast<std::int16_t>(value);
        return {.first = insn, .second = std::nullopt};
      }
      default:
        insn.opcode = static_cast<std::uint8_t>(choices_.one_of(kImmediates));
        insn.imm = static_cast<std::int32_t>(value);
        if (choices_.percent(1)) insn.opcode |= BPF_X;
        if (choices_.percent(1)) insn.opcode = BPF_JMP | BPF_JEQ;
        return {.first = insn, .second = std::nullopt};
    }
  }

  const btf::View& local_;
  Choices& choices_;
};

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

std::string insn_text(const core::Site& site) {
  const auto one = [](const insn::Insn& i) {
    return fmt::format("{:02x} dst {} src {} off {} imm {}", i.opcode, i.dst, i.src, i.off, i.imm);
  };
  return one(site.first) + (site.second ? "; " + one(*site.second) : "");
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
  BtfBytes local_bytes = local_model.write();
  const OpenBtf target = open(target_model.write());

  std::vector<Case> cases;
  std::vector<std::uint32_t> access_offsets;
  {
    const OpenBtf types = open(local_bytes);
    for (std::size_t i = 0; i < kRelocationsPerPair; ++i) {
      cases.push_back(CaseMaker(types.view, choices).make());
      access_offsets.push_back(local_bytes.end_of_strings());
      local_bytes.add_string(cases.back().access);
    }
  }
  const OpenBtf local = open(local_bytes);
  std::vector<core::Request> requests;
  for (const Case& it : cases) {
    requests.push_back(it.request);
    requests.back().access = it.access;
  }

  const LibbpfBtf libbpf_local(local.bytes);
  const LibbpfBtf libbpf_target(target.bytes);
  btf__set_pointer_size(libbpf_local.get(), 8);
  LibbpfRelocator libbpf(libbpf_local.get(), libbpf_target.get());

  const core::Target kernel{.kernel = target.view, .modules = {}};
  const auto ours =
      must(core::resolve(local.view, std::endian::little, requests, kernel, core::Rules::libbpf));
  const auto coherent = must(core::resolve(local.view, std::endian::little, requests, kernel));
  std::set<TypeId> stopped;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    // libbpf stops at an error of a candidate, and leaves the list of its root half narrowed.
    if (stopped.contains(requests[i].root)) continue;
    if (ours[i].reason == core::Reason::ambiguous || ours[i].reason == core::Reason::no_value) {
      stopped.insert(requests[i].root);
    }
    const LibbpfResult theirs = libbpf.relocate(requests[i], access_offsets[i]);
    const std::string what = fmt::format("{} [{}] {}: {}", requests[i].kind, requests[i].root.value,
                                         cases[i].access, insn_text(requests[i].site));
    if (differs_since_libbpf_1_1(local.view, ours[i])) {
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

int run(std::size_t pairs, const char* seed) {
  libbpf_set_print(nullptr);
  const std::string parameters = fmt::format("seed={} max_success={} max_size=100", seed, pairs);
  ::setenv("RC_PARAMS", parameters.c_str(), 1);
  const bool holds = rc::check("libbpf and we make the same of a relocation", [] {
    compare_pair(*rc::gen::resize(rc::kNominalSize * 10,
                                  rc::gen::container<std::vector<std::uint8_t>>(
                                      kBytesPerPair, rc::gen::arbitrary<std::uint8_t>())));
  });
  const bool is_enough = print_tally(pairs);
  return holds && is_enough ? 0 : 1;
}

}  // namespace
}  // namespace btfreloc::test

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: core_pairs PAIRS [SEED]\n", stderr);
    return 2;
  }
  return btfreloc::test::run(std::strtoul(argv[1], nullptr, 10), argc > 2 ? argv[2] : "1");
}
