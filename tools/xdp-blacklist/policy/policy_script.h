#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

// A policy in Lua and its limits, in the process that runs it. What a script has:
//
//   on_event(event), on_tick(now), on_start()   what it defines; only the first it must
//   block(rule [, options])                     options: lasts, interface, group, netns
//   unblock(rule [, options]), log(...)
//   assert error getmetatable ipairs next pairs pcall rawequal rawget rawlen rawset select
//   setmetatable tonumber tostring type xpcall, string (not dump), table, math, utf8
//
// What it has not, and why: io, os, package, load and debug reach outside; coroutines count
// instructions each for itself, so that many short ones would never be stopped; collectgarbage
// would switch off what keeps memory small; and metatables with __gc, because Lua runs those
// without the hook that counts.
//
// Memory is limited in the allocator, instructions by the hook, and neither error can be caught by
// the script. Loops within C functions (patterns, string.rep("", 1 << 62), table.move) are neither:
// against them there is only time, see policy_worker.h.

namespace xdp_blacklist {

struct PolicyState;

using Json = nlohmann::ordered_json;

struct PolicyLimits {
  std::size_t memory = std::size_t{16} << 20;  ///< In bytes.
  std::uint64_t instructions = 1'000'000;      ///< Of Lua, for each event.
  std::chrono::milliseconds cpu_time{1000};    ///< For each event.
  unsigned failures = 10;                      ///< In a row, before the policy is stopped.
};

/// What a script asked for, in the words of a rule line.
struct PolicyRequest {
  bool is_block;  ///< Or unblock.
  std::string rule;
  int line;  ///< Of the script.
};

struct ScriptOutcome {
  std::vector<PolicyRequest> requests = {};  ///< None when it failed.
  std::vector<std::string> log = {};         ///< What it logged, even so.
  std::string error = {};                    ///< Starts with file and line; empty: none.
};

/// At most these for one event; the memory they take is not the script's.
inline constexpr std::size_t kMostRequests = 10'000;
inline constexpr std::size_t kMostLogLines = 100;
inline constexpr std::size_t kMostText = 1024;  ///< Bytes of a rule, a line of log, an error.

class PolicyScript {
 public:
  /// `name` is what errors call the script.
  PolicyScript(std::string name, const PolicyLimits& limits);
  PolicyScript(const PolicyScript&) = delete;
  PolicyScript& operator=(const PolicyScript&) = delete;
  ~PolicyScript();

  /// Runs the text of the script and its on_start(). Comes first, and once.
  ScriptOutcome load(std::string_view source);
  ScriptOutcome event(const Json& event);
  /// `now` in seconds.
  ScriptOutcome tick(std::int64_t now);

  /// The line that is running, 0 when none is. For a handler of signals that ends the process: it
  /// reads what may be half written.
  int line_in_signal_handler() const;

 private:
  struct Call;
  ScriptOutcome run(const Call& call);

  std::unique_ptr<PolicyState> state_;
};

}  // namespace xdp_blacklist
