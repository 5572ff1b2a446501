#include "xdp-blacklist/rules/rule_file.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <utility>

#include "base/overloaded.h"
#include "xdp-blacklist/rules/rule_file_parts.h"
#include "xdp-blacklist/rules/rule_parts.h"
#include "xdp-blacklist/rules/scope_names.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;
using btfreloc::Status;

constexpr std::array<std::string_view, 3> kFormats = {"plain", "ipset", "json"};
constexpr std::array<std::string_view, 2> kModes = {"block", "allow"};

template <class Enum, std::size_t kCount>
Result<Enum> by_name(std::string_view name, std::string_view what,
                     const std::array<std::string_view, kCount>& known) {
  const auto place = std::ranges::find(known, name);
  if (place != known.end()) return static_cast<Enum>(place - known.begin());
  return fail(Errc::bad_format, fmt::format("{} is not a {}", shown(name), what), {},
              fmt::format("there are {}", fmt::join(known, ", ")));
}

std::uint64_t hash_of(const Rule& rule, std::uint64_t seed) {
  const auto add_text = [&](std::string_view text) {
    seed = XXH3_64bits_withSeed(text.data(), text.size(), seed);
  };
  const auto add = [&](std::uint64_t value) {
    seed = XXH3_64bits_withSeed(&value, sizeof value, seed);
  };
  std::visit(btfreloc::Overloaded{
                 [&](const NetRule& net) {
                   std::array<std::uint8_t, 18> key{};
                   std::ranges::copy(net.address.bytes, key.begin());
                   key[16] = net.address.is_v6 ? 1 : 0;
                   key[17] = net.prefix;
                   seed = XXH3_64bits_withSeed(key.data(), key.size(), seed);
                 },
                 [&](const PortRule& ports) {
                   add((ports.tcp ? 1U : 0U) | (ports.udp ? 2U : 0U) | (ports.is_source ? 4U : 0U) |
                       std::uint64_t{ports.first} << 16 | std::uint64_t{ports.last} << 32);
                 },
                 [&](const NameRule& name) { add_text(name.name); },
                 [&](const AgentRule& agent) { add_text(agent.text); },
             },
             rule.what);
  if (rule.scope.kind != ScopeKind::any) {
    add(std::uint64_t{rule.scope.value} << 8 | static_cast<std::uint64_t>(rule.scope.kind));
  }
  return seed;
}

std::uint64_t random_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

std::string_view name(Format format) { return kFormats[static_cast<std::size_t>(format)]; }
std::string_view name(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }
Result<Format> parse_format(std::string_view name) {
  return by_name<Format>(name, "format", kFormats);
}
Result<Mode> parse_mode(std::string_view name) { return by_name<Mode>(name, "mode", kModes); }

RuleCollector::RuleCollector() : slots_(1024), seed_(random_seed()) {}

/// The slot of the rule, or the free one where it belongs; without a rule, a free one.
RuleCollector::Slot& RuleCollector::slot_of(std::uint32_t hash, const Rule* rule) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  const auto is_it = [&](const Slot& slot) {
    return rule != nullptr && slot.hash == hash && file_.rules[slot.place - 1].rule == *rule;
  };
  while (slots_[at].place != 0 && !is_it(slots_[at])) at = (at + 1) & mask;
  return slots_[at];
}

void RuleCollector::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.place != 0) slot_of(slot.hash, nullptr) = slot;
  }
}

void RuleCollector::add(TimedRule timed) {
  const auto hash = static_cast<std::uint32_t>(hash_of(timed.rule, seed_));
  Slot& slot = slot_of(hash, &timed.rule);
  if (slot.place != 0) {
    ++file_.duplicates;
    file_.rules[slot.place - 1].lasts = timed.lasts;
    return;
  }
  file_.rules.push_back(std::move(timed));
  slot = {hash, static_cast<std::uint32_t>(file_.rules.size())};
  if (file_.rules.size() * 2 > slots_.size()) grow();
}

void RuleCollector::add_bad(std::uint64_t line, btfreloc::Error error) {
  if (++file_.bad_count <= kBadLinesShown) file_.bad.push_back({line, std::move(error)});
}

Result<RuleFile> RuleCollector::finish() && {
  if (!is_full()) return std::move(file_);
  return fail(Errc::out_of_range, fmt::format("there are more than {} rules", kMaxRules));
}

std::optional<std::string_view> Lines::next() {
  if (rest_.empty()) return std::nullopt;
  const std::size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return line;
}

Status check_length(std::string_view line) {
  if (line.size() <= kMaxLine) return {};
  return fail(Errc::out_of_range,
              fmt::format("the line has {} bytes, and at most {} are read", line.size(), kMaxLine));
}

namespace {

std::string_view without_mark(std::string_view content) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  return content.starts_with(kByteOrderMark) ? content.substr(kByteOrderMark.size()) : content;
}

}  // namespace

Format format_of(std::string_view content) {
  Lines lines(without_mark(content));
  while (const auto whole = lines.next()) {
    const std::size_t begin = whole->find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) continue;
    const std::string_view line = whole->substr(begin);
    if (line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '{' || line.front() == '[') return Format::json;
    for (const std::string_view word : {"create", "add", "-N", "-A"}) {
      const std::string_view rest = line.substr(std::min(word.size(), line.size()));
      if (line.starts_with(word) && rest.find_first_of(kBlanks) == 0) return Format::ipset;
    }
    break;
  }
  return Format::plain;
}

Result<RuleFile> parse_rules(std::string_view content, Format format, const ScopeNames& names) {
  if (content.find('\0') != std::string_view::npos) {
    return fail(Errc::bad_format, "the file is not text", {},
                "unpack it first, or save it as UTF-8");
  }
  const CachedScopeNames cached(names);
  content = without_mark(content);
  switch (format) {
    case Format::plain: return parse_plain_rules(content, cached);
    case Format::ipset: return parse_ipset_rules(content);
    case Format::json: return parse_json_rules(content, cached);
  }
  std::unreachable();
}

WrittenRules write_rules(std::span<const TimedRule> rules, Mode mode, Format format,
                         const ScopeNames& names) {
  const CachedScopeNames cached(names);
  switch (format) {
    case Format::plain: return write_plain_rules(rules, mode, cached);
    case Format::ipset: return write_ipset_rules(rules);
    case Format::json: return write_json_rules(rules, mode, cached);
  }
  std::unreachable();
}

}  // namespace xdp_blacklist
