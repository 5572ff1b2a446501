#pragma once

#include <optional>
#include <string>
#include <vector>

#include "xdp-blacklist/instance/attach.h"
#include "xdp-blacklist/instance/pins.h"
#include "xdp-blacklist/instance/program.h"
#include "xdp-blacklist/layout/layout_change.h"
#include "xdp-blacklist/rules/rule_file.h"

// Programs come and go; rules and counters stay.

namespace xdp_blacklist {

/// The settings that a program starts with.
struct Settings {
  std::optional<Mode> mode = {};
  std::optional<std::uint32_t> sample = {};  ///< As config.sample.
  bool challenge = false;
  std::uint32_t most_fails = 3;
  std::uint32_t ban_seconds = 600;
};

/// What was done, and what a user should know about it.
struct Loaded {
  std::uint32_t features = 0;
  bool has_kept_rules = false;        ///< An earlier program's.
  std::vector<std::string> migrated;  ///< Maps whose layout has changed.
  std::vector<std::string> diff;      ///< How.
  /// Why the rules do not fit the program; then nothing was done.
  std::vector<std::string> refused;
};

/// Loads a program and pins it with its maps. The caller has the lock, and takes away what is there
/// when a first load fails. Rules that an earlier one has left are kept: maps of
/// the same layout as they are, others migrated by the names of fields, or nothing is done.
/// Interfaces that an earlier one is attached to get the new one, without a gap. Without
/// `ownership` those who have the pins keep them.
Result<Loaded> load_program(const Pins& pins, const ProgramOptions& options,
                            const Settings& settings, const std::optional<Ownership>& ownership,
                            Drop drop);

/// Attaches the program of an instance, and pins the link.
Status attach_to(const Pins& pins, const Interface& interface, Hook hook);

/// Takes the program off all interfaces, and away; the rules, too, unless they are kept.
Status unload_all(const Pins& pins, bool keep_rules);

/// Whether the running instance has a program.
bool is_loaded(const Pins& pins);

}  // namespace xdp_blacklist
