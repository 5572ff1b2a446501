#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "xdp-blacklist/instance/list_entries.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;

constexpr std::uint32_t kPorts = 65536;

/// The uses of a port that the rule is for: enum port_use.
std::vector<std::uint16_t> uses_of(const PortRule& ports) {
  const std::uint16_t side = ports.is_source ? PORT_SOURCE : PORT_DESTINATION;
  std::vector<std::uint16_t> uses;
  if (ports.tcp) uses.push_back(PORT_TCP | side);
  if (ports.udp) uses.push_back(PORT_UDP | side);
  return uses;
}

/// What is known of a rule from its ports.
struct Extent {
  std::uint32_t expires = 0;
  std::uint32_t first = kPorts;
  std::uint32_t last = 0;
  std::array<bool, PORT_USES> uses{};

  void add(std::uint32_t port, std::uint32_t use, std::uint32_t expiry) {
    expires = expiry;
    first = std::min(first, port);
    last = std::max(last, port);
    uses[use % PORT_USES] = true;
  }
  PortRule rule() const {
    return {.tcp = uses[PORT_TCP] || uses[PORT_TCP | PORT_SOURCE],
            .udp = uses[PORT_UDP] || uses[PORT_UDP | PORT_SOURCE],
            .is_source = uses[PORT_TCP | PORT_SOURCE] || uses[PORT_UDP | PORT_SOURCE],
            .first = static_cast<std::uint16_t>(first),
            .last = static_cast<std::uint16_t>(last)};
  }
};

std::unexpected<btfreloc::Error> overlap(const Rule& rule, std::uint32_t port) {
  return fail(Errc::out_of_range,
              fmt::format("port {} of `{}` has another rule already", port, text(rule)), {},
              "take that one away first; `xdp-blacklist list ports` shows it");
}

void append(std::vector<ActiveRule>& rules, const Extent& extent, const Scope& scope,
            std::uint32_t id) {
  ActiveRule& active = rules.emplace_back();
  active.rule.what = extent.rule();
  active.rule.scope = scope;
  active.id = id;
  active.expires = extent.expires;
}

/// Calls f(port, use) until it returns an error.
template <class F>
Status for_each_port(const PortRule& ports, F&& f) {
  for (std::uint32_t port = ports.first; port <= ports.last; ++port) {
    for (const std::uint16_t use : uses_of(ports)) TRY_OK(f(port, use));
  }
  return {};
}

}  // namespace

