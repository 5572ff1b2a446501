#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "btfreloc/table.h"
#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/rules/rule.h"

// `stats` and `top`: counters of verdicts and of rules, once or again and again.

namespace xdp_blacklist {
namespace {

namespace tool = btfreloc::tool;

struct StatsOptions {
  std::string watch;
  std::uint64_t rounds = 0;  ///< Of --watch; 0: no end.
  std::size_t most = 10;     ///< Rules of `top`.
};

Json count_json(const counter& count) {
  return {{"packets", tool::integer(count.packets)}, {"bytes", tool::integer(count.bytes)}};
}

Result<int> print_stats(const GlobalOptions& global, Output& out) {
  TRY(const Instance instance, open_instance(global, Access::read));
  TRY(const auto verdicts, instance.verdicts());
  if (global.json) {
    Json records = Json::object();
    for (std::uint32_t i = 0; i < VERDICTS; ++i) records[verdict_name(i)] = count_json(verdicts[i]);
    print_json(out, "stats", {{"verdicts", records}});
    return kExitFine;
  }
  tool::Table table({false, false, true, true});
  table.add({"verdict", "", "packets", "bytes"});
  for (std::uint32_t i = 0; i < VERDICTS; ++i) {
    if (verdicts[i].packets == 0 && i != VERDICT_PASS) continue;
    table.add({verdict_name(i), i <= VERDICT_LAST_PASS ? "passes" : "dropped",
               std::to_string(verdicts[i].packets), std::to_string(verdicts[i].bytes)});
  }
  table.print(out);
  return kExitFine;
}

Result<int> print_top(const StatsOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const Instance instance, open_instance(global, Access::read));
  TRY(const auto rules, instance.rules().all());
  TRY(const auto counters, instance.counters(rules));
  std::vector<std::size_t> order(rules.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::size_t most = std::min(options.most, order.size());
  const auto more_packets = [&](std::size_t a, std::size_t b) {
    return counters[a].packets != counters[b].packets ? counters[a].packets > counters[b].packets
                                                      : rules[a].rule < rules[b].rule;
  };
  std::ranges::partial_sort(order, order.begin() + static_cast<std::ptrdiff_t>(most), more_packets);
  order.resize(most);
  if (global.json) {
    Json records = Json::array();
    for (const std::size_t i : order) {
      Json record = {{"rule", text(rules[i].rule, system_scope_names())}, {"id", rules[i].id}};
      record.update(count_json(counters[i]));
      records.push_back(record);
    }
    print_json(out, "top", {{"rules", records}});
    return kExitFine;
  }
  tool::Table table({false, true, true});
  table.add({"rule", "packets", "bytes"});
  for (const std::size_t i : order) {
    table.add({tool::cell(text(rules[i].rule, system_scope_names())),
               std::to_string(counters[i].packets), std::to_string(counters[i].bytes)});
  }
  table.print(out);
  return kExitFine;
}

template <class Print>
Result<int> watch(const StatsOptions& options, const GlobalOptions& global, Output& out,
                  Print&& print) {
  if (options.watch.empty()) return print();
  TRY(const auto pause, parse_duration(options.watch));
  for (std::uint64_t round = 1;; ++round) {
    TRY_OK(print());
    if (options.rounds != 0 && round >= options.rounds) return kExitFine;
    if (!global.json) out << "\n";
    if (!out.complete()) return kExitCannotAnswer;
    std::this_thread::sleep_for(pause);
  }
}

void add_watch(CLI::App& command, StatsOptions& options) {
  command
      .add_option("--watch", options.watch, "again after each such time; with --json a line each")
      ->type_name("TIME");
  command.add_option("--rounds", options.rounds, "end --watch after so many")->type_name("N");
}

}  // namespace

Runner add_stats(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<StatsOptions>();
  add_watch(command, *options);
  return [options, &global](Output& out) {
    return watch(*options, global, out, [&] { return print_stats(global, out); });
  };
}

Runner add_top(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<StatsOptions>();
  command.add_option("-n", options->most, "so many rules; 10")->type_name("N");
  add_watch(command, *options);
  return [options, &global](Output& out) {
    return watch(*options, global, out, [&] { return print_top(*options, global, out); });
  };
}

}  // namespace xdp_blacklist
