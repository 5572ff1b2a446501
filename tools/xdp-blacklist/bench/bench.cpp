#include "xdp-blacklist/bench/bench.h"

#include <fmt/format.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "xdp-blacklist/bench/bench_packet.h"
#include "xdp-blacklist/bench/bench_program.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;

/// Source: include/uapi/linux/bpf.h, enum xdp_action.
constexpr auto kActions =
    std::to_array<const char*>({"aborts", "drops", "passes", "sends back", "redirects"});
constexpr std::uint32_t kDrop = 1;
constexpr std::uint32_t kPass = 2;

using Programs = std::vector<std::unique_ptr<BenchProgram>>;

Result<Programs> load_programs(const BenchOptions& options) {
  Programs programs;
  for (const OwnLists lists : {OwnLists::all, OwnLists::used}) {
    TRY(programs.emplace_back(), own_program(options.object, options.kernel, lists));
  }
  for (const Comparison& comparison : options.compare) {
    TRY(programs.emplace_back(), foreign_program(comparison));
  }
  return programs;
}

/// Why the program cannot be timed on this packet; nullopt when it does the right thing with it.
Result<std::optional<std::string>> objection(BenchProgram& program, const BenchPacket& packet) {
  TRY(const bool holds, program.hold(packet));
  if (!holds) return std::string("has no such rules");
  TRY(const std::uint32_t action, action_of(program.program(), packet.frame));
  if (action == (packet.drops ? kDrop : kPass)) return std::nullopt;
  return fmt::format("{} it", action < kActions.size() ? kActions.at(action) : "does not know");
}

Result<BenchRow> time_packet(const Programs& programs, const BenchPacket& packet, Rounds rounds) {
  BenchRow row = {.packet = packet.name, .cells = {}};
  std::vector<int> timed;
  std::vector<std::size_t> cells;
  for (const auto& program : programs) {
    TRY(const auto why_not, objection(*program, packet));
    if (!why_not) {
      timed.push_back(program->program());
      cells.push_back(row.cells.size());
    }
    row.cells.emplace_back(why_not.value_or(""));
  }
  TRY(const std::vector<Timing> timings, time_programs(timed, packet.frame, rounds));
  for (std::size_t i = 0; i < cells.size(); ++i) row.cells[cells[i]] = timings[i];
  return row;
}

Result<std::vector<BenchPacket>> chosen_packets(const std::vector<std::string>& names) {
  TRY(std::vector<BenchPacket> all, make_bench_packets());
  if (names.empty()) return all;
  std::vector<BenchPacket> chosen;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(all, name, &BenchPacket::name);
    if (found == all.end()) {
      return fail(Errc::not_found, fmt::format("the bench has no packet `{}`", name), {},
                  fmt::format("they are: {}", fmt::join(bench_packets(), ", ")));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace

Result<BenchReport> run_bench(const BenchOptions& options) {
  TRY(const auto packets, chosen_packets(options.packets));
  TRY(const Programs programs, load_programs(options));
  TRY(const PinnedCpu pinned, PinnedCpu::here());
  BenchReport report;
  for (const auto& program : programs) report.programs.push_back(program->name());
  for (const BenchPacket& packet : packets) {
    TRY(report.rows.emplace_back(),
        time_packet(programs, packet, {.count = options.rounds, .repeat = options.repeat}));
  }
  return report;
}

std::vector<std::string> bench_packets() {
  std::vector<std::string> names;
  if (const auto packets = make_bench_packets()) {
    for (const BenchPacket& packet : *packets) names.push_back(packet.name);
  }
  return names;
}

std::string debian_xdp_filter() {
  glob_t found{};
  std::string path;
  // "alw": packets pass that no rule is for. xdpfilt_dny_all.o is the other way round.
  if (::glob("/usr/lib/*/bpf/xdpfilt_alw_all.o", 0, nullptr, &found) == 0) path = *found.gl_pathv;
  ::globfree(&found);
  return path;
}

}  // namespace xdp_blacklist
