#include "btfreloc/cmd_relocate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>

#include "btfreloc/cmd_dump.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/json.h"
#include "btfreloc/relocating.h"
#include "btfreloc/write_file.h"
#include "object/relocate.h"

namespace btfreloc::tool {
namespace {

struct RelocateOptions {
  std::string object;
  std::string kernel = "@running";
  std::string out;  ///< "": report only.
  std::string compat;
  bool keep_relocations = false;
  bool force = false;
  bool json = false;
};

using core::Outcome;

void print_json(Output& out, const Relocating& relocating) {
  const Kernel& kernel = relocating.kernel;
  const Json kernel_json = {{"label", kernel.label()},
                            {"release", string_or_null(kernel.release())},
                            {"arch", string_or_null(kernel.arch())}};
  out << fmt::format("{{\"schema\":\"btfreloc.relocate/1\",\n\"object\":{},\n\"kernel\":{}",
                     text_of(relocating.input.path()), text_of(kernel_json));
  {
    JsonArray relocations(out, "relocations");
    const object::Object& object = relocating.object();
    for (const object::Relocation& relocation : object.relocations()) {
      const RelocationRecord record = describe(object, relocation);
      Json json = relocation_json(object, relocation, record);
      add_decision(json, record, *decision_of(object, relocation, relocating.decisions),
                   object.order());
      relocations.add(json);
    }
  }
  out << "}\n";
}

/// "4 relocations: 3 patched, 1 poisoned"
std::string summary(const Relocating& relocating) {
  std::string text = fmt::format("{} relocation{}", relocating.decisions.size(),
                                 relocating.decisions.size() == 1 ? "" : "s");
  std::string_view separator = ": ";
  for (const Outcome outcome :
       {Outcome::patched, Outcome::poisoned, Outcome::fatal, Outcome::skipped}) {
    const auto count = std::ranges::count(relocating.decisions, outcome, &core::Decision::outcome);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", separator, count, name(outcome));
    separator = ", ";
  }
  return text;
}

/// The object itself goes there, then, and no report.
bool is_standard_output(const std::string& path) {
  return path == "-" || path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1";
}

Result<int> relocate(const RelocateOptions& options, Output& out) {
  const bool as_libbpf = options.compat == "libbpf";
  TRY(const Relocating relocating,
      Relocating::open(options.object, options.kernel,
                       as_libbpf ? core::Rules::libbpf : core::Rules::coherent));
  TRY_OK(check_ids_known(relocating));
  const std::size_t errors = print_findings(relocating);
  const bool writes = !options.out.empty() && (errors == 0 || options.force);
  if (writes) {
    const auto bytes = object::rewrite(
        relocating.object(), relocating.input.bytes(), relocating.decisions,
        options.keep_relocations ? object::Relocations::kept : object::Relocations::applied);
    if (is_standard_output(options.out)) {
      out << as_chars(bytes);
      return errors == 0 ? kExitFine : kExitNo;
    }
    TRY_OK(write_file(options.out, bytes));
  }
  if (options.json) {
    print_json(out, relocating);
    if (!options.out.empty() && !writes) {
      print(Finding{.level = Level::error,
                    .code = "nothing-written",
                    .message = "fatal relocations make every loader refuse the object",
                    .where = {.file = options.out, .section = {}, .offset = {}},
                    .help = "--force writes it nevertheless"});
    }
  } else {
    if (options.out.empty()) {
      print_relocations(out, relocating.object(), nullptr, relocating.decisions);
    }
    out << summary(relocating) << fmt::format(" for {}", printable(relocating.kernel.label()));
    if (!options.out.empty()) {
      out << (writes ? fmt::format("; written to {}", printable(options.out))
                     : std::string("; nothing written, because the fatal ones make every loader "
                                   "refuse the object (--force writes)"));
    }
    out << "\n";
  }
  return errors == 0 ? kExitFine : kExitNo;
}

}  // namespace

Runner add_relocate(CLI::App& command) {
  const auto options = std::make_shared<RelocateOptions>();
  command.add_option("OBJECT", options->object, "BPF object")->required();
  command
      .add_option("-k,--kernel", options->kernel, fmt::format("the kernel: {}", kKernelAddresses))
      ->capture_default_str()
      ->type_name("KERNEL");
  command
      .add_option("-o", options->out,
                  "write the object there, with its relocations marked as applied; - is standard "
                  "output; without it, only report")
      ->type_name("OUT");
  command.add_flag("--keep-relocations", options->keep_relocations,
                   "leave the relocations in the output, for a loader to apply again");
  command.add_flag("--force", options->force,
                   "write even when a relocation is fatal; its instruction stays as it was");
  command
      .add_option("--compat", options->compat,
                  "libbpf: decide as libbpf 1.8 does, its mistakes included")
      ->check(CLI::IsMember({"libbpf"}))
      ->type_name("WHOSE");
  command.add_flag("--json", options->json, "schema btfreloc.relocate/1");
  command.footer(
      "Exit status: 0 all patched or poisoned, 1 at least one is fatal, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc relocate prog.bpf.o                for the running kernel, report only\n"
      "  btfreloc relocate prog.bpf.o -k vmlinux.btf -o prog.relocated.o\n"
      "  btfreloc relocate prog.bpf.o -k linux-6.12/ --json | jq '.relocations[].new'\n");
  return [options](Output& out) { return relocate(*options, out); };
}

}  // namespace btfreloc::tool
