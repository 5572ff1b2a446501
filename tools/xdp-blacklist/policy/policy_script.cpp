#include "xdp-blacklist/policy/policy_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <lua.hpp>
#include <utility>

#include "xdp-blacklist/policy/policy_state.h"

namespace xdp_blacklist {
namespace {

constexpr int kMaxDepth = 32;  // of an event's JSON

/// lua_Alloc with a limit. Refused, Lua frees what it can and asks once more.
void* allocate(void* state_pointer, void* block, std::size_t old_size, std::size_t new_size) {
  auto& state = *static_cast<PolicyState*>(state_pointer);
  if (block == nullptr) old_size = 0;  // it is the kind of object then
  if (new_size == 0) {
    std::free(block);
    state.memory -= old_size;
    return nullptr;
  }
  if (new_size > old_size && new_size - old_size > state.limits.memory - state.memory) {
    if (state.lua != nullptr) state.error_line = running_line(state.lua);
    return nullptr;
  }
  void* result = std::realloc(block, new_size);
  if (result != nullptr) state.memory += new_size - old_size;
  return result;
}

// So often that a limit is passed by a thousandth, so rarely that counting costs nothing.
constexpr int kHookPeriod = 1000;  // instructions

void count_instructions(lua_State* lua, lua_Debug*) {
  PolicyState& state = state_of(lua);
  if (!state.is_over) {
    state.instructions += kHookPeriod;
    if (state.instructions < state.limits.instructions) return;
    state.error_line = running_line(lua);
    stop_event(lua);
  }
  luaL_error(lua, "more than %I instructions for one event",
             static_cast<lua_Integer>(state.limits.instructions));
}

/// Notes where errors are raised that say nothing of it.
int note_error(lua_State* lua) {
  PolicyState& state = state_of(lua);
  if (!state.is_over) state.error_line = running_line(lua);
  return 1;
}

/// Never calls __tostring, and takes no memory of Lua's, of which there may be none left.
std::string error_text(lua_State* lua) {
  if (lua_type(lua, -1) == LUA_TSTRING) {
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    return {text, std::min(size, kMostText)};
  }
  if (lua_isinteger(lua, -1)) return fmt::format("{}", lua_tointeger(lua, -1));
  if (lua_isnumber(lua, -1)) return fmt::format("{}", lua_tonumber(lua, -1));
  return fmt::format("error(), given a {} instead of a text", luaL_typename(lua, -1));
}

/// "policy.lua:12: more than ...", the place once.
std::string with_place(const PolicyState& state, std::string text) {
  const std::string file = state.name + ":";
  if (text.starts_with(file)) return text;
  if (state.error_line == 0) return fmt::format("{} {}", file, text);
  return fmt::format("{}{}: {}", file, state.error_line, text);
}

}  // namespace

PolicyState& state_of(lua_State* lua) {
  return **static_cast<PolicyState**>(lua_getextraspace(lua));
}

int running_line(lua_State* lua) {
  lua_Debug frame;
  for (int level = 0; lua_getstack(lua, level, &frame) != 0; ++level) {
    lua_getinfo(lua, "l", &frame);
    if (frame.currentline > 0) return frame.currentline;
  }
  return 0;
}

void stop_event(lua_State* lua) {
  state_of(lua).is_over = true;
  lua_sethook(lua, count_instructions, LUA_MASKCOUNT, 1);
}

namespace {

void push_json(lua_State* lua, const Json& json, int depth) {
  luaL_checkstack(lua, 4, "event");
  if (depth > kMaxDepth) luaL_error(lua, "an event nested deeper than %d", kMaxDepth);
  switch (json.type()) {
    case Json::value_t::null:
    case Json::value_t::discarded:
    case Json::value_t::binary: lua_pushnil(lua); break;
    case Json::value_t::boolean: lua_pushboolean(lua, *json.get_ptr<const bool*>() ? 1 : 0); break;
    case Json::value_t::number_integer:
      lua_pushinteger(lua, *json.get_ptr<const std::int64_t*>());
      break;
    case Json::value_t::number_unsigned:
      // Those above 2^63 - 1 are negative, as string.format("%u") and math.ult() take them.
      lua_pushinteger(lua, static_cast<lua_Integer>(*json.get_ptr<const std::uint64_t*>()));
      break;
    case Json::value_t::number_float: lua_pushnumber(lua, *json.get_ptr<const double*>()); break;
    case Json::value_t::string: {
      const auto* text = json.get_ptr<const std::string*>();
      lua_pushlstring(lua, text->data(), text->size());
      break;
    }
    case Json::value_t::array: {
      lua_createtable(lua, static_cast<int>(json.size()), 0);
      lua_Integer index = 0;
      for (auto it = json.begin(); it != json.end(); ++it) {
        push_json(lua, *it, depth + 1);
        lua_rawseti(lua, -2, ++index);
      }
      break;
    }
    case Json::value_t::object:
      lua_createtable(lua, 0, static_cast<int>(json.size()));
      for (auto it = json.begin(); it != json.end(); ++it) {
        lua_pushlstring(lua, it.key().data(), it.key().size());
        push_json(lua, *it, depth + 1);
        lua_rawset(lua, -3);
      }
      break;
  }
}

}  // namespace

void push_json(lua_State* lua, const Json& json) { push_json(lua, json, 0); }

/// What is done in protected mode; source is null for all but load().
struct PolicyScript::Call {
  PolicyState* state;
  std::string_view source = {};
  const Json* event = nullptr;
  std::int64_t now = 0;

