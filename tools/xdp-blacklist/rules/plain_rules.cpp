#include <string_view>
#include <utility>

#include "xdp-blacklist/rules/rule_file_parts.h"
#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Result;
using btfreloc::Status;

constexpr std::string_view kComment = "#;";

/// What is before a comment. Agents, and names of interfaces, may have `;` and `#` in them, so
/// there a comment needs a blank in front.
std::string_view without_comment(std::string_view line) {
  std::string_view rest = line;
  const std::string_view rule = next_word(rest);
  std::size_t at = line.size() - rest.size();  // after the rule
  if (rule.empty() || kComment.contains(rule.front())) return {};
  const std::size_t within =
      rule.starts_with("agent:") ? std::string_view::npos : rule.find_first_of(kComment);
  if (within != std::string_view::npos) return line.substr(0, at - rule.size() + within);
  for (; (at = line.find_first_of(kComment, at)) != std::string_view::npos; ++at) {
    if (kBlanks.contains(line[at - 1])) return line.substr(0, at);
  }
  return line;
}

Status read_line(std::string_view line, const ScopeNames& names, RuleCollector& rules) {
  TRY_OK(check_length(line));
  const std::string_view rule = without_comment(line);
  if (rule.empty()) return {};
  TRY(TimedRule timed, parse_rule_line(rule, names));
  rules.add(std::move(timed));
  return {};
}

}  // namespace

Result<RuleFile> parse_plain_rules(std::string_view content, const ScopeNames& names) {
  RuleCollector rules;
  Lines lines(content);
  while (const auto line = lines.next()) {
    if (auto read = read_line(*line, names, rules); !read) {
      rules.add_bad(lines.number(), std::move(read).error());
    }
    if (rules.is_full()) break;
  }
  return std::move(rules).finish();
}

WrittenRules write_plain_rules(std::span<const TimedRule> rules, Mode mode,
                               const ScopeNames& names) {
  WrittenRules written;
  written.text += "# Rules of xdp-blacklist, in mode ";
  written.text += name(mode);
  written.text += '\n';
  for (const TimedRule& timed : rules) {
    written.text += text(timed, names);
    written.text += '\n';
  }
  return written;
}

}  // namespace xdp_blacklist
