#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "xdp-blacklist/instance/loading.h"

namespace CLI {
class App;
}

namespace xdp_blacklist {

/// What `load` and `reload` are asked for, as it was typed.
struct LoadOptions {
  std::vector<std::string> interfaces;
  std::string netns;
  std::string xdp = "auto";
  std::string mode;
  std::string confirm;
  std::string object;
  std::string btf = "@running";
  std::uint32_t max_rules = 0;  ///< 0: as before, or 131072.
  std::optional<std::uint32_t> sample;
  std::string owner;
  std::string group;
  std::string pin_mode;
  std::vector<std::string> only;
  std::vector<std::string> without;
  std::string rules;
  bool challenge = false;
  std::uint32_t most_fails = 3;
  std::string ban = "10m";
  bool mount = false;
  bool frags = false;
  bool drop_fields = false;
};

/// The options of both commands. `options` outlives the command.
void add_load_options(CLI::App& command, LoadOptions& options);

/// What was typed, understood. Each fails where it makes no sense.
Result<std::optional<Ownership>> ownership_of(const LoadOptions& options);
Result<ProgramOptions> program_options(const LoadOptions& options, const Pins& pins,
                                       bool is_reload);
Result<Settings> settings_of(const LoadOptions& options);
Result<Hook> hook_of(const LoadOptions& options);

}  // namespace xdp_blacklist
