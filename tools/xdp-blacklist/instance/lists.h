#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "xdp-blacklist/bpf/layout.h"
#include "xdp-blacklist/instance/map.h"
#include "xdp-blacklist/instance/pins.h"
#include "xdp-blacklist/rules/rule.h"

// Rules in maps: which list a rule is in, and with what keys.

namespace xdp_blacklist {

/// The maps that a set of rules consists of. Ports have two, by whether the rule has a scope.
enum class ListMap : std::uint8_t {
  hosts4,
  nets4,
  hosts6,
  nets6,
  ports,
  scoped_ports,
  names,
  agents,
};
inline constexpr std::array<const char*, 8> kListNames = {
    "hosts4", "nets4", "hosts6", "nets6", "ports", "scoped_ports", "names", "agents"};
inline constexpr std::size_t kLists = kListNames.size();
inline const char* name(ListMap list) { return kListNames[static_cast<std::size_t>(list)]; }

/// The map that a rule is in.
ListMap list_of(const Rule& rule);
/// Its bit in rule_set.used.
std::uint32_t used_bit(const Rule& rule);
/// Keys that the rule takes there: one, or one a port and protocol. Of `ports` they are the ports.
std::size_t entry_count(const Rule& rule);

/// The name_key of a name, lower case.
name_key hash_name(const name_key& seed, std::string_view name);

/// A rule as it is in the maps.
struct ActiveRule {
  Rule rule;
  std::uint32_t id;
  std::uint32_t expires;  ///< As in struct rule.
};

/// One of the two sets of rules.
class RuleSet {
 public:
  /// Opens the pinned lists. One that an object does not have is not there.
  static Result<RuleSet> open(const Pins& pins, std::uint32_t set, const name_key& seed,
                              Access access);
  explicit RuleSet(const name_key& seed) : seed_(seed) {}

  void take(ListMap list, Map map) { maps_[static_cast<std::size_t>(list)] = std::move(map); }
  /// Null when there is no such list.
  const Map* map(ListMap list) const;

  /// The rule that is exactly this one, expired or not.
  Result<std::optional<ActiveRule>> find(const Rule& rule) const;
  /// Puts it there, over one that is exactly this one. Fails when a port of it is another rule's.
  Status put(const ActiveRule& rule) const;
  /// Puts many into lists that are empty. The error of one names it.
  Status put_all(std::span<const ActiveRule> rules) const;
  Status remove(const ActiveRule& rule) const;
  /// All rules of all lists.
  Result<std::vector<ActiveRule>> all() const;
  /// Whether there is a rule that has this one's used_bit().
  Result<bool> uses_bit_of(const Rule& rule) const;

 private:
  Result<const Map*> map_for(const Rule& rule) const;

  name_key seed_;
  std::array<std::optional<Map>, kLists> maps_;
};

}  // namespace xdp_blacklist
