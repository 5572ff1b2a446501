#include "btfreloc/cmd_emit.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <memory>
#include <string>

namespace btfreloc::tool {
namespace {

void add_code_options(CLI::App& command, EmitOptions& options) {
  command.add_option("-O", options.optimization, "how much to optimise: 0, 1, 2, 3, s or z")
      ->check(CLI::IsMember({"0", "1", "2", "3", "s", "z"}))
      ->take_last()
      ->capture_default_str()
      ->type_name("LEVEL");
  command
      .add_option("--mcpu,--cpu", options.cpu,
                  "instructions to use: v1, v2 (Linux 4.14), v3 (5.1), v4 (6.6)")
      ->check(CLI::IsMember({"generic", "v1", "v2", "v3", "v4"}))
      ->take_last()
      ->capture_default_str()
      ->type_name("CPU");
  command
      .add_option("--mattr,--cpu-features", options.features, "more instructions, such as +alu32")
      ->type_name("LIST");
  command.add_flag("--emit-llvm", options.emit_llvm,
                   "write IR in place of an object: text when OUT ends in .ll, else bitcode");
}

void add_pass_options(CLI::App& command, EmitOptions& options) {
  command
      .add_option("--scope", options.scopes,
                  "namespaces and modules whose records the kernel lays out")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str()
      ->type_name("NAME,...");
  command
      .add_option("--structs", options.structs,
                  "names of records that the kernel lays out, with * and ?")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("GLOB,...");
  command.add_flag("--strict", options.strict, "what is not relocated is an error");
  command.add_option("--bitfields", options.bitfields, "exact, or clang: as clang's attribute")
      ->check(CLI::IsMember({"exact", "clang"}))
      ->capture_default_str()
      ->type_name("HOW");
  command.add_option("--nested", options.nested, "inherit, or stop: records inside are not meant")
      ->check(CLI::IsMember({"inherit", "stop"}))
      ->capture_default_str()
      ->type_name("HOW");
}

void add_link_options(CLI::App& command, EmitOptions& options) {
  command
      .add_option("--lib", options.libraries,
                  "bitcode or an archive of it (core.bc, libcore.rlib): what is used of it")
      ->allow_extra_args(false)
      ->type_name("FILE");
  command
      .add_option("--panic", options.panic,
                  "Rust's panics: link, as functions of core; or exit: the program returns 0")
      ->check(CLI::IsMember({"link", "exit"}))
      ->capture_default_str()
      ->type_name("HOW");
  command
      .add_option("--export", options.exports,
                  "keep what nothing here uses; what has a section or a plain name is kept anyway")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command.add_option("--export-symbols", options.export_file, "the same, one name a line")
      ->type_name("FILE");
  command
      .add_option("--allow", options.allowed,
                  "undefined: what is not defined is in another object; no-records: none is the "
                  "kernel's")
      ->check(CLI::IsMember({kAllowUndefined, kAllowNoRecords}))
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("WHAT,...");
}

/// What rustc gives a linker for BPF beside inputs and output. The values of some of them are of no
/// use here.
void add_linker_options(CLI::App& command, EmitOptions& options) {
  command.add_flag("--debug", options.ignored_debug, "for rustc, whose linker this can be")
      ->group("");
  command.add_option("-L", options.ignored, "for rustc, whose linker this can be")
      ->allow_extra_args(false)
      ->group("");
}

/// The options again, as another program takes them.
std::vector<std::string> arguments_of(const CLI::App& command) {
  std::vector<std::string> arguments;
  std::vector<std::string> positionals;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& value : option->results()) {
      if (option->get_positional()) {
        positionals.push_back(value);
      } else if (option->get_lnames().empty()) {
        arguments.push_back("-" + option->get_snames().front());
        arguments.push_back(value);
      } else if (option->get_items_expected_max() == 0) {
        arguments.push_back("--" + option->get_lnames().front());
      } else {
        arguments.push_back("--" + option->get_lnames().front() + "=" + value);
      }
    }
  }
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), positionals.begin(), positionals.end());
  return arguments;
}

/// Where this program is, with a slash at the end; "" when that cannot be told.
std::string own_folder() {
  std::string path(4096, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size()) return "";
  path.resize(static_cast<std::size_t>(size));
  return path.substr(0, path.rfind('/') + 1);
}

/// Does not return when it can be run.
Result<int> run_program(const std::string& name, std::vector<std::string> arguments) {
  std::vector<char*> argv;
  std::string first = name;
  argv.push_back(first.data());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv((own_folder() + name).c_str(), argv.data());
  ::execvp(name.c_str(), argv.data());
  if (errno == ENOENT) {
    return fail(Errc::not_found, fmt::format("there is no program `{}`", name), {},
                "./dev pass builds the one for LLVM 19, which is --llvm 19 and btfreloc-emit-19");
  }
  return fail_errno(errno, fmt::format("cannot run `{}`", name));
}

}  // namespace

void add_emit_options(CLI::App& command, EmitOptions& options) {
  command
      .add_option("IN", options.inputs,
                  "LLVM bitcode, IR text, or archives of bitcode, for bpfel or bpfeb")
      ->required();
  command.add_option("-o,--output", options.out, "the object; - is standard output")
      ->required()
      ->type_name("OUT");
  add_code_options(command, options);
  add_pass_options(command, options);
  add_link_options(command, options);
  add_linker_options(command, options);
  command.add_flag("-v,--verbose", options.verbose, "list each access that is relocated");
  command.add_flag("--json", options.json, "schema btfreloc.emit/1");
  command.footer(
      "Exit status: 0 written, 1 the program cannot become an object as it is, 2 could not "
      "answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc emit prog.bc -o prog.bpf.o\n"
      "  btfreloc emit prog.bc --lib core.bc -o prog.bpf.o       Rust, with what it uses of core\n"
      "  btfreloc emit a.ll b.ll --structs 'main.task_*' --strict -o prog.bpf.o\n");
}

Runner add_emit(CLI::App& command) {
  const auto options = std::make_shared<EmitOptions>();
  add_emit_options(command, *options);
  command.add_option("--llvm", options->llvm, "major of the LLVM to use; IR must not be newer")
      ->check(CLI::Range(1, 999).description(""))
      ->type_name("MAJOR");
  return [options, &command](Output&) -> Result<int> {
    std::vector<std::string> arguments = arguments_of(command);
    std::erase_if(arguments, [](const std::string& text) { return text.starts_with("--llvm="); });
    return run_program(options->llvm.empty() ? "btfreloc-emit" : "btfreloc-emit-" + options->llvm,
                       std::move(arguments));
  };
}

}  // namespace btfreloc::tool
