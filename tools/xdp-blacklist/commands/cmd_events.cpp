#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>

#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/event_reader.h"
#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {
namespace {

struct EventOptions {
  std::uint64_t count = 0;  ///< 0: no limit.
  std::string lasts;
};

Result<int> run_events(const EventOptions& options, const GlobalOptions& global, Output& out) {
  using Clock = std::chrono::steady_clock;
  auto end = Clock::time_point::max();
  if (!options.lasts.empty()) {
    TRY(const auto seconds, parse_duration(options.lasts));
    end = Clock::now() + seconds;
  }
  TRY(const Pins pins, Pins::find(global.pins, global.name));
  std::unique_ptr<EventReader> reader;
  {
    TRY(const Instance instance, Instance::open(pins, Access::read));
    if (instance.settings().sample == 0) {
      warn("no-events", "no drop is an event", "`xdp-blacklist reload --sample 1` makes each one");
    }
    TRY(reader, EventReader::open(pins));
  }
  std::uint64_t seen = 0;
  const auto is_done = [&] { return options.count != 0 && seen >= options.count; };
  while (!is_done() && Clock::now() < end) {
    TRY_OK(reader->poll(std::chrono::milliseconds(100), [&](const Json& event) {
      out << (global.json ? btfreloc::tool::text_of(event) : event_text(event)) << "\n";
      ++seen;
      return !is_done();
    }));
    // Whoever reads a pipe wants each event when it happens.
    if (!out.complete()) return kExitCannotAnswer;
  }
  return options.count != 0 && seen < options.count ? kExitNo : kExitFine;
}

}  // namespace

Runner add_events(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<EventOptions>();
  command
      .add_option("--count", options->count, "end after so many; exit status 1 when there are less")
      ->type_name("N");
  command.add_option("--for", options->lasts, "end after this time")->type_name("TIME");
  command.footer(
      "Prints drops as they happen, sampled as `load --sample` says; with --json one object a "
      "line.\n");
  return [options, &global](Output& out) { return run_events(*options, global, out); };
}

}  // namespace xdp_blacklist
