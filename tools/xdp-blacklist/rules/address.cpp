#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_parts.h"

// Addresses and prefixes. inet_pton(3) says what an address is; what follows it only finds words
// for what is wrong.

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 8 * kMappedPrefix.size();

bool is_mapped(const Address& address) {
  return address.is_v6 && std::ranges::equal(kMappedPrefix, std::span(address.bytes).first<12>());
}

Address v4_in(const Address& mapped) {
  Address v4;
  std::ranges::copy(std::span(mapped.bytes).last<4>(), v4.bytes.begin());
  return v4;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

/// Why inet_pton(3) did not take it.
std::unexpected<btfreloc::Error> not_v4(std::string_view text) {
  if (text.size() > 64) return fail(Errc::bad_format, shown(text) + " is not an IPv4 address");
  const auto parts = split(text, '.');
  if (!std::ranges::all_of(parts, is_number)) {
    return fail(Errc::bad_format, shown(text) + " is not an IPv4 address");
  }
  if (parts.size() != 4) {
    return fail(
        Errc::bad_format,
        fmt::format("{} has {} numbers, and an IPv4 address has 4", shown(text), parts.size()), {},
        "write all of them: `10.0.0.0/8`");
  }
  for (const std::string_view part : parts) {
    const std::string_view digits = without_zeros(part);
    if (digits.size() > 3 || std::stoi(std::string(digits)) > 255) {
      return fail(Errc::out_of_range,
                  fmt::format("{} of {} is more than 255", shown(part), shown(text)));
    }
  }
  return fail(
      Errc::bad_format,
      shown(text) + " has zeros in front of a number, which make it octal for some readers", {},
      fmt::format("in decimal: `{}.{}.{}.{}`", without_zeros(parts[0]), without_zeros(parts[1]),
                  without_zeros(parts[2]), without_zeros(parts[3])));
}

/// An IPv4 address in IPv6's form is taken as it is.
Result<Address> parse_any_address(std::string_view text) {
  if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
    return fail(Errc::unsupported,
                shown(text) + " has a zone id, and packets have none in their addresses", {},
                fmt::format("name the interface beside the address: {} with interface={}",
                            shown(text.substr(0, percent)), "NAME"));
  }
  Address address{.is_v6 = text.find(':') != std::string_view::npos};
  std::array<char, INET6_ADDRSTRLEN> copy{};  // with a NUL at its end, which `text` lacks
  const bool fits = text.size() < copy.size() && text.find('\0') == std::string_view::npos;
  if (fits) std::ranges::copy(text, copy.begin());
  if (fits &&
      inet_pton(address.is_v6 ? AF_INET6 : AF_INET, copy.data(), address.bytes.data()) == 1) {
    return address;
  }
  if (!address.is_v6) return not_v4(text);
  return fail(Errc::bad_format, shown(text) + " is not an IPv6 address");
}

std::unexpected<btfreloc::Error> is_ipv4_in_ipv6(std::string_view text, const std::string& v4) {
  return fail(Errc::unsupported,
              shown(text) + " is an IPv4 address in the form of IPv6, which packets do not have",
              {}, fmt::format("write `{}`", v4));
}

/// The prefix of a netmask, where its ones are in front of its zeros.
std::optional<unsigned> prefix_of_mask(const Address& mask) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) bits = bits << 8 | mask.bytes[i];
  const auto ones = static_cast<unsigned>(std::countl_one(bits));
  if (static_cast<unsigned>(std::popcount(bits)) != ones) return std::nullopt;
  return ones;
}

Result<std::uint8_t> parse_prefix(std::string_view text, const Address& address) {
  if (const auto prefix = parse_number<unsigned>(text); prefix && *prefix <= address.bits()) {
    return static_cast<std::uint8_t>(*prefix);
  }
  std::string hint = fmt::format("a prefix is a number of bits from 0 to {}", address.bits());
  if (const auto mask = parse_any_address(text); mask && !mask->is_v6 && !address.is_v6) {
    if (const auto prefix = prefix_of_mask(*mask)) {
      hint = fmt::format("write `{}`",
                         xdp_blacklist::text(NetRule{network_of(address, *prefix),
                                                     static_cast<std::uint8_t>(*prefix)}));
    }
  }
  return fail(
      is_number(text) ? Errc::out_of_range : Errc::bad_format,
      fmt::format("{} is not a prefix of an IPv{} address", shown(text), address.is_v6 ? 6 : 4), {},
      std::move(hint));
}

