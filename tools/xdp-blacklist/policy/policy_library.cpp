#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "xdp-blacklist/policy/policy_state.h"
#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {

using btfreloc::Result;

namespace {

/// Which names there are is asked where the rule is applied: the script's process cannot know.
struct AnyName final : ScopeNames {
  Result<std::uint32_t> interface_index(const std::string&) const override { return 1; }
  Result<std::uint32_t> netns_inode(const std::string&) const override { return 1; }
  std::string interface_name(std::uint32_t) const override { return {}; }
  std::string netns_name(std::uint32_t) const override { return {}; }
};

}  // namespace

const char* PolicyState::add_request(bool is_block, std::string_view rule, int line) {
  complaint.clear();
  if (outcome.requests.size() == kMostRequests) {
    complaint = fmt::format("more than {} changes for one event", kMostRequests);
  } else if (rule.size() > kMostText) {
    complaint = fmt::format("a rule of {} bytes; at most {}", rule.size(), kMostText);
  } else if (const auto parsed = parse_rule_line(rule, AnyName{}); !parsed) {
    const btfreloc::Error& error = parsed.error();
    complaint =
        error.hint.empty() ? error.message : fmt::format("{} ({})", error.message, error.hint);
  } else if (!is_block && parsed->lasts) {
    complaint = "unblock() is for good";
  }
  if (!complaint.empty()) return complaint.c_str();
  outcome.requests.push_back({is_block, std::string(rule), line});
  return nullptr;
}

void PolicyState::add_log(std::string_view text) {
  if (outcome.log.size() == kMostLogLines) outcome.log.emplace_back("(more lines were left out)");
  if (outcome.log.size() > kMostLogLines) return;
  outcome.log.emplace_back(text.substr(0, kMostText));
}

namespace {

/// Replaces the value on top, an option, by its text.
void make_option_text(lua_State* lua, const char* option) {
  if (lua_isinteger(lua, -1)) {
    const bool is_duration = std::strcmp(option, "for") == 0;
    lua_pushfstring(lua, is_duration ? "%Is" : "%I", lua_tointeger(lua, -1));
  } else if (lua_type(lua, -1) == LUA_TSTRING) {
    const char* text = lua_tostring(lua, -1);
    if (std::strlen(text) != lua_rawlen(lua, -1) || text[std::strcspn(text, " \t\r\n\"")] != 0) {
      luaL_error(lua, "option %s must be one word", option);
    }
    lua_pushvalue(lua, -1);
  } else {
    luaL_error(lua, "option %s must be a string or an integer, not %s", option,
               luaL_typename(lua, -1));
  }
  lua_remove(lua, -2);
}

struct Option {
  const char* name;  ///< In the table.
  const char* word;  ///< In a rule line.
};
// `for` is a word of Lua: {for="10m"} cannot be written, {["for"]="10m"} can.
constexpr auto kOptions = std::to_array<Option>({{"lasts", "for"},
                                                 {"for", "for"},
                                                 {"interface", "interface"},
                                                 {"group", "group"},
                                                 {"netns", "netns"}});

/// Options of the table at 2, appended to the rule on top of the stack.
void append_options(lua_State* lua) {
  luaL_checktype(lua, 2, LUA_TTABLE);
  for (lua_pushnil(lua); lua_next(lua, 2) != 0; lua_pop(lua, 1)) {
    const char* key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
    const auto is_key = [&](const Option& option) { return std::strcmp(option.name, key) == 0; };
    if (std::ranges::none_of(kOptions, is_key)) {
      luaL_error(lua, "no option is called '%s'; there are lasts, interface, group, netns", key);
    }
  }
  for (const Option& option : kOptions) {
    lua_pushstring(lua, option.name);
    if (lua_rawget(lua, 2) == LUA_TNIL) {
      lua_pop(lua, 1);
      continue;
    }
    make_option_text(lua, option.word);
    lua_pushfstring(lua, "%s %s=%s", lua_tostring(lua, -2), option.word, lua_tostring(lua, -1));
    lua_replace(lua, -3);
    lua_pop(lua, 1);
  }
}

int change(lua_State* lua, bool is_block) {
  std::size_t size = 0;
  const char* rule = luaL_checklstring(lua, 1, &size);
  if (std::strlen(rule) != size) return luaL_argerror(lua, 1, "it has a byte 0");
  lua_settop(lua, 2);
  lua_pushvalue(lua, 1);
  if (!lua_isnil(lua, 2)) append_options(lua);
  const char* complaint =
      state_of(lua).add_request(is_block, lua_tostring(lua, -1), running_line(lua));
  if (complaint != nullptr) return luaL_error(lua, "%s", complaint);
  return 0;
}

int block(lua_State* lua) { return change(lua, true); }
int unblock(lua_State* lua) { return change(lua, false); }

/// Any values, as print() writes them.
int log(lua_State* lua) {
  const int count = lua_gettop(lua);
  luaL_Buffer text;
  luaL_checkstack(lua, count + LUA_MINSTACK, "too many values");
  for (int i = 1; i <= count; ++i) luaL_tolstring(lua, i, nullptr);
  luaL_buffinit(lua, &text);
  for (int i = 1; i <= count; ++i) {
    std::size_t size = 0;
    const char* part = lua_tolstring(lua, count + i, &size);
    if (i > 1) luaL_addchar(&text, ' ');
    luaL_addlstring(&text, part, std::min(size, kMostText));
  }
  luaL_pushresult(&text);
  std::size_t size = 0;
  const char* line = lua_tolstring(lua, -1, &size);
  state_of(lua).add_log({line, size});
  return 0;
}

/// Whether what was caught must go on upwards. Memory that ran out is a limit passed; buffers of
/// strings report it as an ordinary error with this text.
bool must_rethrow(lua_State* lua, int status) {
  PolicyState& state = state_of(lua);
  const bool is_text = lua_type(lua, -1) == LUA_TSTRING;
  if (status == LUA_ERRMEM ||
      (is_text && std::strcmp(lua_tostring(lua, -1), "not enough memory") == 0)) {
    stop_event(lua);
  }
  return state.is_over;
}

/// pcall(f, ...), which lets the limits through.
int safe_pcall(lua_State* lua) {
  luaL_checkany(lua, 1);
  const int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
  if (status != LUA_OK && must_rethrow(lua, status)) return lua_error(lua);
  luaL_checkstack(lua, 1, nullptr);
  lua_pushboolean(lua, status == LUA_OK ? 1 : 0);
  lua_insert(lua, 1);
  return lua_gettop(lua);
}

/// Calls the script's handler of errors, which is the upvalue, unless a limit is passed.
int handle_error(lua_State* lua) {
  if (state_of(lua).is_over) return 1;
  lua_pushvalue(lua, lua_upvalueindex(1));
  lua_insert(lua, 1);
  lua_call(lua, 1, 1);
  return 1;
}

/// xpcall(f, handler, ...), which lets the limits through.
int safe_xpcall(lua_State* lua) {
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  lua_pushvalue(lua, 2);
  lua_pushcclosure(lua, handle_error, 1);
  lua_pushvalue(lua, 1);
  lua_replace(lua, 2);
  lua_replace(lua, 1);  // The handler, f, arguments.
  const int status = lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 1);
  if (status != LUA_OK && must_rethrow(lua, status)) return lua_error(lua);
  lua_pushboolean(lua, status == LUA_OK ? 1 : 0);
  lua_replace(lua, 1);
  return lua_gettop(lua);
}

