#include "xdp-blacklist/policy/policy.h"
#include "xdp-blacklist/instance/event_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;
using btfreloc::btf::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct Names final : ScopeNames {
  Result<std::uint32_t> interface_index(const std::string& name) const override {
    if (name == "eth0") return 2;
    return fail(Errc::not_found, "there is no interface " + name);
  }
  Result<std::uint32_t> netns_inode(const std::string& name) const override {
    return fail(Errc::not_found, "there is no namespace " + name);
  }
  std::string interface_name(std::uint32_t) const override { return "eth0"; }
  std::string netns_name(std::uint32_t inode) const override { return std::to_string(inode); }
};

struct Host final : PolicyHost {
  Status apply(std::span<const PolicyChange> changes) override {
    if (!refusal.empty()) return fail(Errc::io, refusal);
    for (const PolicyChange& change : changes) {
      std::string line = (change.is_block ? "+" : "-") + text(change.rule.rule, Names{});
      if (change.rule.lasts) line += " for " + duration_text(*change.rule.lasts);
      applied.push_back(line);
    }
    ++calls;
    return {};
  }
  void log(std::string_view line) override { lines.emplace_back(line); }

  std::string refusal;
  std::vector<std::string> applied, lines;
  int calls = 0;
};

class PolicyTest : public testing::Test {
 protected:
  void start(const std::string& source, const PolicyLimits& limits = {}) {
    auto started = Policy::start("p.lua", source, limits, host_, names_);
    ASSERT_TRUE(started) << started.error().message;
    policy_ = *std::move(started);
  }
  Status event(const Json& event = Json::object()) { return policy_->event(event); }

  Names names_;
  Host host_;
  std::unique_ptr<Policy> policy_;
};

TEST_F(PolicyTest, AppliesWhatAnEventAsksForAtOnce) {
  start(
      "function on_event(e) block(e.source, {lasts='10m'}) block('tcp:80', {interface='eth0'})"
      " unblock('10.0.0.0/8') end");
  EXPECT_TRUE(event({{"source", "10.1.2.3"}}));
  EXPECT_THAT(host_.applied,
              ElementsAre("+10.1.2.3 for 10m", "+tcp:80 interface=eth0", "-10.0.0.0/8"));
  EXPECT_EQ(host_.calls, 1);
}

TEST_F(PolicyTest, DoesNotCallTheHostForNothing) {
  start("function on_event(e) end");
  EXPECT_TRUE(event());
  EXPECT_EQ(host_.calls, 0);
}

TEST_F(PolicyTest, AppliesNothingOfAnEventThatFails) {
  start("function on_event(e) block('10.0.0.1') error('no') end");
  EXPECT_TRUE(event());
  EXPECT_THAT(host_.applied, IsEmpty());
  EXPECT_THAT(host_.lines, ElementsAre("p.lua:1: no"));
}

TEST_F(PolicyTest, AppliesNothingWhenANameIsUnknown) {
  start("function on_event(e) block('10.0.0.1')\nblock('10.0.0.2', {interface='eth9'}) end");
  EXPECT_TRUE(event());
  EXPECT_THAT(host_.applied, IsEmpty());
  EXPECT_THAT(host_.lines, ElementsAre("p.lua:2: there is no interface eth9"));
}

TEST_F(PolicyTest, CountsARefusalOfTheHostAsAFailure) {
  start("function on_event(e) block('10.0.0.1') end", {.failures = 2});
  host_.refusal = "the list is full";
  EXPECT_TRUE(event());
  EXPECT_FALSE(event());
  EXPECT_THAT(host_.lines, testing::Each("p.lua: the list is full"));
}

TEST_F(PolicyTest, IsStoppedAfterFailuresInARow) {
  start("function on_event(e) if e.bad then error('bad') end end", {.failures = 3});
  const Json bad = {{"bad", true}};
  EXPECT_TRUE(event(bad));
  EXPECT_TRUE(event(bad));
  EXPECT_TRUE(event());
  EXPECT_TRUE(event(bad));
  EXPECT_TRUE(event(bad));
  const Status last = event(bad);
  ASSERT_FALSE(last);
  EXPECT_THAT(last.error().message, HasSubstr("p.lua failed 3 times in a row"));
  EXPECT_THAT(last.error().message, HasSubstr("p.lua:1: bad"));
}

TEST_F(PolicyTest, DoesNotStartWithAnError) {
  const auto started = Policy::start("p.lua", "block('10.0.0.1') x = = 1", {}, host_, names_);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("p.lua:1: unexpected symbol"));
  EXPECT_THAT(host_.applied, IsEmpty());
}

TEST_F(PolicyTest, StartsWithChanges) {
  start("function on_event() end function on_start() block('10.0.0.1') end");
  EXPECT_THAT(host_.applied, ElementsAre("+10.0.0.1"));
}

TEST_F(PolicyTest, Ticks) {
  start("function on_event() end function on_tick(now) log('at ' .. now) end");
  EXPECT_TRUE(policy_->tick(77));
  EXPECT_THAT(host_.lines, ElementsAre("at 77"));
}

TEST_F(PolicyTest, LogsNothingThatATerminalObeys) {
  start("function on_event() log('\\27[2Jx\\n') error('\\27[31m\\xff') end");
  EXPECT_TRUE(event());
  ASSERT_THAT(host_.lines, SizeIs(2));
  for (const std::string& line : host_.lines) EXPECT_EQ(line.find('\x1b'), std::string::npos);
}

