#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/commands/load_options.h"
#include "xdp-blacklist/instance/confirm.h"
#include "xdp-blacklist/instance/loading.h"
#include "xdp-blacklist/instance/read_rules.h"
#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
namespace tool = btfreloc::tool;

/// What belongs to the program cannot be asked for with another interface of it.
Status check_only_attaches(const LoadOptions& options) {
  const LoadOptions none;
  const bool has_more = options.owner != none.owner || options.group != none.group ||
                        options.pin_mode != none.pin_mode || options.sample != none.sample ||
                        options.mode != none.mode || options.only != none.only ||
                        options.without != none.without || options.challenge || options.frags ||
                        options.object != none.object || options.btf != none.btf ||
                        options.max_rules != none.max_rules;
  if (!has_more) return {};
  return fail(Errc::out_of_range,
              "the program is loaded already, and another interface gets it as it is", {},
              "change it first: `xdp-blacklist reload` takes the same options");
}

void warn_of_missing(const LoadOptions& options, std::uint32_t features) {
  const bool is_wanted =
      std::ranges::find(options.without, "kernel-context") == options.without.end();
  if ((features & FEATURE_KERNEL_CONTEXT) != 0 || !is_wanted) return;
  warn("no-kernel-context",
       "this kernel does not show programs the device of a packet: no rules by device group or "
       "network namespace, and events without them",
       "kernels from 6.2 on have bpf_cast_to_kern_ctx, which it takes");
}

/// Prints why rules that are there do not fit a program.
int print_refused(const Pins& pins, const Loaded& loaded) {
  std::vector<std::string> notes = loaded.refused;
  notes.insert(notes.end(), loaded.diff.begin(), loaded.diff.end());
  tool::print(tool::Finding{
      .level = tool::Level::error,
      .code = "layout",
      .message = "the rules that are loaded do not fit this program; nothing was changed",
      .where = {.file = pins.path()},
      .source = {},
      .notes = notes,
      .help =
          "keep them in a file: `xdp-blacklist export --format json`, then `unload`, `load` and "
          "`import`; or forget what is gone: `reload --drop-fields`"});
  return kExitCannotAnswer;
}

void print_loaded(Output& out, const GlobalOptions& global, const Pins& pins,
                  const LoadOptions& options, const Loaded& loaded) {
  std::vector<std::string> interfaces;
  for (const std::string& name : options.interfaces) {
    interfaces.push_back(text(Interface{options.netns, name}));
  }
  if (global.json) {
    print_json(out, "load",
               {{"instance", pins.name()},
                {"pins", pins.path()},
                {"interfaces", interfaces},
                {"kept_rules", loaded.has_kept_rules},
                {"migrated", loaded.migrated}});
    return;
  }
  out << fmt::format("{} `{}`{}{}\n", options.interfaces.empty() ? "reloaded" : "loaded",
                     pins.name(),
                     interfaces.empty() ? "" : fmt::format(" on {}", fmt::join(interfaces, ", ")),
                     loaded.has_kept_rules ? ", with the rules and counters that were there" : "");
  for (const std::string& line : loaded.diff) out << "  migrated " << line << "\n";
}

Result<Loaded> load_as_asked(const LoadOptions& options, const Pins& pins,
                             const std::optional<Ownership>& ownership, bool is_reload) {
  TRY(const ProgramOptions program, program_options(options, pins, is_reload));
  TRY(const Settings settings, settings_of(options));
  return load_program(pins, program, settings, ownership,
                      options.drop_fields ? Drop::fields : Drop::nothing);
}

Result<int> run_load(const LoadOptions& options, const GlobalOptions& global, Output& out,
                     bool is_reload) {
  TRY(const Hook hook, hook_of(options));
  if (options.mount) TRY_OK(mount_own());
  TRY(const Pins pins,
      Pins::find(options.mount && global.pins.empty() ? kOwnPins : global.pins, global.name));
  for (const std::string& name : options.interfaces) {
    TRY_OK(interface_index({options.netns, name}));
  }
  std::optional<RuleFile> rules;
  if (!options.rules.empty()) {
    TRY(rules, read_rules(options.rules, std::nullopt, BadLines::refuse));
  }
  TRY(const auto ownership, ownership_of(options));
  if (!is_reload) TRY_OK(pins.create());
  TRY(Lock lock, Lock::take(pins));
  const bool is_new = !pins.exist();
  const bool is_there = !is_new && is_loaded(pins);
  Loaded loaded{};
  // Nothing half done; why it failed matters more than whether this does.
  const auto undo = [&](const btfreloc::Error& error) -> Result<int> {
    if (is_new) (void)unload_all(pins, false);
    return std::unexpected(error);
  };
  if (!is_reload && is_there) TRY_OK(check_only_attaches(options));
  if (is_reload || !is_there) {
    auto done = load_as_asked(options, pins, ownership, is_reload);
    if (!done) return undo(done.error());
    loaded = *std::move(done);
    if (!loaded.refused.empty()) return print_refused(pins, loaded);
    warn_of_missing(options, loaded.features);
  }
  if (rules || !options.confirm.empty()) {
    auto instance = Instance::open(pins, std::move(lock));
    if (!instance) return undo(instance.error());
    if (rules) {
      // What is typed goes before what a file says.
      const auto mode = options.mode.empty() ? rules->mode : std::nullopt;
      auto change = is_new ? instance->replace(rules->rules, mode) : add_rules(*instance, *rules);
      if (!change) return undo(change.error());
    }
    if (!options.confirm.empty()) {
      auto confirmed = set_mode(*instance, mode_now(instance->settings()), options.confirm);
      if (!confirmed) return undo(confirmed.error());
    }
    lock = instance->release();
  }
  for (const std::string& name : options.interfaces) {
    const auto attached = attach_to(pins, {options.netns, name}, hook);
    if (!attached) return undo(attached.error());
  }
  print_loaded(out, global, pins, options, loaded);
  return kExitFine;
}

