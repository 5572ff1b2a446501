// btfreloc-emit: what `btfreloc emit` runs. One for each LLVM, to which it is linked.

#include <fmt/format.h>
#include <sys/personality.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "btfreloc-emit/emit.h"
#include "btfreloc-emit/report.h"
#include "btfreloc/cmd_emit.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/output.h"
#include "btfreloc/write_file.h"

namespace {

using namespace btfreloc;

Status read_exports(tool::EmitOptions& options) {
  if (options.export_file.empty()) return {};
  std::ifstream file(options.export_file);
  if (!file) return fail_errno(errno, "cannot open", {.file = options.export_file});
  for (std::string name; std::getline(file, name);) {
    if (!name.empty()) options.exports.push_back(name);
  }
  return {};
}

/// A line of a response file: blanks and backslashes have a backslash before them.
std::string unescaped(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    text += line[i];
  }
  return text;
}

/// LLVM orders some of what it writes by where it is in memory: with the same addresses in every
/// run the same input gives the same object. Where that is not allowed, it works all the same.
void run_at_fixed_addresses(char** argv) {
  const int current = ::personality(0xffffffff);
  if (current == -1 || (current & ADDR_NO_RANDOMIZE) != 0) return;
  if (::personality(static_cast<unsigned long>(current) | ADDR_NO_RANDOMIZE) == -1) return;
  ::execv("/proc/self/exe", argv);
}

/// rustc, whose linker this can be, puts arguments that are too long for a command line into a
/// file, one a line; and it brings an ELF file of undefined symbols, which says nothing that the
/// list of exports does not.
Result<std::vector<std::string>> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 1 && arguments[0].starts_with('@')) {
    const std::string path = arguments[0].substr(1);
    std::ifstream file(path);
    if (!file) return fail_errno(errno, "cannot open", {.file = path});
    arguments.clear();
    for (std::string line; std::getline(file, line);) arguments.push_back(unescaped(line));
  }
  if (std::ranges::find(arguments, "--export-symbols") != arguments.end()) {
    std::erase_if(arguments, [](const std::string& path) { return path.ends_with("/symbols.o"); });
  }
  // CLI11 takes them from the back.
  std::ranges::reverse(arguments);
  return arguments;
}

bool is_standard_output(const std::string& path) { return path == "-" || path == "/dev/stdout"; }

Result<int> run(tool::EmitOptions options, tool::Output& out) {
  TRY_OK(read_exports(options));
  if (options.cpu == "generic") options.cpu = "v3";  // what rustc says when nobody chose
  TRY(const emit::Emission emission, emit::emit(options));
  for (const tool::Finding& finding : emission.findings) print(finding);
  const bool is_answer = is_standard_output(options.out);
  tool::Output talk(tool::ColorMode::automatic, 2);
  TRY_OK(print_report(is_answer ? talk : out, options, emission));
  if (emission.has_errors()) return tool::kExitNo;
  if (is_answer) {
    out << emission.bytes;
  } else {
    TRY_OK(tool::write_file(options.out, as_bytes(emission.bytes)));
  }
  if (!talk.complete()) return fail_errno(errno, "cannot write the report");
  return tool::kExitFine;
}

}  // namespace

int main(int argc, char** argv) {
  run_at_fixed_addresses(argv);
  CLI::App app("compiles LLVM IR for BPF, with CO-RE relocations that the pass finds",
               "btfreloc-emit");
  app.set_version_flag("--version", fmt::format("btfreloc-emit {} (LLVM {})", BTFRELOC_VERSION,
                                                BTFRELOC_LLVM_VERSION));
  tool::EmitOptions options;
  tool::add_emit_options(app, options);
  Result<std::vector<std::string>> arguments = arguments_of(argc, argv);
  if (!arguments) return tool::give_up(arguments.error());
  try {
    app.parse(*std::move(arguments));
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::fputs(
        fmt::format("error[usage]: {}\n   = help: `btfreloc emit --help` lists what there is\n",
                    error.what())
            .c_str(),
        stderr);
    return tool::kExitCannotAnswer;
  }
  tool::Output out(tool::ColorMode::automatic);
  const Result<int> status = run(std::move(options), out);
  if (!status) return tool::give_up(status.error());
  if (!out.complete()) {
    return tool::give_up(fail_errno(errno, "cannot write the output").error());
  }
  return *status;
}