TEST_F(PolicyTest, TakesManyChanges) {
  start(
      "function on_event() for i = 1, 10000 do block('10.0.' .. i // 256 .. '.' .. i % 256) end"
      " end");
  EXPECT_TRUE(event());
  EXPECT_THAT(host_.applied, SizeIs(10'000));
}

// ---- What only the end of the process stops ----------------------------------------------------

struct TimeBomb {
  std::string_view name, body;
};
void PrintTo(const TimeBomb& bomb, std::ostream* out) { *out << bomb.name; }
class TimeBombs : public PolicyTest, public testing::WithParamInterface<TimeBomb> {};

TEST_P(TimeBombs, EndAndChangeNothing) {
  start("n = 0 function on_event(e)\nn = n + 1 if e.bad then block('10.0.0.1');\n" +
            std::string(GetParam().body) + "\nelse log(n) end end",
        {.cpu_time = std::chrono::milliseconds(200)});
  EXPECT_TRUE(event());
  EXPECT_TRUE(event({{"bad", true}}));
  EXPECT_TRUE(event());  // anew: its globals are lost
  EXPECT_THAT(host_.applied, IsEmpty());
  EXPECT_THAT(host_.lines, ElementsAre("1",
                                       "p.lua:3: more than 200 ms of CPU time for one event; its "
                                       "globals are lost",
                                       "p.lua: started anew", "1"));
}

INSTANTIATE_TEST_SUITE_P(
    Policy, TimeBombs,
    testing::ValuesIn<TimeBomb>({
        {"Backtracking", "('a'):rep(60):find(('a?'):rep(60) .. ('a'):rep(60))"},
        {"LongSubject", "('a'):rep(1000000):find('.-.-.-.-b')"},
        {"MatchInPcall", "pcall(string.match, ('a'):rep(1000000), '.-.-.-.-b')"},
        {"Gmatch", "for x in ('a'):rep(1000000):gmatch('.-.-.-.-b') do end"},
        {"Gsub", "('a'):rep(1000000):gsub('.-.-.-.-b', '')"},
        {"PlainFind",
         "local a = ('a'):rep(4000000) while true do a:find(('a'):rep(2000000) .. 'b', 1, true) "
         "end"},
        {"RepOfNothing", "(''):rep(1 << 60)"},
        {"Move", "table.move({}, 1, 1 << 60, 2)"},
        {"InsertWithLength",
         "table.insert(setmetatable({}, {__len = function() return 1 << 60 end}), 1, 1)"},
        {"RemoveWithLength",
         "table.remove(setmetatable({}, {__len = function() return 1 << 60 end}), 1)"},
        {"BigStrings", "local s = ('x'):rep(5000000) while true do local t = s .. 'y' end"},
        {"Comparisons",
         "local a = ('x'):rep(5000000) local b = ('x'):rep(4999999) .. 'y'"
         " while true do local c = a < b end"},
        {"NextOfEmptied",
         "local t = {} for i = 1, 100000 do t[i .. ''] = 1 end for k in pairs(t) do t[k] = nil end"
         " while true do next(t) end"},
    }),
    [](const auto& bomb) { return std::string(bomb.param.name); });

TEST_F(PolicyTest, IsStoppedWhenItTakesTooLongEachTime) {
  start("function on_event(e) (''):rep(1 << 60) end",
        {.cpu_time = std::chrono::milliseconds(50), .failures = 3});
  EXPECT_TRUE(event());
  EXPECT_TRUE(event());
  EXPECT_FALSE(event());
}

TEST_F(PolicyTest, FailsAgainWhenItCannotStartAnew) {
  // It is in its globals that the script knows of the first start; there are none after the end.
  start("function on_event(e) (''):rep(1 << 60) end function on_start() block('10.0.0.1') end",
        {.cpu_time = std::chrono::milliseconds(50), .failures = 3});
  host_.refusal = "the list is full";
  EXPECT_TRUE(event());
  EXPECT_TRUE(event());
  EXPECT_FALSE(event());
  EXPECT_THAT(host_.applied, ElementsAre("+10.0.0.1"));
}

TEST(PolicyStart, DoesNotWaitForEver) {
  Names names;
  Host host;
  const auto started = Policy::start("p.lua", "(''):rep(1 << 60)",
                                     {.cpu_time = std::chrono::milliseconds(50)}, host, names);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("p.lua:1: more than 50 ms"));
}

// ---- Events ------------------------------------------------------------------------------------

Value number(std::uint64_t value) {
  return {.content = Value::Integer{btfreloc::btf::WideInt::of(value), false}};
}

/// struct address as BTF has it.
Value address_value(std::initializer_list<std::uint8_t> bytes) {
  Value::Array array;
  for (const std::uint8_t byte : bytes) array.runs.push_back({number(byte), 1});
  Value::Composite address;
  address.members.push_back({"bytes", {.content = std::move(array)}});
  return {.content = std::move(address)};
}

TEST(PolicyEvent, IsTheValueByNames) {
  Value::Variant what = {.name = "drop_port", .members = {}};
  what.members.push_back({"", number(0)});  // padding
  what.members.push_back({"port", number(80)});
  Value::Composite event;
  event.members.push_back({"time", number(12345678901234567)});
  event.members.push_back({"device", {.content = Value::Text{"eth0"}}});
  event.members.push_back(
      {"source", address_value({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3})});
  event.members.push_back(
      {"destination", address_value({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})});
  event.members.push_back({"what", {.content = std::move(what)}});
  EXPECT_EQ(event_of({.content = std::move(event)}),
            Json::parse(R"({"time":12345678901234567,"device":"eth0","source":"10.1.2.3",
                            "destination":"2001:db8::1","what":{"port":80,"kind":"drop_port"}})"));
}

}  // namespace
}  // namespace xdp_blacklist
