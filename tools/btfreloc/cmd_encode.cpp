#include "btfreloc/cmd_encode.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <string>

#include "btf/raw_parser.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/input.h"
#include "btfreloc/write_file.h"

namespace btfreloc::tool {
namespace {

struct EncodeOptions {
  std::string text;
  std::string out;
  std::string base;
  std::string byte_order = "little";
  bool layout = false;
};

/// The whole line that an error is about.
std::string line_of(std::string_view text, std::size_t number) {
  for (; number > 1; --number) text.remove_prefix(std::min(text.find('\n') + 1, text.size()));
  return std::string(text.substr(0, text.find('\n')));
}

Finding finding_of(const btf::TextError& error, const std::string& path, std::string_view text) {
  return {.level = Level::error,
          .code = "bad-text",
          .message = error.message,
          .source = SourcePlace{.file = path,
                                .line = static_cast<std::uint32_t>(error.line),
                                .column = static_cast<std::uint32_t>(error.column),
                                .text = line_of(text, error.line)},
          .help = error.hint};
}

Result<int> encode(const EncodeOptions& options, Output& out) {
  std::optional<Input> base_input;
  const btf::View* base = nullptr;
  if (!options.base.empty()) {
    TRY(base_input, Input::open(options.base));
    TRY(base, base_input->only_view());
  }
  TRY(const FileBytes file, FileBytes::open(options.text));
  const std::string_view text = as_chars(file.bytes());
  const std::endian order = options.byte_order == "big" ? std::endian::big : std::endian::little;
  auto types = btf::parse_raw(text, base != nullptr ? base->order() : order, base);
  if (!types) {
    print(finding_of(types.error(), options.text == "-" ? "<stdin>" : options.text, text));
    return kExitCannotAnswer;
  }
  if (options.layout) types->add_layout();
  TRY(const auto blob, types->blob());
  if (options.out == "-") {
    out << as_chars(blob);
  } else {
    TRY_OK(write_file(options.out, blob));
  }
  return kExitFine;
}

}  // namespace

Runner add_encode(CLI::App& command) {
  const auto options = std::make_shared<EncodeOptions>();
  command
      .add_option("TEXT", options->text,
                  "types in bpftool's raw notation, as `btfreloc dump --raw` prints them; - is "
                  "standard input")
      ->required();
  command.add_option("-o", options->out, "the file for the BTF; - is standard output")
      ->required()
      ->type_name("OUT");
  command
      .add_option("--byte-order", options->byte_order,
                  "little (default) or big; with --base, the base's")
      ->check(CLI::IsMember({"little", "big"}))
      ->type_name("ORDER");
  command
      .add_option("-B,--base", options->base,
                  "the kernel's BTF, for types that continue it: their ids follow its last")
      ->type_name("FILE");
  command.add_flag("--layout", options->layout,
                   "add the layout section, which kernels take from 7.1 on");
  command.footer(
      "The text is only written down: `btfreloc validate` says whether a kernel would take it.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc encode types.txt -o types.btf\n"
      "  btfreloc dump --raw vmlinux.btf | sed s/old_name/new_name/ | btfreloc encode - -o "
      "new.btf\n");
  return [options](Output& out) { return encode(*options, out); };
}

}  // namespace btfreloc::tool