struct UnloadOptions {
  std::vector<std::string> interfaces;
  std::string netns;
  bool keep_rules = false;
};

Result<int> run_unload(const UnloadOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const Pins pins, Pins::find(global.pins, global.name));
  TRY(const Lock lock, Lock::take(pins));
  std::vector<std::string> gone;
  for (const std::string& name : options.interfaces) {
    const Interface interface{options.netns, name};
    const std::string pin = pins.link(interface.netns, interface.name);
    if (!pins.has(pin)) {
      return fail(Errc::not_found,
                  fmt::format("`{}` is not loaded on `{}`", pins.name(), text(interface)), {},
                  "`xdp-blacklist status` shows where it is");
    }
    TRY_OK(detach(pin));
    gone.push_back(text(interface));
  }
  TRY(const auto left, pins.linked());
  if (options.interfaces.empty()) gone = left;
  // A program that is nowhere is of no use.
  if (options.interfaces.empty() || left.empty()) TRY_OK(unload_all(pins, options.keep_rules));
  if (global.json) {
    print_json(out, "unload", {{"instance", pins.name()}, {"interfaces", gone}});
  } else {
    out << fmt::format("unloaded `{}`{}\n", pins.name(),
                       gone.empty() ? "" : fmt::format(" from {}", fmt::join(gone, ", ")));
  }
  return kExitFine;
}

}  // namespace

Runner add_load(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<LoadOptions>();
  command.add_option("INTERFACE", options->interfaces, "where to attach it")->required();
  command.add_option("--netns", options->netns, "the interfaces are in this network namespace")
      ->type_name("NAME");
  command.add_option("--xdp", options->xdp, "auto, native (in the driver) or generic")
      ->type_name("HOW");
  command
      .add_option("--confirm", options->confirm,
                  "with --mode allow: back to block after this time, unless `mode confirm` comes")
      ->type_name("TIME");
  command.add_option("--rules", options->rules, "add the rules of this file")->type_name("FILE");
  command.add_flag("--mount", options->mount,
                   "keep pins in a bpffs of its own, /run/xdp-blacklist, that others may enter");
  add_load_options(command, *options);
  command.footer(
      "An instance that is loaded already is attached to further interfaces.\n"
      "\n"
      "EXAMPLES\n"
      "  xdp-blacklist load eth0\n"
      "  xdp-blacklist load eth0 eth1 --name edge --owner alice --mount\n"
      "  xdp-blacklist load eth0 --mode allow --rules office.rules --confirm 30s\n");
  return [options, &global](Output& out) { return run_load(*options, global, out, false); };
}

Runner add_reload(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<LoadOptions>();
  add_load_options(command, *options);
  command.add_flag("--drop-fields", options->drop_fields,
                   "forget what rules of an older layout say and this program has no place for");
  command.footer(
      "Puts another program in the place of the one that is loaded. Rules and counters stay, and "
      "no\n"
      "packet passes unseen. Where the layout of a map has changed, entries are migrated by the\n"
      "names of fields, or nothing is done and the difference is shown.\n");
  return [options, &global](Output& out) { return run_load(*options, global, out, true); };
}

Runner add_unload(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<UnloadOptions>();
  command.add_option("INTERFACE", options->interfaces, "only from these; else from all");
  command.add_option("--netns", options->netns, "the interfaces are in this network namespace")
      ->type_name("NAME");
  command.add_flag("--keep-rules", options->keep_rules,
                   "rules and counters stay pinned, for the next `load`");
  return [options, &global](Output& out) { return run_unload(*options, global, out); };
}

}  // namespace xdp_blacklist
