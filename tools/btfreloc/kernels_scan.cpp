#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernel_sources.h"
#include "btfreloc/kernels_commands.h"
#include "btfreloc/table.h"

namespace btfreloc::tool {
namespace {

struct ScanOptions {
  std::string root;
  bool json = false;
};

void print_json(Output& out, const std::vector<KernelOnDisk>& found) {
  out << fmt::format("{{\"schema\":\"{}\"", kKernelsSchema);
  {
    JsonArray array(out, "machine");
    for (const KernelOnDisk& kernel : found) {
      array.add({{"path", kernel.path},
                 {"release", string_or_null(kernel.release)},
                 {"arch", string_or_null(kernel.arch)},
                 {"btf", kernel.has_btf},
                 {"reason", string_or_null(kernel.why_not)},
                 {"help", string_or_null(kernel.hint)},
                 {"modules_path", string_or_null(kernel.modules_path)},
                 {"modules", kernel.modules}});
    }
  }
  out << "}\n";
}

void print_table(Output& out, const std::vector<KernelOnDisk>& found) {
  if (found.empty()) {
    out << "no kernels are on this machine\n";
    return;
  }
  Table table({false, false, false, true, false});
  table.add({"file", "release", "arch", "modules", "BTF"});
  for (const KernelOnDisk& kernel : found) {
    table.add({cell(kernel.path), kernel.release.empty() ? "-" : cell(kernel.release),
               kernel.arch.empty() ? "-" : cell(kernel.arch),
               kernel.modules == 0 ? "-" : fmt::format("{}", kernel.modules),
               kernel.has_btf ? "yes" : fmt::format("no: {}", cell(kernel.why_not))});
  }
  table.print(out);
}

Result<int> scan(const ScanOptions& options, Output& out) {
  const std::vector<KernelOnDisk> found = kernels_of_machine(options.root);
  if (options.json) {
    print_json(out, found);
  } else {
    print_table(out, found);
  }
  return kExitFine;
}

}  // namespace

Runner add_kernels_scan(CLI::App& command) {
  const auto options = std::make_shared<ScanOptions>();
  command
      .add_option("--root", options->root,
                  "look in the file system that is mounted there, in place of this machine's")
      ->type_name("DIR");
  command.add_flag("--json", options->json, "schema btfreloc.kernels/1");
  command.footer(
      "Looks at the running kernel, /boot, /lib/modules and /usr/lib/debug; every file is one that "
      "`btfreloc kernels add` takes.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc kernels scan\n"
      "  btfreloc kernels scan --json | jq -r '.machine[] | select(.btf) | .path'\n");
  return [options](Output& out) { return scan(*options, out); };
}

}  // namespace btfreloc::tool
