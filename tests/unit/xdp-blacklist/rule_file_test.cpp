#include "xdp-blacklist/rules/rule_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "support/errors.h"
#include "support/scope_names.h"

namespace xdp_blacklist {
namespace {

using btfreloc::test::FakeScopeNames;
using btfreloc::test::must;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const FakeScopeNames kNames;

RuleFile read(std::string_view content, Format format) {
  return must(parse_rules(content, format, kNames));
}

std::vector<std::string> texts(const RuleFile& file) {
  std::vector<std::string> texts;
  for (const TimedRule& timed : file.rules) texts.push_back(text(timed, kNames));
  return texts;
}

/// "3: what is wrong", for each bad line.
std::vector<std::string> problems(const RuleFile& file) {
  std::vector<std::string> problems;
  for (const BadLine& bad : file.bad) {
    problems.push_back(fmt::format("{}: {}", bad.line, bad.error.message));
  }
  return problems;
}

TEST(FormatOf, LooksAtTheFirstLineThatSaysSomething) {
  EXPECT_EQ(format_of(""), Format::plain);
  EXPECT_EQ(format_of("10.0.0.0/8\ncreate"), Format::plain);
  EXPECT_EQ(format_of("; DROP list\n1.2.3.0/24 ; SBL1"), Format::plain);
  EXPECT_EQ(format_of("created"), Format::plain);
  EXPECT_EQ(format_of("create"), Format::plain);
  EXPECT_EQ(format_of("\n# saved\r\n create a hash:ip"), Format::ipset);
  EXPECT_EQ(format_of("-N a hash:ip"), Format::ipset);
  EXPECT_EQ(format_of("add a 10.1.2.3"), Format::ipset);
  EXPECT_EQ(format_of("\xef\xbb\xbf\n  {\"schema\""), Format::json);
  EXPECT_EQ(format_of("[]"), Format::json);
}

TEST(Formats, HaveNames) {
  for (const Format format : {Format::plain, Format::ipset, Format::json}) {
    EXPECT_EQ(must(parse_format(name(format))), format);
  }
  EXPECT_EQ(must(parse_mode("allow")), Mode::allow);
  EXPECT_THAT(parse_format("yaml").error().hint, HasSubstr("plain, ipset, json"));
}

TEST(PlainRules, AreReadAsListsOnTheWebAreWritten) {
  const auto file = read(
      "\xef\xbb\xbf; Spamhaus DROP List 2024/01/01\r\n"
      "1.10.16.0/20 ; SBL256894\r\n"
      "1.19.0.0/16;SBL434604\r\n"
      "\r\n"
      "   # indented\r\n"
      "\t2.56.0.0/16\t# a comment ; with both\r\n"
      "tcp:25#smtp\n"
      "10.1.2.3 group=7 for=10m ; later\n"
      "agent:X11;#1 # the agent ends before the blank\n"
      "agent:\"a ;b\" ;c\n"
      "name:ads.net ;",
      Format::plain);
  EXPECT_THAT(problems(file), IsEmpty());
  EXPECT_THAT(texts(file), ElementsAre("1.10.16.0/20", "1.19.0.0/16", "2.56.0.0/16", "tcp:25",
                                       "10.1.2.3 group=7 for=10m", "agent:X11;#1", "agent:\"a ;b\"",
                                       "name:ads.net"));
  EXPECT_EQ(file.mode, std::nullopt);
}

TEST(PlainRules, NameTheirBadLines) {
  const auto file = read(
      "10.1.2.3/8\n10.0.0.1\n\nnonsense\r\n" + std::string(5000, '#') + "\nagent:\"a ; b\n10.0.0.2",
      Format::plain);
  EXPECT_THAT(texts(file), ElementsAre("10.0.0.1", "10.0.0.2"));
  EXPECT_THAT(problems(file),
              ElementsAre("1: host bits are set in `10.1.2.3/8`", "4: `nonsense` is not a rule",
                          "5: the line has 5000 bytes, and at most 4096 are read",
                          "6: `\"a ; b` has no quote at its end"));
  EXPECT_EQ(file.bad_count, 4U);
}

TEST(RuleFiles, ShowTheFirstBadLinesAndCountTheRest) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += "x\n";
  const auto file = read(content, Format::plain);
  EXPECT_EQ(file.bad.size(), kBadLinesShown);
  EXPECT_EQ(file.bad.back().line, kBadLinesShown);
  EXPECT_EQ(file.bad_count, 1000U);
}

TEST(RuleFiles, HaveEachRuleOnceAndTheLastTimeOfIt) {
  const auto file = read(
      "10.0.0.1 for=1h\ntcp:1-2\n10.0.0.1/32 for=2h\n10.0.0.1 group=7\nport:1-2\ntcp:1-2 for=1s\n"
      "::1\n0.0.0.1\nname:a.net\nname:*.a.net\nname:A.net",
      Format::plain);
  EXPECT_THAT(texts(file), ElementsAre("10.0.0.1 for=2h", "tcp:1-2 for=1s", "10.0.0.1 group=7",
                                       "port:1-2", "::1", "0.0.0.1", "name:a.net", "name:*.a.net"));
  EXPECT_EQ(file.duplicates, 3U);
}

TEST(RuleFiles, AreText) {
  for (const Format format : {Format::plain, Format::ipset, Format::json}) {
    const auto file = parse_rules(std::string_view("\x1f\x8b\0", 3), format, kNames);
    ASSERT_FALSE(file.has_value());
    EXPECT_EQ(file.error().message, "the file is not text");
  }
}

TEST(RuleFiles, MayBeEmpty) {
  for (const std::string_view content : {"", "\n", "\xef\xbb\xbf", "\r\n\r\n"}) {
    EXPECT_THAT(read(content, Format::plain).rules, IsEmpty());
    EXPECT_THAT(read(content, Format::ipset).rules, IsEmpty());
    EXPECT_EQ(read(content, Format::plain).bad_count, 0U);
  }
}

TEST(IpsetRules, AreThoseOfAllSets) {
  const auto file = read(
      "create bad hash:ip family inet hashsize 1024 maxelem 65536 timeout 600 bucketsize 12 "
      "initval 0x1\r\n"
      "add bad 10.0.0.1 timeout 30 packets 1 bytes 2\r\n"
      "add bad 10.0.0.2\n"
      "add bad 10.0.0.3 timeout 0 comment \"nomatch timeout 9\"\n"
      "create nets hash:net family inet6 -exist\n"
      "add nets 2001:db8::/32\n"
      "-N wide hash:ip family inet netmask 24\n"
      "-A wide 10.1.2.0\n"
      "create ports bitmap:port range 0-1023\n"
      "add ports 25\n"
      "add ports tcp:80-90\n"
      "COMMIT\n"
      "add bad 10.9.0.1-10.9.0.6 timeout 5",
      Format::ipset);
  EXPECT_THAT(problems(file), IsEmpty());
  EXPECT_THAT(texts(file),
              ElementsAre("10.0.0.1 for=30s", "10.0.0.2 for=10m", "10.0.0.3", "2001:db8::/32",
                          "10.1.2.0/24", "port:25", "port:80-90", "10.9.0.1 for=5s",
                          "10.9.0.2/31 for=5s", "10.9.0.4/31 for=5s", "10.9.0.6 for=5s"));
}

TEST(IpsetRules, NameTheirBadLines) {
  const auto file = read(
      "create pairs hash:net,port family inet\n"
      "add pairs 10.0.0.0/8,tcp:80\n"
      "create a hash:net family inet\n"
      "add a 10.0.0.0/8 nomatch\n"
      "add a 2001:db8::/32\n"
      "add a 10.0.0.9-10.0.0.1\n"
      "add other 10.0.0.1\n"
      "del a 10.0.0.0/8\n"
      "add a 10.1.2.3 timeout soon\n"
      "create b hash:ip netmask 33\n"
      "add a\n"
      "create c hash:ip family inet bitmask 255.0.255.0\n"
      "create p bitmap:port range 0-9\n"
      "add p 0\n",
      Format::ipset);
  EXPECT_THAT(texts(file), IsEmpty());
  EXPECT_THAT(problems(file),
              ElementsAre("1: sets of type `hash:net,port` are not read",
                          "2: set `pairs` is of type `hash:net,port`, which is not read",
                          "4: `nomatch` takes addresses out of a prefix, and rules have no "
                          "exceptions",
                          "5: `2001:db8::/32` is in a set of family inet",
                          "6: `10.0.0.9-10.0.0.1` ends before it begins",
                          "7: there is no set `other` before this line",
                          "8: `del` is not in what `ipset save` writes",
                          "9: `soon` is not a timeout in seconds",
                          "10: `33` is not the netmask of a set", "11: `` is not an IPv4 address",
                          "12: a set with a bitmask, whose entries need not be prefixes",
                          "14: `0` is not a port: they are 1 to 65535"));
}

TEST(JsonRules, AreReadWithTheirScopeTimeAndMode) {
  const auto file = read(R"({"schema":"xdp-blacklist.rules/1","mode":"allow","rules":[
    {"rule":"10.0.0.0/8","scope":{"group":7},"for_seconds":600},
    {"for_seconds":1,"rule":"agent:Bad Bot"},
    {"scope":{"interface":"eth0"},"rule":"tcp:443"},
    {"scope":{"interface":3},"rule":"tcp:443"},
    {"scope":{"netns":"two words"},"rule":"tcp:443"},
    {"rule":"name:\u0061ds.net"}]})",
                         Format::json);
  EXPECT_THAT(problems(file), IsEmpty());
  EXPECT_THAT(texts(file), ElementsAre("10.0.0.0/8 group=7 for=10m", R"(agent:"Bad Bot" for=1s)",
                                       "tcp:443 interface=eth0", "tcp:443 interface=eth1",
                                       "tcp:443 netns=4026532001", "name:ads.net"));
  EXPECT_EQ(file.mode, Mode::allow);
}