  static int run(lua_State* lua);
  static void load(lua_State* lua, const Call& call);
};

void PolicyScript::Call::load(lua_State* lua, const Call& call) {
  open_policy_library(lua);
  lua_pushfstring(lua, "@%s", call.state->name.c_str());
  // Text only: Lua does not check compiled code.
  const int status =
      luaL_loadbufferx(lua, call.source.data(), call.source.size(), lua_tostring(lua, -1), "t");
  if (status != LUA_OK) lua_error(lua);
  lua_call(lua, 0, 0);
  if (lua_getglobal(lua, "on_event") != LUA_TFUNCTION) {
    call.state->error_line = 0;
    luaL_error(lua, "defines no function on_event(event)");
  }
  if (lua_getglobal(lua, "on_start") != LUA_TNIL) lua_call(lua, 0, 0);
}

int PolicyScript::Call::run(lua_State* lua) {
  const Call& call = *static_cast<const Call*>(lua_touserdata(lua, 1));
  if (call.source.data() != nullptr) {
    load(lua, call);
  } else if (call.event != nullptr) {
    lua_getglobal(lua, "on_event");
    push_json(lua, *call.event);
    lua_call(lua, 1, 0);
  } else if (lua_getglobal(lua, "on_tick") != LUA_TNIL) {
    lua_pushinteger(lua, call.now);
    lua_call(lua, 1, 0);
  }
  return 0;
}

PolicyScript::PolicyScript(std::string name, const PolicyLimits& limits)
    : state_(std::make_unique<PolicyState>(std::move(name), limits)) {
  state_->lua = lua_newstate(allocate, state_.get());
  if (state_->lua == nullptr) return;  // even that is more than the limit
  *static_cast<PolicyState**>(lua_getextraspace(state_->lua)) = state_.get();
}

PolicyScript::~PolicyScript() {
  // Nothing of the script runs: there is no __gc.
  if (state_->lua != nullptr) lua_close(state_->lua);
}

ScriptOutcome PolicyScript::run(const Call& call) {
  PolicyState& state = *state_;
  state.outcome = {};
  state.instructions = 0;
  state.is_over = false;
  state.error_line = 0;
  lua_State* lua = state.lua;
  if (lua == nullptr) return {.error = state.name + ": not enough memory to start Lua"};

  const auto period = std::clamp<std::uint64_t>(state.limits.instructions, 1, kHookPeriod);
  lua_sethook(lua, count_instructions, LUA_MASKCOUNT, static_cast<int>(period));
  // None of these takes memory, so that errors are raised in protected mode only.
  lua_pushcfunction(lua, note_error);
  lua_pushcfunction(lua, Call::run);
  lua_pushlightuserdata(lua, const_cast<Call*>(&call));
  if (lua_pcall(lua, 1, 0, 1) != LUA_OK) {
    state.outcome.error = with_place(state, error_text(lua));
    state.outcome.requests.clear();
  }
  lua_settop(lua, 0);
  return std::exchange(state.outcome, {});
}

ScriptOutcome PolicyScript::load(std::string_view source) {
  return run({.state = state_.get(), .source = source.data() != nullptr ? source : ""});
}

ScriptOutcome PolicyScript::event(const Json& event) {
  return run({.state = state_.get(), .event = &event});
}

ScriptOutcome PolicyScript::tick(std::int64_t now) {
  return run({.state = state_.get(), .now = now});
}

int PolicyScript::line_in_signal_handler() const {
  return state_->lua != nullptr ? running_line(state_->lua) : 0;
}

}  // namespace xdp_blacklist
