#include <gtest/gtest.h>
// GoogleTest first.
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/choices.h"
#include "support/scope_names.h"
#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_file.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::test::Choices;
using btfreloc::test::FakeScopeNames;

constexpr std::size_t kBytesPerCase = 1000;
constexpr std::size_t kRulesPerCase = 20;

const FakeScopeNames kNames;

NetRule random_net(Choices& choices) {
  Address address{.is_v6 = choices.percent(50)};
  for (unsigned i = 0; i < address.bits() / 8; ++i) {
    address.bytes[i] = choices.percent(30) ? 0 : static_cast<std::uint8_t>(choices.below(256));
  }
  const unsigned prefix = choices.percent(50) ? address.bits() : choices.below(address.bits() + 1);
  return {network_of(address, prefix), static_cast<std::uint8_t>(prefix)};
}

PortRule random_ports(Choices& choices) {
  const std::uint32_t protocols = choices.below(3) + 1;
  const std::uint32_t first = choices.below(65535) + 1;
  const std::uint32_t last = choices.percent(50) ? first : first + choices.below(65536 - first);
  return {.tcp = (protocols & 1) != 0,
          .udp = (protocols & 2) != 0,
          .is_source = choices.percent(50),
          .first = static_cast<std::uint16_t>(first),
          .last = static_cast<std::uint16_t>(last)};
}

NameRule random_name(Choices& choices) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
  NameRule name{.name = {}, .below = choices.percent(50)};
  for (std::uint32_t labels = choices.below(4) + 1; labels > 0; --labels) {
    for (std::uint32_t i = choices.below(63) + 1; i > 0; --i) name.name += choices.one_of(kLetters);
    name.name += labels > 1 ? "." : "x";  // no label of 64, and no address
    if (name.name.size() > 180) break;
  }
  while (name.name.ends_with('.')) name.name.pop_back();
  return name;
}

AgentRule random_agent(Choices& choices) {
  constexpr std::string_view kOften = " \"\\#;=";
  AgentRule agent;
  for (std::uint32_t i = choices.below(63) + 1; i > 0; --i) {
    agent.text += choices.percent(40) ? choices.one_of(kOften)
                                      : static_cast<char>(' ' + choices.below('~' - ' ' + 1));
  }
  return agent;
}

Rule random_what(Choices& choices) {
  switch (choices.below(4)) {
    case 0: return {random_net(choices)};
    case 1: return {random_ports(choices)};
    case 2: return {random_name(choices)};
    default: return {random_agent(choices)};
  }
}

Scope random_scope(Choices& choices) {
  constexpr std::array<Scope, 7> kScopes = {{{},
                                             {ScopeKind::interface, 2},
                                             {ScopeKind::interface, 4},
                                             {ScopeKind::interface, 1000},
                                             {ScopeKind::netns, 4026532000},
                                             {ScopeKind::netns, 4026532001},
                                             {ScopeKind::netns, 7}}};
  if (choices.percent(20)) return {ScopeKind::group, choices.below(70000)};
  return choices.one_of(kScopes);
}

/// What a reader would refuse is made into something else.
TimedRule random_rule(Choices& choices) {
  TimedRule timed{.rule = random_what(choices)};
  if (!parse_rule(text(timed.rule))) timed.rule = {PortRule{true, true, false, 1, 1}};
  if (takes_scope(timed.rule)) timed.rule.scope = random_scope(choices);
  if (choices.percent(50)) timed.lasts = std::chrono::seconds(choices.below(65536) + 1);
  return timed;
}

/// Each rule once.
std::vector<TimedRule> random_rules() {
  const auto bytes = *rc::gen::resize(rc::kNominalSize * 10,
                                      rc::gen::container<std::vector<std::uint8_t>>(
                                          kBytesPerCase, rc::gen::arbitrary<std::uint8_t>()));
  Choices choices(bytes);
  std::vector<TimedRule> rules;
  for (std::size_t i = 0; i < kRulesPerCase; ++i) {
    TimedRule timed = random_rule(choices);
    const bool is_new = std::ranges::none_of(
        rules, [&](const TimedRule& other) { return other.rule == timed.rule; });
    if (is_new) rules.push_back(std::move(timed));
  }
  return rules;
}

