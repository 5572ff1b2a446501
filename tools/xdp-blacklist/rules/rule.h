#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

// Rules as people write them: `10.0.0.0/8`, `tcp:1000-2000`, `name:*.ads.net`, `agent:curl/`.

namespace xdp_blacklist {

/// IPv4 or IPv6, as inet_ntop(3) writes them. Never an IPv4 address in IPv6's form: packets of
/// IPv4 have 10.1.2.3 as their source, not ::ffff:10.1.2.3, so a rule of the latter would do
/// nothing.
struct Address {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< In the order of the network; IPv4 in the first 4.

  unsigned bits() const { return is_v6 ? 128 : 32; }
  friend auto operator<=>(const Address&, const Address&) = default;
};

/// Packets from these addresses. A host where prefix == address.bits().
struct NetRule {
  Address address;
  std::uint8_t prefix;  ///< In bits.
  friend auto operator<=>(const NetRule&, const NetRule&) = default;
};

struct PortRule {
  bool tcp, udp;   ///< One or both.
  bool is_source;  ///< Of the source port; else of the destination.
  std::uint16_t first, last;
  friend auto operator<=>(const PortRule&, const PortRule&) = default;
};

/// TLS server names; lower case.
struct NameRule {
  std::string name;
  bool below;  ///< All names that end in "." + name; else the name itself.
  friend auto operator<=>(const NameRule&, const NameRule&) = default;
};

/// HTTP requests whose User-Agent contains the text.
struct AgentRule {
  std::string text;
  friend auto operator<=>(const AgentRule&, const AgentRule&) = default;
};

enum class ScopeKind : std::uint8_t { any, interface, group, netns };  // as enum scope_kind

/// Which packets the rule is for.
struct Scope {
  ScopeKind kind = ScopeKind::any;
  std::uint32_t value = 0;  ///< Index of the interface, group, inode number of the namespace.
  friend auto operator<=>(const Scope&, const Scope&) = default;
};

struct Rule {
  std::variant<NetRule, PortRule, NameRule, AgentRule> what;
  Scope scope = {};
  friend auto operator<=>(const Rule&, const Rule&) = default;
};

/// A rule and how long it is to hold.
struct TimedRule {
  Rule rule;
  std::optional<std::chrono::seconds> lasts = {};  ///< From now on; nullopt: for good.
};

/// What the names of scopes stand for on this machine; tests have their own.
struct ScopeNames {
  virtual ~ScopeNames() = default;
  virtual btfreloc::Result<std::uint32_t> interface_index(const std::string& name) const = 0;
  virtual btfreloc::Result<std::uint32_t> netns_inode(const std::string& name) const = 0;
  virtual std::string interface_name(std::uint32_t index) const = 0;  ///< Or the number.
  virtual std::string netns_name(std::uint32_t inode) const = 0;      ///< Or the number.
};
/// Those of if_nametoindex(3), and of the names in /run/netns.
const ScopeNames& system_scope_names();

std::string_view name(ScopeKind kind);  ///< "any", "interface", "group", "netns"
/// "eth0", "7", "blue", by the kind. A decimal number is an interface's index or a namespace's
/// inode number; one that is also the name of another interface or namespace is an error.
btfreloc::Result<Scope> parse_scope(ScopeKind kind, std::string_view text, const ScopeNames& names);
/// As parse_scope() reads it back; not of ScopeKind::any.
std::string scope_text(const Scope& scope, const ScopeNames& names);
/// Names and agents are looked for in all packets.
bool takes_scope(const Rule& rule);

btfreloc::Result<Address> parse_address(std::string_view text);
std::string text(const Address& address);

/// What a rule is for, without its options: "10.0.0.0/8", "agent:Bad Bot".
btfreloc::Result<Rule> parse_rule(std::string_view text);
/// As parse_rule() reads it back: without the scope.
std::string text(const Rule& rule);
/// A rule with its options, separated by blanks: "10.1.2.3 group=7 for=10m". An agent's text may
/// hold blanks in double quotes: agent:"Bad Bot".
btfreloc::Result<TimedRule> parse_rule_line(std::string_view line, const ScopeNames& names);

/// As parse_rule_line() reads it back.
std::string text(const Rule& rule, const ScopeNames& names);
std::string text(const TimedRule& timed, const ScopeNames& names);

constexpr std::chrono::seconds kLongestDuration = std::chrono::days(3650);

/// "90s", "10m", "2h", "7d"; up to ten years, and not 0.
btfreloc::Result<std::chrono::seconds> parse_duration(std::string_view text);
std::string duration_text(std::chrono::seconds duration);

}  // namespace xdp_blacklist
