#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "xdp-blacklist/bench/bench.h"
#include "xdp-blacklist/bench/bench_object.h"
#include "xdp-blacklist/bench/bench_packet.h"

// The programs of the bench, which differ in how their maps hold rules.

namespace xdp_blacklist {

class BenchProgram {
 public:
  virtual ~BenchProgram() = default;
  virtual std::string name() const = 0;
  /// Makes its maps hold the rules of the packet, and no others. False when it has no such rules.
  virtual btfreloc::Result<bool> hold(const BenchPacket& packet) = 0;
  /// Its file descriptor, until the next call of hold().
  virtual int program() const = 0;
};

/// Which lists ours is compiled with.
enum class OwnLists : std::uint8_t { all, used };

/// Ours, relocated for `kernel`.
btfreloc::Result<std::unique_ptr<BenchProgram>> own_program(const std::string& object,
                                                            const std::string& kernel,
                                                            OwnLists lists);

btfreloc::Result<std::unique_ptr<BenchProgram>> foreign_program(const Comparison& comparison);

}  // namespace xdp_blacklist
