#include "btfreloc/cmd_explain.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/explanation.h"
#include "btfreloc/relocating.h"
#include "btfreloc/suggest.h"

namespace btfreloc::tool {
namespace {

struct ExplainOptions {
  std::string object;
  std::string relocation;  ///< "program#N" or "program:INSN"; "" with `all`.
  std::string kernel = "@running";
  bool all = false;
};

/// The relocations that `name` names: "program#N", or all of "program:INSN". Fails with the names
/// that are near.
Result<std::vector<const object::Relocation*>> find_relocations(const Relocating& relocating,
                                                                const std::string& name) {
  const object::Object& object = relocating.object();
  std::vector<const object::Relocation*> found;
  std::vector<std::string> ids;
  for (const object::Relocation& relocation : object.relocations()) {
    ids.push_back(describe(object, relocation).id);
    const bool by_insn =
        relocation.program != nullptr &&
        name == fmt::format("{}:{}", relocation.program->name, relocation.insn.value);
    if (ids.back() == name || by_insn) found.push_back(&relocation);
  }
  if (!found.empty()) return found;
  const std::vector<std::string_view> names(ids.begin(), ids.end());
  std::string help = did_you_mean(nearest(name, names));
  if (help.empty()) help = "`btfreloc dump --core OBJECT` lists them, as program#N";
  return fail(Errc::not_found, fmt::format("no relocation is named `{}`", name),
              {.file = relocating.input.path()}, std::move(help));
}

Result<int> explain(const ExplainOptions& options, Output& out) {
  if (options.all == !options.relocation.empty()) {
    return fail(Errc::not_found, options.all ? "one relocation, or --all?" : "which relocation?",
                {}, "name one, as program#N or program:INSN, or say --all");
  }
  TRY(const Relocating relocating, Relocating::open(options.object, options.kernel));
  std::vector<const object::Relocation*> wanted;
  if (options.all) {
    for (const auto& relocation : relocating.object().relocations()) wanted.push_back(&relocation);
  } else {
    TRY(wanted, find_relocations(relocating, options.relocation));
  }
  bool all_patched = true;
  Nearby nearby;
  for (const object::Relocation* relocation : wanted) {
    print_explanation(out, relocating, *relocation, nearby);
    const auto* decision = decision_of(relocating.object(), *relocation, relocating.decisions);
    all_patched = all_patched && decision->outcome == core::Outcome::patched;
  }
  return all_patched ? kExitFine : kExitNo;
}

}  // namespace

Runner add_explain(CLI::App& command) {
  const auto options = std::make_shared<ExplainOptions>();
  command.add_option("OBJECT", options->object, "BPF object")->required();
  command.add_option("RELO", options->relocation,
                     "program#N, as every output names it, or program:INSN");
  command.add_flag("--all", options->all, "every relocation of the object");
  command
      .add_option("-k,--kernel", options->kernel, fmt::format("the kernel: {}", kKernelAddresses))
      ->capture_default_str()
      ->type_name("KERNEL");
  command.footer(
      "Exit status: 0 patched, 1 poisoned, fatal or skipped, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc explain prog.bpf.o on_exit#2\n"
      "  btfreloc explain prog.bpf.o on_exit:7 -k vmlinux.btf\n"
      "  btfreloc explain prog.bpf.o --all -k linux-6.12/\n");
  return [options](Output& out) { return explain(*options, out); };
}

}  // namespace btfreloc::tool
