#pragma once

#include <cstdint>
#include <vector>

#include "xdp-blacklist/instance/pins.h"
#include "xdp-blacklist/rules/rule.h"

// Sources that failed the cookie, which the program in the kernel bans by itself.

namespace xdp_blacklist {

struct Ban {
  Address address;
  std::uint32_t seconds_left;
};

/// Those that still hold; none where the program has no challenge.
Result<std::vector<Ban>> list_bans(const Pins& pins);
/// False when there was none.
Result<bool> lift_ban(const Pins& pins, const Address& address);

}  // namespace xdp_blacklist
