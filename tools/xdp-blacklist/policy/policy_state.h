#pragma once

#include <cstddef>
#include <cstdint>
#include <lua.hpp>
#include <string>
#include <string_view>

#include "xdp-blacklist/policy/policy_script.h"

// What the functions of a script share with PolicyScript. Lua is C and leaves functions by longjmp:
// one that may raise an error must not own anything then. So whatever needs a destructor is in
// methods of the state, which raise none and return what to raise.

namespace xdp_blacklist {

struct PolicyState {
  PolicyState(std::string name, const PolicyLimits& limits)
      : name(std::move(name)), limits(limits) {}

  std::string name;
  PolicyLimits limits;
  lua_State* lua = nullptr;
  ScriptOutcome outcome = {};  ///< Of the event that is being handled.
  std::string complaint = {};  ///< Outlives the longjmp that reports it.

  std::size_t memory = 0;          ///< In bytes.
  std::uint64_t instructions = 0;  ///< Of this event.
  bool is_over = false;            ///< A limit was passed: no more of this event may run.
  int error_line = 0;              ///< Where the last error was raised.

  /// Null, or why the request is refused.
  const char* add_request(bool is_block, std::string_view rule, int line);
  void add_log(std::string_view text);
};

PolicyState& state_of(lua_State* lua);

/// Line of the script that is running, 0 when none is.
int running_line(lua_State* lua);

/// Puts the functions that a script may use in place, in a new state. Raises Lua errors.
void open_policy_library(lua_State* lua);

/// Raised again by everything that catches errors once a limit is passed. Sees to it that nothing
/// else of this event runs: not the rest of a handler, not __close.
void stop_event(lua_State* lua);

/// Leaves the value on the stack. Raises Lua errors.
void push_json(lua_State* lua, const Json& json);

}  // namespace xdp_blacklist