TEST(JsonRules, NameTheLinesOfBadOnes) {
  const auto file = read(R"({"rules":[
    {"rule":"10.1.2.3/8"},
    {"rule":
       "10.0.0.1", "colour":"red"},
    "10.0.0.1",
    {"rule":5},
    {},
    {"rule":"::1","for_seconds":0},
    {"rule":"::1","for_seconds":-1},
    {"rule":"::1","scope":{}},
    {"rule":"::1","scope":{"group":"7"}},
    {"rule":"::1","scope":{"group":7,"netns":"blue"}},
    {"rule":"::1","scope":{"group":7},"scope":{"group":8}},
    {"rule":"::1","scope":[{"rule":"::1"}]},
    {"rule":"name:a.net","scope":{"group":7}},
    {"rule":"::1","scope":{"interface":"eth9"}},
    {"rule":"::1","rule":"::2"},
    {"rule":"10.0.0.2","more":{"rule":{"x":[]}}},
    {"rule":"10.0.0.3"}
  ],"schema":"xdp-blacklist.rules/1"})",
                         Format::json);
  EXPECT_THAT(texts(file), ElementsAre("10.0.0.3"));
  EXPECT_THAT(
      problems(file),
      ElementsAre(
          "2: host bits are set in `10.1.2.3/8`",
          "3: key `colour` is not known, there twice, or of another type", "5: a rule is an object",
          "6: key `rule` is not known, there twice, or of another type", "7: it has no `rule`",
          "8: `for_seconds` is 0, and has to be 1 to 315360000",
          "9: key `for_seconds` is not known, there twice, or of another type",
          "10: `scope` has nothing in it",
          "11: key `group` of `scope` is not known, not alone, or of another type",
          "12: key `netns` of `scope` is not known, not alone, or of another type",
          "13: key `scope` is not known, there twice, or of another type",
          "14: key `scope` is not known, there twice, or of another type",
          "15: rules of names and agents are for all packets", "16: there is no interface `eth9`",
          "17: key `rule` is not known, there twice, or of another type",
          "18: key `more` is not known, there twice, or of another type"));
}

