#include "xdp-blacklist/tally.h"

#include <fmt/format.h>

namespace xdp_blacklist::test {
namespace {

constexpr std::uint64_t kMostShown = 20;

constexpr auto kVerdicts =
    std::to_array<const char*>({"pass", "allowed", "unread", "host", "net", "port", "name", "agent",
                                "banned", "challenge", "not listed", "malformed"});
static_assert(kVerdicts.size() == VERDICTS);
constexpr auto kMalformed = std::to_array<const char*>(
    {"not", "ethernet", "vlan", "ipv4", "ipv6", "fragment", "tcp", "udp"});
static_assert(kMalformed.size() == MALFORMED_KINDS);

std::string hex(const std::vector<std::byte>& bytes) {
  std::string text;
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
  return text;
}

}  // namespace

std::string text(const Explained& explained) {
  const auto [verdict, detail] = explained;
  if (verdict >= VERDICTS) return fmt::format("verdict {}, {}", verdict, detail);
  if (verdict == VERDICT_MALFORMED && detail < MALFORMED_KINDS) {
    return fmt::format("malformed {}", kMalformed.at(detail));
  }
  return fmt::format("{} {}", kVerdicts.at(verdict), detail);
}

void Tally::count(const reference::Answer& expected) {
  ++verdicts_.at(expected.verdict);
  if (expected.verdict == VERDICT_MALFORMED) ++malformed_.at(expected.detail);
}

void Tally::differs(const std::string& where, const std::vector<std::byte>& frame,
                    const reference::Answer& expected, const std::string& got) {
  if (++differences_ > kMostShown) return;
  fmt::print("{}: expected {}, got {}\n  {}\n", where,
             text(Explained{.verdict = expected.verdict, .detail = expected.detail}), got,
             hex(frame));
}

void Tally::miscounts(const std::string& what) {
  if (++differences_ <= kMostShown) fmt::print("{}\n", what);
}

bool Tally::conclude(const Run& run) const {
  // Of 100,000 packets at least 100 each.
  const std::uint64_t least = run.packets / 1000;
  bool is_enough = true;
  const auto report = [&](const std::string& what, std::uint64_t seen, bool is_expected) {
    const bool is_rare = is_expected && seen < least;
    fmt::print("{:>10} {}{}\n", seen, what, is_rare ? fmt::format(": fewer than {}", least) : "");
    is_enough = is_enough && !is_rare;
  };
  for (std::uint32_t i = 0; i < VERDICTS; ++i) {
    const bool only_c = i == VERDICT_UNREAD || (i >= VERDICT_NAME && i <= VERDICT_CHALLENGE);
    report(kVerdicts.at(i), verdicts_.at(i), run.all_verdicts || !only_c);
  }
  for (std::uint32_t i = 1; i < MALFORMED_KINDS; ++i) {
    report(fmt::format("  {}", kMalformed.at(i)), malformed_.at(i),
           i != MALFORMED_ETHERNET || run.short_frames);
  }
  fmt::print("{} packets, {} differences\n", run.packets, differences_);
  return is_enough && differences_ == 0;
}

}  // namespace xdp_blacklist::test
