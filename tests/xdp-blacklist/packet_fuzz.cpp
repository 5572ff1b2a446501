// Random packets through the program in the kernel and through the reference: no difference in the
// verdict or what it is for.
//
//   packet_fuzz --object FILE [--packets N] [--seed S] [--features core|all]
//               [--strnstr] [--frags] [--counters]

#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "xdp-blacklist/kernel_program.h"
#include "xdp-blacklist/random.h"
#include "xdp-blacklist/random_packets.h"
#include "xdp-blacklist/random_rules.h"
#include "xdp-blacklist/reference.h"
#include "xdp-blacklist/tally.h"

namespace xdp_blacklist::test {
namespace {

constexpr int kSkipped = 77;
constexpr std::uint64_t kPacketsPerScenario = 500;
/// The longest frame that fits one buffer of a test run, between the room in front and behind.
constexpr std::size_t kLongestFrame = 3000;
constexpr std::size_t kEthernet = 14;      // Bytes of the header.
constexpr std::size_t kMostMetadata = 32;  // In bytes, what all kernels take.
constexpr std::size_t kMostRules = 128;    // Ids in one scenario.

struct Options {
  std::string object;
  std::uint64_t packets = 100'000;
  std::uint64_t seed = 1;
  Features features = Features::all;
  bool strnstr = false;
  bool frags = false;
  bool counts = false;  ///< Do not ask what would become of packets, but see what does.
};

std::uint32_t boot_seconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint32_t>(now.tv_sec);
}

/// A network namespace of our own, with devices in several groups. It goes when we do.
std::vector<reference::Device> make_devices() {
  if (::unshare(CLONE_NEWNET) != 0) {
    throw std::runtime_error(fmt::format("no new network namespace: {}", std::strerror(errno)));
  }
  struct stat netns = {};
  if (::stat("/proc/self/ns/net", &netns) != 0 ||
      std::system("ip link set lo group 7 && ip link add name fuzz type veth peer name peer && "
                  "ip link set fuzz group 9") != 0) {
    throw std::runtime_error("cannot make network devices");
  }
  const auto inode = static_cast<std::uint32_t>(netns.st_ino);
  std::vector<reference::Device> devices = {{.interface = 1, .group = 7, .netns = inode}};
  for (const auto& [name, group] : {std::pair{"fuzz", 9U}, std::pair{"peer", 0U}}) {
    devices.push_back({.interface = ::if_nametoindex(name), .group = group, .netns = inode});
  }
  return devices;
}

/// From 6.17 on.
bool kernel_has_strnstr() {
  ::btf* const types = ::btf__load_vmlinux_btf();
  const bool has = ::btf__find_by_name_kind(types, "bpf_strnstr", BTF_KIND_FUNC) > 0;
  ::btf__free(types);
  return has;
}

bool agree(const reference::Answer& expected, const Explained& got) {
  if (expected.verdict != got.verdict) return false;
  if (expected.detail == got.detail) return true;
  return std::ranges::find(expected.others, got.detail) != expected.others.end();
}

/// One run of packets, each through both.
class Fuzz {
 public:
  explicit Fuzz(const Options& options)
      : options_(options),
        devices_(make_devices()),
        program_(options.object, options.features,
                 FEATURE_KERNEL_CONTEXT | FEATURE_CHALLENGE |
                     (options.strnstr ? FEATURE_STRNSTR : 0) | (options.frags ? FEATURE_FRAGS : 0),
                 !options.counts),
        random_(options.seed) {
    takes_short_frames_ =
        program_.takes(std::vector<std::byte>(8), {.interface = 1, .metadata = kMostMetadata});
  }

  bool run() {
    for (std::uint64_t i = 0; i < options_.packets; ++i) {
      if (i % kPacketsPerScenario == 0) next_scenario();
      std::vector<std::byte> frame = random_frame(random_, scenario_, before_);
      if (frame.size() > kLongestFrame) frame.resize(kLongestFrame);
      if (frame.size() < kEthernet && !takes_short_frames_) frame.resize(kEthernet);
      send(frame);
      before_ = std::move(frame);
    }
    if (options_.counts) compare_counters();
    return tally_.conclude({.packets = options_.packets,
                            .all_verdicts = options_.features == Features::all,
                            .short_frames = takes_short_frames_});
  }

