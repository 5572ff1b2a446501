#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "xdp-blacklist/kernel_program.h"
#include "xdp-blacklist/reference.h"

namespace xdp_blacklist::test {

/// "malformed tcp", "host 7".
std::string text(const Explained& explained);

/// What there should have been to see in a run.
struct Run {
  std::uint64_t packets;
  bool all_verdicts;  ///< Else those that Features::core has.
  bool short_frames;  ///< Shorter than an Ethernet header.
};

/// What a run has seen of the program, and whether that is enough.
class Tally {
 public:
  void count(const reference::Answer& expected);
  /// Prints the first few.
  void differs(const std::string& where, const std::vector<std::byte>& frame,
               const reference::Answer& expected, const std::string& got);
  void miscounts(const std::string& what);
  /// Prints it. False when there were differences, or something was not seen often enough.
  bool conclude(const Run& run) const;

 private:
  std::array<std::uint64_t, VERDICTS> verdicts_ = {};
  std::array<std::uint64_t, MALFORMED_KINDS> malformed_ = {};
  std::uint64_t differences_ = 0;
};

}  // namespace xdp_blacklist::test
