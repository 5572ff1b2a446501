#include "btfreloc/cmd_minimize.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btfreloc/btf_folder.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/input.h"
#include "btfreloc/json.h"
#include "btfreloc/kernel.h"
#include "btfreloc/kernel_list.h"
#include "btfreloc/set_address.h"
#include "btfreloc/table.h"
#include "btfreloc/write_file.h"
#include "object/minimize.h"
#include "object/relocate.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

struct MinimizeOptions {
  std::vector<std::string> objects;
  std::vector<std::string> kernels;
  std::string out;
  bool json = false;
};

/// What became of one kernel.
struct Row {
  std::string address;
  std::string label;
  std::string release;
  std::string arch;
  std::size_t objects;  ///< Those of its byte order.
  std::size_t fatal;    ///< Relocations that are fatal there, with the whole BTF as well.
  std::size_t file;     ///< Index into the files of the folder.
};

Result<std::vector<Input>> open_objects(const std::vector<std::string>& paths) {
  std::vector<Input> inputs;
  for (const std::string& path : paths) {
    TRY(Input input, Input::open(path));
    if (input.object() == nullptr) {
      return fail(Errc::unsupported, "not a BPF object, so it has no relocations", {.file = path},
                  "name the .o file that clang made");
    }
    if (auto checked = object::check_one_btf(*input.object()); !checked) {
      Error error = std::move(checked).error();
      error.where.file = path;
      return std::unexpected(std::move(error));
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

/// The files that are written must not take the place of those that are read.
Status check_out(const std::string& out, const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    if (address.starts_with('@') || parse_set_address(address)) continue;
    std::error_code error;
    const fs::path folder =
        fs::is_directory(address, error) ? fs::path(address) : fs::absolute(address).parent_path();
    if (fs::equivalent(folder, out, error)) {
      return fail(Errc::unsupported, "kernels are in the directory that is to be written to",
                  {.file = out}, "name another directory");
    }
  }
  return {};
}

class Minimizing {
 public:
  Minimizing(std::vector<Input> inputs, BtfFolder folder)
      : inputs_(std::move(inputs)), folder_(std::move(folder)), is_used_(inputs_.size()) {}

  /// False when the kernel could not be answered, which standard error says.
  void add(const std::string& address) {
    if (const Status added = minimize(address); !added) {
      print(added.error());
      exit_status_ = kExitCannotAnswer;
    }
  }

  /// Writes the manifest, says what was left open, and returns the exit status.
  Result<int> finish(Output& out, bool json) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!is_used_[i] && !rows_.empty()) print_unused(inputs_[i]);
      print_type_ids(inputs_[i]);
    }
    if (rows_.empty()) return kExitCannotAnswer;
    print_stale();
    const std::string manifest = manifest_text();
    TRY_OK(write_file(fs::path(folder_.path()) / "manifest.json", as_bytes(manifest)));
    if (json) {
      out << manifest;
    } else {
      print_table(out);
    }
    return exit_status_;
  }

 private:
  Status minimize(const std::string& address) {
    TRY(const Kernel kernel, Kernel::open(address));
    const core::Target target = kernel.target();
    std::vector<const object::Object*> objects;
    std::vector<std::string> names;
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].object()->order() != target.kernel.order()) continue;
      objects.push_back(inputs_[i].object());
      names.push_back(inputs_[i].path());
      numbers.push_back(i);
      is_used_[i] = true;
    }
    if (objects.empty()) {
      return fail(
          Errc::unsupported,
          fmt::format("the kernel is {}, and no object is", order_name(target.kernel.order())),
          {.file = address},
          "compile for the kernel's byte order: clang -target bpfel or -target bpfeb");
    }
    auto minimized = object::minimize(objects, names, target);
    if (!minimized) {
      Error error = std::move(minimized).error();
      if (error.where.file.empty()) {
        error.where.file = address;
      } else {
        error.message += fmt::format("; the kernel is {}", kernel.label());
      }
      return std::unexpected(std::move(error));
    }
    // "@running" is another kernel tomorrow.
    const bool is_running = kernel.label() == "@running" && !kernel.release().empty();
    const std::string& name = is_running ? kernel.release() : kernel.label();
    TRY(const std::size_t file, folder_.add(name, minimized->btf, minimized->types));
    std::size_t fatal = 0;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (minimized->fatal[i] != 0) print_fatal(inputs_[numbers[i]], kernel, minimized->fatal[i]);
      fatal += minimized->fatal[i];
    }
    rows_.push_back({.address = address,
                     .label = kernel.label(),
                     .release = kernel.release(),
                     .arch = kernel.arch(),
                     .objects = objects.size(),
                     .fatal = fatal,
                     .file = file});
    return {};
  }

  void say_no() { exit_status_ = std::max<int>(exit_status_, kExitNo); }

  void print_fatal(const Input& input, const Kernel& kernel, std::size_t count) {
    say_no();
    print(Finding{.level = Level::warning,
                  .code = "fatal-relocations",
                  .message = fmt::format("{} relocation{} fatal on {}, with its own BTF as well",
                                         count, count == 1 ? " is" : "s are", kernel.label()),
                  .where = {.file = input.path(), .section = {}, .offset = {}},
                  .help = "`btfreloc relocate OBJECT -k KERNEL` says which, and why"});
  }

  void print_unused(const Input& input) {
    exit_status_ = kExitCannotAnswer;
    print(Finding{.level = Level::error,
                  .code = "unsupported",
                  .message = fmt::format("the object is {}, and no kernel is",
                                         order_name(input.object()->order())),
                  .where = {.file = input.path(), .section = {}, .offset = {}},
                  .help = "name a kernel of its byte order, or leave it out"});
  }

  /// Files of an earlier run: or anything of the user's, so it is not for us to remove them.
  void print_stale() const {
    constexpr std::size_t kListed = 8;
    std::vector<std::string> stale = folder_.stale_files();
    if (stale.empty()) return;
    const std::size_t count = stale.size();
    if (count > kListed) {
      stale.resize(kListed);
      stale.push_back(fmt::format("and {} more", count - kListed));
    }
    print(Finding{.level = Level::warning,
                  .code = "stale-file",
                  .message = fmt::format("{} .btf file{} in the directory, which the manifest does "
                                         "not name",
                                         count, count == 1 ? " is" : "s are"),
                  .where = {.file = folder_.path(), .section = {}, .offset = {}},
                  .notes = std::move(stale),
                  .help = "remove what an earlier run left, or name its kernel, too"});
  }

  static std::size_t type_ids_of(const Input& input) {
    return static_cast<std::size_t>(std::ranges::count_if(
        input.object()->relocations(), [](const object::Relocation& relocation) {
          return core::relo_kind(relocation.record.kind) == core::ReloKind::type_id_target;
        }));
  }

  void print_type_ids(const Input& input) {
    const std::size_t count = type_ids_of(input);
    if (count == 0) return;
    say_no();
    print(Finding{
        .level = Level::error,
        .code = "kernel-type-id",
        .message = fmt::format("{} relocation{} for the id that a type has in the kernel, which "
                               "only its own BTF tells",
                               count, count == 1 ? " asks" : "s ask"),
        .where = {.file = input.path(), .section = {}, .offset = {}},
        .notes =
            {"the value is 0 where nothing else asks for the type, and means nothing elsewhere"},
        .help = "where the kernel has BTF, load this object without another"});
  }

  std::string manifest_text() const {
    std::string text = "{\"schema\":\"btfreloc.minimize/1\"";
    const auto array = [&text](std::string_view name, std::size_t count, auto&& record) {
      text += fmt::format(",\n\"{}\":[", name);
      for (std::size_t i = 0; i < count; ++i) {
        text += (i == 0 ? "\n" : ",\n") + text_of(record(i));
      }
      text += count == 0 ? "]" : "\n]";
    };
    array("objects", inputs_.size(), [&](std::size_t i) -> Json {
      return {{"object", inputs_[i].path()},
              {"relocations", inputs_[i].object()->relocations().size()},
              {"type_ids", type_ids_of(inputs_[i])}};
    });
    array("kernels", rows_.size(), [&](std::size_t i) -> Json {
      const Row& row = rows_[i];
      const BtfFolder::File& file = folder_.files()[row.file];
      return {{"label", row.label},
              {"release", string_or_null(row.release)},
              {"arch", string_or_null(row.arch)},
              {"address", row.address},
              {"file", file.name},
              {"types", file.types},
              {"bytes", file.bytes},
              {"objects", row.objects},
              {"fatal", row.fatal}};
    });
    array("files", folder_.files().size(), [&](std::size_t i) -> Json {
      const BtfFolder::File& file = folder_.files()[i];
      return {{"file", file.name},
              {"types", file.types},
              {"bytes", file.bytes},
              {"kernels", file.kernels}};
    });
    return text + "}\n";
  }

  void print_table(Output& out) const {
    Table table({false, true, true, false});
    table.add({"kernel", "types", "bytes", "file"});
    for (const Row& row : rows_) {
      const BtfFolder::File& file = folder_.files()[row.file];
      table.add({cell(row.label), fmt::format("{}", file.types), fmt::format("{}", file.bytes),
                 cell(file.name)});
    }
    table.print(out);
    std::size_t bytes = 0;
    for (const BtfFolder::File& file : folder_.files()) bytes += file.bytes;
    const std::size_t files = folder_.files().size();
    out << fmt::format("{} kernel{} in {} file{} of {} bytes; {} says which is whose\n",
                       rows_.size(), rows_.size() == 1 ? "" : "s", files, files == 1 ? "" : "s",
                       bytes, printable((fs::path(folder_.path()) / "manifest.json").string()));
  }

  std::vector<Input> inputs_;
  BtfFolder folder_;
  std::vector<bool> is_used_;  ///< Beside inputs_: some kernel has its byte order.
  std::vector<Row> rows_;
  int exit_status_ = kExitFine;
};

