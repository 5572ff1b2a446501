// Random packets through the program in the kernel and through the reference: no difference in the
// verdict or what it is for.
//
//   packet_fuzz --object FILE [--packets N] [--seed S] [--features core|all] [--strnstr]

#include <fmt/format.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>

#include "xdp-blacklist/kernel_program.h"
#include "xdp-blacklist/random.h"
#include "xdp-blacklist/random_packets.h"
#include "xdp-blacklist/random_rules.h"
#include "xdp-blacklist/reference.h"

namespace xdp_blacklist::test {
namespace {

constexpr int kSkipped = 77;
constexpr std::uint64_t kPacketsPerScenario = 500;
constexpr std::uint64_t kMostShown = 20;
/// The longest frame that fits one buffer of a test run, between the room in front and behind.
constexpr std::size_t kLongestFrame = 3000;

constexpr auto kVerdicts =
    std::to_array<const char*>({"pass", "allowed", "unread", "host", "net", "port", "name", "agent",
                                "banned", "challenge", "not listed", "malformed"});
static_assert(kVerdicts.size() == VERDICTS);
constexpr auto kMalformed = std::to_array<const char*>(
    {"not", "ethernet", "vlan", "ipv4", "ipv6", "fragment", "tcp", "udp"});
static_assert(kMalformed.size() == MALFORMED_KINDS);

struct Options {
  std::string object;
  std::uint64_t packets = 100'000;
  std::uint64_t seed = 1;
  Features features = Features::all;
  bool strnstr = false;
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

std::string hex(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

std::string text(std::uint32_t verdict, std::uint32_t detail) {
  if (verdict >= VERDICTS) return fmt::format("verdict {}, {}", verdict, detail);
  if (verdict == VERDICT_MALFORMED && detail < MALFORMED_KINDS) {
    return fmt::format("malformed {}", kMalformed.at(detail));
  }
  return fmt::format("{} {}", kVerdicts.at(verdict), detail);
}

/// What has been seen of the program, and whether that is enough.
class Tally {
 public:
  void count(const reference::Answer& answer) {
    ++verdicts_.at(answer.verdict);
    if (answer.verdict == VERDICT_MALFORMED) ++malformed_.at(answer.detail);
  }
  void differs(const Options& options, std::uint64_t scenario, const std::vector<std::byte>& frame,
               const reference::Device& device, const reference::Answer& expected,
               const Explained& got) {
    if (++differences_ > kMostShown) return;
    fmt::print("seed {}, rules {}, interface {}: expected {}, got {}\n  {}\n", options.seed,
               scenario, device.interface, text(expected.verdict, expected.detail),
               text(got.verdict, got.detail), hex(frame));
  }

  /// Prints it. False when there were differences, or something was not seen often enough.
  bool conclude(const Options& options, bool takes_short_frames) const {
    // Of 100,000 packets at least 100 each.
    const std::uint64_t least = options.packets / 1000;
    bool is_enough = true;
    const auto report = [&](const char* what, std::uint64_t seen, bool is_expected) {
      const bool is_rare = is_expected && seen < least;
      fmt::print("{:>10} {}{}\n", seen, what, is_rare ? fmt::format(": fewer than {}", least) : "");
      is_enough = is_enough && !is_rare;
    };
    const bool all = options.features == Features::all;
    for (std::uint32_t i = 0; i < VERDICTS; ++i) {
      const bool only_c = i == VERDICT_UNREAD || (i >= VERDICT_NAME && i <= VERDICT_CHALLENGE);
      report(kVerdicts.at(i), verdicts_.at(i), all || !only_c);
    }
    for (std::uint32_t i = 1; i < MALFORMED_KINDS; ++i) {
      report(fmt::format("  {}", kMalformed.at(i)).c_str(), malformed_.at(i),
             i != MALFORMED_ETHERNET || takes_short_frames);
    }
    fmt::print("{} packets, {} differences\n", options.packets, differences_);
    return is_enough && differences_ == 0;
  }

 private:
  std::array<std::uint64_t, VERDICTS> verdicts_ = {};
  std::array<std::uint64_t, MALFORMED_KINDS> malformed_ = {};
  std::uint64_t differences_ = 0;
};

bool agree(const reference::Answer& expected, const Explained& got) {
  if (expected.verdict != got.verdict) return false;
  if (expected.detail == got.detail) return true;
  return std::ranges::find(expected.others, got.detail) != expected.others.end();
}

bool fuzz(const Options& options) {
  const std::vector<reference::Device> devices = make_devices();
  KernelProgram program(
      options.object, options.features,
      FEATURE_KERNEL_CONTEXT | FEATURE_CHALLENGE | (options.strnstr ? FEATURE_STRNSTR : 0));
  const std::vector<std::byte> short_frame(8);
  const bool takes_short_frames = program.takes(short_frame, {.interface = 1, .metadata = 32});
  Random random(options.seed);
  Tally tally;
  Scenario scenario;
  std::vector<std::byte> before;
  std::uint64_t number = 0;
  for (std::uint64_t i = 0; i < options.packets; ++i) {
    if (i % kPacketsPerScenario == 0) {
      scenario = random_scenario(random, options.features, devices, boot_seconds());
      program.install(scenario.rules, static_cast<std::uint32_t>(number++ % 2));
    }
    std::vector<std::byte> frame = random_frame(random, scenario, before);
    if (frame.size() > kLongestFrame) frame.resize(kLongestFrame);
    if (frame.size() < 14 && !takes_short_frames) frame.resize(14);
    const reference::Device& device = random.of(devices);
    const bool is_short = frame.size() < 14;
    const Explained got =
        program.explain(frame, {.interface = device.interface,
                                .metadata = is_short           ? 32
                                            : random.one_in(8) ? random.between(1, 8) * 4
                                                               : 0});
    const reference::Answer expected =
        reference::decide(scenario.rules, device, boot_seconds(), frame);
    tally.count(expected);
    if (!agree(expected, got)) tally.differs(options, number, frame, device, expected, got);
    before = std::move(frame);
  }
  return tally.conclude(options, takes_short_frames);
}

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
  app.add_flag("--strnstr", options.strnstr, "with bpf_strnstr of the kernel");
  CLI11_PARSE(app, argc, argv);
  if (::geteuid() != 0) {
    fmt::print("skipped: only root loads programs\n");
    return xdp_blacklist::test::kSkipped;
  }
  try {
    return xdp_blacklist::test::fuzz(options) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}
