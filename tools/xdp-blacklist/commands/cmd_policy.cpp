#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "base/printable.h"
#include "btfreloc/input.h"
#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/event_reader.h"
#include "xdp-blacklist/policy/policy.h"
#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {
namespace {

struct PolicyOptions {
  std::string file;
  std::string lasts;
  std::uint64_t memory = 16;             ///< MiB
  std::uint64_t instructions = 1000000;  ///< Of Lua, for each event.
};

/// Does to the rules of an instance what a script asks for.
class Host : public PolicyHost {
 public:
  Host(const GlobalOptions& global, Output& out) : global_(global), out_(out) {}

  Status apply(std::span<const PolicyChange> changes) override {
    TRY(Instance instance, open_instance(global_, Access::write));
    for (const PolicyChange& change : changes) {
      TRY_OK(check_blocks(instance, change));
    }
    for (const PolicyChange& change : changes) {
      if (change.is_block) {
        TRY_OK(instance.add(change.rule));
      } else {
        TRY_OK(instance.remove(change.rule.rule));
      }
      tell(change.is_block ? "block" : "unblock", text(change.rule, system_scope_names()));
    }
    return {};
  }
  void log(std::string_view line) override { tell("log", std::string(line)); }

 private:
  /// In the mode allow a rule of an address lets its packets in.
  static Status check_blocks(const Instance& instance, const PolicyChange& change) {
    const Rule& rule = change.rule.rule;
    const bool opens =
        std::holds_alternative<NetRule>(rule.what) || std::holds_alternative<PortRule>(rule.what);
    if (mode_now(instance.settings()) == Mode::block || !opens || !change.is_block) return {};
    return btfreloc::fail(
        btfreloc::Errc::out_of_range,
        fmt::format("in mode allow, a rule `{}` would let packets in", text(rule)), {},
        "block names and agents there, or unblock the address");
  }

  void tell(const char* what, const std::string& text) {
    if (global_.json) {
      out_ << btfreloc::tool::text_of({{what, text}}) << "\n";
    } else {
      out_ << fmt::format("{} {}\n", what, btfreloc::printable(text));
    }
    out_.complete();
  }

  const GlobalOptions& global_;
  Output& out_;
};

Result<int> run_policy(const PolicyOptions& options, const GlobalOptions& global, Output& out) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::time_point::max();
  if (!options.lasts.empty()) {
    TRY(const auto seconds, parse_duration(options.lasts));
    end = Clock::now() + seconds;
  }
  std::string source;
  {
    TRY(const auto file, btfreloc::tool::FileBytes::open(options.file));
    source.assign(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
  }
  Host host(global, out);
  PolicyLimits limits;
  limits.memory = options.memory << 20;
  limits.instructions = options.instructions;
  // Before maps are open: see Policy::start().
  TRY(const auto policy,
      Policy::start(options.file, std::move(source), limits, host, system_scope_names()));
  TRY(const Pins pins, Pins::find(global.pins, global.name));
  TRY(const auto reader, EventReader::open(pins));
  Status status;
  auto next_tick = Clock::now() + std::chrono::seconds(1);
  while (status && Clock::now() < end) {
    TRY_OK(reader->poll(std::chrono::milliseconds(100), [&](const Json& event) {
      status = policy->event(event);
      return status.has_value();
    }));
    if (!status || Clock::now() < next_tick) continue;
    next_tick += std::chrono::seconds(1);
    status = policy->tick(seconds_now());
  }
  if (!status) return std::unexpected(status.error());
  return kExitFine;
}

}  // namespace

Runner add_policy(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<PolicyOptions>();
  command.add_option("FILE", options->file, "a script in Lua 5.4")->required();
  command.add_option("--for", options->lasts, "end after this time")->type_name("TIME");
  command.add_option("--memory", options->memory, "MiB that the script may use; 16")
      ->check(CLI::Range(1U, 4096U))
      ->type_name("N");
  command
      .add_option("--instructions", options->instructions,
                  "of Lua that it may run for each event; 1000000")
      ->type_name("N");
  command.footer(
      "The script gets events and says what to block. What one event asks for is done when its\n"
      "handler returns; a script that fails or runs away is stopped, and nothing is done.\n"
      "\n"
      "EXAMPLE\n"
      "  function on_event(event)\n"
      "    if event.what.kind == \"malformed\" then block(event.source, {[\"for\"] = \"10m\"}) "
      "end\n"
      "  end\n");
  return [options, &global](Output& out) { return run_policy(*options, global, out); };
}

}  // namespace xdp_blacklist
