#include "xdp-blacklist/bench/bench_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "btfreloc/json.h"
#include "btfreloc/table.h"
#include "xdp-blacklist/bench/bench_own.h"
#include "xdp-blacklist/packet.h"

namespace xdp_blacklist {
namespace {

using btfreloc::tool::Json;
using btfreloc::tool::Output;
using btfreloc::tool::Table;

constexpr std::uint32_t kPorts = 65536;
constexpr Rounds kRounds = {.count = 21, .repeat = 100'000};

/// Spreads numbers over addresses: an odd factor makes no two the same.
std::uint32_t scattered(std::uint32_t i) { return i * 2654435761U; }

Address address4(std::uint32_t number) {
  Address address;
  for (int i = 0; i < 4; ++i) {
    address.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  }
  return address;
}

/// Of 2000::/4, with the number in front of zeros.
Address address6(std::uint32_t number) {
  Address address = address4(number);
  std::copy_backward(address.bytes.begin(), address.bytes.begin() + 4, address.bytes.begin() + 6);
  address.bytes[0] = 0x20;
  address.bytes[1] = 0x01;
  address.is_v6 = true;
  return address;
}

Rule host4(std::uint32_t i) {
  return {.what = NetRule{.address = address4(scattered(i)), .prefix = 32}};
}
/// No two are the same below 2^31.
Rule net4(std::uint32_t i) {
  return {.what = NetRule{.address = address4(scattered(i) << 1), .prefix = 31}};
}
Rule host6(std::uint32_t i) {
  return {.what = NetRule{.address = address6(scattered(i)), .prefix = 128}};
}
Rule net6(std::uint32_t i) {
  return {.what = NetRule{.address = address6(scattered(i)), .prefix = 48}};
}
Rule name(std::uint32_t i) {
  return {.what = NameRule{.name = fmt::format("host{}.ads.example.net", i), .below = false}};
}
Rule port(std::uint32_t i) {
  const auto number = static_cast<std::uint16_t>(i % kPorts);
  return {.what = PortRule{.tcp = i < kPorts,
                           .udp = i >= kPorts,
                           .is_source = false,
                           .first = number,
                           .last = number}};
}

struct Kind {
  const char* list;
  Rule (*rule)(std::uint32_t);
  std::uint32_t most;
};
constexpr Kind kKinds[] = {{"hosts4", host4, ~0U},      {"nets4", net4, ~0U},
                           {"hosts6", host6, ~0U},      {"nets6", net6, ~0U},
                           {"ports", port, 2 * kPorts}, {"names", name, ~0U}};

std::vector<ActiveRule> make_rules(Rule (*rule)(std::uint32_t), std::uint32_t count) {
  std::vector<ActiveRule> rules;
  rules.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    rules.push_back({.rule = rule(i), .id = i + 1, .expires = 0});
  }
  return rules;
}

Result<LoadedList> time_load(const Program& program, const Kind& kind, std::uint32_t count) {
  count = std::min(count, kind.most);
  const std::vector<ActiveRule> rules = make_rules(kind.rule, count);
  const auto start = std::chrono::steady_clock::now();
  TRY_OK(hold_rules(program, rules, count));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  return LoadedList{.list = kind.list, .rules = count, .milliseconds = took.count()};
}

/// A packet from the first of the hosts.
Result<std::vector<std::byte>> packet_from(const Rule& rule) {
  PacketSpec spec = {.source = std::get<NetRule>(rule.what).address, .destination = {}};
  spec.destination = spec.source;
  spec.protocol = kUdp;
  return build_packet(spec);
}

/// Few and many in two programs, whose rounds take turns.
Result<HostLookup> time_lookup(const ProgramOptions& options, const Kind& kind,
                               std::uint32_t count) {
  TRY(const Program few, Program::load(options, {}));
  TRY(const Program many, Program::load(options, {}));
  TRY_OK(hold_rules(few, make_rules(kind.rule, BenchRulesReport::kFew), count));
  TRY_OK(hold_rules(many, make_rules(kind.rule, count), count));
  TRY(const auto packet, packet_from(kind.rule(0)));
  const int programs[] = {few.fd(), many.fd()};
  TRY(const auto timings, time_programs(programs, packet, kRounds));
  return HostLookup{.list = kind.list, .few = timings[0], .many = timings[1]};
}

Json json_of(const Timing& timing) {
  return {{"median_ns", timing.median}, {"min_ns", timing.fastest}, {"iqr_ns", timing.iqr}};
}

}  // namespace

Result<BenchRulesReport> run_bench_rules(const BenchRulesOptions& options) {
  ProgramOptions program_options;
  program_options.object = options.object;
  program_options.kernel = options.kernel;
  program_options.max_rules = std::max(options.rules, BenchRulesReport::kFew) + 1;
  BenchRulesReport report;
  TRY(const PinnedCpu pinned, PinnedCpu::here());
  TRY(const Program program, Program::load(program_options, {}));
  for (const Kind& kind : kKinds) {
    TRY(report.lists.emplace_back(), time_load(program, kind, options.rules));
  }
  for (const Kind& kind : kKinds) {
    if (kind.rule != host4 && kind.rule != host6) continue;
    TRY(report.lookups.emplace_back(), time_lookup(program_options, kind, options.rules));
  }
  return report;
}

void print(Output& out, const BenchRulesReport& report) {
  Table lists({false, true, true});
  lists.add({"list", "rules", "ms to load"});
  for (const LoadedList& list : report.lists) {
    lists.add({list.list, fmt::format("{}", list.rules), fmt::format("{:.0f}", list.milliseconds)});
  }
  lists.print(out);
  out << "\n";
  Table lookups({false, true, true, true});
  lookups.add(
      {"hit in", fmt::format("ns among {}", BenchRulesReport::kFew), "ns among all", "ratio"});
  for (const HostLookup& lookup : report.lookups) {
    const auto value = ratio(lookup.many, lookup.few);
    lookups.add({lookup.list, fmt::format("{:.1f}", lookup.few.median),
                 fmt::format("{:.1f}", lookup.many.median),
                 value ? fmt::format("{:.2f}", *value) : "unsteady"});
  }
  lookups.print(out);
}

void print_json(Output& out, const BenchRulesReport& report) {
  out << "{\"schema\":\"xdp-blacklist.bench-rules/1\"";
  {
    btfreloc::tool::JsonArray lists(out, "lists");
    for (const LoadedList& list : report.lists) {
      lists.add({{"list", list.list}, {"rules", list.rules}, {"milliseconds", list.milliseconds}});
    }
  }
  {
    btfreloc::tool::JsonArray lookups(out, "lookups");
    for (const HostLookup& lookup : report.lookups) {
      const auto value = ratio(lookup.many, lookup.few);
      lookups.add({{"list", lookup.list},
                   {"few", json_of(lookup.few)},
                   {"many", json_of(lookup.many)},
                   {"ratio", value ? Json(*value) : Json(nullptr)}});
    }
  }
  out << "}\n";
}

}  // namespace xdp_blacklist
