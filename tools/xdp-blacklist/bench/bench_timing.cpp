#include "xdp-blacklist/bench/bench_timing.h"

#include <bpf/bpf.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>
#include <utility>

namespace xdp_blacklist {
namespace {

using btfreloc::Bytes;
using btfreloc::fail_errno;
using btfreloc::Result;

/// Of the kernel, for what only the driver can do. Source: include/linux/errno.h.
constexpr int kNotSupported = 524;

/// Of this thread, in nanoseconds.
double cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Runs the program on the packet so often; nanoseconds of all.
Result<double> run(int program, Bytes packet, std::uint32_t repeat,
                   std::uint32_t* action = nullptr) {
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = packet.data();
  options.data_size_in = static_cast<std::uint32_t>(packet.size());
  options.repeat = static_cast<int>(repeat);
  const double start = cpu_time();
  const int error = ::bpf_prog_test_run_opts(program, &options);
  const double end = cpu_time();
  if (error != 0) {
    const int code = -error == kNotSupported ? ENOTSUP : -error;
    return fail_errno(code, "cannot test-run the program", {},
                      code == EPERM ? "run as root, or with CAP_BPF and CAP_NET_ADMIN" : "");
  }
  if (action != nullptr) *action = options.retval;
  return end - start;
}

/// What a call costs besides its packets. Of two packets: for one alone, the kernel does not give
/// the program to the dispatcher of XDP, which takes longer than thousands of packets.
Result<double> cost_of_call(int program, Bytes packet) {
  constexpr int kCalls = 20;
  double fastest = std::numeric_limits<double>::max();
  for (int i = 0; i < kCalls; ++i) {
    TRY(const double once, run(program, packet, 2));
    fastest = std::min(fastest, once);
  }
  return fastest;
}

Timing summary(std::vector<double> times) {
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  return {.median = at(0.5), .fastest = times.front(), .iqr = at(0.75) - at(0.25)};
}

}  // namespace

std::optional<double> ratio(const Timing& ours, const Timing& theirs) {
  if (!ours.is_steady() || !theirs.is_steady()) return std::nullopt;
  return ours.median / theirs.median;
}

Result<PinnedCpu> PinnedCpu::here() {
  std::vector<std::byte> before(sizeof(cpu_set_t));
  cpu_set_t only;
  CPU_ZERO(&only);
  const int cpu = ::sched_getcpu();
  if (cpu >= 0) CPU_SET(static_cast<std::size_t>(cpu), &only);
  if (cpu < 0 ||
      ::sched_getaffinity(0, before.size(), reinterpret_cast<cpu_set_t*>(before.data())) != 0 ||
      ::sched_setaffinity(0, sizeof only, &only) != 0) {
    return fail_errno(errno, "cannot stay on one CPU");
  }
  return PinnedCpu(std::move(before));
}

PinnedCpu::PinnedCpu(PinnedCpu&& other) noexcept : before_(std::exchange(other.before_, {})) {}

PinnedCpu::~PinnedCpu() {
  if (before_.empty()) return;
  ::sched_setaffinity(0, before_.size(), reinterpret_cast<const cpu_set_t*>(before_.data()));
}

Result<std::uint32_t> action_of(int program, Bytes packet) {
  std::uint32_t action = 0;
  TRY_OK(run(program, packet, 1, &action));
  return action;
}

Result<std::vector<Timing>> time_programs(std::span<const int> programs, Bytes packet,
                                          Rounds rounds) {
  std::vector<double> calls;
  for (const int program : programs) {
    TRY(calls.emplace_back(), cost_of_call(program, packet));
  }
  std::vector<std::vector<double>> times(programs.size());
  for (std::uint32_t round = 0; round < rounds.count; ++round) {
    for (std::size_t i = 0; i < programs.size(); ++i) {
      TRY(const double all, run(programs[i], packet, rounds.repeat));
      times[i].push_back(std::max(all - calls[i], 0.0) / rounds.repeat);
    }
  }
  std::vector<Timing> timings;
  for (std::vector<double>& each : times) timings.push_back(summary(std::move(each)));
  return timings;
}

}  // namespace xdp_blacklist
