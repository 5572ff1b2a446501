#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "xdp-blacklist/instance/lists.h"
#include "xdp-blacklist/instance/program.h"
#include "xdp-blacklist/rules/rule.h"

// Rules in the maps of our program.

namespace xdp_blacklist {

/// Ids from 1 on; none expires.
std::vector<ActiveRule> number(const std::vector<Rule>& rules);

/// used_bit() of all rules.
std::uint32_t used_bits(std::span<const ActiveRule> rules);

/// The config of an active set 0 with such lists: what rules name is dropped, without events.
config bench_config(std::uint32_t used);

/// One of Program::maps().
Result<Map> map_of(const Program& program, std::string_view name);

/// Makes set 0 hold the rules, and no others, in new maps. Those of hosts, prefixes and names are
/// for `max_entries`, or as many as the object says for 0.
Status hold_rules(const Program& program, std::span<const ActiveRule> rules,
                  std::uint32_t max_entries = 0);

}  // namespace xdp_blacklist
