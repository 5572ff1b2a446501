#pragma once

#include <span>
#include <string>
#include <vector>

#include "xdp-blacklist/kernel_program.h"
#include "xdp-blacklist/random.h"
#include "xdp-blacklist/reference.h"

namespace xdp_blacklist::test {

/// Rules, and what packets for some of them are made of: rules and packets draw from the same few
/// addresses, ports and texts, so that many meet.
struct Scenario {
  reference::Rules rules;
  std::vector<Address> addresses4, addresses6;
  std::vector<std::uint16_t> ports;
  std::vector<std::string> names;
  std::vector<std::string> agents;
  std::vector<std::string> cookies;
};

/// `now` in seconds of CLOCK_BOOTTIME: no rule ends within an hour of it.
Scenario random_scenario(Random& random, Features features,
                         std::span<const reference::Device> devices, std::uint32_t now);

}  // namespace xdp_blacklist::test
