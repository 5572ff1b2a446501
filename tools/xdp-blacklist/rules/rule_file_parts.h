#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_file.h"

// What parse_rules() and write_rules() are made of: one reader and one writer for each format.

namespace xdp_blacklist {

/// Gathers what a file has; each rule once.
class RuleCollector {
 public:
  RuleCollector();

  void add(TimedRule timed);
  void add_bad(std::uint64_t line, btfreloc::Error error);
  void set_mode(Mode mode) { file_.mode = mode; }
  /// Fails when there are more rules than can be.
  btfreloc::Result<RuleFile> finish() &&;
  bool is_full() const { return file_.rules.size() > kMaxRules; }

 private:
  /// A hash of a rule, and where it is in file_.rules, plus 1; 0 is free.
  struct Slot {
    std::uint32_t hash;
    std::uint32_t place;
  };

  Slot& slot_of(std::uint32_t hash, const Rule* rule);
  void grow();

  RuleFile file_;
  std::vector<Slot> slots_;  ///< At least half of them are free.
  std::uint64_t seed_;       ///< So that no file can make all hashes meet.
};

/// The lines of a file without their ends, CRLF or LF, and their numbers.
class Lines {
 public:
  explicit Lines(std::string_view content) : rest_(content) {}

  std::optional<std::string_view> next();
  std::uint64_t number() const { return number_; }  ///< Of the last one; from 1.

 private:
  std::string_view rest_;
  std::uint64_t number_ = 0;
};

/// An error where a line is longer than is read.
btfreloc::Status check_length(std::string_view line);

btfreloc::Result<RuleFile> parse_plain_rules(std::string_view content, const ScopeNames& names);
WrittenRules write_plain_rules(std::span<const TimedRule> rules, Mode mode,
                               const ScopeNames& names);

btfreloc::Result<RuleFile> parse_ipset_rules(std::string_view content);
WrittenRules write_ipset_rules(std::span<const TimedRule> rules);

btfreloc::Result<RuleFile> parse_json_rules(std::string_view content, const ScopeNames& names);
WrittenRules write_json_rules(std::span<const TimedRule> rules, Mode mode, const ScopeNames& names);

}  // namespace xdp_blacklist
