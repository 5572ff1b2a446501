#include "btfreloc/cmd_dump.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "base/mapped_file.h"
#include "btf/c_text.h"
#include "btf/value.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/kernel.h"
#include "btfreloc/relocating.h"
#include "btfreloc/suggest.h"
#include "elf/file.h"
#include "object/loader_btf.h"

namespace btfreloc::tool {
namespace {

struct DumpOptions {
  std::string file;
  std::string base;
  std::string kernel;  ///< Address of the kernel whose values are shown, too; "" for none.
  bool core = false;
  bool insns = false;
  bool lines = false;
  bool types = false;
  bool raw = false;
  bool json = false;
  std::string program;
  std::vector<std::string> type_names;
  std::string value_type;  ///< Of the bytes in `value_file`; "" for none.
  std::string value_file;
};

/// The program of that name. Fails with the names that are near.
Result<const object::Program*> find_program(const Input& input, const std::string& name) {
  std::vector<std::string_view> names;
  for (const object::Program& program : input.object()->programs()) {
    if (program.name == name) return &program;
    names.push_back(program.name);
  }
  return fail(Errc::not_found, fmt::format("no program is named `{}`", name),
              {.file = input.path()}, did_you_mean(nearest(name, names)));
}

/// Says on standard error what a reader of the output must know about the object.
void warn_about(const Input& input) {
  if (input.object() == nullptr || input.object()->parts().size() < 2) return;
  const auto& parts = input.object()->parts();
  print(Finding{
      .code = "concatenated-btf",
      .message = fmt::format(".BTF holds {} blobs, one behind the other: a linker that does not "
                             "know BTF put the sections together",
                             parts.size()),
      .where = {.file = input.path(), .section = ".BTF", .offset = parts[1].offset},
      .notes = {"loaders read the first blob and miss the types and relocations of the others",
                "instruction offsets of the others count from the start of their own object's "
                "sections, so nothing here is matched with instructions"},
      .help = "link with `bpftool gen object OUT.o A.o B.o`, which merges BTF"});
}

Status check_asks_for_object(const DumpOptions& options, const Input& input) {
  const char* flag = options.core               ? "--core"
                     : options.insns            ? "--insns"
                     : options.lines            ? "--lines"
                     : !options.program.empty() ? "--program"
                     : !options.kernel.empty()  ? "--kernel"
                                                : nullptr;
  if (flag == nullptr || input.object() != nullptr) return {};
  return fail(Errc::unsupported,
              fmt::format("{} is about BPF objects, this file only has BTF", flag),
              {.file = input.path()}, "leave it out, or add --types, --type NAME or --raw");
}

/// An object's BTF with what only the object's sections and symbols tell: where variables are.
struct LaidOutBtf {
  std::vector<std::byte> bytes;
  std::optional<btf::View> view;  ///< None of a file that is no object.
};

Result<LaidOutBtf> lay_out(const Input& input, const btf::View& btf) {
  LaidOutBtf result;
  if (input.object() == nullptr) return result;
  TRY(const elf::File file, elf::File::open(input.bytes()));
  result.bytes = object::loader_btf(file, btf).bytes;
  TRY(result.view, btf::View::open(result.bytes));
  return result;
}

/// The same type in BTF that is laid out. Fails where a section has no places for its variables.
Result<ValueType> laid_out(const Input& input, const LaidOutBtf& btf, ValueType type) {
  if (btf.view) type.view = &*btf.view;
  type.size = btf::value_size(*type.view, type.id).value_or(ByteCount{});
  if (type.size.value != 0 && btf::is_laid_out(*type.view, type.id)) return type;
  return fail(Errc::unsupported,
              fmt::format("`{}` is not laid out: nothing says where its variables are",
                          btf::title(*type.view, type.id)),
              {.file = input.path()}, "name the type of one variable");
}

/// Prints the bytes of a file as values of a type of the input.
Result<int> dump_values(const DumpOptions& options, const Input& input, Output& out) {
  TRY(const ValueType selected, select_value_type(input, options.value_type));
  TRY(const LaidOutBtf btf, lay_out(input, *selected.view));
  TRY(const ValueType type, laid_out(input, btf, selected));
  const bool is_stdin = options.value_file == "-";
  const std::string path = is_stdin ? "/dev/stdin" : options.value_file;
  // As they are: bytes that look compressed are bytes.
  TRY(const MappedFile file, MappedFile::open(path));
  const std::uint64_t size = file.bytes().size();
  if (size == 0 || size % type.size.value != 0) {
    const std::uint64_t rest = size % type.size.value;
    const std::string title = btf::title(*type.view, type.id);
    const std::string message =
        size < type.size.value
            ? fmt::format("{} bytes are no `{}`, which has {}", size, title, type.size.value)
            : fmt::format("{} bytes remain behind the last `{}`, which has {}", rest, title,
                          type.size.value);
    return fail(Errc::truncated, message,
                {.file = is_stdin ? "<stdin>" : path, .offset = size - rest},
                "the file may be cut short, or hold values of another type");
  }
  if (options.json) {
    print_values_json(out, type, file.bytes());
  } else {
    print_values(out, type, file.bytes());
  }
  return kExitFine;
}

Result<int> dump(const DumpOptions& options, Output& out) {
  TRY(const Input input, Input::open(options.file, options.base));
  if (!options.value_type.empty()) return dump_values(options, input, out);
  TRY_OK(check_asks_for_object(options, input));
  const object::Program* program = nullptr;
  if (!options.program.empty()) {
    TRY(program, find_program(input, options.program));
  }
  TRY(const std::vector<TypeSelection> types, select_types(input, options.type_names));
  warn_about(input);
  std::vector<core::Decision> decisions;
  std::optional<Kernel> kernel;  // decisions point into its BTF
  if (!options.kernel.empty()) {
    TRY(kernel, Kernel::open(options.kernel));
    TRY(decisions, decide(input, *kernel));
  }

  const bool want_types = options.types || !options.type_names.empty();
  if (options.json) {
    print_json(out, input, program, want_types ? &types : nullptr, decisions);
    return kExitFine;
  }
  if (options.raw) {
    print_types_raw(out, input, types);
    return kExitFine;
  }
  if (options.core) print_relocations(out, *input.object(), program, decisions);
  if (options.insns) print_insns(out, *input.object(), program, decisions);
  if (options.lines) print_lines(out, *input.object(), program);
  if (want_types) print_types_as_c(out, input, types);
  const bool any_view = options.core || options.insns || options.lines || want_types;
  if (!any_view && program != nullptr) print_relocations(out, *input.object(), program, decisions);
  if (!any_view && program == nullptr) print_overview(out, input, decisions);
  return kExitFine;
}

/// CLI11 could say that options need and exclude each other; then help would, on every line.
void check_usage(const CLI::App& command) {
  const bool has_value = command.count("--value") != 0;
  if (has_value && command.count("BYTES") == 0) {
    throw CLI::RequiresError("--value", "two files: the types, and the bytes");
  }
  if (!has_value && command.count("BYTES") != 0) throw CLI::RequiresError("BYTES", "--value");
  if (!has_value) return;
  for (const char* other :
       {"--core", "--insns", "--lines", "--types", "--type", "--raw", "--kernel", "--program"}) {
    if (command.count(other) != 0) throw CLI::ExcludesError(other, "--value");
  }
}

}  // namespace

Runner add_dump(CLI::App& command) {
  const auto options = std::make_shared<DumpOptions>();
  command
      .add_option("FILE", options->file,
                  "BPF object, raw BTF, ELF file with .BTF (vmlinux, .ko) or /sys/kernel/btf/*, "
                  "each also as .xz, .zst or .gz; - is standard input")
      ->required();
  command.add_option("BYTES", options->value_file,
                     "with --value: the bytes to print; - is standard input");
  command.add_option("-B,--base", options->base, "the kernel's BTF, for the split BTF of a module")
      ->type_name("FILE");
  command
      .add_option("-k,--kernel", options->kernel,
                  fmt::format("show the values on this kernel, too: {}", kKernelAddresses))
      ->type_name("KERNEL");
  command.add_flag("--core", options->core, "CO-RE relocations under their source lines");
  command.add_flag("--insns", options->insns, "disassembly with source lines and relocations");
  command.add_flag("--lines", options->lines, "source line of each instruction");
  command.add_flag("--types", options->types, "types as C, with offsets and sizes in bytes");
  command.add_option("--type", options->type_names, "only this type; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command.add_flag("--raw", options->raw, "types in bpftool's raw notation, to the letter");
  command
      .add_option("--value", options->value_type,
                  "print BYTES as values of this type, or of that with the id [ID]")
      ->type_name("TYPE");
  command.add_option("--program", options->program, "only this program or subprogram")
      ->type_name("NAME");
  command.add_flag(
      "--json", options->json,
      "schema btfreloc.dump/1; with --types also the types, with --value btfreloc.value/1");
  command.parse_complete_callback([&command] { check_usage(command); });
  command.footer(
      "EXAMPLES\n"
      "  btfreloc dump prog.bpf.o                    what is in the object\n"
      "  btfreloc dump --insns --program main prog.bpf.o\n"
      "  btfreloc dump --core -k @running prog.bpf.o  what this machine's kernel makes of it\n"
      "  btfreloc dump --type task_struct /sys/kernel/btf/vmlinux\n"
      "  btfreloc dump --value event prog.bpf.o events.bin\n"
      "  btfreloc dump --raw -B vmlinux.btf nf_conntrack.ko\n"
      "  btfreloc dump --json prog.bpf.o | jq '.relocations[].path'\n");
  return [options](Output& out) { return dump(*options, out); };
}

}  // namespace btfreloc::tool
