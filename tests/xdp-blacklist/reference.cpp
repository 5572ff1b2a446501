#include "xdp-blacklist/reference.h"

#include <algorithm>

namespace xdp_blacklist::reference {
namespace {

constexpr unsigned kMaxVlanTags = 2;
constexpr unsigned kMaxExtensionHeaders = 8;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kIcmpV6 = 58;

std::uint32_t u8(Bytes bytes, std::size_t at) { return std::to_integer<std::uint32_t>(bytes[at]); }
std::uint32_t u16(Bytes bytes, std::size_t at) { return u8(bytes, at) << 8 | u8(bytes, at + 1); }

Answer malformed(enum malformed kind) {
  return {.verdict = VERDICT_MALFORMED, .detail = static_cast<std::uint32_t>(kind)};
}

/// What layer 4 is, and where.
struct Layer4 {
  std::uint8_t protocol = 0;
  std::size_t at = 0;
  bool is_first_fragment = false;
};

/// A frame as its headers have been understood so far.
struct Packet {
  Bytes frame;
  std::size_t layer3 = 0;  ///< Offset of the IP header.
  bool v6 = false;
  bool jumbogram = false;
  std::size_t end = 0;  ///< Where the IP packet ends.
  Address source = {};
  std::optional<Layer4> layer4 = {};  ///< nullopt where there is none to read.
};

/// A step's decision; nullopt: go on.
using Decided = std::optional<Answer>;

Decided read_ethernet(Packet& packet) {
  const Bytes frame = packet.frame;
  if (frame.size() < 14) return malformed(MALFORMED_ETHERNET);
  std::size_t type_at = 12;
  for (unsigned tags = 0; u16(frame, type_at) == 0x8100 || u16(frame, type_at) == 0x88a8; ++tags) {
    if (tags == kMaxVlanTags || frame.size() - (type_at + 2) < 4) {
      return malformed(MALFORMED_VLAN);
    }
    type_at += 4;
  }
  packet.layer3 = type_at + 2;
  const std::uint32_t type = u16(frame, type_at);
  if (type != 0x0800 && type != 0x86dd) return Answer{.verdict = VERDICT_PASS};
  packet.v6 = type == 0x86dd;
  return {};
}

Address address_at(Bytes frame, std::size_t at, bool v6) {
  Address address{.is_v6 = v6};
  for (std::size_t i = 0; i < (v6 ? 16 : 4); ++i) {
    address.bytes[i] = std::to_integer<std::uint8_t>(frame[at + i]);
  }
  return address;
}

Decided read_ipv4(Packet& packet) {
  const Bytes ip = packet.frame.subspan(packet.layer3);
  if (ip.size() < 20 || u8(ip, 0) >> 4 != 4) return malformed(MALFORMED_IPV4);
  const std::size_t header = (u8(ip, 0) & 0xf) * 4;
  const std::size_t total = u16(ip, 2);
  if (header < 20 || header > ip.size() || total < header || total > ip.size()) {
    return malformed(MALFORMED_IPV4);
  }
  packet.end = packet.layer3 + total;
  packet.source = address_at(ip, 12, false);
  return {};
}

Decided read_ipv6(Packet& packet) {
  const Bytes ip = packet.frame.subspan(packet.layer3);
  if (ip.size() < 40 || u8(ip, 0) >> 4 != 6) return malformed(MALFORMED_IPV6);
  const std::size_t length = u16(ip, 4);
  packet.jumbogram = length == 0 && u8(ip, 6) == 0;
  if (40 + length > ip.size()) return malformed(MALFORMED_IPV6);
  packet.end = packet.jumbogram ? packet.frame.size() : packet.layer3 + 40 + length;
  packet.source = address_at(ip, 8, true);
  return {};
}

Decided find_layer4_of_ipv4(Packet& packet) {
  const Bytes ip = packet.frame.subspan(packet.layer3);
  const auto protocol = static_cast<std::uint8_t>(u8(ip, 9));
  const std::uint32_t offset = u16(ip, 6) & 0x1fff;
  if (offset == 1 && protocol == kTcp) return malformed(MALFORMED_FRAGMENT);
  if (offset != 0) return {};
  packet.layer4 = Layer4{.protocol = protocol,
                         .at = packet.layer3 + (u8(ip, 0) & 0xf) * 4,
                         .is_first_fragment = (u16(ip, 6) & 0x2000) != 0};
  return {};
}

/// In bytes, as the first two bytes of the header say.
std::size_t extension_length(std::uint32_t type, std::uint32_t length) {
  if (type == 44) return 8;
  return type == 51 ? (length + 2) * 4 : (length + 1) * 8;
}

Decided find_layer4_of_ipv6(Packet& packet) {
  const Bytes bytes = packet.frame.first(packet.end);
  std::uint32_t type = u8(bytes, packet.layer3 + 6);
  Layer4 layer4{.at = packet.layer3 + 40};
  constexpr std::array<std::uint32_t, 5> kKnown = {0, 43, 60, 51, 44};
  for (unsigned headers = 0; std::ranges::find(kKnown, type) != kKnown.end(); ++headers) {
    if (headers == kMaxExtensionHeaders) return malformed(MALFORMED_IPV6);
    const std::size_t left = bytes.size() - layer4.at;
    if (left < 2 || extension_length(type, u8(bytes, layer4.at + 1)) > left) {
      return malformed(layer4.is_first_fragment ? MALFORMED_FRAGMENT : MALFORMED_IPV6);
    }
    const std::uint32_t next = u8(bytes, layer4.at);
    if (type == 44) {
      const std::uint32_t offset = u16(bytes, layer4.at + 2) >> 3;
      if (offset == 1 && next == kTcp) return malformed(MALFORMED_FRAGMENT);
      if (offset != 0) return {};
      if ((u16(bytes, layer4.at + 2) & 1) != 0) layer4.is_first_fragment = true;
    }
    layer4.at += extension_length(type, u8(bytes, layer4.at + 1));
    type = next;
  }
  layer4.protocol = static_cast<std::uint8_t>(type);
  packet.layer4 = layer4;
  return {};
}

Decided check_tcp(const Packet& packet) {
  const Layer4& layer4 = *packet.layer4;
  const std::size_t left = packet.end - layer4.at;
  const auto cut = malformed(layer4.is_first_fragment ? MALFORMED_FRAGMENT : MALFORMED_TCP);
  if (left < 20) return cut;
  const std::size_t header = (u8(packet.frame, layer4.at + 12) >> 4) * 4;
  if (header < 20) return malformed(MALFORMED_TCP);
  if (header > left) return cut;
  return {};
}

Decided check_udp(const Packet& packet) {
  const Layer4& layer4 = *packet.layer4;
  const std::size_t left = packet.end - layer4.at;
  if (left < 8) {
    return malformed(layer4.is_first_fragment ? MALFORMED_FRAGMENT : MALFORMED_UDP);
  }
  const std::size_t length = u16(packet.frame, layer4.at + 4);
  if (length == 0 && packet.jumbogram) return {};
  if (length < 8) return malformed(MALFORMED_UDP);
  if (length > left && !layer4.is_first_fragment) return malformed(MALFORMED_UDP);
  return {};
}

bool covers(const NetRule& net, const Address& address) {
  if (net.address.is_v6 != address.is_v6) return false;
  for (unsigned bit = 0; bit < net.prefix; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if ((net.address.bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

/// The rules that a packet is held against, and what came of it.
class Judge {
 public:
  Judge(const Rules& rules, const Device& device, std::uint32_t now)
      : rules_(rules),
        now_(now),
        allows_(rules.allows && (rules.confirm_by == 0 || now < rules.confirm_by)),
        scopes_{Scope{ScopeKind::any, 0}, Scope{ScopeKind::interface, device.interface},
                Scope{ScopeKind::group, device.group}, Scope{ScopeKind::netns, device.netns}} {}

  Answer judge(const Packet& packet) {
    Answer answer = verdict_on(packet);
    answer.failed = failed_;
    return answer;
  }

 private:
  Answer verdict_on(Packet packet) {
    if (Decided decided = read_ethernet(packet)) return *decided;
    if (Decided decided = packet.v6 ? read_ipv6(packet) : read_ipv4(packet)) return *decided;
    if (Decided decided = hold_against_bans(packet)) return *decided;
    if (Decided decided = hold_against_addresses(packet)) return *decided;
    if (Decided decided = packet.v6 ? find_layer4_of_ipv6(packet) : find_layer4_of_ipv4(packet)) {
      return *decided;
    }
    if (Decided decided = read_layer4(packet)) return *decided;
    return without_rule(packet);
  }

  bool is_active(const Entry& entry) const { return entry.expires == 0 || now_ < entry.expires; }

  /// A rule of addresses or ports is for the packet.
  Decided matched(const Entry& entry, enum verdict verdict) {
    if (!allows_) return Answer{.verdict = verdict, .detail = entry.id};
    if (!allowed_by_) allowed_by_ = entry.id;
    return {};
  }

  Decided hold_against_bans(const Packet& packet) const {
    if (!rules_.has_bans) return {};
    const auto ban = rules_.bans.find(mapped(packet.source));
    if (ban == rules_.bans.end() || now_ >= ban->second) return {};
    return Answer{.verdict = VERDICT_BANNED};
  }

  Decided hold_against_addresses(const Packet& packet) {
    for (const Scope& scope : scopes_) {
      const auto host = rules_.hosts.find({scope, packet.source});
      if (host == rules_.hosts.end() || !is_active(host->second)) continue;
      if (Decided decided = matched(host->second, VERDICT_HOST)) return decided;
    }
    for (const Scope& scope : scopes_) {
      std::optional<std::pair<NetRule, Entry>> longest;
      for (const auto& [key, entry] : rules_.nets) {
        const auto& [net_scope, net] = key;
        if (net_scope != scope || !covers(net, packet.source)) continue;
        if (!longest || net.prefix > longest->first.prefix) longest = {net, entry};
      }
      if (!longest || !is_active(longest->second)) continue;
      if (Decided decided = matched(longest->second, VERDICT_NET)) return decided;
    }
    return {};
  }

  Decided read_layer4(const Packet& packet) {
    if (!packet.layer4) return {};
    const std::uint8_t protocol = packet.layer4->protocol;
    if (protocol != kTcp && protocol != kUdp) return {};
    if (Decided decided = protocol == kTcp ? check_tcp(packet) : check_udp(packet)) return decided;
    if (Decided decided = hold_against_ports(packet)) return decided;
    return protocol == kTcp ? hold_against_payload(packet) : Decided();
  }

  Decided hold_against_ports(const Packet& packet) {
    const Layer4& layer4 = *packet.layer4;
    for (const bool is_source : {false, true}) {
      for (const Scope& scope : scopes_) {
        const auto port =
            static_cast<std::uint16_t>(u16(packet.frame, layer4.at + (is_source ? 0 : 2)));
        const auto rule = rules_.ports.find(
            {.scope = scope, .port = port, .udp = layer4.protocol == kUdp, .is_source = is_source});
        if (rule == rules_.ports.end() || !is_active(rule->second)) continue;
        if (Decided decided = matched(rule->second, VERDICT_PORT)) return decided;
      }
    }
    return {};
  }

  Decided hold_against_payload(const Packet& packet) {
    const std::size_t header = (u8(packet.frame, packet.layer4->at + 12) >> 4) * 4;
    const Bytes payload = packet.frame.first(packet.end).subspan(packet.layer4->at + header);
    if (rules_.reads_names) {
      if (Decided decided = hold_against_names(server_name(payload))) return decided;
    }
    if (!is_unread_ && (rules_.reads_agents || rules_.challenges)) {
      return hold_against_agents(request_header(payload), packet);
    }
    return {};
  }

  Decided hold_against_names(const ServerName& found) {
    is_unread_ = found.is_unread;
    if (!found.name) return {};
    std::vector<std::uint32_t> ids;
    const auto look_up = [&](const std::map<std::string, Entry>& names, const std::string& name) {
      const auto rule = names.find(name);
      if (rule != names.end() && is_active(rule->second)) ids.push_back(rule->second.id);
    };
    look_up(rules_.names, *found.name);
    if (!ids.empty()) return first_of(VERDICT_NAME, std::move(ids));
    for (std::size_t at = 0; at < found.name->size(); ++at) {
      if ((*found.name)[at] == '.') look_up(rules_.names_below, found.name->substr(at + 1));
    }
    return first_of(VERDICT_NAME, std::move(ids));
  }

  Decided hold_against_agents(const RequestHeader& header, const Packet& packet) {
    if (!header.is_request) return {};
    if (rules_.reads_agents && header.user_agent) {
      for (const Agent& agent : rules_.agents) {
        if (is_active(agent.entry) && header.user_agent->contains(agent.text)) {
          return Answer{.verdict = VERDICT_AGENT, .detail = agent.entry.id};
        }
      }
    }
    is_unread_ = header.is_unread;
    if (is_unread_ || !rules_.challenges) return {};
    const auto found = rules_.cookies.find(mapped(packet.source));
    if (found == rules_.cookies.end() || found->second.text.empty()) return {};
    const Cookie& cookie = found->second;
    if (header.cookie && header.cookie->contains(cookie.text)) return {};
    failed_ = {.source = found->first, .fails = cookie.fails + 1};
    if (cookie.fails + 1 < rules_.most_fails) return {};
    return Answer{.verdict = VERDICT_CHALLENGE, .detail = cookie.fails + 1};
  }

  static Decided first_of(enum verdict verdict, std::vector<std::uint32_t> ids) {
    if (ids.empty()) return {};
    return Answer{.verdict = verdict, .detail = ids.front(), .others = std::move(ids)};
  }

  Answer without_rule(const Packet& packet) const {
    if (!allows_) return {.verdict = is_unread_ ? VERDICT_UNREAD : VERDICT_PASS};
    if (allowed_by_) {
      return {.verdict = is_unread_ ? VERDICT_UNREAD : VERDICT_ALLOWED, .detail = *allowed_by_};
    }
    // Without neighbour discovery, no address of the link would ever be reached.
    if (packet.layer4 && packet.v6 && packet.layer4->protocol == kIcmpV6 &&
        packet.layer4->at < packet.end) {
      const std::uint32_t type = u8(packet.frame, packet.layer4->at);
      if (type >= 133 && type <= 137) return {.verdict = VERDICT_PASS};
    }
    return {.verdict = VERDICT_NOT_LISTED};
  }

  const Rules& rules_;
  std::uint32_t now_;
  bool allows_;
  std::array<Scope, 4> scopes_;
  std::optional<std::uint32_t> allowed_by_;  ///< The first rule that the packet passes by.
  bool is_unread_ = false;
  std::optional<FailedCookie> failed_;
};

}  // namespace

MappedAddress mapped(const Address& address) {
  if (address.is_v6) return address.bytes;
  MappedAddress mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::copy_n(address.bytes.begin(), 4, mapped.begin() + 12);
  return mapped;
}

Answer decide(const Rules& rules, const Device& device, std::uint32_t now, Bytes frame) {
  return Judge(rules, device, now).judge({.frame = frame});
}

void remember(Rules& rules, const Answer& answer, std::uint32_t ban_end) {
  if (!answer.failed) return;
  if (answer.verdict == VERDICT_CHALLENGE) {
    rules.cookies.erase(answer.failed->source);
    rules.bans[answer.failed->source] = ban_end;
    rules.has_bans = true;
  } else {
    rules.cookies[answer.failed->source].fails = answer.failed->fails;
  }
}

bool is_of_rule(enum verdict verdict) {
  return verdict == VERDICT_ALLOWED || (verdict >= VERDICT_HOST && verdict <= VERDICT_AGENT);
}

}  // namespace xdp_blacklist::reference
