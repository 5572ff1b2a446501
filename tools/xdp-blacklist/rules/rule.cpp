#include "xdp-blacklist/rules/rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/printable.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;

constexpr std::size_t kMaxAgent = 63;  // bytes
constexpr std::string_view kAgent = "agent:";

struct PortKind {
  std::string_view prefix;
  PortRule ports;
};
constexpr std::array<PortKind, 6> kPortKinds = {{
    {"tcp:", {.tcp = true, .udp = false, .is_source = false, .first = 0, .last = 0}},
    {"udp:", {.tcp = false, .udp = true, .is_source = false, .first = 0, .last = 0}},
    {"port:", {.tcp = true, .udp = true, .is_source = false, .first = 0, .last = 0}},
    {"tcp-src:", {.tcp = true, .udp = false, .is_source = true, .first = 0, .last = 0}},
    {"udp-src:", {.tcp = false, .udp = true, .is_source = true, .first = 0, .last = 0}},
    {"port-src:", {.tcp = true, .udp = true, .is_source = true, .first = 0, .last = 0}},
}};

Result<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  if (port && *port != 0) return *port;
  if (is_number(text) && (text == "0" || text.front() != '0')) {
    return fail(Errc::out_of_range, shown(text) + " is not a port: they are 1 to 65535");
  }
  return fail(Errc::bad_format, shown(text) + " is not a port", {},
              "write its number; `getent services` lists those of names");
}

/// Text that begins as an address does and as nothing else.
bool looks_like_address(std::string_view text) {
  if (text.find_first_not_of("0123456789./-") == std::string_view::npos) return true;
  const std::size_t colon = text.find(':');
  return colon <= 4 && text.substr(0, colon).find_first_not_of("0123456789abcdefABCDEF") ==
                           std::string_view::npos;
}

std::unexpected<btfreloc::Error> not_a_rule(std::string_view text) {
  std::string hint = "rules are as `10.0.0.0/8`, `tcp:443`, `name:ads.net`, `agent:curl/`";
  const std::size_t colon = text.find(':');
  if (is_number(text) && text.size() <= 5) {
    hint = fmt::format("for a port: `tcp:{0}`, `udp:{0}` or, for both, `port:{0}`", text);
  } else if (colon != std::string_view::npos) {
    hint = "kinds are tcp, udp, port, tcp-src, udp-src, port-src, name and agent";
  } else if (const auto name = parse_server_name(text);
             name && text.find('.') != std::string_view::npos) {
    hint = fmt::format("for a TLS server name: `{}`", xdp_blacklist::text(*name));
  }
  return fail(Errc::bad_format, shown(text) + " is not a rule", {}, std::move(hint));
}

Status read_scope(ScopeKind kind, std::string_view value, const ScopeNames& names, Rule& rule) {
  if (!takes_scope(rule)) {
    return fail(Errc::unsupported, "rules of names and agents are for all packets", {},
                "leave interface=, group= and netns= out");
  }
  if (rule.scope.kind != ScopeKind::any) {
    return fail(Errc::bad_format, "a rule has one scope, and here are two", {},
                "write a rule for each");
  }
  TRY(rule.scope, parse_scope(kind, value, names));
  return {};
}