namespace ports {

Result<std::optional<rule>> find(const Map& map, const Rule& wanted) {
  const auto& range = std::get<PortRule>(wanted.what);
  const auto uses = uses_of(range);
  port_rules first{};
  TRY_OK(map.get(std::uint32_t{range.first}, first));
  const rule entry = first.use[uses[0]];
  if (entry.id == 0) return std::nullopt;
  // The rule of that port is this one when it ends where this one does, on all sides.
  std::vector<ActiveRule> all;
  TRY_OK(list(map, all));
  const auto found = std::ranges::find(all, wanted, &ActiveRule::rule);
  return found == all.end() ? std::nullopt : std::optional(entry);
}

Status put(const Map& map, const ActiveRule& active) {
  const auto& range = std::get<PortRule>(active.rule.what);
  TRY_OK(for_each_port(range, [&](std::uint32_t port, std::uint16_t use) -> Status {
    port_rules rules{};
    TRY_OK(map.get(port, rules));
    const std::uint32_t id = rules.use[use].id;
    if (id != 0 && id != active.id) return overlap(active.rule, port);
    return {};
  }));
  return for_each_port(range, [&](std::uint32_t port, std::uint16_t use) -> Status {
    port_rules rules{};
    TRY_OK(map.get(port, rules));
    rules.use[use] = entry_of(active);
    return map.put(port, rules);
  });
}

Status put_all(const Map& map, std::span<const ActiveRule* const> all) {
  std::vector<port_rules> table(kPorts);
  for (const ActiveRule* active : all) {
    TRY_OK(for_each_port(std::get<PortRule>(active->rule.what),
                         [&](std::uint32_t port, std::uint16_t use) -> Status {
                           rule& entry = table[port].use[use];
                           if (entry.id != 0) return overlap(active->rule, port);
                           entry = entry_of(*active);
                           return {};
                         }));
  }
  std::vector<std::uint32_t> keys(kPorts);
  for (std::uint32_t port = 0; port < kPorts; ++port) keys[port] = port;
  return map.update_all(std::as_bytes(std::span(keys)), std::as_bytes(std::span(table)));
}

Status remove(const Map& map, const Rule& rule) {
  return for_each_port(std::get<PortRule>(rule.what),
                       [&](std::uint32_t port, std::uint16_t use) -> Status {
                         port_rules rules{};
                         TRY_OK(map.get(port, rules));
                         rules.use[use] = {};
                         return map.put(port, rules);
                       });
}

Status list(const Map& map, std::vector<ActiveRule>& rules) {
  std::map<std::uint32_t, Extent> extents;
  TRY_OK(map.for_each([&](Bytes key, Bytes value) {
    const auto port = as<std::uint32_t>(key);
    const auto entries = as<port_rules>(value);
    for (std::uint32_t use = 0; use < PORT_USES; ++use) {
      const rule& entry = entries.use[use];
      if (entry.id != 0) extents[entry.id].add(port, use, entry.expires);
    }
    return true;
  }));
  for (const auto& [id, extent] : extents) {
    append(rules, extent, {}, id);
  }
  return {};
}

}  // namespace ports

namespace scoped_ports {
namespace {

scoped_port_key key_of(const Scope& scope, std::uint32_t port, std::uint16_t use) {
  return {.scope = static_cast<std::uint32_t>(scope.kind),
          .scope_value = scope.value,
          .port = static_cast<std::uint16_t>(port),
          .use = use};
}

}  // namespace

Result<std::optional<rule>> find(const Map& map, const Rule& wanted) {
  std::vector<ActiveRule> all;
  TRY_OK(list(map, all));
  const auto found = std::ranges::find(all, wanted, &ActiveRule::rule);
  return found == all.end() ? std::nullopt : std::optional(entry_of(*found));
}

Status put(const Map& map, const ActiveRule& active) {
  const auto& range = std::get<PortRule>(active.rule.what);
  TRY_OK(for_each_port(range, [&](std::uint32_t port, std::uint16_t use) -> Status {
    rule entry{};
    TRY(const bool found, map.get(key_of(active.rule.scope, port, use), entry));
    if (found && entry.id != active.id) return overlap(active.rule, port);
    return {};
  }));
  return for_each_port(range, [&](std::uint32_t port, std::uint16_t use) {
    return map.put(key_of(active.rule.scope, port, use), entry_of(active));
  });
}

Status remove(const Map& map, const Rule& rule) {
  return for_each_port(std::get<PortRule>(rule.what),
                       [&](std::uint32_t port, std::uint16_t use) -> Status {
                         TRY_OK(map.remove(key_of(rule.scope, port, use)));
                         return {};
                       });
}

Status list(const Map& map, std::vector<ActiveRule>& rules) {
  std::map<std::uint32_t, std::pair<Scope, Extent>> extents;
  TRY_OK(map.for_each([&](Bytes bytes, Bytes value) {
    const auto key = as<scoped_port_key>(bytes);
    const auto entry = as<rule>(value);
    auto& [scope, extent] = extents[entry.id];
    scope = {.kind = static_cast<ScopeKind>(key.scope), .value = key.scope_value};
    extent.add(key.port, key.use, entry.expires);
    return true;
  }));
  for (const auto& [id, found] : extents) {
    append(rules, found.second, found.first, id);
  }
  return {};
}

}  // namespace scoped_ports
}  // namespace xdp_blacklist
