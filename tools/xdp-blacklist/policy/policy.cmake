# The engine of `xdp-blacklist policy`. Without Lua 5.4 the command is there and says so.
pkg_search_module(lua IMPORTED_TARGET lua5.4 lua-5.4 lua54)
set(XDP_BLACKLIST_HAS_LUA ${lua_FOUND} CACHE INTERNAL "For the tests")
if(lua_FOUND)
  target_sources(xdp_blacklist PRIVATE
    policy/policy.cpp policy/policy_library.cpp policy/policy_sandbox.cpp
    policy/policy_script.cpp policy/policy_worker.cpp)
  target_link_libraries(xdp_blacklist PRIVATE PkgConfig::lua)
else()
  message(STATUS "No Lua 5.4: no xdp-blacklist policy")
  target_sources(xdp_blacklist PRIVATE policy/policy_without_lua.cpp)
endif()
