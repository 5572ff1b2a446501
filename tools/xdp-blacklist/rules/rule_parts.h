#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/rules/rule.h"

// What parse_rule() is made of: one reader and one writer for each kind of rule.

namespace xdp_blacklist {

/// "10.1.2.3", "10.0.0.0/8".
btfreloc::Result<NetRule> parse_net(std::string_view text);
std::string text(const NetRule& net);

/// "443", "1000-2000". The caller has read `tcp:` and so on.
btfreloc::Result<PortRule> parse_ports(std::string_view text, PortRule of);
std::string text(const PortRule& ports);

/// "ads.net", "*.ads.net".
btfreloc::Result<NameRule> parse_server_name(std::string_view text);
std::string text(const NameRule& name);

/// `curl/`; `"Bad Bot"` in quotes, where \" is a quote and \\ a backslash; without quotes, all of
/// the text is meant as it is.
btfreloc::Result<AgentRule> parse_agent(std::string_view text);
/// In quotes where a line of rules would be read differently without.
std::string text(const AgentRule& agent);

/// All that a rule can be for but ScopeKind::any.
constexpr std::array<ScopeKind, 3> kScopeKinds = {ScopeKind::interface, ScopeKind::group,
                                                  ScopeKind::netns};

/// The fewest prefixes that hold first to last and nothing else, in order. Both are of one family,
/// and first <= last.
std::vector<NetRule> prefixes_between(const Address& first, const Address& last);
/// The address with all bits after `prefix` cleared.
Address network_of(Address address, unsigned prefix);

constexpr std::string_view kBlanks = " \t";
/// The next word of a line, without the blanks around it; empty at the end. In quotes, an agent
/// may have blanks.
std::string_view next_word(std::string_view& rest);

/// True where the text is digits, and only those.
bool is_number(std::string_view text);

/// A number as these files write it: digits, without zeros in front.
template <std::unsigned_integral U>
std::optional<U> parse_number(std::string_view text) {
  if (!is_number(text) || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  U value{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc()) return std::nullopt;
  return value;
}

/// The text in a message: in backquotes, safe for a terminal, and not too long.
std::string shown(std::string_view text);

}  // namespace xdp_blacklist
