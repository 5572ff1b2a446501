#include <algorithm>
#include <map>
#include <utility>

#include "xdp-blacklist/instance/list_entries.h"

namespace xdp_blacklist {
namespace {

rule& entry_in(name_rules& rules, bool below) { return below ? rules.below : rules.exact; }

name_rules named(const std::string& name) {
  name_rules rules{};
  name.copy(rules.name, sizeof rules.name - 1);
  return rules;
}

}  // namespace

namespace names {

Result<std::optional<rule>> find(const Map& map, const name_key& seed, const NameRule& name) {
  name_rules rules{};
  TRY(const bool found, map.get(hash_name(seed, name.name), rules));
  const rule entry = entry_in(rules, name.below);
  return found && entry.id != 0 ? std::optional(entry) : std::nullopt;
}

Status put(const Map& map, const name_key& seed, const ActiveRule& active) {
  const auto& name = std::get<NameRule>(active.rule.what);
  name_rules rules = named(name.name);
  const name_key key = hash_name(seed, name.name);
  TRY_OK(map.get(key, rules));
  entry_in(rules, name.below) = entry_of(active);
  return map.put(key, rules);
}

Status put_all(const Map& map, const name_key& seed, std::span<const ActiveRule* const> all) {
  std::vector<name_key> keys;
  std::vector<name_rules> values;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::size_t> places;
  for (const ActiveRule* active : all) {
    const auto& name = std::get<NameRule>(active->rule.what);
    const name_key key = hash_name(seed, name.name);
    const auto [place, is_new] = places.try_emplace({key.a, key.b}, keys.size());
    if (is_new) {
      keys.push_back(key);
      values.push_back(named(name.name));
    }
    entry_in(values[place->second], name.below) = entry_of(*active);
  }
  return map.update_all(std::as_bytes(std::span(keys)), std::as_bytes(std::span(values)));
}

Status remove(const Map& map, const name_key& seed, const NameRule& name) {
  name_rules rules{};
  const name_key key = hash_name(seed, name.name);
  TRY(const bool found, map.get(key, rules));
  if (!found) return {};
  entry_in(rules, name.below) = {};
  if (rules.exact.id != 0 || rules.below.id != 0) return map.put(key, rules);
  TRY_OK(map.remove(key));
  return {};
}

Status list(const Map& map, std::vector<ActiveRule>& rules) {
  return map.for_each([&](Bytes, Bytes value) {
    auto entry = as<name_rules>(value);
    const std::string name(entry.name, strnlen(entry.name, sizeof entry.name));
    for (const bool below : {false, true}) {
      const rule part = entry_in(entry, below);
      if (part.id == 0) continue;
      rules.push_back({{.what = NameRule{.name = name, .below = below}}, part.id, part.expires});
    }
    return true;
  });
}

}  // namespace names

namespace agents {
namespace {

Result<std::vector<agent_rule>> read(const Map& map) {
  std::vector<agent_rule> all;
  for (std::uint32_t i = 0; i < AGENTS_MAX; ++i) {
    agent_rule agent{};
    TRY_OK(map.get(i, agent));
    if (agent.rule.id == 0) break;
    all.push_back(agent);
  }
  return all;
}

std::string text_of(const agent_rule& agent) {
  return {agent.text, std::min<std::size_t>(agent.length, AGENT_MAX_LENGTH)};
}

}  // namespace

Result<std::optional<rule>> find(const Map& map, const AgentRule& agent) {
  TRY(const auto all, read(map));
  const auto found = std::ranges::find(all, agent.text, text_of);
  return found == all.end() ? std::nullopt : std::optional(found->rule);
}

Status put(const Map& map, const ActiveRule& active) {
  const auto& text = std::get<AgentRule>(active.rule.what).text;
  TRY(const auto all, read(map));
  const auto place =
      static_cast<std::uint32_t>(std::ranges::find(all, text, text_of) - all.begin());
  if (place >= AGENTS_MAX) {
    return btfreloc::fail(btfreloc::Errc::out_of_range,
                          "there are 16 rules of agents, and no more fit", {},
                          "take one away: `xdp-blacklist list agents`");
  }
  agent_rule agent{
      .rule = entry_of(active), .length = static_cast<std::uint32_t>(text.size()), .text = {}};
  text.copy(agent.text, AGENT_MAX_LENGTH);
  return map.put(place, agent);
}

Status remove(const Map& map, const AgentRule& agent) {
  TRY(const auto all, read(map));
  const auto found = std::ranges::find(all, agent.text, text_of);
  if (found == all.end()) return {};
  // The last one takes its place, so that no packet meets a hole.
  const auto last = static_cast<std::uint32_t>(all.size() - 1);
  TRY_OK(map.put(static_cast<std::uint32_t>(found - all.begin()), all.back()));
  return map.put(last, agent_rule{});
}

Status list(const Map& map, std::vector<ActiveRule>& rules) {
  TRY(const auto all, read(map));
  for (const agent_rule& agent : all) {
    rules.push_back(
        {{.what = AgentRule{.text = text_of(agent)}}, agent.rule.id, agent.rule.expires});
  }
  return {};
}

}  // namespace agents
}  // namespace xdp_blacklist
