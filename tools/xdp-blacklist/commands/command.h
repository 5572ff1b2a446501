#pragma once

#include <optional>
#include <string>

#include "btfreloc/command.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/json.h"
#include "btfreloc/output.h"
#include "xdp-blacklist/instance/instance.h"
#include "xdp-blacklist/instance/pins.h"

// What all commands have in common.

namespace xdp_blacklist {

using btfreloc::tool::kExitCannotAnswer;
using btfreloc::tool::kExitFine;
using btfreloc::tool::kExitNo;
using btfreloc::tool::Output;
using btfreloc::tool::Runner;
using Json = btfreloc::tool::Json;

/// Options before or behind any command.
struct GlobalOptions {
  std::string pins;              ///< --pins; "": where they are.
  std::string name = "default";  ///< --name
  bool json = false;             ///< --json
};

/// The instance that the options name.
inline Result<Instance> open_instance(const GlobalOptions& global, Access access) {
  TRY(const Pins pins, Pins::find(global.pins, global.name));
  return Instance::open(pins, access);
}

/// Writes one document, with its schema in front: {"schema":"xdp-blacklist.NAME/1", ...}.
void print_json(Output& out, const std::string& schema, Json document);

/// A warning on standard error.
void warn(const std::string& code, const std::string& message, const std::string& help = {});

/// Stable names: "pass", "host", "not-listed", of enum verdict and enum malformed.
std::string verdict_name(std::uint32_t verdict);
std::string malformed_name(std::uint32_t kind);

/// Adds the options of a command; what it returns runs it. `global` outlives it.
using Adder = Runner (*)(CLI::App& command, const GlobalOptions& global);

Runner add_load(CLI::App& command, const GlobalOptions& global);
Runner add_unload(CLI::App& command, const GlobalOptions& global);
Runner add_reload(CLI::App& command, const GlobalOptions& global);
Runner add_status(CLI::App& command, const GlobalOptions& global);
Runner add_mode(CLI::App& command, const GlobalOptions& global);
Runner add_list(CLI::App& command, const GlobalOptions& global);
Runner add_add(CLI::App& command, const GlobalOptions& global);
Runner add_del(CLI::App& command, const GlobalOptions& global);
Runner add_test(CLI::App& command, const GlobalOptions& global);
Runner add_stats(CLI::App& command, const GlobalOptions& global);
Runner add_top(CLI::App& command, const GlobalOptions& global);
Runner add_events(CLI::App& command, const GlobalOptions& global);
Runner add_import(CLI::App& command, const GlobalOptions& global);
Runner add_export(CLI::App& command, const GlobalOptions& global);
Runner add_apply(CLI::App& command, const GlobalOptions& global);
Runner add_policy(CLI::App& command, const GlobalOptions& global);
Runner add_bench(CLI::App& command, const GlobalOptions& global);
Runner add_completions(CLI::App& command, const GlobalOptions& global);

}  // namespace xdp_blacklist
