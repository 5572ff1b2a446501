#include "xdp-blacklist/rules/rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/errors.h"
#include "support/scope_names.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::test::FakeScopeNames;
using btfreloc::test::must;
using testing::HasSubstr;

/// A rule as it is typed and as it is printed; both are read as the same.
struct Spelling {
  std::string typed, printed;
};

class RuleText : public testing::TestWithParam<Spelling> {};

TEST_P(RuleText, IsPrintedInOneWay) {
  const FakeScopeNames names;
  const TimedRule rule = must(parse_rule_line(GetParam().typed, names));
  EXPECT_EQ(text(rule, names), GetParam().printed);
  const TimedRule again = must(parse_rule_line(GetParam().printed, names));
  EXPECT_EQ(again.rule, rule.rule);
  EXPECT_EQ(again.lasts, rule.lasts);
}

const std::string kLongLabel(63, 'a');
const std::string kLongName =
    kLongLabel + '.' + kLongLabel + '.' + kLongLabel + '.' + std::string(61, 'b');  // 253 bytes
const std::string kLongAgent(63, 'x');

INSTANTIATE_TEST_SUITE_P(Addresses, RuleText,
                         testing::ValuesIn<Spelling>({
                             {"10.1.2.3", "10.1.2.3"},
                             {"10.1.2.3/32", "10.1.2.3"},
                             {"10.0.0.0/8", "10.0.0.0/8"},
                             {"0.0.0.0/0", "0.0.0.0/0"},
                             {"255.255.255.255", "255.255.255.255"},
                             {"2001:DB8::1", "2001:db8::1"},
                             {"2001:db8:0:0:0:0:0:1/128", "2001:db8::1"},
                             {"2001:db8::/32", "2001:db8::/32"},
                             {"2001:db8::/33", "2001:db8::/33"},
                             {"::/0", "::/0"},
                             {"::1", "::1"},
                             {"64:ff9b::10.1.2.3", "64:ff9b::a01:203"},
                             {"::ffff:0:0/96",
                              "::ffff:0.0.0.0/96"},  // forged sources in packets of IPv6
                         }));

INSTANTIATE_TEST_SUITE_P(Ports, RuleText,
                         testing::ValuesIn<Spelling>({
                             {"tcp:443", "tcp:443"},
                             {"udp:1000-2000", "udp:1000-2000"},
                             {"port:53-53", "port:53"},
                             {"port:1-65535", "port:1-65535"},
                             {"tcp-src:53", "tcp-src:53"},
                             {"udp-src:1-2", "udp-src:1-2"},
                             {"port-src:65535", "port-src:65535"},
                         }));

INSTANTIATE_TEST_SUITE_P(Names, RuleText,
                         testing::ValuesIn<Spelling>({
                             {"name:ads.net", "name:ads.net"},
                             {"name:ADS.Net.", "name:ads.net"},
                             {"name:*.ads.net", "name:*.ads.net"},
                             {"name:localhost", "name:localhost"},
                             {"name:*.com", "name:*.com"},
                             {"name:_dmarc.a-b.net", "name:_dmarc.a-b.net"},
                             {"name:xn--bcher-kva.example", "name:xn--bcher-kva.example"},
                             {"name:1.2.3", "name:1.2.3"},
                             {"name:" + kLongName + ".", "name:" + kLongName},
                             {"name:*." + kLongName, "name:*." + kLongName},
                         }));

