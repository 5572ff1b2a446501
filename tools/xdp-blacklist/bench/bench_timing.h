#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

// How long programs take for a packet, in rounds that take turns.

namespace xdp_blacklist {

/// Of all rounds, in nanoseconds a packet.
struct Timing {
  double median;
  double fastest;
  double iqr;  ///< Between the first and third quartile.

  /// Whether a ratio of it says anything.
  bool is_steady() const { return iqr <= 0.1 * median; }
};

/// How much longer `ours` takes; nullopt when one of them is not steady.
std::optional<double> ratio(const Timing& ours, const Timing& theirs);

/// Keeps this thread on the CPU it is on.
class PinnedCpu {
 public:
  static btfreloc::Result<PinnedCpu> here();
  PinnedCpu(PinnedCpu&& other) noexcept;
  PinnedCpu& operator=(PinnedCpu&&) = delete;
  ~PinnedCpu();

 private:
  explicit PinnedCpu(std::vector<std::byte> before) : before_(std::move(before)) {}
  std::vector<std::byte> before_;  ///< A cpu_set_t; empty: moved from.
};

/// What the program of a file descriptor does with a packet: an XDP action.
btfreloc::Result<std::uint32_t> action_of(int program, btfreloc::Bytes packet);

struct Rounds {
  std::uint32_t count;
  std::uint32_t repeat;  ///< Packets in each.
};

/// Sends the packet through all programs, one after the other, in each round. CPU time of this
/// thread, so that time in which others run counts for nobody.
btfreloc::Result<std::vector<Timing>> time_programs(std::span<const int> programs,
                                                    btfreloc::Bytes packet, Rounds rounds);

}  // namespace xdp_blacklist
