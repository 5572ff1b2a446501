#include <fmt/format.h>
#include <libelf.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/kinds.h"
#include "btfreloc/cmd_diff.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/cmd_emit.h"
#include "btfreloc/cmd_encode.h"
#include "btfreloc/cmd_explain.h"
#include "btfreloc/cmd_header.h"
#include "btfreloc/cmd_history.h"
#include "btfreloc/cmd_kernels.h"
#include "btfreloc/cmd_legalize.h"
#include "btfreloc/cmd_load.h"
#include "btfreloc/cmd_minimize.h"
#include "btfreloc/cmd_relocate.h"
#include "btfreloc/cmd_validate.h"
#include "btfreloc/color_option.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/output.h"
#include "btfreloc/suggest.h"

namespace {

using namespace btfreloc;

/// What -h prints: like --help, but without the examples, so that it fits a screen.
class ShortHelp : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    full_ = mode == CLI::AppFormatMode::All;
    return Formatter::make_help(app, std::move(name), CLI::AppFormatMode::Normal);
  }
  std::string make_footer(const CLI::App* app) const override {
    return full_ ? Formatter::make_footer(app) : std::string("\n");
  }

 private:
  mutable bool full_ = false;
};

std::string version_text() {
  const auto newest = static_cast<unsigned>(btf::kNewestKind);
  return fmt::format("btfreloc {}\nlibelf {} ({} at build time), BTF kinds up to {} ({})",
                     BTFRELOC_VERSION,
                     elf_version(EV_NONE) == EV_CURRENT ? "interface 1" : "unknown interface",
                     BTFRELOC_LIBELF_VERSION, newest, btf::traits(btf::kNewestKind).name);
}

/// The subcommands, in the order of how often they are used.
struct Command {
  const char* name;
  const char* summary;
  tool::Runner (*add)(CLI::App& command);
};
constexpr Command kCommands[] = {
    {"dump", "what is in an object: programs, maps, types, relocations with source and instruction",
     tool::add_dump},
    {"explain", "why a relocation comes out as it does, step by step", tool::add_explain},
    {"diff", "what changed between two kernels: all of it, some types, or what an object uses",
     tool::add_diff},
    {"history", "where a field was, kernel by kernel: table, JSON, picture", tool::add_history},
    {"relocate", "apply the CO-RE relocations for one kernel, and write the object",
     tool::add_relocate},
    {"load", "relocate for the running kernel and load: what the verifier says, in your terms",
     tool::add_load},
    {"validate", "would this kernel accept this BTF, and if not, why: the byte and the rule",
     tool::add_validate},
    {"minimize", "the smallest BTF that still relocates these objects, for each kernel",
     tool::add_minimize},
    {"header", "C or Rust declarations from BTF: all of them, or what an object uses",
     tool::add_header},
    {"legalize", "rewrite BTF into what an older kernel accepts", tool::add_legalize},
    {"kernels", "the kernel set: the BTF of many kernels and their modules in one small file",
     tool::add_kernels},
    {"encode", "BTF from text in bpftool's raw notation", tool::add_encode},
    {"emit", "compile LLVM IR of any frontend, with CO-RE relocations", tool::add_emit},
};

/// What is wrong with the command line, and what was probably meant.
struct UsageProblem {
  std::string message;
  std::string help;
};

/// The command that was named, as far as it was: "kernels list" as two.
std::vector<const CLI::App*> named_commands(const CLI::App& app) {
  std::vector<const CLI::App*> path;
  for (auto next = app.get_subcommands(); !next.empty(); next = path.back()->get_subcommands()) {
    path.push_back(next[0]);
  }
  return path;
}

/// The first word that is no command where one is needed.
std::optional<UsageProblem> unknown_command(const CLI::App& app, int argc, char** argv) {
  const auto path = named_commands(app);
  const CLI::App& last = path.empty() ? app : *path.back();
  std::vector<std::string_view> names;
  for (const CLI::App* command : last.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  if (names.empty()) return std::nullopt;
  std::size_t words_before = path.size();
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-' || words_before-- > 0) continue;
    return UsageProblem{fmt::format("no command is named `{}`", argv[i]),
                        tool::did_you_mean(tool::nearest(argv[i], names))};
  }
  return std::nullopt;
}

/// The first flag that the command does not have.
std::optional<UsageProblem> unknown_flag(const CLI::App& app, int argc, char** argv) {
  std::vector<std::string> known = {"--help", "--version", "--color"};
  for (const CLI::App* command : named_commands(app)) {
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  }
  const std::vector<std::string_view> names(known.begin(), known.end());
  for (int i = 1; i < argc; ++i) {
    const std::string_view word(argv[i]);
    const std::string_view flag = word.substr(0, word.find('='));
    if (!flag.starts_with("--") || std::ranges::find(names, flag) != names.end()) continue;
    return UsageProblem{fmt::format("no flag is named `{}`", flag),
                        tool::did_you_mean(tool::nearest(flag, names))};
  }
  return std::nullopt;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  auto problem = unknown_command(app, argc, argv);
  if (!problem) problem = unknown_flag(app, argc, argv);
  if (!problem) problem = UsageProblem{error.what(), {}};
  if (problem->help.empty()) {
    std::string commands;
    for (const CLI::App* command : named_commands(app)) commands += command->get_name() + " ";
    problem->help = fmt::format("`btfreloc {}--help` lists what there is", commands);
  }
  std::fputs(
      fmt::format("error[usage]: {}\n   = help: {}\n", problem->message, problem->help).c_str(),
      stderr);
  return tool::kExitCannotAnswer;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("BTF and CO-RE: what a BPF object asks of a kernel, and what a kernel answers",
               "btfreloc");
  app.formatter(std::make_shared<ShortHelp>());
  app.set_help_flag("-h", "this help, on one screen");
  app.set_help_all_flag("--help", "this help, with examples");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.fallthrough();
  tool::ColorMode color = tool::ColorMode::automatic;
  tool::add_color_option(app, color);
  // Only the one that is asked for gets its options: making all of them takes longer than an
  // object does.
  tool::Runner run;
  for (const Command& command : kCommands) {
    CLI::App* const subcommand = app.add_subcommand(command.name, command.summary);
    if (std::find(argv, argv + argc, std::string_view(command.name)) == argv + argc) continue;
    tool::Runner runner = command.add(*subcommand);
    subcommand->callback([&run, runner = std::move(runner)] { run = runner; });
  }
  app.footer(
      "EXAMPLES\n"
      "  btfreloc dump prog.bpf.o                    what is in the object\n"
      "  btfreloc dump --type task_struct /sys/kernel/btf/vmlinux\n"
      "  btfreloc relocate prog.bpf.o -k vmlinux.btf -o prog.relocated.o\n");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, argc, argv);
  }
  tool::Output out(color);
  const Result<int> exit_status = run(out);
  if (!exit_status) return tool::give_up(exit_status.error());
  if (!out.complete()) {
    return tool::give_up(fail_errno(errno, "cannot write the output").error());
  }
  return *exit_status;
}