INSTANTIATE_TEST_SUITE_P(Agents, RuleText,
                         testing::ValuesIn<Spelling>({
                             {"agent:curl/", "agent:curl/"},
                             {R"(agent:"curl/")", "agent:curl/"},
                             {R"(agent:"Bad Bot")", R"(agent:"Bad Bot")"},
                             {R"(agent:" ")", R"(agent:" ")"},
                             {R"(agent:"a \"b\" \\c")", R"(agent:"a \"b\" \\c")"},
                             {R"(agent:a"b\c)", R"(agent:a"b\c)"},
                             {R"(agent:"\"x")", R"(agent:"\"x")"},
                             {"agent:(X11;#1)", "agent:(X11;#1)"},
                             {"agent:#;", "agent:#;"},
                             {"agent:" + kLongAgent, "agent:" + kLongAgent},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Options, RuleText,
    testing::ValuesIn<Spelling>({
        {"  10.1.2.3\t group=7  for=90s ", "10.1.2.3 group=7 for=90s"},
        {"10.1.2.3 for=60s group=0", "10.1.2.3 group=0 for=1m"},
        {"tcp:1-9 interface=eth0", "tcp:1-9 interface=eth0"},
        {"tcp:1-9 interface=2", "tcp:1-9 interface=eth0"},
        {"tcp:1-9 interface=77", "tcp:1-9 interface=77"},  // gone, or not there yet
        {"::1 netns=blue for=2h", "::1 netns=blue for=2h"},
        {"::1 netns=4026532000", "::1 netns=blue"},
        {"::1 netns=4026532001", "::1 netns=4026532001"},  // a name that would be two words
        {"::1 interface=4", "::1 interface=4"},            // a name that would be a number
        {"name:ads.net for=7d", "name:ads.net for=7d"},
        {R"(agent:"Bad Bot" for=48h)", R"(agent:"Bad Bot" for=2d)"},
        {"10.1.2.3 for=3650d", "10.1.2.3 for=3650d"},
    }));

struct BadRule {
  std::string typed, message, hint;
};
void PrintTo(const BadRule& rule, std::ostream* out) { *out << rule.typed; }

class RuleError : public testing::TestWithParam<BadRule> {};

TEST_P(RuleError, SaysWhatIsWrongAndWhatToWrite) {
  const auto rule = parse_rule_line(GetParam().typed, FakeScopeNames());
  ASSERT_FALSE(rule.has_value());
  EXPECT_THAT(rule.error().message, HasSubstr(GetParam().message));
  EXPECT_THAT(rule.error().hint, HasSubstr(GetParam().hint));
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, RuleError,
    testing::ValuesIn<BadRule>({
        {"10.1.2.3/8", "host bits are set in `10.1.2.3/8`", "`10.0.0.0/8`"},
        {"2001:db8::1/32", "host bits are set", "`2001:db8::/32`"},
        {"10.0.0.0/33", "`33` is not a prefix of an IPv4 address", "0 to 32"},
        {"::/129", "`129` is not a prefix of an IPv6 address", "0 to 128"},
        {"10.0.0.0/", "`` is not a prefix", "0 to 32"},
        {"10.0.0.0/-1", "range", ""},
        {"10.0.0.0/08", "`08` is not a prefix", ""},
        {"10.1.0.0/255.0.0.0", "is not a prefix", "`10.0.0.0/8`"},
        {"10.0.0.0/255.0.255.0", "is not a prefix", "a number of bits"},
        {"10.0.0.0/8/8", "is not a prefix", ""},
        {"10.1.2", "has 3 numbers", "10.0.0.0/8"},
        {"10.1.2.3.4", "has 5 numbers", ""},
        {"10.1.2.256", "`256` of `10.1.2.256` is more than 255", ""},
        {"10.1.2.99999999999999999999", "is more than 255", ""},
        {"010.1.2.03", "zeros in front", "`10.1.2.3`"},
        {"10.1..3", "is not an IPv4 address", ""},
        {"10.0.0.1-10.0.0.9", "is a range", "`10.0.0.1` `10.0.0.2/31` `10.0.0.4/30` `10.0.0.8/31`"},
        {"::ffff:10.1.2.3", "an IPv4 address in the form of IPv6", "write `10.1.2.3`"},
        {"::ffff:10.0.0.0/104", "an IPv4 address in the form of IPv6", "write `10.0.0.0/8`"},
        {"fe80::1%eth0", "zone id", "`fe80::1` with interface="},
        {"fe80::1::2", "is not an IPv6 address", ""},
        {"2001:db8:0:0:0:0:0:0:1", "is not an IPv6 address", ""},
        {std::string("10.1.2.3\0", 9), "is not a rule", ""},
        {std::string(5000, '1') + '.', "is not an IPv4 address", ""},
    }));

INSTANTIATE_TEST_SUITE_P(Ports, RuleError,
                         testing::ValuesIn<BadRule>({
                             {"tcp:0", "`0` is not a port: they are 1 to 65535", ""},
                             {"tcp:65536", "`65536` is not a port: they are 1 to 65535", ""},
                             {"tcp:1-65536", "`65536` is not a port", ""},
                             {"tcp:-1", "`` is not a port", ""},
                             {"tcp:1-", "`` is not a port", ""},
                             {"tcp:080", "`080` is not a port", ""},
                             {"tcp:+80", "`+80` is not a port", ""},
                             {"tcp:1-2-3", "`2-3` is not a port", ""},
                             {"udp:2000-1000", "ends before it begins", "`1000-2000`"},
                             {"tcp:https", "`https` is not a port", "getent services"},
                             {"443", "is not a rule", "`tcp:443`"},
                             {"sctp:443", "is not a rule", "kinds are tcp, udp"},
                             {"TCP:443", "is not a rule", "kinds are tcp, udp"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Names, RuleError,
    testing::ValuesIn<BadRule>({
        {"ads.net", "is not a rule", "`name:ads.net`"},
        {"name:", "is not a server name", "name:ads.net"},
        {"name:*.", "is not a server name", ""},
        {"name:.", "is not a server name", ""},
        {"name:*", "a `*` that is not", "name:*.ads.net"},
        {"name:a.*.net", "a `*` that is not", "name:*.ads.net"},
        {"name:a..net", "empty label", ""},
        {"name:.net", "empty label", ""},
        {"name:a.net..", "empty label", ""},
        {"name:https://ads.net/", "other characters", "without scheme"},
        {"name:a$.net", "label `a$` has other characters", ""},
        {"name:" + kLongLabel + "a.net", "has 64 bytes", ""},
        {"name:" + kLongName + "b", "254 bytes, and at most 253", ""},
        {"name:10.1.2.3", "is an address", "write `10.1.2.3`"},
        {"name:bücher.example", "not in ASCII", "`name:xn--bcher-kva.example`"},
        {"name:*.Bücher.Example", "not in ASCII", "`name:*.xn--bcher-kva.example`"},
        {"name:ÜBER.net", "not in ASCII", "`name:xn--ber-goa.net`"},
        // RFC 3492, section 7.1
        {"name:他们为什么不说中文", "not in ASCII", "xn--ihqwcrb4cv8a8dqg056pqjye`"},
        {"name:почемужеонинеговорятпорусски", "not in ASCII",
         "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l`"},
        {"name:3年b組金八先生", "not in ASCII", "xn--3b-ww4c5e180e575a65lsy2b`"},
        {"name:a\xff.net", "not in ASCII", "with A-labels"},
        {"name:a\xc0\x80.net", "not in ASCII", "with A-labels"},
        {"name:a\xed\xa0\x80.net", "not in ASCII", "with A-labels"},
    }));

INSTANTIATE_TEST_SUITE_P(Agents, RuleError,
                         testing::ValuesIn<BadRule>({
                             {"agent:", "1 to 63 bytes, and this has 0", ""},
                             {R"(agent:"")", "1 to 63 bytes, and this has 0", ""},
                             {"agent:" + kLongAgent + "x", "this has 64", "any part"},
                             {"agent:a\x01", "is not printable ASCII", ""},
                             {"agent:\xc3\xbc", "is not printable ASCII", ""},
                             {R"(agent:"a)", "no quote at its end", ""},
                             {R"(agent:"a\")", "no quote at its end", ""},
                             {R"(agent:"a"b)", "goes on after its quotes", ""},
                             {"agent:Bad Bot", "`Bot` is not an option", R"(agent:"Bad Bot")"},
                         }));

INSTANTIATE_TEST_SUITE_P(
    Options, RuleError,
    testing::ValuesIn<BadRule>({
        {"", "there is no rule", ""},
        {"  ", "there is no rule", ""},
        {"group=7", "is not a rule", ""},
        {"10.1.2.3 10.1.2.4", "`10.1.2.4` is not an option", "one rule a line"},
        {"10.1.2.3 any=1", "is not an option", ""},
        {"10.1.2.3 group=7 group=8", "one scope", "a rule for each"},
        {"10.1.2.3 group=7 netns=blue", "one scope", "a rule for each"},
        {"10.1.2.3 for=1s for=1s", "twice", ""},
        {"10.1.2.3 group=wan", "is not the number of a device group", "/etc/iproute2/group"},
        {"10.1.2.3 group=4294967296", "is not the number of a device group", ""},
        {"10.1.2.3 interface=eth7", "there is no interface `eth7`", ""},
        {"10.1.2.3 interface=0", "is not the number of an interface", ""},
        {"10.1.2.3 interface=9", "number of an interface or the name of another", "write 4"},
        {"10.1.2.3 interface=4294967296", "is not the number of an interface", ""},
        {"10.1.2.3 netns=red", "there is no network namespace `red`", ""},
        {"10.1.2.3 netns=0", "is not the number of a network namespace", ""},
        {"name:ads.net group=7", "are for all packets", ""},
        {"agent:curl netns=blue", "are for all packets", ""},
        {"10.1.2.3 for=", "is not a duration", ""},
        {"10.1.2.3 for=90", "has no unit", "`90s`"},
        {"10.1.2.3 for=0s", "no time at all", ""},
        {"10.1.2.3 for=-1s", "is not a duration", ""},
        {"10.1.2.3 for=01s", "is not a duration", ""},
        {"10.1.2.3 for=1w", "is not a duration", "`7d`"},
        {"10.1.2.3 for=1h30m", "is not a duration", ""},
        {"10.1.2.3 for=3651d", "more than ten years", "leave the time out"},
        {"10.1.2.3 for=99999999999999999999s", "more than ten years", ""},
    }));

/// As an argument of the command line, an agent needs no quotes of ours.
TEST(ParseRule, TakesAnAgentAsItIs) {
  EXPECT_EQ(must(parse_rule("agent: Bad \\Bot\"")).what,
            decltype(Rule::what)(AgentRule{" Bad \\Bot\""}));
}

TEST(RuleErrors, AreSafeForATerminalAndShort) {
  const auto hostile = parse_rule("\x1b[31m" + std::string(10000, 'x'));
  ASSERT_FALSE(hostile.has_value());
  EXPECT_EQ(hostile.error().message.find('\x1b'), std::string::npos);
  EXPECT_LT(hostile.error().message.size(), 200U);
  EXPECT_LT(hostile.error().hint.size(), 200U);
}

struct RangeCase {
  std::string first, last;
  std::vector<std::string> prefixes;
};

class Range : public testing::TestWithParam<RangeCase> {};

TEST_P(Range, IsTheFewestPrefixes) {
  std::vector<std::string> prefixes;
  for (const NetRule& net : prefixes_between(must(parse_address(GetParam().first)),
                                             must(parse_address(GetParam().last)))) {
    prefixes.push_back(text(net));
  }
  EXPECT_EQ(prefixes, GetParam().prefixes);
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, Range,
    testing::ValuesIn<RangeCase>({
        {"10.0.0.1", "10.0.0.1", {"10.0.0.1"}},
        {"10.0.0.0", "10.0.0.255", {"10.0.0.0/24"}},
        {"10.0.0.255", "10.0.1.0", {"10.0.0.255", "10.0.1.0"}},
        {"0.0.0.0", "255.255.255.255", {"0.0.0.0/0"}},
        {"255.255.255.254", "255.255.255.255", {"255.255.255.254/31"}},
        {"10.0.0.1", "10.0.0.9", {"10.0.0.1", "10.0.0.2/31", "10.0.0.4/30", "10.0.0.8/31"}},
        {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", {"::/0"}},
        {"2001:db8::ffff", "2001:db8::1:1", {"2001:db8::ffff", "2001:db8::1:0/127"}},
    }));

TEST(Range, HasAtMostTwoPrefixesOfEachLength) {
  const auto prefixes = prefixes_between(
      must(parse_address("::1")), must(parse_address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe")));
  EXPECT_EQ(prefixes.size(), 254U);
}

TEST(DurationText, HasTheLargestUnit) {
  using std::chrono::seconds;
  EXPECT_EQ(duration_text(seconds(0)), "0s");
  EXPECT_EQ(duration_text(seconds(59)), "59s");
  EXPECT_EQ(duration_text(seconds(60)), "1m");
  EXPECT_EQ(duration_text(seconds(3660)), "61m");
  EXPECT_EQ(duration_text(seconds(86400)), "1d");
}

TEST(SystemScopeNames, KnowsTheLoopback) {
  const ScopeNames& names = system_scope_names();
  EXPECT_EQ(must(names.interface_index("lo")), 1U);
  EXPECT_EQ(names.interface_name(1), "lo");
  EXPECT_EQ(names.interface_name(0x7fffffff), "2147483647");
  EXPECT_EQ(names.netns_name(1), "1");
  for (const std::string bad : {"", ".", "..", "../netns", "no-such-name", "a/b"}) {
    EXPECT_FALSE(names.interface_index(bad).has_value()) << bad;
    EXPECT_FALSE(names.netns_inode(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace xdp_blacklist