Status read_option(std::string_view word, const ScopeNames& names, TimedRule& timed) {
  const std::size_t equals = word.find('=');
  for (const ScopeKind kind : kScopeKinds) {
    if (equals == std::string_view::npos || word.substr(0, equals) != name(kind)) continue;
    return read_scope(kind, word.substr(equals + 1), names, timed.rule);
  }
  if (constexpr std::string_view kFor = "for="; word.starts_with(kFor)) {
    if (timed.lasts) return fail(Errc::bad_format, "`for=` is there twice");
    TRY(timed.lasts, parse_duration(word.substr(kFor.size())));
    return {};
  }
  const auto* const agent = std::get_if<AgentRule>(&timed.rule.what);
  return fail(Errc::bad_format, shown(word) + " is not an option of a rule", {},
              agent != nullptr
                  ? fmt::format("put an agent with blanks in quotes: `agent:\"{} {}\"`",
                                agent->text, btfreloc::printable(word.substr(0, 63)))
                  : "one rule a line; options are interface=, group=, netns= and for=");
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kMaxShown = 64;  // bytes
  const bool is_long = text.size() > kMaxShown;
  return '`' + btfreloc::printable(text.substr(0, kMaxShown)) + (is_long ? "...`" : "`");
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  std::size_t end = 0;
  if (rest.starts_with(kAgent) && rest.substr(kAgent.size()).starts_with('"')) {
    end = kAgent.size() + 1;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
  }
  end = std::min(rest.find_first_of(kBlanks, end), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

Result<PortRule> parse_ports(std::string_view text, PortRule of) {
  const std::size_t dash = text.find('-');
  TRY(of.first, parse_port(text.substr(0, dash)));
  of.last = of.first;
  if (dash != std::string_view::npos) {
    TRY(of.last, parse_port(text.substr(dash + 1)));
  }
  if (of.first > of.last) {
    return fail(Errc::bad_format, shown(text) + " ends before it begins", {},
                fmt::format("write `{}-{}`", of.last, of.first));
  }
  return of;
}

std::string text(const PortRule& ports) {
  const auto kind = std::ranges::find_if(kPortKinds, [&](const PortKind& kind) {
    return kind.ports.tcp == ports.tcp && kind.ports.udp == ports.udp &&
           kind.ports.is_source == ports.is_source;
  });
  std::string text(kind != kPortKinds.end() ? kind->prefix : "port:");
  fmt::format_to(std::back_inserter(text), "{}", ports.first);
  if (ports.last != ports.first) fmt::format_to(std::back_inserter(text), "-{}", ports.last);
  return text;
}

Result<AgentRule> parse_agent(std::string_view text) {
  AgentRule agent;
  if (text.starts_with('"')) {
    std::size_t at = 1;
    for (; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      agent.text += text[at];
    }
    if (at + 1 != text.size()) {
      return fail(Errc::bad_format, shown(text) + (at < text.size() ? " goes on after its quotes"
                                                                    : " has no quote at its end"));
    }
  } else {
    agent.text = text;
  }
  if (agent.text.empty() || agent.text.size() > kMaxAgent) {
    return fail(
        Errc::out_of_range,
        fmt::format("an agent has 1 to {} bytes, and this has {}", kMaxAgent, agent.text.size()),
        {}, "any part of what the browser calls itself will do");
  }
  if (!btfreloc::is_printable(agent.text)) {
    return fail(Errc::bad_format, "agent " + shown(agent.text) + " is not printable ASCII");
  }
  return agent;
}

std::string text(const AgentRule& agent) {
  const std::string_view text = agent.text;
  const bool is_plain = text.find(' ') == std::string_view::npos && !text.starts_with('"');
  if (is_plain) return std::string(kAgent) + agent.text;
  std::string quoted(kAgent);
  quoted += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

Result<Rule> parse_rule(std::string_view text) {
  for (const PortKind& kind : kPortKinds) {
    if (!text.starts_with(kind.prefix)) continue;
    TRY(const PortRule ports, parse_ports(text.substr(kind.prefix.size()), kind.ports));
    return Rule{ports};
  }
  if (constexpr std::string_view kName = "name:"; text.starts_with(kName)) {
    TRY(NameRule name, parse_server_name(text.substr(kName.size())));
    return Rule{std::move(name)};
  }
  if (text.starts_with(kAgent)) {
    TRY(AgentRule agent, parse_agent(text.substr(kAgent.size())));
    return Rule{std::move(agent)};
  }
  if (is_number(text) || !looks_like_address(text)) return not_a_rule(text);
  TRY(const NetRule net, parse_net(text));
  return Rule{net};
}

std::string text(const Rule& rule) {
  return std::visit([](const auto& what) { return xdp_blacklist::text(what); }, rule.what);
}

Result<TimedRule> parse_rule_line(std::string_view line, const ScopeNames& names) {
  std::string_view rest = line;
  const std::string_view first = next_word(rest);
  if (first.empty()) return fail(Errc::bad_format, "there is no rule");
  TimedRule timed;
  TRY(timed.rule, parse_rule(first));
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    TRY_OK(read_option(word, names, timed));
  }
  return timed;
}

std::string text(const Rule& rule, const ScopeNames& names) {
  std::string text = xdp_blacklist::text(rule);
  if (rule.scope.kind == ScopeKind::any) return text;
  return text + fmt::format(" {}={}", name(rule.scope.kind), scope_text(rule.scope, names));
}

std::string text(const TimedRule& timed, const ScopeNames& names) {
  std::string text = xdp_blacklist::text(timed.rule, names);
  if (timed.lasts) text += " for=" + duration_text(*timed.lasts);
  return text;
}

}  // namespace xdp_blacklist