struct BadFile {
  std::string content, message;
};
void PrintTo(const BadFile& file, std::ostream* out) { *out << file.content.substr(0, 100); }

class JsonFileError : public testing::TestWithParam<BadFile> {};

TEST_P(JsonFileError, TakesNothing) {
  const auto file = parse_rules(GetParam().content, Format::json, kNames);
  ASSERT_FALSE(file.has_value());
  EXPECT_THAT(file.error().message, HasSubstr(GetParam().message));
  EXPECT_LT(file.error().message.size(), 300U);
}

const std::string kSchema = R"("schema":"xdp-blacklist.rules/1")";
std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Files, JsonFileError,
    testing::ValuesIn<BadFile>({
        {"", "parse error at line 1"},
        {"{", "parse error"},
        {"[]", "not one object"},
        {"5", "not one object"},
        {"{}", "no `schema`"},
        {"{" + kSchema + "}", "no `rules`"},
        {R"({"rules":[]})", "no `schema`"},
        {R"({"schema":"xdp-blacklist.rules/2","rules":[]})", "schema `xdp-blacklist.rules/2`"},
        {R"({"schema":1,"rules":[]})", "`schema` is not a string"},
        {"{" + kSchema + R"(,"rules":{}})", "line 1: key `rules`"},
        {"{" + kSchema + R"(,"rules":[],"rules":[]})", "key `rules` is not known, there twice"},
        {"{" + kSchema + ",\n\"rulez\":[]}", "line 2: key `rulez`"},
        {"{" + kSchema + R"(,"rules":[],"mode":"deny"})", "`deny` is not a mode"},
        {"{" + kSchema + R"(,"rules":[],"mode":5})", "is not a mode"},
        {"{" + kSchema + ",\n" + R"("rules":[{"rule":"::1"}]} 5)", "parse error at line 2"},
        {"{" + kSchema + R"(,"rules":[{"rule":"::1\xff"}]})", "parse error"},
        {"{" + kSchema + R"(,"rules":[)" + repeated("[", 100000), "in each other"},
        {"{" + kSchema + R"(,"rules":[{"x":)" + repeated("{\"x\":", 100000), "in each other"},
        {"{\"" + std::string(100000, 'x'), "parse error"},
    }));

