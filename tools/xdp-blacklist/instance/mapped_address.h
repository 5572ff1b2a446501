#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "xdp-blacklist/rules/rule.h"

// Addresses of both families in the 16 bytes that struct address of layout.h has for them: IPv4 is
// ::ffff:a.b.c.d there. Source: RFC 4291, section 2.5.5.2.

namespace xdp_blacklist {

using MappedAddress = std::array<std::uint8_t, 16>;

inline constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                               0, 0, 0, 0, 0xff, 0xff};

inline MappedAddress to_mapped(const Address& address) {
  if (address.is_v6) return address.bytes;
  MappedAddress mapped{};
  std::ranges::copy(kMappedPrefix, mapped.begin());
  std::copy_n(address.bytes.begin(), 4, mapped.begin() + kMappedPrefix.size());
  return mapped;
}

inline Address from_mapped(const MappedAddress& mapped) {
  if (!std::ranges::equal(std::span(mapped).first<kMappedPrefix.size()>(), kMappedPrefix)) {
    return {.is_v6 = true, .bytes = mapped};
  }
  Address address;
  std::copy_n(mapped.begin() + kMappedPrefix.size(), 4, address.bytes.begin());
  return address;
}

}  // namespace xdp_blacklist
