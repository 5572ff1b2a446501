#include "xdp-blacklist/policy/policy_script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace xdp_blacklist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

/// A script whose handler of events has this body, which has `event` and a table `state`.
ScriptOutcome outcome_of(const std::string& body, const Json& event = Json::object(),
                         const PolicyLimits& limits = {}) {
  PolicyScript script("p.lua", limits);
  const ScriptOutcome loaded =
      script.load("state = {}\nfunction on_event(event)\n" + body + "\nend\n");
  EXPECT_EQ(loaded.error, "");
  return script.event(event);
}

/// What body returns, as text.
std::string value_of(const std::string& body, const Json& event = Json::object()) {
  const ScriptOutcome outcome =
      outcome_of("local function f(event) " + body + " end log(f(event))", event);
  EXPECT_EQ(outcome.error, "");
  return outcome.log.empty() ? "" : outcome.log[0];
}

// ---- What a script asks for --------------------------------------------------------------------

TEST(PolicyScript, AsksForChanges) {
  const ScriptOutcome outcome = outcome_of(R"(
    block("10.1.2.3")
    block(event.source, {lasts = "10m", group = 7})
    unblock("tcp:443", {interface = "eth0"})
    block("2001:db8::/32", {["for"] = 90}))",
                                           {{"source", "10.9.9.9"}});
  EXPECT_EQ(outcome.error, "");
  ASSERT_THAT(outcome.requests, SizeIs(4));
  EXPECT_EQ(outcome.requests[0].rule, "10.1.2.3");
  EXPECT_EQ(outcome.requests[0].line, 4);
  EXPECT_TRUE(outcome.requests[0].is_block);
  EXPECT_EQ(outcome.requests[1].rule, "10.9.9.9 for=10m group=7");
  EXPECT_EQ(outcome.requests[2].rule, "tcp:443 interface=eth0");
  EXPECT_FALSE(outcome.requests[2].is_block);
  EXPECT_EQ(outcome.requests[3].rule, "2001:db8::/32 for=90s");
}

TEST(PolicyScript, AsksForNothingWhenItFails) {
  const ScriptOutcome outcome = outcome_of("block('10.1.2.3') log('so far') error('no')");
  EXPECT_EQ(outcome.error, "p.lua:3: no");
  EXPECT_THAT(outcome.requests, IsEmpty());
  EXPECT_THAT(outcome.log, ElementsAre("so far"));
}

TEST(PolicyScript, HasStateInItsGlobals) {
  PolicyScript script("p.lua", {});
  ASSERT_EQ(script.load("n = 0\nfunction on_event() n = n + 1 log(n) end").error, "");
  script.event(Json::object());
  EXPECT_THAT(script.event(Json::object()).log, ElementsAre("2"));
}

TEST(PolicyScript, TicksAndStarts) {
  PolicyScript script("p.lua", {});
  const ScriptOutcome loaded = script.load(
      "function on_event() end function on_start() block('10.0.0.1') end "
      "function on_tick(now) log(now) end");
  EXPECT_THAT(loaded.requests, SizeIs(1));
  EXPECT_THAT(script.tick(1234).log, ElementsAre("1234"));
  PolicyScript without("p.lua", {});
  ASSERT_EQ(without.load("function on_event() end").error, "");
  EXPECT_EQ(without.tick(1).error, "");
}

TEST(PolicyScript, SeesEvents) {
  const Json event = {{"time", 12345678901234567},
                      {"what", {{"kind", "drop_port"}, {"port", 80}}},
                      {"list", {1, 2, 3}},
                      {"yes", true},
                      {"none", nullptr},
                      {"text", "ab"},
                      {"real", 1.5}};
  EXPECT_EQ(value_of("return event.time, event.what.kind, event.what.port", event),
            "12345678901234567 drop_port 80");
  EXPECT_EQ(value_of("return #event.list, event.list[3], event.yes, event.none, event.real", event),
            "3 3 true nil 1.5");
  EXPECT_EQ(value_of("return math.type(event.what.port), math.type(event.real)", event),
            "integer float");
}

