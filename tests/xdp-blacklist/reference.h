#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "xdp-blacklist/rules/rule.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // C has anonymous structs.
#include "xdp-blacklist/bpf/layout.h"
#pragma GCC diagnostic pop

// What the programs in the kernel have to do, once more: written from the description, with
// ordinary containers and no bounds but those of the packet. Slow, and easy to check by reading.

namespace xdp_blacklist::reference {

using btfreloc::Bytes;

/// A rule by its id, and when it ends in seconds of CLOCK_BOOTTIME; 0: never.
struct Entry {
  std::uint32_t id = 0;
  std::uint32_t expires = 0;
};

struct PortUse {
  Scope scope;
  std::uint16_t port;
  bool udp;
  bool is_source;
  friend auto operator<=>(const PortUse&, const PortUse&) = default;
};

struct Agent {
  std::string text;
  Entry entry;
};

struct Cookie {
  std::string text;
  std::uint32_t fails = 0;  ///< So far.
};

/// An address as keys of `cookies` and `bans` have it: IPv4 as ::ffff:a.b.c.d.
using MappedAddress = std::array<std::uint8_t, 16>;
MappedAddress mapped(const Address& address);

struct Rules {
  bool allows = false;           ///< MODE_ALLOW
  std::uint32_t confirm_by = 0;  ///< In seconds of CLOCK_BOOTTIME; 0: confirmed.
  std::map<std::pair<Scope, Address>, Entry> hosts;
  std::map<std::pair<Scope, NetRule>, Entry> nets;
  std::map<PortUse, Entry> ports;
  /// Whether payloads are read at all: then what cannot be read is VERDICT_UNREAD.
  bool reads_names = false;
  bool reads_agents = false;
  std::map<std::string, Entry> names;        ///< `name:ads.net`
  std::map<std::string, Entry> names_below;  ///< `name:*.ads.net` by `ads.net`
  std::vector<Agent> agents;
  bool challenges = false;
  std::uint32_t most_fails = 0;
  std::map<MappedAddress, Cookie> cookies;
  bool has_bans = false;
  std::map<MappedAddress, std::uint32_t> bans;  ///< When they end.
  std::uint32_t also_used =
      0;  ///< Bits of lists in which there is no such rule, which cost time only.
};

/// Where a packet came in.
struct Device {
  std::uint32_t interface;
  std::uint32_t group;
  std::uint32_t netns;
};

/// A request without the cookie of its source.
struct FailedCookie {
  MappedAddress source;
  std::uint32_t fails;  ///< With this one.
};

struct Answer {
  enum verdict verdict;
  std::uint32_t detail = 0;  ///< The id of the rule, enum malformed, or the number of fails.
  /// Other rules that hold for the packet alike: it may be counted for any of them.
  std::vector<std::uint32_t> others = {};
  std::optional<FailedCookie> failed = {};
};

/// What becomes of a frame that comes in at `now`, in seconds of CLOCK_BOOTTIME.
Answer decide(const Rules& rules, const Device& device, std::uint32_t now, Bytes frame);

/// What is different for the next packet: one more failure, or a ban that ends at `ban_end`.
void remember(Rules& rules, const Answer& answer, std::uint32_t ban_end);

/// Whether packets with that verdict count for a rule as well.
bool is_of_rule(enum verdict verdict);

/// What a TLS or HTTP client says in the first bytes that it sends.
struct ServerName {
  bool is_client_hello = false;
  bool is_unread = false;  ///< It may have a name, but that is cut off or makes no sense.
  std::optional<std::string> name = {};  ///< Lower case.
};
ServerName server_name(Bytes payload);

struct RequestHeader {
  bool is_request = false;
  bool is_unread = false;  ///< It ends behind the bytes that are read, or never.
  /// Of each header, the first.
  std::optional<std::string> user_agent = {};
  std::optional<std::string> cookie = {};
};
RequestHeader request_header(Bytes payload);

}  // namespace xdp_blacklist::reference
