#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "xdp-blacklist/instance/lists.h"

// How rules of each kind lie in their maps. All of one kind have the same functions:
//
//   find    the entry of exactly this rule
//   put     one rule; put_all, many into an empty map
//   remove
//   list    appends the rules of a map

namespace xdp_blacklist {

/// Hosts and prefixes: one key each.
namespace addresses {
Result<std::optional<rule>> find(const Map& map, const Rule& rule);
Status put(const Map& map, const ActiveRule& rule);
Status put_all(const Map& map, std::span<const ActiveRule* const> rules);
Status remove(const Map& map, const Rule& rule);
Status list(const Map& map, ListMap kind, std::vector<ActiveRule>& rules);
}  // namespace addresses

/// Ports: an entry for each port and protocol, all with one id. No two rules share one.
namespace ports {
Result<std::optional<rule>> find(const Map& map, const Rule& rule);
Status put(const Map& map, const ActiveRule& rule);
Status put_all(const Map& map, std::span<const ActiveRule* const> rules);
Status remove(const Map& map, const Rule& rule);
Status list(const Map& map, std::vector<ActiveRule>& rules);
}  // namespace ports

/// Ports of one scope.
namespace scoped_ports {
Result<std::optional<rule>> find(const Map& map, const Rule& rule);
Status put(const Map& map, const ActiveRule& rule);
Status remove(const Map& map, const Rule& rule);
Status list(const Map& map, std::vector<ActiveRule>& rules);
}  // namespace scoped_ports

/// Server names: a name and all below it have one key.
namespace names {
Result<std::optional<rule>> find(const Map& map, const name_key& seed, const NameRule& name);
Status put(const Map& map, const name_key& seed, const ActiveRule& rule);
Status put_all(const Map& map, const name_key& seed, std::span<const ActiveRule* const> rules);
Status remove(const Map& map, const name_key& seed, const NameRule& name);
Status list(const Map& map, std::vector<ActiveRule>& rules);
}  // namespace names

/// Agents: an array without holes.
namespace agents {
Result<std::optional<rule>> find(const Map& map, const AgentRule& agent);
Status put(const Map& map, const ActiveRule& rule);
Status remove(const Map& map, const AgentRule& agent);
Status list(const Map& map, std::vector<ActiveRule>& rules);
}  // namespace agents

inline rule entry_of(const ActiveRule& active) {
  return {.id = active.id, .expires = active.expires};
}

}  // namespace xdp_blacklist