TEST(PolicyScript, RefusesEventsThatAreTooDeep) {
  Json deep = 1;
  for (int i = 0; i < 40; ++i) deep = Json::array({deep});
  EXPECT_THAT(outcome_of("", deep).error, HasSubstr("an event nested deeper than 32"));
}

struct WrongCall {
  std::string_view body, error;
};
class WrongCalls : public testing::TestWithParam<WrongCall> {};

TEST_P(WrongCalls, SayWhatIsWrong) {
  const ScriptOutcome outcome = outcome_of("block('10.0.0.1')" + std::string(GetParam().body));
  EXPECT_THAT(outcome.error, StartsWith("p.lua:3: "));
  EXPECT_THAT(outcome.error, HasSubstr(std::string(GetParam().error)));
  EXPECT_THAT(outcome.requests, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(PolicyScript, WrongCalls,
                         testing::ValuesIn<WrongCall>({
                             {"block()", "string expected"},
                             {"block({})", "string expected"},
                             {"block('10.1.2.3/8')", "10.0.0.0/8"},
                             {"block('10.0.0.1\\0 for=1m')", "byte 0"},
                             {"block(('1'):rep(2000))", "a rule of 2000 bytes"},
                             {"block('10.0.0.1', 7)", "table expected"},
                             {"block('10.0.0.1', {time='1m'})", "no option is called 'time'"},
                             {"block('10.0.0.1', {'1m'})", "no option is called ''"},
                             {"block('10.0.0.1', {lasts=1.5})", "must be a string or an integer"},
                             {"block('10.0.0.1', {lasts={}})", "must be a string or an integer"},
                             {"block('10.0.0.1', {interface='a group=7'})", "one word"},
                             {"unblock('10.0.0.1', {lasts='10m'})", "for good"},
                             {"for i = 1, 10001 do block('10.0.0.1') end",
                              "more than 10000 changes"},
                             {"local x = nil + 1", "arithmetic"},
                             {"error()", "nil"},
                             {"error({})", "given a table"},
                             {"error(print)", "given a function"},
                             {"error(12, 0)", "12"},
                         }));

TEST(PolicyScript, LimitsItsLog) {
  const ScriptOutcome outcome = outcome_of("for i = 1, 200 do log(('x'):rep(5000)) end");
  EXPECT_EQ(outcome.error, "");
  ASSERT_THAT(outcome.log, SizeIs(kMostLogLines + 1));
  EXPECT_EQ(outcome.log[0].size(), kMostText);
  EXPECT_THAT(outcome.log.back(), HasSubstr("left out"));
}

TEST(PolicyScript, LogsAnyValue) {
  EXPECT_EQ(value_of("return 1, 'a', nil, true, setmetatable({}, {__tostring="
                     "function() return 'mine' end})"),
            "1 a nil true mine");
}

// ---- Scripts that cannot start -----------------------------------------------------------------

TEST(PolicyScript, MustBeAScript) {
  const auto load = [](std::string_view source) {
    return PolicyScript("p.lua", {}).load(source).error;
  };
  EXPECT_THAT(load("x ="), HasSubstr("p.lua:1: unexpected symbol"));
  EXPECT_EQ(load(""), "p.lua: defines no function on_event(event)");
  EXPECT_EQ(load("on_event = 1"), "p.lua: defines no function on_event(event)");
  EXPECT_THAT(load("\x1bLuaT"), HasSubstr("attempt to load a binary chunk"));
  EXPECT_EQ(load("error('early')"), "p.lua:1: early");
  EXPECT_THAT(load("while true do end"), HasSubstr("p.lua:1: more than 1000000 instructions"));
  EXPECT_EQ(load("function on_event() end\nfunction on_start() error('late') end"),
            "p.lua:2: late");
  EXPECT_THAT(load("return " + std::string(100'000, '(')), HasSubstr("overflow"));
  EXPECT_THAT(load("return '" + std::string(20'000'000, 'x') + "'"),
              HasSubstr("not enough memory"));
}

TEST(PolicyScript, NeedsMemoryToStart) {
  EXPECT_THAT(PolicyScript("p.lua", {.memory = 100}).load("").error,
              HasSubstr("not enough memory"));
  EXPECT_THAT(PolicyScript("p.lua", {.memory = 8000}).load("").error,
              HasSubstr("not enough memory"));
}

// ---- What it has not ---------------------------------------------------------------------------

class Absent : public testing::TestWithParam<std::string_view> {};

TEST_P(Absent, IsNotThere) { EXPECT_EQ(value_of(fmt::format("return {}", GetParam())), "nil"); }

INSTANTIATE_TEST_SUITE_P(PolicyScript, Absent,
                         testing::Values("io", "os", "package", "require", "debug", "load",
                                         "loadfile", "loadstring", "dofile", "collectgarbage",
                                         "coroutine", "warn", "string.dump", "_G.io",
                                         "getmetatable('').__index.dump"));

TEST(PolicyScript, HasNothingElse) {
  EXPECT_EQ(value_of("local t = {} for k in pairs(_G) do t[#t + 1] = k end table.sort(t) "
                     "return table.concat(t, ' ')"),
            "_G _VERSION assert block error getmetatable ipairs log math next on_event pairs pcall "
            "print rawequal rawget rawlen rawset select setmetatable state string table tonumber "
            "tostring type unblock utf8 xpcall");
}

TEST(PolicyScript, HasTheLibrariesItMay) {
  EXPECT_EQ(value_of("return ('a,b'):gsub(',', ';')"), "a;b 1");
  EXPECT_EQ(value_of("return pcall(error, 'x')"), "false x");
  EXPECT_EQ(value_of("return pcall(function(...) return ... end, 1, 2)"), "true 1 2");
  EXPECT_EQ(value_of("return pcall(pcall)"), "false bad argument #1 to '?' (value expected)");
  EXPECT_EQ(value_of("return xpcall(function(a) return a end, print, 5)"), "true 5");
  EXPECT_EQ(value_of("return xpcall(error, function(e) return e .. '!' end, 'x')"), "false x!");
  EXPECT_EQ(value_of("return getmetatable(setmetatable({}, {__metatable = 5}))"), "5");
  EXPECT_EQ(value_of("return pcall(setmetatable, setmetatable({}, {__metatable = 5}), {})"),
            "false cannot change a protected metatable");
  EXPECT_EQ(value_of("return utf8.char(228), math.max(1, 2), table.concat({1, 2}, '-')"),
            "ä 2 1-2");
}

// ---- What never ends, and what is too much -----------------------------------------------------

struct Bomb {
  std::string_view name, body, error;
};
void PrintTo(const Bomb& bomb, std::ostream* out) { *out << bomb.name; }
class Bombs : public testing::TestWithParam<Bomb> {};

constexpr std::string_view kInstructions = "p.lua:[0-9]+: more than 1000000 instructions.*";
constexpr std::string_view kMemory = "p.lua:([0-9]+:)? not enough memory";

TEST_P(Bombs, AreStoppedAndChangeNothing) {
  PolicyScript script("p.lua", {});
  ASSERT_EQ(
      script
          .load("function on_event(event)\nblock('10.0.0.1');\n" + std::string(GetParam().body) +
                "\nblock('10.0.0.2')\nend\nfunction on_tick() log('alive') end")
          .error,
      "");
  const ScriptOutcome outcome = script.event(Json::object());
  EXPECT_THAT(outcome.error, MatchesRegex(std::string(GetParam().error)));
  EXPECT_THAT(outcome.requests, IsEmpty());
  EXPECT_THAT(outcome.log, IsEmpty());  // nothing ran after it
  // What was stopped is not in the way of what comes next.
  EXPECT_THAT(script.tick(0).log, ElementsAre("alive"));
}

INSTANTIATE_TEST_SUITE_P(
    PolicyScript, Bombs,
    testing::ValuesIn<Bomb>({
        {"Loop", "while true do end", kInstructions},
        {"Goto", "::again:: goto again", kInstructions},
        {"LoopInPcall", "pcall(function() while true do end end) log('ran on')", kInstructions},
        {"PcallInLoop", "while true do pcall(function() while true do end end) end", kInstructions},
        {"NestedPcall",
         "local function f(n) return pcall(n == 0 and function() while true do end end or f, n - 1)"
         " end f(50) log('ran on')",
         kInstructions},
        {"LoopInXpcall", "xpcall(function() while true do end end, print) log('ran on')",
         kInstructions},
        {"LoopInErrorHandler", "xpcall(error, function() while true do end end) log('ran on')",
         kInstructions},
        {"HandlerThatFails", "xpcall(error, function() error() end) while true do end",
         kInstructions},
        {"HandlerThatCatches",
         "xpcall(function() while true do end end, function() while true do end end) log('on')",
         kInstructions},
        {"LoopInMetamethod",
         "local x = setmetatable({}, {__index = function() while true do end end}).y",
         kInstructions},
        {"LoopInComparison",
         "local m = {__lt = function() while true do end end}"
         " table.sort({setmetatable({}, m), setmetatable({}, m)})",
         kInstructions},
        {"LoopInIteratorOfPairs",
         "for k in pairs(setmetatable({}, {__pairs = function() return function() return 1 end end}"
         ")) do end",
         kInstructions},
        {"EndlessIndexFunction",
         "local t = {} setmetatable(t, {__index = function(t, k) return t[k + 1] end})"
         " pcall(function() return t[1] end) while true do pcall(function() return t[1] end) end",
         kInstructions},
        {"LoopInClose",
         "local x <close> = setmetatable({}, {__close = function() while true do end end})",
         kInstructions},
        {"LoopInCloseAfterLimit",
         "local x <close> = setmetatable({}, {__close = function() log('ran on') while true do end"
         " end}) while true do end",
         kInstructions},
        {"PcallInCloseAfterLimit",
         "local x <close> = setmetatable({}, {__close = function() pcall(function() log('ran on')"
         " end) log('ran on') end}) while true do end",
         kInstructions},
        {"LoopInGsub", "('x'):gsub('.', function() while true do end end)", kInstructions},
        {"LoopInSort", "table.sort({3, 2, 1}, function() while true do end end)", kInstructions},
        {"LoopInTostring",
         "tostring(setmetatable({}, {__tostring = function() while true do end end}))",
         kInstructions},
        {"LoopInTostringOfLog",
         "log(setmetatable({}, {__tostring = function() while true do end end}))", kInstructions},
        {"LoopInTostringOfFormat",
         "string.format('%s', setmetatable({}, {__tostring = function() while true do end end}))",
         kInstructions},
        {"ManyShortCalls", "local function f() end while true do f() end", kInstructions},
        {"TailCalls", "local function f() return f() end f()", kInstructions},
        {"LoopOfBuiltins", "while true do math.abs(1) end", kInstructions},

        {"LongString", "local s = ('x'):rep(1 << 30)", "p.lua:3: .*(memory|too large).*"},
        {"DoubledString", "local s = 'x' while true do s = s .. s end", kMemory},
        {"DoubledStringInPcall",
         "pcall(function() local s = 'x' while true do s = s .. s end end) log('ran on')", kMemory},
        {"RepInPcall", "pcall(string.rep, 'x', 1 << 25) log('ran on')", kMemory},
        {"BufferInPcall", "pcall(string.rep, 'xy', 1 << 24) log('ran on')", kMemory},
        {"LongTable", "local t = {} for i = 1, 1 << 40 do t[i] = i end",
         "p.lua:.*(memory|instructions).*"},
        {"BigTables", "local t = {} while true do t[#t + 1] = {1, 2, 3, 4, 5, 6, 7, 8, 9} end",
         "p.lua:.*(memory|instructions).*"},
        {"TablesInPcall",
         "pcall(function() local t = {} while true do t = {t, ('x'):rep(1000) .. #t} end end)"
         " log('ran on')",
         "p.lua:.*(memory|instructions).*"},
        {"ConcatOfTable",
         "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(100000) end table.concat(t)", kMemory},
        {"GsubThatGrows", "('x'):rep(10000):gsub('x', ('y'):rep(10000))", kMemory},
        {"Unpack", "table.unpack({}, 1, 1 << 22)", "p.lua:3: .*too many results.*"},
        {"FormatThatIsLong", "('x'):rep(1000):rep(1000):rep(1000)", kMemory},
        {"Recursion", "local function f() return 1 + f() end f()",
         "p.lua:.*(memory|stack overflow).*"},
        {"RecursionInPcall", "local function f() return 1 + f() end while true do pcall(f) end",
         "p.lua:.*(memory|instructions).*"},
        {"RecursionOfPcall", "local function f() return pcall(f) end while true do f() end",
         "p.lua:.*(memory|instructions).*"},
        {"RecursionInC",
         "local function f(s) return s:gsub('.', f) end while true do pcall(f, 'x') end",
         "p.lua:.*(memory|instructions).*"},
        {"RecursionInTostring",
         "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(t) return "
         "tostring(t)"
         " end while true do pcall(tostring, t) end",
         "p.lua:.*(memory|instructions).*"},
        {"ChainOfIndexTables",
         "local t = {} for i = 1, 3000 do t = setmetatable({}, {__index = t}) end"
         " local x = t.y",
         "p.lua:3: .*__index. chain too long.*"},
        {"IndexOfItself", "local t = {} setmetatable(t, {__index = t}) local x = t.y",
         "p.lua:3: .*chain too long.*"},
        {"TableAsError", "local t = {} for i = 1, 50000 do t[i] = i end error(t)",
         "p.lua:3: .*given a table.*"},
        {"ErrorWithTostring",
         "error(setmetatable({}, {__tostring = function() while true do end end}))",
         "p.lua:3: .*given a table.*"},
        {"ErrorWithName", "error(setmetatable({}, {__name = ('x'):rep(100)}))",
         "p.lua:3: .*given a table.*"},
        {"LongError", "error(('x'):rep(1000000))", "p.lua:3: x+"},
        {"Finalizer", "setmetatable({}, {__gc = function() while true do end end})",
         "p.lua:3: a policy can have no __gc"},
        {"FinalizerThatIsTrue", "setmetatable({}, {__gc = true})",
         "p.lua:3: a policy can have no __gc"},
    }),
    [](const auto& bomb) { return std::string(bomb.param.name); });

TEST(PolicyScript, NeverRunsAFinalizerThatComesLater) {
  const ScriptOutcome outcome = outcome_of(
      "local m = {} for i = 1, 20000 do setmetatable({}, m) "
      "m.__gc = function() log('ran') end m.__gc = nil end "
      "m.__gc = function() log('ran') end");
  EXPECT_EQ(outcome.error, "");
  EXPECT_THAT(outcome.log, IsEmpty());
}

TEST(PolicyScript, CountsEachEventAnew) {
  PolicyScript script("p.lua", {});
  ASSERT_EQ(script.load("function on_event() for i = 1, 300000 do end end").error, "");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(script.event(Json::object()).error, "");
}

TEST(PolicyScript, HasLimitsThatCanBeSet) {
  const std::string loop = "for i = 1, 3000000 do end";
  EXPECT_EQ(outcome_of(loop, {}, {.instructions = 10'000'000}).error, "");
  EXPECT_THAT(outcome_of("for i = 1, 300 do end", {}, {.instructions = 100}).error,
              HasSubstr("more than 100 instructions"));
  EXPECT_EQ(outcome_of("local s = ('x'):rep(20000000)", {}, {.memory = 64 << 20}).error, "");
}

TEST(PolicyScript, FreesWhatAFailedEventTook) {
  PolicyScript script("p.lua", {});
  ASSERT_EQ(script
                .load("function on_event() local s = 'x' while true do s = s .. s end end\n"
                      "function on_tick() local s = ('x'):rep(8000000) log(#s) end")
                .error,
            "");
  EXPECT_NE(script.event(Json::object()).error, "");
  EXPECT_THAT(script.tick(0).log, ElementsAre("8000000"));
}

}  // namespace
}  // namespace xdp_blacklist
