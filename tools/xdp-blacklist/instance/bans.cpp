#include "xdp-blacklist/instance/bans.h"

#include <algorithm>

#include "xdp-blacklist/bpf/layout.h"
#include "xdp-blacklist/instance/instance.h"
#include "xdp-blacklist/instance/mapped_address.h"

namespace xdp_blacklist {

Result<std::vector<Ban>> list_bans(const Pins& pins) {
  std::vector<Ban> bans;
  if (!pins.has(pins.map("bans"))) return bans;
  TRY(const Map map, Map::pinned(pins.map("bans"), Access::read));
  const std::uint32_t now = seconds_now();
  TRY_OK(map.for_each([&](Bytes key, Bytes value) {
    const auto found = as<ban>(value);
    if (found.expires > now) {
      bans.push_back({from_mapped(as<MappedAddress>(key)), found.expires - now});
    }
    return true;
  }));
  std::ranges::sort(bans, {}, &Ban::address);
  return bans;
}

Result<bool> lift_ban(const Pins& pins, const Address& address) {
  if (!pins.has(pins.map("bans"))) return false;
  TRY(const Map map, Map::pinned(pins.map("bans"), Access::write));
  return map.remove(to_mapped(address));
}

}  // namespace xdp_blacklist
