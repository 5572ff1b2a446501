#include "xdp-blacklist/commands/load_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <grp.h>
#include <pwd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>

#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;

constexpr std::uint32_t kDefaultMaxRules = 131072;

/// The row of a list in rule_set.used, by the names that people use.
Result<std::uint32_t> used_bits(const std::string& list) {
  constexpr std::array<const char*, LISTS> kNames = {"hosts4", "nets4", "hosts6", "nets6",
                                                     "ports",  "names", "agents"};
  for (std::uint32_t i = 0; i < LISTS; ++i) {
    if (list == kNames[i]) return USED_BITS(i);
  }
  return fail(Errc::not_found, fmt::format("no list is named `{}`", list), {},
              fmt::format("there are {}", fmt::join(kNames, ", ")));
}

Result<std::uint32_t> feature(const std::string& name) {
  if (name == "events") return FEATURE_EVENTS;
  if (name == "kernel-context") return FEATURE_KERNEL_CONTEXT;
  if (name == "strnstr") return FEATURE_STRNSTR;
  return fail(Errc::not_found, fmt::format("no feature is named `{}`", name), {},
              "there are events, kernel-context and strnstr");
}

Result<std::uint32_t> id_of(const std::string& name, bool is_user) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error == std::errc() && end == name.data() + name.size()) return id;
  if (is_user) {
    if (const passwd* user = ::getpwnam(name.c_str())) return user->pw_uid;
  } else if (const ::group* group = ::getgrnam(name.c_str())) {
    return group->gr_gid;
  }
  return fail(Errc::not_found,
              fmt::format("no {} is named `{}`", is_user ? "user" : "group", name));
}

}  // namespace

void add_load_options(CLI::App& command, LoadOptions& options) {
  command.add_option("--object", options.object, "BPF object; the one that comes with the tool")
      ->type_name("FILE");
  command
      .add_option("--btf", options.btf, "relocate for the kernel with this BTF; the running one")
      ->type_name("KERNEL");
  command
      .add_option("--max-rules", options.max_rules,
                  "room for so many rules of all lists together; 131072")
      ->check(CLI::Range(16U, RULE_IDS_MAX))
      ->type_name("N");
  command
      .add_option("--sample", options.sample,
                  "one of so many drops is an event, by chance; 100. 0: none, 1: all")
      ->type_name("N");
  command.add_option("--mode", options.mode, "block: drop what rules name; allow: drop all else")
      ->type_name("MODE");
  command.add_option("--only", options.only, "lists that may ever be used; others are no code")
      ->delimiter(',')
      ->type_name("LIST,...");
  command
      .add_option("--without", options.without, "events, kernel-context, strnstr: no code either")
      ->delimiter(',')
      ->type_name("FEATURE,...");
  command.add_flag("--frags", options.frags, "take packets in several buffers: large MTUs");
  command.add_flag("--challenge", options.challenge,
                   "ban sources whose requests lack the cookie that a server gave them");
  command.add_option("--most-fails", options.most_fails, "requests without it before the ban; 3")
      ->check(CLI::Range(1U, 1000U))
      ->type_name("N");
  command.add_option("--ban", options.ban, "how long such a ban lasts; 10m")->type_name("TIME");
  command.add_option("--owner", options.owner, "user who may change rules without being root")
      ->type_name("USER");
  command.add_option("--group", options.group, "group that may read, or more by --pin-mode")
      ->type_name("GROUP");
  command.add_option("--pin-mode", options.pin_mode, "mode of the pins: 0600, with --group 0640")
      ->type_name("MODE");
}

Result<std::optional<Ownership>> ownership_of(const LoadOptions& options) {
  if (options.owner.empty() && options.group.empty() && options.pin_mode.empty()) {
    return std::nullopt;
  }
  Ownership ownership;
  if (!options.owner.empty()) {
    TRY(ownership.user, id_of(options.owner, true));
  }
  if (!options.group.empty()) {
    TRY(ownership.group, id_of(options.group, false));
    ownership.mode = 0640;
  }
  if (!options.pin_mode.empty()) {
    const std::string& text = options.pin_mode;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), ownership.mode, 8);
    if (error != std::errc() || end != text.data() + text.size() || ownership.mode > 0777) {
      return fail(Errc::bad_format, fmt::format("`{}` is no mode of a file", text), {},
                  "write it in octal digits: 0660");
    }
  }
  return ownership;
}

Result<ProgramOptions> program_options(const LoadOptions& options, const Pins& pins,
                                       bool is_reload) {
  ProgramOptions program{.object = options.object, .kernel = options.btf};
  if (!options.only.empty()) {
    program.lists = 0;
    for (const std::string& list : options.only) {
      TRY(const std::uint32_t bits, used_bits(list));
      program.lists |= bits;
    }
  }
  for (const std::string& name : options.without) {
    TRY(const std::uint32_t bit, feature(name));
    program.features &= ~bit;
  }
  if (options.challenge) program.features |= FEATURE_CHALLENGE;
  if (options.frags) program.features |= FEATURE_FRAGS;
  program.max_rules = options.max_rules != 0 ? options.max_rules : kDefaultMaxRules;
  if (is_reload && pins.exist()) {
    // What was asked for once stays.
    TRY(const Map map, Map::pinned(pins.map("config"), Access::read));
    config settings{};
    TRY_OK(map.get(std::uint32_t{0}, settings));
    program.features |= settings.features & (FEATURE_CHALLENGE | FEATURE_FRAGS);
    if (options.only.empty()) program.lists = lists_of(settings.features);
  }
  if (options.max_rules == 0 && pins.exist()) {
    TRY(const Map counters, Map::pinned(pins.map("counters"), Access::read));
    program.max_rules = counters.shape().max_entries;
  }
  return program;
}

Result<Settings> settings_of(const LoadOptions& options) {
  Settings settings;
  if (!options.mode.empty()) {
    TRY(settings.mode, parse_mode(options.mode));
  }
  settings.sample = options.sample;
  settings.challenge = options.challenge;
  settings.most_fails = options.most_fails;
  TRY(const auto ban, parse_duration(options.ban));
  settings.ban_seconds = static_cast<std::uint32_t>(ban.count());
  return settings;
}

Result<Hook> hook_of(const LoadOptions& options) {
  const std::string& name = options.xdp;
  if (name == "auto") return Hook::automatic;
  if (name == "native") return Hook::native;
  if (name == "generic") return Hook::generic;
  return fail(Errc::not_found, fmt::format("no XDP mode is named `{}`", name), {},
              "there are auto, native and generic");
}

}  // namespace xdp_blacklist