TEST(WrittenRules, AreReadBackInEveryFormat) {
  const std::string rules =
      "10.0.0.1\n10.0.0.2 for=90s\n10.0.0.0/8 for=7d\n2001:db8::1\n2001:db8::/32\nport:25\n"
      "port:1000-2000 for=1h\n";
  const auto file = read(rules, Format::plain);
  for (const Format format : {Format::plain, Format::ipset, Format::json}) {
    for (const Mode mode : {Mode::block, Mode::allow}) {
      const auto written = write_rules(file.rules, mode, format, kNames);
      EXPECT_THAT(written.left_out, IsEmpty());
      EXPECT_EQ(format_of(written.text), format);
      const auto again = read(written.text, format);
      EXPECT_THAT(problems(again), IsEmpty());
      EXPECT_THAT(texts(again), testing::UnorderedElementsAreArray(texts(file)));
      EXPECT_EQ(again.mode, format == Format::json ? std::optional(mode) : std::nullopt);
    }
  }
}

TEST(WrittenRules, AreAsIpsetSavesThem) {
  const auto file = read("10.0.0.1\n10.0.0.2 for=90s\n10.0.0.0/8\nport:1-9", Format::plain);
  EXPECT_EQ(write_rules(file.rules, Mode::block, Format::ipset, kNames).text,
            "create blacklist-hosts4 hash:ip family inet timeout 0\n"
            "add blacklist-hosts4 10.0.0.1\n"
            "add blacklist-hosts4 10.0.0.2 timeout 90\n"
            "create blacklist-nets4 hash:net family inet\n"
            "add blacklist-nets4 10.0.0.0/8\n"
            "create blacklist-ports bitmap:port range 1-65535\n"
            "add blacklist-ports 1-9\n");
}

TEST(WrittenRules, HaveBothHalvesOfEverythingForIpset) {
  const auto file = read("0.0.0.0/0\n::/0", Format::plain);
  const auto written = write_rules(file.rules, Mode::block, Format::ipset, kNames);
  EXPECT_THAT(texts(read(written.text, Format::ipset)),
              ElementsAre("0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"));
}

TEST(WrittenRules, NameWhatIpsetCannotSay) {
  const auto file = read(
      "tcp:1\nudp:1\nport-src:1\nname:a.net\nagent:x\n10.0.0.1 group=7\n10.0.0.2 for=25d\n10.0.0.3",
      Format::plain);
  const auto written = write_rules(file.rules, Mode::block, Format::ipset, kNames);
  EXPECT_EQ(written.left_out.size(), 7U);
  EXPECT_THAT(texts(read(written.text, Format::ipset)), ElementsAre("10.0.0.3"));
}

TEST(WrittenRules, AreOneALineInJson) {
  const auto file = read("10.0.0.1 interface=eth0 for=90s\nagent:\"a \\\"b\"", Format::plain);
  EXPECT_EQ(write_rules(file.rules, Mode::block, Format::json, kNames).text,
            "{\"schema\":\"xdp-blacklist.rules/1\",\n\"mode\":\"block\",\n\"rules\":[\n"
            "{\"rule\":\"10.0.0.1\",\"scope\":{\"interface\":\"eth0\"},\"for_seconds\":90},\n"
            "{\"rule\":\"agent:\\\"a \\\\\\\"b\\\"\"}\n]}\n");
}

}  // namespace
}  // namespace xdp_blacklist
