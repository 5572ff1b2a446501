#include "btfreloc/cmd_kernels.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <utility>

#include "btfreloc/kernels_commands.h"

namespace btfreloc::tool {
namespace {

/// The subcommands, in the order of how often they are used.
struct Subcommand {
  const char* name;
  const char* summary;
  Runner (*add)(CLI::App& command);
};
constexpr Subcommand kSubcommands[] = {
    {"list", "the kernels of a set", add_kernels_list},
    {"add", "add kernels and modules, out of files of any kind; makes the set", add_kernels_add},
    {"extract", "write the BTF of a kernel or module to a file", add_kernels_extract},
    {"remove", "take kernels or modules out", add_kernels_remove},
    {"info", "what a set consists of, and how large that is", add_kernels_info},
    {"verify", "read all of a set, and say what is damaged", add_kernels_verify},
    {"repack", "write a set anew: smallest, and the same bytes for the same kernels",
     add_kernels_repack},
    {"scan", "the kernels that this machine has", add_kernels_scan},
};

}  // namespace

std::string count_of(std::uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

SetCounts SetCounts::of(const kernels::Set& set) { return of(set.columns(), set.size().bytes); }

SetCounts SetCounts::of(const std::vector<kernels::Column>& columns, std::uint64_t bytes) {
  const auto modules =
      static_cast<std::size_t>(std::ranges::count_if(columns, &kernels::Column::is_module));
  return {.kernels = columns.size() - modules, .modules = modules, .bytes = bytes};
}

std::string summary_of(const std::string& set, const SetCounts& before, const SetCounts& after) {
  std::string text = fmt::format("{}: {}", printable(set), count_of(after.kernels, "kernel"));
  if (after.modules != 0) text += fmt::format(" and {}", count_of(after.modules, "module"));
  text += fmt::format(", {} bytes", after.bytes);
  if (before.bytes != 0) text += fmt::format(" ({} before)", before.bytes);
  return text + "\n";
}

Runner add_kernels(CLI::App& command) {
  command.require_subcommand(1);
  const auto chosen = std::make_shared<Runner>();
  for (const Subcommand& subcommand : kSubcommands) {
    CLI::App* const added = command.add_subcommand(subcommand.name, subcommand.summary);
    Runner runner = subcommand.add(*added);
    added->callback([chosen, runner = std::move(runner)] { *chosen = runner; });
  }
  command.footer(
      "A kernel of a set is named SET.btfset:LABEL wherever a command takes a kernel (-k); "
      "@shipped "
      "is the set that comes with btfreloc.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc kernels list @shipped\n"
      "  btfreloc kernels add my.btfset @running linux-image-6.1.0-56-amd64.deb\n"
      "  btfreloc kernels extract my.btfset 6.1.0-56-amd64 -o vmlinux.btf\n"
      "  btfreloc relocate prog.bpf.o -k my.btfset:6.1.0-56-amd64 -o prog.6.1.o\n");
  return [chosen](Output& out) { return (*chosen)(out); };
}

}  // namespace btfreloc::tool
