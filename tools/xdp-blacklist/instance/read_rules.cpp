#include "xdp-blacklist/instance/read_rules.h"

#include <fmt/format.h>

#include <map>

#include "btfreloc/diagnostics.h"
#include "btfreloc/input.h"

namespace xdp_blacklist {
namespace {

namespace tool = btfreloc::tool;

void print_bad(const std::string& path, const RuleFile& file, BadLines bad) {
  const auto level = bad == BadLines::refuse ? tool::Level::error : tool::Level::warning;
  for (const BadLine& line : file.bad) {
    tool::print(tool::Finding{.level = level,
                              .code = "bad-rule",
                              .message = line.error.message,
                              .where = {.file = fmt::format("{}:{}", path, line.line)},
                              .source = {},
                              .notes = {},
                              .help = line.error.hint});
  }
}

}  // namespace

btfreloc::Result<RuleFile> read_rules(const std::string& path, std::optional<Format> format,
                                      BadLines bad) {
  TRY(const auto file, tool::FileBytes::open(path));
  const std::string_view content(reinterpret_cast<const char*>(file.bytes().data()),
                                 file.bytes().size());
  auto parsed = parse_rules(content, format.value_or(format_of(content)), system_scope_names());
  if (!parsed && parsed.error().where.file.empty()) parsed.error().where.file = path;
  TRY(RuleFile rules, std::move(parsed));
  print_bad(path, rules, bad);
  if (rules.bad_count == 0 || bad == BadLines::skip) return rules;
  return btfreloc::fail(btfreloc::Errc::bad_format,
                        fmt::format("{} of the lines {} no rule; nothing was changed",
                                    rules.bad_count, rules.bad_count == 1 ? "is" : "are"),
                        {.file = path}, "mend them, or leave them out with `--skip-bad`");
}

btfreloc::Result<std::vector<TimedRule>> rules_present(const Instance& instance) {
  TRY(const auto rules, instance.rules().all());
  const std::uint32_t now = seconds_now();
  std::vector<TimedRule> present;
  for (const ActiveRule& rule : rules) {
    if (rule.expires != 0 && rule.expires <= now) continue;
    TimedRule timed{rule.rule, {}};
    if (rule.expires != 0) timed.lasts = std::chrono::seconds(rule.expires - now);
    present.push_back(std::move(timed));
  }
  return present;
}

btfreloc::Result<Instance::Change> add_rules(Instance& instance, const RuleFile& file) {
  TRY(auto rules, rules_present(instance));
  std::map<Rule, std::size_t> places;
  for (std::size_t i = 0; i < rules.size(); ++i) places.emplace(rules[i].rule, i);
  for (const TimedRule& rule : file.rules) {
    const auto known = places.find(rule.rule);
    if (known == places.end()) {
      rules.push_back(rule);
    } else {
      rules[known->second].lasts = rule.lasts;
    }
  }
  return instance.replace(rules, std::nullopt);
}

}  // namespace xdp_blacklist
