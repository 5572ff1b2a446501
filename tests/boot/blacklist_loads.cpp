// Loads xdp-blacklist's program into the running kernel, as `xdp-blacklist load` does, and sends it
// the packets of `bench` with their rules: does it do the right thing with each?
//
//   blacklist_loads OBJECT
//
// One line per fact, then RESULT. Exit status 0 or 1.

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "xdp-blacklist/bench/bench_program.h"
#include "xdp-blacklist/instance/program.h"

namespace xdp_blacklist {
namespace {

class Facts {
 public:
  void check(const std::string& what, bool holds, const std::string& detail) {
    fmt::print("{:4} {}: {}\n", holds ? "ok" : "FAIL", what, detail);
    ++count_;
    failed_ += holds ? 0 : 1;
  }
  int result() const {
    fmt::print("RESULT {} {} facts\n", failed_ == 0 ? "PASS" : "FAIL", count_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  int count_ = 0;
  int failed_ = 0;
};

std::string feature_names(std::uint32_t features) {
  static constexpr std::array kNames = {
      std::pair{FEATURE_KERNEL_CONTEXT, "kernel-context"}, std::pair{FEATURE_EVENTS, "events"},
      std::pair{FEATURE_FRAGS, "frags"}, std::pair{FEATURE_CHALLENGE, "challenge"},
      std::pair{FEATURE_STRNSTR, "strnstr"}};
  std::string names;
  for (const auto& [bit, name] : kNames) {
    if ((features & bit) != 0) names += fmt::format(" {}", name);
  }
  return names.empty() ? "none" : names.substr(1);
}

/// How many instructions the verifier followed. Kernels before 5.16 do not tell.
std::uint32_t verified_instructions(int program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  return ::bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.verified_insns : 0;
}

void check_load(Facts& facts, const std::string& what, const ProgramOptions& options) {
  const auto program = Program::load(options, {});
  if (!program) {
    facts.check(what, false, program.error().message + "\n" + program.error().hint);
    return;
  }
  facts.check(
      what, true,
      fmt::format("{} instructions verified, features: {}", verified_instructions(program->fd()),
                  feature_names(program->features())));
}

void check_packet(Facts& facts, BenchProgram& program, const BenchPacket& packet) {
  constexpr std::uint32_t kDrop = 1;
  constexpr std::uint32_t kPass = 2;
  const auto held = program.hold(packet);
  if (!held) return facts.check(packet.name, false, held.error().message);
  const auto action = action_of(program.program(), packet.frame);
  if (!action) return facts.check(packet.name, false, action.error().message);
  const std::uint32_t expected = packet.drops ? kDrop : kPass;
  facts.check(packet.name, *action == expected, fmt::format("action {}", *action));
}

int run(const std::string& object) {
  constexpr std::uint32_t kAll =
      FEATURE_KERNEL_CONTEXT | FEATURE_EVENTS | FEATURE_FRAGS | FEATURE_CHALLENGE | FEATURE_STRNSTR;
  Facts facts;
  check_load(facts, "all features", {.object = object, .features = kAll});
  check_load(facts, "no bpf_strnstr", {.object = object, .features = kAll & ~FEATURE_STRNSTR});
  check_load(facts, "no lists", {.object = object, .lists = 0, .features = 0});
  check_load(facts, "explain", {.object = object, .features = kAll, .explain = true});
  const auto packets = make_bench_packets();
  auto program = own_program(object, "@running", OwnLists::all);
  if (!packets || !program) return 1;
  for (const BenchPacket& packet : *packets) check_packet(facts, **program, packet);
  return facts.result();
}

}  // namespace
}  // namespace xdp_blacklist

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  return xdp_blacklist::run(argv[1]);
}
