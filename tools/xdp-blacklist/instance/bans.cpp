#include "xdp-blacklist/instance/bans.h"

#include <algorithm>

#include "xdp-blacklist/bpf/layout.h"
#include "xdp-blacklist/instance/instance.h"

namespace xdp_blacklist {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

address key_of(const Address& from) {
  address key{};
  if (from.is_v6) {
    std::ranges::copy(from.bytes, key.bytes);
  } else {
    std::ranges::copy(kMapped, key.bytes);
    std::copy_n(from.bytes.begin(), 4, key.bytes + kMapped.size());
  }
  return key;
}

Address address_of(const address& key) {
  const bool is_v6 = !std::equal(kMapped.begin(), kMapped.end(), key.bytes);
  Address result{.is_v6 = is_v6, .bytes = {}};
  if (is_v6) {
    std::ranges::copy(key.bytes, result.bytes.begin());
  } else {
    std::copy_n(key.bytes + kMapped.size(), 4, result.bytes.begin());
  }
  return result;
}

}  // namespace

Result<std::vector<Ban>> list_bans(const Pins& pins) {
  std::vector<Ban> bans;
  if (!pins.has(pins.map("bans"))) return bans;
  TRY(const Map map, Map::pinned(pins.map("bans"), Access::read));
  const std::uint32_t now = seconds_now();
  TRY_OK(map.for_each([&](Bytes key, Bytes value) {
    const auto found = as<ban>(value);
    if (found.expires > now) {
      bans.push_back({address_of(as<address>(key)), found.expires - now});
    }
    return true;
  }));
  std::ranges::sort(bans, {}, &Ban::address);
  return bans;
}

Result<bool> lift_ban(const Pins& pins, const Address& address) {
  if (!pins.has(pins.map("bans"))) return false;
  TRY(const Map map, Map::pinned(pins.map("bans"), Access::write));
  return map.remove(key_of(address));
}

}  // namespace xdp_blacklist
