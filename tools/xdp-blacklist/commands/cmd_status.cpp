#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/attach.h"
#include "xdp-blacklist/instance/confirm.h"
#include "xdp-blacklist/instance/loading.h"

// `status` and `mode`: how an instance is set.

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;

struct ModeOptions {
  std::string mode;
  std::string confirm;
};

bool fell_back(const config& settings) {
  return settings.mode == MODE_ALLOW && mode_now(settings) == Mode::block;
}

/// Seconds in which somebody has to confirm; 0: nobody has to.
std::uint32_t confirm_within(const config& settings) {
  const std::uint32_t now = seconds_now();
  return mode_now(settings) == Mode::allow && settings.confirm_by > now ? settings.confirm_by - now
                                                                        : 0;
}

std::string mode_text(const config& settings) {
  if (fell_back(settings)) return "block (nobody confirmed allow in time)";
  std::string text(name(mode_now(settings)));
  if (const std::uint32_t seconds = confirm_within(settings); seconds != 0) {
    text += fmt::format(" (for {} s unless confirmed)", seconds);
  }
  return text;
}

/// What `status` and `mode` say of it.
Json mode_json(const config& settings) {
  Json record = {{"mode", name(mode_now(settings))}, {"fell_back", fell_back(settings)}};
  if (const std::uint32_t seconds = confirm_within(settings); seconds != 0) {
    record["confirm_within_seconds"] = seconds;
  }
  return record;
}

std::vector<std::string> feature_names(std::uint32_t features) {
  std::vector<std::string> names;
  const auto add = [&](std::uint32_t bit, const char* name) {
    if ((features & bit) != 0) names.emplace_back(name);
  };
  add(FEATURE_KERNEL_CONTEXT, "kernel-context");
  add(FEATURE_EVENTS, "events");
  add(FEATURE_FRAGS, "frags");
  add(FEATURE_CHALLENGE, "challenge");
  add(FEATURE_STRNSTR, "strnstr");
  return names;
}

std::string events_text(std::uint32_t sample) {
  if (sample == 0) return "none";
  return sample == 1 ? "every drop" : fmt::format("one of {} drops", sample);
}

struct Link {
  std::string interface;
  std::optional<std::uint32_t> index;  ///< nullopt: it is not for us to ask; 0: it is gone.
};

Result<std::vector<Link>> links_of(const Pins& pins) {
  std::vector<Link> links;
  TRY(const auto names, pins.linked());
  for (const std::string& name : names) {
    const auto there = attachment(pins.links() + "/" + to_pin_name(name));
    links.push_back({name, there ? std::optional(there->interface) : std::nullopt});
  }
  return links;
}

Json status_json(const Instance& instance, const std::vector<Link>& links,
                 const std::vector<std::size_t>& counts) {
  const config& settings = instance.settings();
  Json interfaces = Json::array();
  for (const Link& link : links) {
    Json record = {{"name", link.interface}};
    if (link.index) record["index"] = *link.index;
    interfaces.push_back(record);
  }
  Json lists = Json::object();
  for (std::size_t i = 0; i < kLists; ++i) {
    const Map* map = instance.rules().map(static_cast<ListMap>(i));
    if (map == nullptr) continue;
    lists[kListNames[i]] = {{"rules", counts[i]}, {"room", map->shape().max_entries}};
  }
  Json document = {{"instance", instance.pins().name()},
                   {"pins", instance.pins().path()},
                   {"loaded", is_loaded(instance.pins())},
                   {"sample", settings.sample},
                   {"features", feature_names(settings.features)},
                   {"challenge", settings.challenge != 0},
                   {"interfaces", interfaces},
                   {"lists", lists}};
  document.update(mode_json(settings));
  return document;
}

void print_status(Output& out, const Instance& instance, const std::vector<Link>& links,
                  const std::vector<std::size_t>& counts) {
  const config& settings = instance.settings();
  out << out.heading(instance.pins().name()) << "  " << instance.pins().path() << "\n";
  std::string interfaces;
  for (const Link& link : links) {
    interfaces += (interfaces.empty() ? "" : ", ") + link.interface;
    if (link.index == 0U) interfaces += " (gone)";
  }
  if (!is_loaded(instance.pins())) {
    interfaces = "none: only the rules are kept";
  }
  out << "interfaces  " << (interfaces.empty() ? "none" : interfaces) << "\n";
  out << "mode        " << mode_text(settings) << "\n";
  out << "events      " << events_text(settings.sample) << "\n";
  const auto features = feature_names(settings.features);
  out << fmt::format("features    {}\n",
                     features.empty() ? "none" : fmt::format("{}", fmt::join(features, ", ")));
  if (settings.challenge != 0) {
    out << fmt::format("challenge   {} requests without the cookie, then banned for {} s\n",
                       settings.most_fails, settings.ban_seconds);
  }
  out << "rules       ";
  std::string text;
  for (std::size_t i = 0; i < kLists; ++i) {
    if (counts[i] != 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts[i], kListNames[i]);
  }
  out << (text.empty() ? "none" : text) << "\n";
}

Result<int> run_status(const GlobalOptions& global, Output& out) {
  TRY(const Instance instance, open_instance(global, Access::read));
  TRY(const auto links, links_of(instance.pins()));
  TRY(const auto rules, instance.rules().all());
  std::vector<std::size_t> counts(kLists);
  for (const ActiveRule& rule : rules) ++counts[static_cast<std::size_t>(list_of(rule.rule))];
  if (global.json) {
    print_json(out, "status", status_json(instance, links, counts));
  } else {
    print_status(out, instance, links, counts);
  }
  return kExitFine;
}

Result<int> run_mode(const ModeOptions& options, const GlobalOptions& global, Output& out) {
  if (!options.confirm.empty() && options.mode != "allow") {
    return fail(Errc::out_of_range, "only the mode allow has to be confirmed", {},
                "leave `--confirm` out, or say `mode allow --confirm TIME`");
  }
  TRY(Instance instance,
      open_instance(global, options.mode.empty() ? Access::read : Access::write));
  bool is_late = false;
  if (options.mode == "confirm") {
    TRY(const bool in_time, confirm(instance));
    is_late = !in_time;
  } else if (!options.mode.empty()) {
    TRY(const Mode mode, parse_mode(options.mode));
    TRY_OK(set_mode(instance, mode, options.confirm));
  }
  if (global.json) {
    Json document = mode_json(instance.settings());
    document["late"] = is_late;
    print_json(out, "mode", document);
  } else {
    out << mode_text(instance.settings())
        << (is_late ? ": it was too late to confirm allow\n" : "\n");
  }
  return is_late ? kExitNo : kExitFine;
}

}  // namespace

Runner add_status(CLI::App&, const GlobalOptions& global) {
  return [&global](Output& out) { return run_status(global, out); };
}

Runner add_mode(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<ModeOptions>();
  command.add_option("MODE", options->mode,
                     "block: drop what rules name; allow: drop all else; confirm: keep allow");
  command
      .add_option("--confirm", options->confirm,
                  "allow: back to block after this time, unless `mode confirm` comes before")
      ->type_name("TIME");
  command.footer(
      "The kernel itself falls back when nobody confirms, so that one who is locked out is let in "
      "again.\n"
      "\n"
      "EXAMPLES\n"
      "  xdp-blacklist mode allow --confirm 30s && xdp-blacklist mode confirm\n");
  return [options, &global](Output& out) { return run_mode(*options, global, out); };
}

}  // namespace xdp_blacklist