Result<int> minimize(const MinimizeOptions& options, Output& out) {
  TRY(std::vector<Input> inputs, open_objects(options.objects));
  TRY(const std::vector<std::string> addresses, kernel_addresses(options.kernels));
  TRY_OK(check_out(options.out, addresses));
  TRY(BtfFolder folder, BtfFolder::open(options.out));
  Minimizing minimizing(std::move(inputs), std::move(folder));
  for (const std::string& address : addresses) minimizing.add(address);
  return minimizing.finish(out, options.json);
}

}  // namespace

Runner add_minimize(CLI::App& command) {
  const auto options = std::make_shared<MinimizeOptions>();
  command.add_option("OBJECT", options->objects, "BPF objects")->required();
  command.add_option("-k,--kernel", options->kernels, fmt::format("the kernels: {}", kKernelLists))
      ->required()
      ->allow_extra_args(false)
      ->type_name("KERNEL[,KERNEL...]");
  command
      .add_option("-o", options->out,
                  "write LABEL.btf and manifest.json there; kernels that need the same share one "
                  "file")
      ->required()
      ->type_name("DIR");
  command.add_flag("--json", options->json, "print the manifest: schema btfreloc.minimize/1");
  command.footer(
      "With the file of its kernel for btf_custom_path, libbpf decides every relocation of the "
      "objects as with all of the kernel's BTF.\n"
      "\n"
      "Exit status: 0 fine, 1 some relocations are fatal there anyway or ask for type ids of the "
      "kernel, 2 could not answer for a kernel or object.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc minimize prog.bpf.o -k kernels/ -o btf/\n"
      "  btfreloc minimize *.bpf.o -k 5.10.btf.xz,6.1.btf.xz -k @running -o btf/\n"
      "  btfreloc minimize prog.bpf.o -k kernels/ -o btf/ --json | jq '.kernels[] | {label, "
      "file}'\n");
  return [options](Output& out) { return minimize(*options, out); };
}

}  // namespace btfreloc::tool