 private:
  void next_scenario() {
    if (options_.counts && number_ != 0) compare_counters();
    scenario_ = random_scenario(random_, options_.features, devices_, boot_seconds());
    program_.install(scenario_.rules, static_cast<std::uint32_t>(number_++ % 2));
    verdicts_.assign(VERDICTS, {});
    rules_.assign(kMostRules, {});
    not_certain_.clear();
  }

  void send(const std::vector<std::byte>& frame) {
    const reference::Device& device = random_.of(devices_);
    Arrival arrival = {.interface = device.interface};
    if (frame.size() < kEthernet) {
      arrival.metadata = kMostMetadata;
    } else if (random_.one_in(8)) {
      arrival.metadata = random_.between(1, kMostMetadata / 4) * 4;
    }
    const std::uint32_t now = boot_seconds();
    const reference::Answer expected = reference::decide(scenario_.rules, device, now, frame);
    tally_.count(expected);
    const auto where =
        fmt::format("seed {}, rules {}, interface {}", options_.seed, number_, device.interface);
    if (!options_.counts) {
      const Explained got = program_.explain(frame, arrival);
      if (!agree(expected, got)) tally_.differs(where, frame, expected, text(got));
      return;
    }
    const bool passes = expected.verdict <= VERDICT_LAST_PASS;
    const std::uint32_t action = program_.run(frame, arrival);
    if (action != (passes ? XDP_PASS : XDP_DROP)) {
      tally_.differs(where, frame, expected, fmt::format("action {}", action));
    }
    reference::remember(scenario_.rules, expected, now + kBanSeconds);
    count(expected, frame.size());
  }

  void count(const reference::Answer& answer, std::size_t bytes) {
    const auto add = [&](Counted& counted) {
      ++counted.packets;
      counted.bytes += bytes;
    };
    add(verdicts_.at(answer.verdict));
    if (!reference::is_of_rule(answer.verdict)) return;
    if (answer.others.size() > 1) {
      not_certain_.insert(answer.others.begin(), answer.others.end());
    } else {
      add(rules_.at(answer.detail));
    }
  }

  /// Holds what the program counted for these rules against what it should have.
  void compare_counters() {
    const auto compare = [&](const std::string& map, const std::vector<Counted>& expected) {
      const std::vector<Counted> got = program_.take_counted(map, expected.size());
      for (std::uint32_t i = 0; i < expected.size(); ++i) {
        if (got[i] == expected[i] || (map == "counters" && not_certain_.contains(i))) continue;
        tally_.miscounts(fmt::format(
            "seed {}, rules {}: {} {} has {} packets, {} bytes instead of {}, {}", options_.seed,
            number_, map, i, got[i].packets, got[i].bytes, expected[i].packets, expected[i].bytes));
      }
    };
    compare("verdicts", verdicts_);
    compare("counters", rules_);
  }

  Options options_;
  std::vector<reference::Device> devices_;
  KernelProgram program_;
  bool takes_short_frames_ = false;
  Random random_;
  Tally tally_;
  Scenario scenario_;
  std::uint64_t number_ = 0;  ///< How many scenarios there were.
  std::vector<std::byte> before_;
  std::vector<Counted> verdicts_, rules_;  ///< What should be counted for the scenario.
  std::set<std::uint32_t> not_certain_;    ///< Rules that packets may have been counted for.
};

}  // namespace
}  // namespace xdp_blacklist::test

int main(int argc, char** argv) {
  using xdp_blacklist::test::Features;
  xdp_blacklist::test::Options options;
  CLI::App app("Holds the program in the kernel against the reference.");
  app.add_option("--object", options.object)->required();
  app.add_option("--packets", options.packets);
  app.add_option("--seed", options.seed);
  app.add_option("--features", options.features)
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Features>{{"core", Features::core}, {"all", Features::all}}));
  app.add_flag("--counters", options.counts, "without `explain`: actions, counters and bans");
  app.add_flag("--frags", options.frags, "as a program for packets in several buffers");
  app.add_flag("--strnstr", options.strnstr, "with bpf_strnstr of the kernel");
  CLI11_PARSE(app, argc, argv);
  if (::geteuid() != 0) {
    fmt::print("skipped: only root loads programs\n");
    return xdp_blacklist::test::kSkipped;
  }
  if (options.strnstr && !xdp_blacklist::test::kernel_has_strnstr()) {
    fmt::print("skipped: this kernel has no bpf_strnstr\n");
    return xdp_blacklist::test::kSkipped;
  }
  try {
    return xdp_blacklist::test::Fuzz(options).run() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