/// setmetatable(table, metatable) without __gc. Lua looks for it here and never later: put into the
/// metatable afterwards it means nothing.
int safe_setmetatable(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  luaL_argexpected(lua, lua_isnoneornil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
  if (lua_istable(lua, 2)) {
    lua_pushliteral(lua, "__gc");
    if (lua_rawget(lua, 2) != LUA_TNIL) return luaL_error(lua, "a policy can have no __gc");
    lua_pop(lua, 1);
  }
  if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL) {
    return luaL_error(lua, "cannot change a protected metatable");
  }
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

constexpr luaL_Reg kReplaced[] = {
    {"block", block},
    {"unblock", unblock},
    {"log", log},
    {"print", log},
    {"pcall", safe_pcall},
    {"xpcall", safe_xpcall},
    {"setmetatable", safe_setmetatable},
    {nullptr, nullptr},
};

constexpr luaL_Reg kLibraries[] = {
    {LUA_GNAME, luaopen_base},       {LUA_STRLIBNAME, luaopen_string},
    {LUA_TABLIBNAME, luaopen_table}, {LUA_MATHLIBNAME, luaopen_math},
    {LUA_UTF8LIBNAME, luaopen_utf8},
};

// A list of what stays, so that what another release of Lua adds is not there.
constexpr const char* kGlobals[] = {
    "_G",     "_VERSION", "assert",   "error",  "getmetatable", "ipairs",       "math",
    "next",   "pairs",    "rawequal", "rawget", "rawlen",       "rawset",       "select",
    "string", "table",    "tonumber", "type",   "tostring",     "utf8",         "block",
    "pcall",  "xpcall",   "unblock",  "log",    "print",        "setmetatable",
};

/// Removes the globals that are not in the list.
void keep_globals(lua_State* lua) {
  lua_pushglobaltable(lua);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0;) {
    lua_pop(lua, 1);
    const char* name = lua_tostring(lua, -1);
    const auto is_name = [&](const char* kept) { return std::strcmp(kept, name) == 0; };
    if (std::ranges::any_of(kGlobals, is_name)) continue;
    lua_pushvalue(lua, -1);
    lua_pushnil(lua);
    lua_rawset(lua, -4);
  }
  lua_pop(lua, 1);
}

}  // namespace

void open_policy_library(lua_State* lua) {
  for (const luaL_Reg& library : kLibraries) {
    luaL_requiref(lua, library.name, library.func, 1);
    lua_pop(lua, 1);
  }
  lua_pushglobaltable(lua);
  luaL_setfuncs(lua, kReplaced, 0);
  lua_pop(lua, 1);
  keep_globals(lua);
  lua_getglobal(lua, LUA_STRLIBNAME);
  lua_pushnil(lua);
  lua_setfield(lua, -2, "dump");
  lua_pop(lua, 1);
  // Where luaL_requiref() keeps what it loaded; no function that is left reads it.
  lua_pushnil(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
}

}  // namespace xdp_blacklist
