// Sends the packets of `xdp-blacklist bench` through our program, the baseline and Debian's
// xdp-filter, and fails when a gate is missed. Gates are ratios; one that is unsteady or missed is
// measured again, because other work on the machine only ever makes programs look slower.
//
//   bench_xdp_blacklist OBJECT BASELINE

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xdp-blacklist/bench/bench.h"
#include "xdp-blacklist/bench/bench_rules.h"

namespace xdp_blacklist {
namespace {

constexpr int kSkipped = 77;
constexpr int kAttempts = 5;

/// Columns of a report.
enum Program : std::size_t { kOurs, kSwitchedOff, kBaseline, kXdpFilter };

constexpr double kHitToBaseline = 1.1;
constexpr double kPassToBaseline = 1.35;
constexpr double kSwitchedOffToBaseline = 1.0;
constexpr double kToXdpFilter = 0.7;
constexpr double kToXdpFilterInMedian = 0.6;
constexpr double kManyHostsToFew = 1.15;

struct Gate {
  std::string what;
  double limit;
  std::optional<double> least = {};  ///< Of all attempts with a steady ratio.

  bool holds() const { return least && *least <= limit; }
  void measured(std::optional<double> ratio) {
    if (ratio && (!least || *ratio < *least)) least = ratio;
  }
};

bool print_gate(const Gate& gate) {
  fmt::print("{:44} {:>8} {:>8}  {}\n", gate.what,
             gate.least ? fmt::format("{:.2f}x", *gate.least) : "unsteady",
             fmt::format("{:.2f}x", gate.limit), gate.holds() ? "pass" : "MISSED");
  return gate.holds();
}

std::optional<double> ratio_of(const BenchRow& row, std::size_t ours, std::size_t theirs) {
  if (theirs >= row.cells.size()) return std::nullopt;
  const auto* our_time = std::get_if<Timing>(&row.cells[ours]);
  const auto* their_time = std::get_if<Timing>(&row.cells[theirs]);
  return our_time != nullptr && their_time != nullptr ? ratio(*our_time, *their_time)
                                                      : std::nullopt;
}

bool is_timed(const BenchRow& row, std::size_t program) {
  return program < row.cells.size() && std::holds_alternative<Timing>(row.cells[program]);
}

/// A ratio of two columns for one packet.
struct PacketGate {
  Gate gate;
  std::size_t ours, theirs;
};

/// What is promised of this packet. The baseline does not look at IPv6: letting it pass is no work.
std::vector<PacketGate> gates_of(const BenchRow& row) {
  std::vector<PacketGate> gates;
  const bool passes = row.packet.starts_with("pass");
  if (is_timed(row, kBaseline) && !row.packet.contains('6')) {
    gates.push_back({.gate = {.what = row.packet + " / baseline",
                              .limit = passes ? kPassToBaseline : kHitToBaseline},
                     .ours = kOurs,
                     .theirs = kBaseline});
    if (passes) {
      gates.push_back(
          {.gate = {.what = row.packet + ", lists off / baseline", .limit = kSwitchedOffToBaseline},
           .ours = kSwitchedOff,
           .theirs = kBaseline});
    }
  }
  if (is_timed(row, kXdpFilter)) {
    gates.push_back({.gate = {.what = row.packet + " / xdp-filter", .limit = kToXdpFilter},
                     .ours = kOurs,
                     .theirs = kXdpFilter});
  }
  return gates;
}

/// Measures a packet until all of its gates hold, or often enough.
btfreloc::Result<std::vector<PacketGate>> measure(BenchOptions options, const std::string& packet) {
  options.packets = {packet};
  std::vector<PacketGate> gates;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    TRY(const BenchReport report, run_bench(options));
    const BenchRow& row = report.rows.front();
    if (attempt == 0) gates = gates_of(row);
    for (PacketGate& each : gates) each.gate.measured(ratio_of(row, each.ours, each.theirs));
    if (std::ranges::all_of(gates, [](const PacketGate& each) { return each.gate.holds(); })) break;
  }
  return gates;
}

btfreloc::Result<bool> check_packets(const BenchOptions& options) {
  bool held = true;
  std::vector<double> to_xdp_filter;
  for (const std::string& packet : bench_packets()) {
    TRY(const auto gates, measure(options, packet));
    for (const PacketGate& each : gates) {
      held &= print_gate(each.gate);
      if (each.theirs == kXdpFilter && each.gate.least) to_xdp_filter.push_back(*each.gate.least);
    }
  }
  if (to_xdp_filter.empty()) return held;
  const auto middle = to_xdp_filter.begin() + static_cast<std::ptrdiff_t>(to_xdp_filter.size() / 2);
  std::ranges::nth_element(to_xdp_filter, middle);
  return print_gate(
             {.what = "median / xdp-filter", .limit = kToXdpFilterInMedian, .least = *middle}) &&
         held;
}

btfreloc::Result<bool> check_rules(const std::string& object) {
  std::vector<Gate> gates;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    TRY(const BenchRulesReport report, run_bench_rules({.object = object}));
    for (std::size_t i = 0; i < report.lookups.size(); ++i) {
      const HostLookup& lookup = report.lookups[i];
      if (attempt == 0) {
        gates.push_back(
            {.what = lookup.list + " hit, 100,000 rules / 10", .limit = kManyHostsToFew});
      }
      gates[i].measured(ratio(lookup.many, lookup.few));
    }
    if (std::ranges::all_of(gates, &Gate::holds)) break;
  }
  bool held = true;
  for (const Gate& gate : gates) held &= print_gate(gate);
  return held;
}

int check(const std::string& object, const std::string& baseline) {
  BenchOptions options = {.object = object, .compare = {{.object = baseline}}};
  const std::string xdp_filter = debian_xdp_filter();
  if (xdp_filter.empty()) {
    fmt::print("note: xdp-filter is not compared with: package xdp-tools is not installed\n");
  } else {
    options.compare.push_back({.object = xdp_filter});
  }
  const auto packets = check_packets(options);
  const auto rules = check_rules(object);
  for (const auto* result : {&packets, &rules}) {
    if (!*result) fmt::print("error: {}\n", result->error().message);
  }
  return packets && rules && *packets && *rules ? 0 : 1;
}

}  // namespace
}  // namespace xdp_blacklist

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (::geteuid() != 0) {
    fmt::print("skipped: only root may test-run programs\n");
    return xdp_blacklist::kSkipped;
  }
  return xdp_blacklist::check(argv[1], argv[2]);
}
