#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/bench/bench_timing.h"

// What a packet costs: our program and others, each with the same rule, in one process. Rounds of
// BPF_PROG_TEST_RUN take turns, so that whatever else the machine does is the same for all.

namespace xdp_blacklist {

/// Another program for XDP, loaded by libbpf alone. Rules go into the maps of those we know:
/// Debian's xdp-filter and baseline.bpf.c. Packets that no rule is for go through any.
struct Comparison {
  std::string object;         ///< A file.
  std::string function = {};  ///< "": the object has one program.
};

struct BenchOptions {
  std::string object;               ///< Ours.
  std::string kernel = "@running";  ///< Whose BTF ours is relocated for.
  std::vector<Comparison> compare = {};
  std::vector<std::string> packets = {};  ///< Which, by name(); empty: all.
  /// Packets a round, which takes 30 ms more however many they are.
  std::uint32_t repeat = 100'000;
  std::uint32_t rounds = 21;
};

/// Nanoseconds of a packet in one program, or why there are none.
using BenchCell = std::variant<Timing, std::string>;

struct BenchRow {
  std::string packet;
  std::vector<BenchCell> cells;  ///< Beside BenchReport::programs.
};

struct BenchReport {
  /// The first is ours with all lists compiled in, the second is ours with those that have no rule
  /// switched off in .rodata; then those that it is compared with.
  std::vector<std::string> programs;
  std::vector<BenchRow> rows;
};

/// Loads all programs and sends each packet through each. Events are off.
btfreloc::Result<BenchReport> run_bench(const BenchOptions& options);

/// The names of all packets.
std::vector<std::string> bench_packets();

/// Where Debian's package xdp-tools has the xdp-filter that drops what rules name; "" without it.
std::string debian_xdp_filter();

}  // namespace xdp_blacklist
