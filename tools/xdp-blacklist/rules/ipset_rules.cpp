#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "xdp-blacklist/rules/rule_file_parts.h"
#include "xdp-blacklist/rules/rule_parts.h"

// What `ipset save` writes and `ipset restore` reads.
// Source: ipset(8), and include/uapi/linux/netfilter/ipset/ip_set.h for IPSET_MAX_TIMEOUT.

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;
using std::chrono::seconds;

constexpr seconds kMaxTimeout{2147483};

enum class Type : std::uint8_t { host, net, port, unknown };
constexpr std::array<std::pair<std::string_view, Type>, 3> kTypes = {
    {{"hash:ip", Type::host}, {"hash:net", Type::net}, {"bitmap:port", Type::port}}};

/// What the line that creates a set says of its entries.
struct Set {
  Type type = Type::unknown;
  std::string type_name = {};
  bool is_v6 = false;
  unsigned netmask = 128;             ///< In bits: hosts of hash:ip are prefixes of so many.
  std::optional<seconds> lasts = {};  ///< Entries without a time of their own.
};

/// The next word; a comment in quotes is one. ipset has no quotes within.
std::string_view word_of(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const std::size_t quote = rest.starts_with('"') ? rest.find('"', 1) : 0;
  const std::size_t end = std::min(rest.find_first_of(kBlanks, quote), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  return word;
}

/// 0 is for good.
Result<std::optional<seconds>> read_timeout(std::string_view text) {
  const auto timeout = parse_number<std::uint32_t>(text);
  if (!timeout || seconds(*timeout) > kLongestDuration) {
    return fail(Errc::out_of_range, shown(text) + " is not a timeout in seconds");
  }
  return *timeout != 0 ? std::optional(seconds(*timeout)) : std::nullopt;
}

Status read_netmask(std::string_view text, Set& set) {
  const auto netmask = parse_number<unsigned>(text);
  if (!netmask || *netmask == 0 || *netmask > (set.is_v6 ? 128U : 32U)) {
    return fail(Errc::out_of_range, shown(text) + " is not the netmask of a set");
  }
  set.netmask = *netmask;
  return {};
}

Status read_set_options(std::string_view rest, Set& set) {
  // The family decides what a netmask may be, and comes first in what ipset saves.
  for (auto word = word_of(rest); !word.empty(); word = word_of(rest)) {
    if (word == "family") {
      const auto family = word_of(rest);
      if (family != "inet" && family != "inet6") {
        return fail(Errc::bad_format, shown(family) + " is not the family of a set");
      }
      set.is_v6 = family == "inet6";
    } else if (word == "netmask") {
      TRY_OK(read_netmask(word_of(rest), set));
    } else if (word == "bitmask") {
      return fail(Errc::unsupported, "a set with a bitmask, whose entries need not be prefixes");
    } else if (word == "timeout") {
      TRY(set.lasts, read_timeout(word_of(rest)));
    }
    // The rest says how it is kept, or is a value of such an option.
  }
  return {};
}

Result<Set> read_set(std::string_view rest) {
  Set set{.type_name = std::string(word_of(rest))};
  const auto type = std::ranges::find(kTypes, set.type_name, &decltype(kTypes)::value_type::first);
  if (type == kTypes.end()) {
    return fail(Errc::unsupported, "sets of type " + shown(set.type_name) + " are not read", {},
                "hash:ip, hash:net and bitmap:port are");
  }
  TRY_OK(read_set_options(rest, set));
  set.type = type->second;
  return set;
}

/// One address or prefix, which may have host bits where ipset clears them.
Result<NetRule> read_net(std::string_view text, const Set& set) {
  TRY(NetRule net, parse_net(text));
  if (net.prefix == net.address.bits() && net.prefix > set.netmask) {
    net.prefix = static_cast<std::uint8_t>(set.netmask);
    net.address = network_of(net.address, set.netmask);
  }
  return net;
}

/// `10.0.0.0/8`, or `10.0.0.1-10.0.0.9`.
Result<std::vector<NetRule>> read_nets(std::string_view text, const Set& set) {
  std::vector<NetRule> nets;
  if (const std::size_t dash = text.find('-'); dash == std::string_view::npos) {
    TRY(const NetRule net, read_net(text, set));
    nets.push_back(net);
  } else {
    TRY(const Address first, parse_address(text.substr(0, dash)));
    TRY(const Address last, parse_address(text.substr(dash + 1)));
    if (first.is_v6 != last.is_v6 || first > last) {
      return fail(Errc::bad_format, shown(text) + " ends before it begins");
    }
    nets = prefixes_between(first, last);
  }
  if (nets.front().address.is_v6 != set.is_v6) {
    return fail(Errc::bad_format, fmt::format("{} is in a set of family {}", shown(text),
                                              set.is_v6 ? "inet6" : "inet"));
  }
  return nets;
}

/// `80`, `1000-2000`, `tcp:80`: the protocol is not part of such a set.
Result<PortRule> read_ports(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) text.remove_prefix(colon + 1);
  return parse_ports(text, {.tcp = true, .udp = true, .is_source = false, .first = 0, .last = 0});
}

class IpsetReader {
 public:
  Result<RuleFile> read(std::string_view content) {
    Lines lines(content);
    while (const auto line = lines.next()) {
      if (auto read = read_line(*line); !read) {
        rules_.add_bad(lines.number(), std::move(read).error());
      }
      if (rules_.is_full()) break;
    }
    return std::move(rules_).finish();
  }

