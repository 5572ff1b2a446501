#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "xdp-blacklist/instance/lists.h"
#include "xdp-blacklist/instance/map.h"
#include "xdp-blacklist/instance/pins.h"
#include "xdp-blacklist/rules/rule_file.h"

namespace xdp_blacklist {

/// Seconds of CLOCK_BOOTTIME, which expiries count in.
std::uint32_t seconds_now();

/// The mode that holds now: an allow list that nobody confirmed in time is none.
Mode mode_now(const config& settings);

/// A loaded program's rules and settings, through its pins. Locked against others while it lives.
class Instance {
 public:
  static Result<Instance> open(const Pins& pins, Access access);
  /// With a lock that the caller has.
  static Result<Instance> open(const Pins& pins, Lock lock);

  /// Gives back the lock of a writer, and is done.
  Lock release() { return std::move(*lock_); }

  const Pins& pins() const { return pins_; }
  const config& settings() const { return settings_; }
  const RuleSet& rules() const { return rules_; }

  /// Writes settings, all at once.
  Status set(const config& settings);

  /// Adds a rule, or gives one that is there another expiry. True when it is new.
  Result<bool> add(const TimedRule& rule);
  /// False when it was not there.
  Result<bool> remove(const Rule& rule);

  /// What replace() has done, or would do.
  struct Change {
    std::vector<Rule> added;
    std::vector<Rule> removed;
    std::vector<Rule> retimed;  ///< They stay, and from now on for another time.
    std::size_t kept = 0;
  };
  /// What would change if these were the rules.
  Result<Change> compare(std::span<const TimedRule> rules) const;
  /// Makes these the rules, all at once: packets meet the old ones or the new ones. Those that stay
  /// keep their ids and counters. Needs CAP_BPF, for the maps that it makes.
  Result<Change> replace(std::span<const TimedRule> rules, std::optional<Mode> mode);

  /// The counters of rules, by their ids, summed over CPUs.
  Result<std::vector<counter>> counters(std::span<const ActiveRule> rules) const;
  /// By enum verdict.
  Result<std::vector<counter>> verdicts() const;

 private:
  static Result<Instance> open(const Pins& pins, Access access, std::optional<Lock> lock);
  Instance(Pins pins, std::optional<Lock> lock, Map config_map, config settings, RuleSet rules,
           Access access);

  Status check_takes(const Rule& rule) const;
  Status put_or_sweep(const ActiveRule& active);
  /// Takes expired rules away.
  Status sweep();
  /// Ids whose counters are 0. Where none are left, of `reusable`, whose counters are not. The next
  /// set() writes what is used up.
  Result<std::vector<std::uint32_t>> new_ids(std::size_t count,
                                             std::span<const std::uint32_t> reusable);
  Status zero_counters(std::span<const std::uint32_t> ids) const;
  Result<std::vector<ActiveRule>> numbered(std::span<const TimedRule> rules,
                                           const std::vector<ActiveRule>& before, Change& change);
  Result<RuleSet> make_set(std::uint32_t set, std::span<const ActiveRule> rules) const;
  Status clear_set(std::uint32_t set) const;
  Status wait_for_packets(std::uint32_t set) const;

  Pins pins_;
  std::optional<Lock> lock_;  ///< Of writers.
  Map config_map_;
  config settings_;
  RuleSet rules_;
  Access access_;
};

/// Sums the values that a per-CPU map gave for one key.
counter sum(Bytes per_cpu);

}  // namespace xdp_blacklist
