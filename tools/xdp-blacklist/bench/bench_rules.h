#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "btfreloc/output.h"
#include "xdp-blacklist/bench/bench_timing.h"

// What many rules cost: to load them, and to look for a host among them.

namespace xdp_blacklist {

struct BenchRulesOptions {
  std::string object;  ///< Ours.
  std::string kernel = "@running";
  std::uint32_t rules = 100'000;  ///< Of each kind; ports are at most 65536 of TCP and of UDP.
};

/// One list, filled by batches of updates.
struct LoadedList {
  std::string list;
  std::uint32_t rules;
  double milliseconds;
};

/// A host hit among few rules and among all.
struct HostLookup {
  std::string list;
  Timing few;
  Timing many;
};

struct BenchRulesReport {
  static constexpr std::uint32_t kFew = 10;
  std::vector<LoadedList> lists;
  std::vector<HostLookup> lookups;
};

btfreloc::Result<BenchRulesReport> run_bench_rules(const BenchRulesOptions& options);

void print(btfreloc::tool::Output& out, const BenchRulesReport& report);
void print_json(btfreloc::tool::Output& out, const BenchRulesReport& report);

}  // namespace xdp_blacklist