 private:
  Status read_line(std::string_view line) {
    TRY_OK(check_length(line));
    std::string_view rest = line;
    const std::string_view command = word_of(rest);
    if (command.empty() || command.starts_with('#') || command == "COMMIT") return {};
    if (command == "create" || command == "-N") return create(rest);
    if (command == "add" || command == "-A") return add(rest);
    return fail(Errc::unsupported, shown(command) + " is not in what `ipset save` writes", {},
                "save the sets again: `ipset save`");
  }

  Status create(std::string_view rest) {
    std::string name(word_of(rest));
    auto set = read_set(rest);
    // Its entries are to be told from those of a set that was never created.
    Set& known = sets_[std::move(name)];
    if (!set) {
      std::string_view type = rest;
      known = {.type_name = std::string(word_of(type))};
      return std::unexpected(std::move(set).error());
    }
    known = *std::move(set);
    return {};
  }

  Status add(std::string_view rest) {
    const std::string_view name = word_of(rest);
    const auto place = sets_.find(name);
    if (place == sets_.end()) {
      return fail(Errc::bad_format, "there is no set " + shown(name) + " before this line", {},
                  "save it with the line that creates it: `ipset save`");
    }
    const Set& set = place->second;
    if (set.type == Type::unknown) {
      return fail(Errc::unsupported, fmt::format("set {} is of type {}, which is not read",
                                                 shown(name), shown(set.type_name)));
    }
    const std::string_view entry = word_of(rest);
    TRY(const auto lasts, read_entry_options(rest, set));
    if (set.type == Type::port) {
      TRY(const PortRule ports, read_ports(entry));
      rules_.add({.rule = {ports}, .lasts = lasts});
      return {};
    }
    TRY(const auto nets, read_nets(entry, set));
    for (const NetRule& net : nets) rules_.add({.rule = {net}, .lasts = lasts});
    return {};
  }

  /// How long the entry is to hold.
  static Result<std::optional<seconds>> read_entry_options(std::string_view rest, const Set& set) {
    auto lasts = set.lasts;
    for (auto word = word_of(rest); !word.empty(); word = word_of(rest)) {
      if (word == "timeout") {
        TRY(lasts, read_timeout(word_of(rest)));
      } else if (word == "nomatch") {
        return fail(Errc::unsupported,
                    "`nomatch` takes addresses out of a prefix, and rules have no exceptions", {},
                    "write the prefixes around it in place of the one that holds it");
      } else if (word == "comment") {
        word_of(rest);
      }
      // Counters, and marks for packets that are let through.
    }
    return lasts;
  }

  std::map<std::string, Set, std::less<>> sets_;
  RuleCollector rules_;
};

/// A set on its way out, with the entries in it.
struct SetText {
  std::string_view name, type;
  std::string entries = {};
  std::size_t count = 0;
  bool has_timeouts = false;

  void add(std::string_view entry, std::optional<seconds> lasts) {
    entries += fmt::format("add {} {}", name, entry);
    if (lasts) entries += fmt::format(" timeout {}", lasts->count());
    entries += '\n';
    has_timeouts = has_timeouts || lasts.has_value();
    ++count;
  }

  std::string text() const {
    constexpr std::size_t kUsualMost = 65536;  // where the line does not say
    if (count == 0) return {};
    std::string text = fmt::format("create {} {}", name, type);
    if (count > kUsualMost && type.starts_with("hash")) text += fmt::format(" maxelem {}", count);
    return text + (has_timeouts ? " timeout 0\n" : "\n") + entries;
  }
};

class IpsetWriter {
 public:
  bool add(const TimedRule& timed) {
    if (timed.rule.scope.kind != ScopeKind::any || timed.lasts > kMaxTimeout) return false;
    if (const auto* net = std::get_if<NetRule>(&timed.rule.what)) {
      add_net(*net, timed.lasts);
      return true;
    }
    const auto* const ports = std::get_if<PortRule>(&timed.rule.what);
    if (ports == nullptr || !ports->tcp || !ports->udp || ports->is_source) return false;
    const std::string text = xdp_blacklist::text(*ports);
    ports_.add(text.substr(text.find(':') + 1), timed.lasts);
    return true;
  }

  std::string text() const {
    std::string text;
    for (const SetText* set : {&hosts4_, &nets4_, &hosts6_, &nets6_, &ports_}) text += set->text();
    return text;
  }

 private:
  void add_net(const NetRule& net, std::optional<seconds> lasts) {
    const bool is_v6 = net.address.is_v6;
    if (net.prefix == net.address.bits()) {
      (is_v6 ? hosts6_ : hosts4_).add(xdp_blacklist::text(net), lasts);
    } else if (net.prefix != 0) {
      (is_v6 ? nets6_ : nets4_).add(xdp_blacklist::text(net), lasts);
    } else {
      // hash:net has no prefix of 0 bits: both halves of it.
      NetRule half{net.address, 1};
      add_net(half, lasts);
      half.address.bytes[0] = 0x80;
      add_net(half, lasts);
    }
  }

  SetText hosts4_{"blacklist-hosts4", "hash:ip family inet"};
  SetText nets4_{"blacklist-nets4", "hash:net family inet"};
  SetText hosts6_{"blacklist-hosts6", "hash:ip family inet6"};
  SetText nets6_{"blacklist-nets6", "hash:net family inet6"};
  SetText ports_{"blacklist-ports", "bitmap:port range 1-65535"};
};

}  // namespace

Result<RuleFile> parse_ipset_rules(std::string_view content) { return IpsetReader().read(content); }

WrittenRules write_ipset_rules(std::span<const TimedRule> rules) {
  IpsetWriter writer;
  WrittenRules written;
  for (const TimedRule& timed : rules) {
    if (!writer.add(timed)) written.left_out.push_back(timed.rule);
  }
  written.text = writer.text();
  return written;
}

}  // namespace xdp_blacklist
