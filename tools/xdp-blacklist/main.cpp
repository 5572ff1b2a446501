#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <vector>

#include "btfreloc/color_option.h"
#include "btfreloc/suggest.h"
#include "xdp-blacklist/commands/command.h"

namespace {

using namespace xdp_blacklist;
namespace tool = btfreloc::tool;

/// The commands, in the order in which one needs them.
struct Command {
  const char* name;
  const char* summary;
  Adder add;
};
constexpr Command kCommands[] = {
    {"load", "load the program, and attach it to interfaces", add_load},
    {"unload", "take it off, with its rules or without", add_unload},
    {"reload", "put a new program in its place; rules and counters stay", add_reload},
    {"status", "where it is, in which mode, with how many rules", add_status},
    {"mode", "drop what rules name, or all else", add_mode},
    {"list", "rules with their counters", add_list},
    {"add", "add rules", add_add},
    {"del", "take rules away", add_del},
    {"test", "what would become of a packet, and by which rule", add_test},
    {"stats", "packets and bytes by verdict", add_stats},
    {"top", "the rules that match most", add_top},
    {"events", "drops as they happen", add_events},
    {"import", "add the rules of a file: plain, ipset save or JSON", add_import},
    {"export", "write the rules as a file", add_export},
    {"apply", "make the rules of a file the rules, all at once", add_apply},
    {"policy", "let a script in Lua decide about rules", add_policy},
    {"bench", "what a packet costs, compared with other programs", add_bench},
    {"completions", "for the shell", add_completions},
};

/// What was probably meant by the first word that is no command.
std::string help_for(int argc, char** argv) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.emplace_back(command.name);
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    if (std::ranges::find(names, word) != names.end()) {
      return fmt::format("`xdp-blacklist {} --help` lists what there is", word);
    }
    if (word.starts_with('-')) continue;
    const std::string guess = tool::did_you_mean(tool::nearest(word, names));
    if (!guess.empty()) return guess;
  }
  return "`xdp-blacklist --help` lists what there is";
}

/// The first word, where it is no command.
std::string unknown_command(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const bool has_value = word == "--name" || word == "--pins" || word == "--color";
    if (has_value) ++i;
    if (word.starts_with('-')) continue;
    const bool is_known = std::ranges::any_of(
        kCommands, [&](const Command& command) { return word == command.name; });
    return is_known ? "" : fmt::format("no command is named `{}`", word);
  }
  return "";
}

int usage_error(const CLI::ParseError& error, int argc, char** argv) {
  std::string message = unknown_command(argc, argv);
  if (message.empty()) message = error.what();
  std::fputs(fmt::format("error[usage]: {}\n   = help: {}\n", btfreloc::printable(message),
                         help_for(argc, argv))
                 .c_str(),
             stderr);
  return kExitCannotAnswer;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("An XDP blacklist: drops packets by address, port, TLS server name and HTTP agent",
               "xdp-blacklist");
  app.set_version_flag("--version", "xdp-blacklist " BTFRELOC_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  GlobalOptions global;
  app.add_option("--name", global.name, "which instance, where there are several; default")
      ->type_name("NAME");
  app.add_option("--pins", global.pins, "where instances are kept; /sys/fs/bpf/xdp-blacklist")
      ->type_name("DIR");
  app.add_flag("--json", global.json, "answer in JSON");
  tool::ColorMode color = tool::ColorMode::automatic;
  tool::add_color_option(app, color);
  Runner run;
  for (const Command& command : kCommands) {
    CLI::App* const subcommand = app.add_subcommand(command.name, command.summary);
    Runner runner = command.add(*subcommand, global);
    subcommand->callback([&run, runner = std::move(runner)] { run = runner; });
  }
  app.footer(
      "Exit status: 0 fine, 1 the answer is no or nothing was found, 2 could not.\n"
      "\n"
      "EXAMPLES\n"
      "  xdp-blacklist load eth0                     attach it, with no rules\n"
      "  xdp-blacklist add 192.0.2.7 tcp:23          drop one sender, and telnet\n"
      "  xdp-blacklist test --src 192.0.2.7          what would become of a packet\n"
      "  xdp-blacklist unload                        take it off again\n");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(error, argc, argv);
  }
  tool::Output out(color);
  const Result<int> exit_status = run(out);
  if (!exit_status) {
    out.complete();
    btfreloc::Error error = exit_status.error();
    if (error.hint.empty()) error.hint = help_for(argc, argv);
    return tool::give_up(error);
  }
  if (!out.complete()) {
    return tool::give_up(btfreloc::fail_errno(errno, "cannot write the output").error());
  }
  return *exit_status;
}
