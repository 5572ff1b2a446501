#include "xdp-blacklist/instance/lists.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "xdp-blacklist/instance/list_entries.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;

/// The row of rule_set.used, enum list; scoped ports share that of ports.
std::uint32_t row_of(ListMap list) {
  switch (list) {
    case ListMap::hosts4: return LIST_HOSTS4;
    case ListMap::nets4: return LIST_NETS4;
    case ListMap::hosts6: return LIST_HOSTS6;
    case ListMap::nets6: return LIST_NETS6;
    case ListMap::ports:
    case ListMap::scoped_ports: return LIST_PORTS;
    case ListMap::names: return LIST_NAMES;
    case ListMap::agents: return LIST_AGENTS;
  }
  return LISTS;
}

Result<std::optional<rule>> find_in(const Map& map, ListMap list, const name_key& seed,
                                    const Rule& rule) {
  switch (list) {
    case ListMap::ports: return ports::find(map, rule);
    case ListMap::scoped_ports: return scoped_ports::find(map, rule);
    case ListMap::names: return names::find(map, seed, std::get<NameRule>(rule.what));
    case ListMap::agents: return agents::find(map, std::get<AgentRule>(rule.what));
    default: return addresses::find(map, rule);
  }
}

Status list_in(const Map& map, ListMap list, std::vector<ActiveRule>& rules) {
  switch (list) {
    case ListMap::ports: return ports::list(map, rules);
    case ListMap::scoped_ports: return scoped_ports::list(map, rules);
    case ListMap::names: return names::list(map, rules);
    case ListMap::agents: return agents::list(map, rules);
    default: return addresses::list(map, list, rules);
  }
}

}  // namespace

ListMap list_of(const Rule& rule) {
  if (const auto* net = std::get_if<NetRule>(&rule.what)) {
    const bool is_host = net->prefix == net->address.bits();
    if (net->address.is_v6) return is_host ? ListMap::hosts6 : ListMap::nets6;
    return is_host ? ListMap::hosts4 : ListMap::nets4;
  }
  if (std::holds_alternative<PortRule>(rule.what)) {
    return rule.scope.kind == ScopeKind::any ? ListMap::ports : ListMap::scoped_ports;
  }
  return std::holds_alternative<NameRule>(rule.what) ? ListMap::names : ListMap::agents;
}

std::uint32_t used_bit(const Rule& rule) {
  return USED_BIT(row_of(list_of(rule)), static_cast<std::uint32_t>(rule.scope.kind));
}

std::size_t entry_count(const Rule& rule) {
  const auto* ports = std::get_if<PortRule>(&rule.what);
  if (ports == nullptr) return 1;
  const std::size_t protocols = (ports->tcp ? 1 : 0) + (ports->udp ? 1 : 0);
  return protocols * (std::size_t{ports->last} - ports->first + 1);
}

name_key hash_name(const name_key& seed, std::string_view name) {
  name_key key = seed;
  for (const char c : std::views::reverse(name)) {
    const auto letter = static_cast<unsigned char>(c);
    key.a = (key.a ^ letter) * NAME_PRIME_A;
    key.b = (key.b + letter) * NAME_PRIME_B;
  }
  return key;
}

Result<RuleSet> RuleSet::open(const Pins& pins, std::uint32_t set, const name_key& seed,
                              Access access) {
  RuleSet rules(seed);
  for (std::size_t i = 0; i < kLists; ++i) {
    const std::string path = pins.list(set, kListNames[i]);
    if (!pins.has(path)) continue;
    TRY(rules.maps_[i], Map::pinned(path, access));
  }
  return rules;
}

const Map* RuleSet::map(ListMap list) const {
  const auto& map = maps_[static_cast<std::size_t>(list)];
  return map ? &*map : nullptr;
}

Result<const Map*> RuleSet::map_for(const Rule& rule) const {
  const ListMap list = list_of(rule);
  if (const Map* found = map(list)) return found;
  return fail(Errc::unsupported,
              fmt::format("the program that is loaded has no list for `{}`", text(rule)), {},
              "load one that has: `xdp-blacklist reload`");
}

Result<std::optional<ActiveRule>> RuleSet::find(const Rule& rule) const {
  TRY(const Map* map, map_for(rule));
  TRY(const auto entry, find_in(*map, list_of(rule), seed_, rule));
  if (!entry) return std::nullopt;
  return ActiveRule{rule, entry->id, entry->expires};
}

Status RuleSet::put(const ActiveRule& active) const {
  TRY(const Map* map, map_for(active.rule));
  switch (list_of(active.rule)) {
    case ListMap::ports: return ports::put(*map, active);
    case ListMap::scoped_ports: return scoped_ports::put(*map, active);
    case ListMap::names: return names::put(*map, seed_, active);
    case ListMap::agents: return agents::put(*map, active);
    default: return addresses::put(*map, active);
  }
}

Status RuleSet::put_all(std::span<const ActiveRule> rules) const {
  std::array<std::vector<const ActiveRule*>, kLists> by_list;
  for (const ActiveRule& active : rules) {
    by_list[static_cast<std::size_t>(list_of(active.rule))].push_back(&active);
  }
  for (std::size_t i = 0; i < kLists; ++i) {
    if (by_list[i].empty()) continue;
    TRY(const Map* map, map_for(by_list[i].front()->rule));
    switch (static_cast<ListMap>(i)) {
      case ListMap::ports: TRY_OK(ports::put_all(*map, by_list[i])); break;
      case ListMap::names: TRY_OK(names::put_all(*map, seed_, by_list[i])); break;
      case ListMap::scoped_ports:
      case ListMap::agents:
        for (const ActiveRule* active : by_list[i]) TRY_OK(put(*active));
        break;
      default: TRY_OK(addresses::put_all(*map, by_list[i]));
    }
  }
  return {};
}

Status RuleSet::remove(const ActiveRule& active) const {
  TRY(const Map* map, map_for(active.rule));
  switch (list_of(active.rule)) {
    case ListMap::ports: return ports::remove(*map, active.rule);
    case ListMap::scoped_ports: return scoped_ports::remove(*map, active.rule);
    case ListMap::names: return names::remove(*map, seed_, std::get<NameRule>(active.rule.what));
    case ListMap::agents: return agents::remove(*map, std::get<AgentRule>(active.rule.what));
    default: return addresses::remove(*map, active.rule);
  }
}

Result<std::vector<ActiveRule>> RuleSet::all() const {
  std::vector<ActiveRule> rules;
  for (std::size_t i = 0; i < kLists; ++i) {
    if (maps_[i]) TRY_OK(list_in(*maps_[i], static_cast<ListMap>(i), rules));
  }
  return rules;
}

Result<bool> RuleSet::uses_bit_of(const Rule& rule) const {
  TRY(const Map* map, map_for(rule));
  std::vector<ActiveRule> rules;
  TRY_OK(list_in(*map, list_of(rule), rules));
  return std::ranges::any_of(
      rules, [&](const ActiveRule& other) { return used_bit(other.rule) == used_bit(rule); });
}

}  // namespace xdp_blacklist
