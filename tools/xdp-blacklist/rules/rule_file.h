#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/rules/rule.h"

// Files of rules, in and out. In all formats a file may have CRLF, a byte order mark, and no
// newline at its end. A rule that is there twice counts once, and lasts as long as the last says.

namespace xdp_blacklist {

/// What is done to packets that rules name: drop them, or drop all others.
enum class Mode : std::uint8_t { block, allow };  // as enum mode

enum class Format : std::uint8_t {
  /// A rule a line, as parse_rule_line() reads it. `#` and `;` begin a comment: at the start of a
  /// line, after a blank, and within an address, port or name. Lists of prefixes on the web are so.
  plain,
  /// What `ipset save` writes: sets hash:ip, hash:net and bitmap:port, all of a file together. A
  /// port is that of the destination in TCP and UDP; ranges of addresses become prefixes.
  ipset,
  /// {"schema":"xdp-blacklist.rules/1","mode":"block","rules":[
  ///  {"rule":"10.0.0.0/8","scope":{"group":7},"for_seconds":600}]}
  ///
  /// `rule` is as parse_rule() reads it. `mode`, `scope` and `for_seconds` may be left out. A scope
  /// has one key: `interface` (a name, or its index), `group` (a number) or `netns` (a name, or the
  /// inode number). Other keys are errors.
  json,
};

/// "plain", "ipset", "json".
std::string_view name(Format format);
btfreloc::Result<Format> parse_format(std::string_view name);
std::string_view name(Mode mode);  ///< "block", "allow"
btfreloc::Result<Mode> parse_mode(std::string_view name);

/// The format that the file seems to be in. What is none of them is plain.
Format format_of(std::string_view content);

struct BadLine {
  std::uint64_t line;  ///< From 1.
  btfreloc::Error error;
};

struct RuleFile {
  std::optional<Mode> mode;      ///< Only a file of JSON may have one.
  std::vector<TimedRule> rules;  ///< In the order of the file, each once.
  std::vector<BadLine> bad;      ///< The first kBadLinesShown of bad_count.
  std::uint64_t bad_count = 0;   ///< Lines, or rules of JSON, that are not in `rules`.
  std::uint64_t duplicates = 0;  ///< Rules that were there before.
};
constexpr std::size_t kBadLinesShown = 20;
constexpr std::size_t kMaxLine = 4096;        ///< In bytes; of plain and ipset files.
constexpr std::size_t kMaxRules = 1U << 24U;  ///< More than there are ids of rules.

/// Fails where nothing of the file can be taken: it is not text, not JSON, or of another schema.
/// Lines that make no sense are in RuleFile::bad, and it is for the caller to decide what that
/// means.
btfreloc::Result<RuleFile> parse_rules(std::string_view content, Format format,
                                       const ScopeNames& names);

struct WrittenRules {
  std::string text;
  /// Rules that the format cannot say. ipset has addresses, prefixes and ports of both protocols,
  /// without scopes, and for at most 24 days.
  std::vector<Rule> left_out;
};
WrittenRules write_rules(std::span<const TimedRule> rules, Mode mode, Format format,
                         const ScopeNames& names);

}  // namespace xdp_blacklist