std::vector<std::string> texts(const std::vector<TimedRule>& rules) {
  std::vector<std::string> texts;
  for (const TimedRule& timed : rules) texts.push_back(text(timed, kNames));
  std::ranges::sort(texts);
  return texts;
}

RC_GTEST_PROP(Rules, AreReadAsTheyAreWritten, ()) {
  for (const TimedRule& timed : random_rules()) {
    const std::string line = text(timed, kNames);
    RC_LOG() << line << '\n';
    const auto read = parse_rule_line(line, kNames);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->rule == timed.rule);
    RC_ASSERT(read->lasts == timed.lasts);
    const auto what = parse_rule(text(timed.rule));
    RC_ASSERT(what.has_value());
    RC_ASSERT(what->what == timed.rule.what);
  }
}

RC_GTEST_PROP(Rules, AreReadFromEveryFileThatHoldsThem, ()) {
  const auto rules = random_rules();
  for (const Format format : {Format::plain, Format::json}) {
    const auto written = write_rules(rules, Mode::allow, format, kNames);
    RC_LOG() << written.text;
    RC_ASSERT(written.left_out.empty());
    RC_ASSERT(format_of(written.text) == format);
    const auto read = parse_rules(written.text, format, kNames);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->bad_count == 0U);
    RC_ASSERT(read->duplicates == 0U);
    RC_ASSERT(texts(read->rules) == texts(rules));
  }
}

/// ipset says fewer, but says those right.
RC_GTEST_PROP(Rules, AreInIpsetsOrLeftOut, ()) {
  auto rules = random_rules();
  // Everything is two halves there.
  std::erase_if(rules, [](const TimedRule& timed) {
    const auto* const net = std::get_if<NetRule>(&timed.rule.what);
    return net != nullptr && net->prefix == 0;
  });
  const auto written = write_rules(rules, Mode::block, Format::ipset, kNames);
  RC_LOG() << written.text;
  const auto read = parse_rules(written.text, Format::ipset, kNames);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->bad_count == 0U);
  std::erase_if(rules, [&](const TimedRule& timed) {
    return std::ranges::find(written.left_out, timed.rule) != written.left_out.end();
  });
  RC_ASSERT(texts(read->rules) == texts(rules));
}

/// Whatever the bytes are, the answer is rules that can be written and read again.
RC_GTEST_PROP(RuleFiles, OfAnyBytesAreRulesOrErrors, (const std::string& bytes)) {
  for (const Format format : {Format::plain, Format::ipset, Format::json}) {
    const auto read = parse_rules(bytes, format, kNames);
    if (!read) continue;
    for (const TimedRule& timed : read->rules) {
      RC_ASSERT(parse_rule_line(text(timed, kNames), kNames)->rule == timed.rule);
    }
  }
}

/// All addresses between two, and no others: the prefixes follow one another.
RC_GTEST_PROP(Ranges, AreCoveredWithoutGaps, (std::uint32_t a, std::uint32_t b)) {
  const auto address = [](std::uint32_t number) {
    Address address;
    for (unsigned i = 0; i < 4; ++i) {
      address.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
    return address;
  };
  const auto [first, last] = std::minmax(a, b);
  std::uint64_t next = first;
  const auto prefixes = prefixes_between(address(first), address(last));
  for (const NetRule& net : prefixes) {
    RC_ASSERT(net.address == address(static_cast<std::uint32_t>(next)));
    RC_ASSERT(network_of(net.address, net.prefix) == net.address);
    next += std::uint64_t{1} << (32 - net.prefix);
  }
  RC_ASSERT(next == std::uint64_t{last} + 1);
  RC_ASSERT(prefixes.size() <= 62U);
}

}  // namespace
}  // namespace xdp_blacklist
