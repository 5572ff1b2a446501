#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "xdp-blacklist/bench/bench.h"
#include "xdp-blacklist/bench/bench_rules.h"
#include "xdp-blacklist/bench/bench_text.h"
#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/program.h"

namespace xdp_blacklist {
namespace {

struct BenchCommandOptions {
  BenchOptions bench;
  std::vector<std::string> compare;
  std::uint32_t rules = 0;  ///< Of --rules; 0: measure packets.
};

/// "FILE" or "FILE:FUNCTION".
Comparison comparison(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {.object = text};
  return {.object = text.substr(0, colon), .function = text.substr(colon + 1)};
}

Result<int> run(BenchCommandOptions options, const GlobalOptions& global, Output& out) {
  BenchOptions& bench = options.bench;
  if (bench.object.empty()) {
    TRY(bench.object, default_object());
  }
  if (options.rules != 0) {
    TRY(const auto report,
        run_bench_rules({.object = bench.object, .kernel = bench.kernel, .rules = options.rules}));
    if (global.json) {
      print_json(out, report);
    } else {
      print(out, report);
    }
    return kExitFine;
  }
  for (const std::string& text : options.compare) bench.compare.push_back(comparison(text));
  if (options.compare.empty() && !debian_xdp_filter().empty()) {
    bench.compare.push_back({.object = debian_xdp_filter()});
  }
  TRY(const auto report, run_bench(bench));
  if (global.json) {
    print_json(out, report);
  } else {
    print(out, report);
  }
  return kExitFine;
}

}  // namespace

Runner add_bench(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<BenchCommandOptions>();
  command
      .add_option("--compare", options->compare,
                  "another object of XDP; Debian's xdp-filter, where it is installed")
      ->type_name("OBJECT[:FUNCTION]");
  command.add_option("--packets", options->bench.packets, "only these")
      ->delimiter(',')
      ->type_name("NAME,...");
  command.add_option("--repeat", options->bench.repeat, "packets a round; 100000")
      ->check(CLI::Range(1000U, 1'000'000U))
      ->type_name("N");
  command.add_option("--rounds", options->bench.rounds, "rounds of each program; 21")
      ->check(CLI::Range(5U, 10'001U))
      ->type_name("N");
  command
      .add_option("--rules", options->rules,
                  "instead, how long so many rules of each kind take to load, and what a packet "
                  "costs then")
      ->check(CLI::Range(10U, 1'000'000U))
      ->type_name("N");
  command.add_option("--object", options->bench.object, "ours; the one that comes with the tool")
      ->type_name("FILE");
  command.footer(
      "Programs take turns on each packet, on one CPU. Needs root. Where rounds differ by more "
      "than\n"
      "10 %, there is no ratio: the machine is too busy.\n");
  return [options, &global](Output& out) { return run(*options, global, out); };
}

}  // namespace xdp_blacklist
