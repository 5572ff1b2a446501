#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "btf/value.h"
#include "xdp-blacklist/policy/policy_script.h"
#include "xdp-blacklist/rules/rule.h"

// Policy in a script: events in, changes of rules out. The script decides, its host acts.
//
//   TRY(auto policy, Policy::start("ban.lua", text, {}, host, system_scope_names()));
//   for (each event) TRY_OK(policy->event(event_of(value)));
//   (each second)    TRY_OK(policy->tick(now));

namespace xdp_blacklist {

struct PolicyChange {
  bool is_block;  ///< Or unblock, whose rules have no `lasts`.
  TimedRule rule;
};

/// What a policy acts on: the maps; in tests, a list.
struct PolicyHost {
  virtual ~PolicyHost() = default;
  /// All that one event asked for, never empty. An error counts as the script's.
  virtual btfreloc::Status apply(std::span<const PolicyChange> changes) = 0;
  /// One line for people, without control characters. Of the script, or about its errors.
  virtual void log(std::string_view line) = 0;
};

/// A script that runs in a process of its own, which can do nothing but answer.
///
/// The handler of an event either returns, and all its changes are applied, or it fails, is logged
/// and changes nothing. What the script has in its globals stays as the failed handler left it,
/// except when it had to be ended because of the time it took: then it starts anew.
class Policy {
 public:
  /// Runs the script once. Fails when it cannot be read, fails itself, or when this build has no
  /// Lua. Start it before maps are opened: its process shares what memory is mapped then.
  static btfreloc::Result<std::unique_ptr<Policy>> start(std::string name, std::string source,
                                                         const PolicyLimits& limits,
                                                         PolicyHost& host, const ScopeNames& names);
  virtual ~Policy() = default;

  /// These fail when the script has failed PolicyLimits::failures times in a row: it is done.
  virtual btfreloc::Status event(const Json& event) = 0;
  /// `now` in seconds of CLOCK_BOOTTIME, as the time in events is in nanoseconds.
  virtual btfreloc::Status tick(std::int64_t now) = 0;
};

}  // namespace xdp_blacklist
