#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/rules/rule.h"

// The packets of the bench, and the rules that each is held against.

namespace xdp_blacklist {

/// What requests of the packet's source have to have in their Cookie.
struct Challenge {
  Address source;
  std::string cookie;
};

struct BenchPacket {
  std::string name;
  std::vector<std::byte> frame;
  std::vector<Rule> rules = {};  ///< All that the lists hold.
  std::optional<Challenge> challenge = {};
  bool drops = false;  ///< What a program has to do with it: drop it, or let it pass.
};

btfreloc::Result<std::vector<BenchPacket>> make_bench_packets();

}  // namespace xdp_blacklist