/// Where a range of addresses was written as if it were a rule.
Result<NetRule> not_one_prefix(std::string_view text, std::size_t dash) {
  constexpr std::size_t kShown = 4;
  std::string hint = "write it as prefixes";
  const auto first = parse_address(text.substr(0, dash));
  const auto last = parse_address(text.substr(dash + 1));
  if (first && last && first->is_v6 == last->is_v6 && *first <= *last) {
    std::string list;
    const auto prefixes = prefixes_between(*first, *last);
    for (std::size_t i = 0; i < prefixes.size() && i < kShown; ++i) {
      list += fmt::format(" `{}`", xdp_blacklist::text(prefixes[i]));
    }
    hint = "write" + list + (prefixes.size() > kShown ? " and so on" : "");
  }
  return fail(Errc::bad_format, shown(text) + " is a range, and a rule has one prefix", {},
              std::move(hint));
}

/// Bits that are 0 at the end of the address.
unsigned zero_bits(const Address& address) {
  unsigned zeros = 0;
  for (unsigned i = address.bits() / 8; i-- > 0;) {
    zeros += static_cast<unsigned>(std::countr_zero(address.bytes[i]));
    if (address.bytes[i] != 0) break;
  }
  return zeros;
}

/// The last address of the prefix.
Address last_of(Address address, unsigned prefix) {
  for (unsigned i = 0; i < address.bits() / 8; ++i) {
    const unsigned kept = std::clamp(prefix, 8 * i, 8 * i + 8) - 8 * i;
    address.bytes[i] |= static_cast<std::uint8_t>(0xff >> kept);
  }
  return address;
}

/// False where there is no next one.
bool step(Address& address) {
  for (unsigned i = address.bits() / 8; i-- > 0;) {
    if (++address.bytes[i] != 0) return true;
  }
  return false;
}

}  // namespace

Address network_of(Address address, unsigned prefix) {
  for (unsigned i = 0; i < address.bits() / 8; ++i) {
    const unsigned kept = std::clamp(prefix, 8 * i, 8 * i + 8) - 8 * i;
    address.bytes[i] &= static_cast<std::uint8_t>(~(0xff >> kept));
  }
  return address;
}

std::vector<NetRule> prefixes_between(const Address& first, const Address& last) {
  std::vector<NetRule> prefixes;
  for (Address at = first;;) {
    // The largest that begins here and does not go beyond the last.
    unsigned prefix = at.bits() - zero_bits(at);
    while (last_of(at, prefix) > last) ++prefix;
    prefixes.push_back({at, static_cast<std::uint8_t>(prefix)});
    at = last_of(at, prefix);
    if (at == last || !step(at)) return prefixes;
  }
}

Result<Address> parse_address(std::string_view text) {
  TRY(const Address address, parse_any_address(text));
  if (is_mapped(address)) return is_ipv4_in_ipv6(text, xdp_blacklist::text(v4_in(address)));
  return address;
}

std::string text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text;
  inet_ntop(address.is_v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

Result<NetRule> parse_net(std::string_view text) {
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    return not_one_prefix(text, dash);
  }
  const std::size_t slash = text.find('/');
  TRY(const Address address, parse_any_address(text.substr(0, slash)));
  auto prefix = static_cast<std::uint8_t>(address.bits());
  if (slash != std::string_view::npos) {
    TRY(prefix, parse_prefix(text.substr(slash + 1), address));
  }
  // The prefix of all of them is fine: such sources in packets of IPv6 are a forgery.
  if (is_mapped(address) && prefix > kMappedBits) {
    const NetRule v4{v4_in(address), static_cast<std::uint8_t>(prefix - kMappedBits)};
    return is_ipv4_in_ipv6(text, xdp_blacklist::text(v4));
  }
  if (const Address network = network_of(address, prefix); network != address) {
    return fail(
        Errc::bad_format, "host bits are set in " + shown(text), {},
        fmt::format("write `{}` for the prefix, `{}` for the host",
                    xdp_blacklist::text(NetRule{network, prefix}), xdp_blacklist::text(address)));
  }
  return NetRule{address, prefix};
}

std::string text(const NetRule& net) {
  std::string text = xdp_blacklist::text(net.address);
  if (net.prefix != net.address.bits()) fmt::format_to(std::back_inserter(text), "/{}", net.prefix);
  return text;
}

}  // namespace xdp_blacklist
