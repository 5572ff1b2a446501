#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xdp-blacklist/instance/instance.h"
#include "xdp-blacklist/rules/rule_file.h"

namespace xdp_blacklist {

/// What to do about lines that make no sense.
enum class BadLines : std::uint8_t {
  refuse,  ///< Name them, and take nothing.
  skip,    ///< Name them, and take the rest.
};

/// Reads a file of rules, "-" for standard input; its format is what it looks like, unless it is
/// given. Bad lines are named on standard error.
btfreloc::Result<RuleFile> read_rules(const std::string& path, std::optional<Format> format,
                                      BadLines bad);

/// The rules that are there, with the time that is left of them.
btfreloc::Result<std::vector<TimedRule>> rules_present(const Instance& instance);

/// Adds the rules of a file to those that are there, all at once.
btfreloc::Result<Instance::Change> add_rules(Instance& instance, const RuleFile& file);

}  // namespace xdp_blacklist
