#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernels_commands.h"
#include "btfreloc/table.h"

namespace btfreloc::tool {
namespace {

struct InfoOptions {
  std::string set;
  bool json = false;
};

void print_text(Output& out, const SetFile& file, const SetCounts& counts,
                const kernels::Set::Size& size) {
  out << out.heading(printable(file.path())) << ": kernel set\n";
  Table table({false, true, false});
  const auto row = [&table](std::string_view what, std::uint64_t number, std::string note = {}) {
    table.add({std::string(what), fmt::format("{}", number), std::move(note)});
  };
  row("format version", size.version);
  row("kernels", counts.kernels);
  row("modules", counts.modules);
  row("symbols", size.symbols, "names with a kind");
  row("versions", size.versions, "different contents of these");
  row("blocks", size.blocks);
  row("segments", size.segments, size.segments > 1 ? "`btfreloc kernels repack` makes it one" : "");
  row("bytes", size.bytes,
      counts.kernels + counts.modules == 0
          ? ""
          : fmt::format("{} for each kernel or module",
                        size.bytes / (counts.kernels + counts.modules)));
  row("bytes of ids", size.ids_bytes, size.ids_bytes != 0 ? "part of the above" : "");
  table.print(out);
}

Result<int> info(const InfoOptions& options, Output& out) {
  TRY(const auto file, SetFile::open(options.set));
  const kernels::Set::Size size = file->set().size();
  const SetCounts counts = SetCounts::of(file->set());
  if (!options.json) {
    print_text(out, *file, counts, size);
    return kExitFine;
  }
  const Json json = {{"schema", kKernelsSchema},
                     {"set", file->path()},
                     {"version", size.version},
                     {"kernels", counts.kernels},
                     {"modules", counts.modules},
                     {"symbols", size.symbols},
                     {"versions", size.versions},
                     {"blocks", size.blocks},
                     {"segments", size.segments},
                     {"bytes", integer(size.bytes)},
                     {"ids_bytes", integer(size.ids_bytes)}};
  out << text_of(json) << "\n";
  return kExitFine;
}

}  // namespace

Runner add_kernels_info(CLI::App& command) {
  const auto options = std::make_shared<InfoOptions>();
  command.add_option("SET", options->set, "the set: SET.btfset or @shipped")->required();
  command.add_flag("--json", options->json, "schema btfreloc.kernels/1");
  command.footer(
      "EXAMPLES\n"
      "  btfreloc kernels info @shipped\n"
      "  btfreloc kernels info my.btfset --json | jq .bytes\n");
  return [options](Output& out) { return info(*options, out); };
}

}  // namespace btfreloc::tool
