#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernels_commands.h"
#include "btfreloc/progress.h"
#include "btfreloc/set_address.h"
#include "btfreloc/write_file.h"
#include "kernels/extract.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

using kernels::Column;
using kernels::Extracted;

struct ExtractOptions {
  std::string set;
  std::string name;  ///< LABEL or LABEL/MODULE; "" when the set names it.
  std::string out;
  bool exact = false;
  bool all = false;
};

/// Writes columns of a set.
class Extracting {
 public:
  Extracting(const SetFile& file, bool exact) : file_(file), exact_(exact) {}

  /// Types of a kernel that keeps its ids get these, asked for or not.
  Result<Extracted> kernel(std::size_t number) const {
    return extract(number, ids_of(number), nullptr);
  }

  Result<Extracted> module(std::size_t number, const Extracted& kernel) const {
    return extract(number, ids_of(file_.set().kernel_of(number)), &kernel);
  }

  /// One column, to a file or standard output.
  Status write_one(std::size_t number, const std::string& path, Output& out) const {
    const bool is_module = file_.column(number).is_module();
    TRY(const Extracted kernel, this->kernel(is_module ? file_.set().kernel_of(number) : number));
    if (!is_module) return write(kernel.bytes(), path, out);
    TRY(const Extracted module, this->module(number, kernel));
    return write(module.bytes(), path, out);
  }

  /// A kernel with its modules: DIRECTORY/LABEL.btf, DIRECTORY/LABEL.modules/MODULE.btf.
  Status write_all(std::size_t number, const fs::path& directory) const {
    const std::string& label = file_.column(number).label;
    TRY_OK(check_file_name(label));
    TRY(const Extracted kernel, this->kernel(number));
    TRY_OK(write_file((directory / (label + ".btf")).string(), kernel.bytes()));
    const std::vector<std::size_t> modules = file_.set().modules_of(number);
    if (modules.empty()) return {};
    const fs::path folder = directory / (label + ".modules");
    TRY_OK(make_directory(folder));
    for (const std::size_t module : modules) {
      const std::string& name = file_.column(module).module;
      TRY_OK(check_file_name(name));
      TRY(const Extracted extracted, this->module(module, kernel));
      TRY_OK(write_file((folder / (name + ".btf")).string(), extracted.bytes()));
    }
    return {};
  }

  static Status make_directory(const fs::path& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    if (!error) return {};
    return fail_errno(error.value(), "cannot make the directory", {.file = directory.string()});
  }

 private:
  Extracted::Ids ids_of(std::size_t kernel) const {
    return exact_ || file_.column(kernel).keeps_ids ? Extracted::Ids::original
                                                    : Extracted::Ids::any;
  }

  Result<Extracted> extract(std::size_t number, Extracted::Ids ids, const Extracted* kernel) const {
    const Column& column = file_.column(number);
    if (exact_ && !column.keeps_ids) {
      return fail(Errc::unsupported,
                  fmt::format("the set does not keep the ids of `{}`", kernels::address(column)),
                  {.file = file_.path(), .section = {}, .offset = {}},
                  "leave --exact out, or add the kernel with --keep-ids");
    }
    auto extracted = Extracted::from(file_.set(), number, ids, kernel);
    if (extracted) return extracted;
    return std::unexpected(file_.in_file(std::move(extracted).error()));
  }

  static Status write(Bytes bytes, const std::string& path, Output& out) {
    if (path != "-") return write_file(path, bytes);
    out << as_chars(bytes);
    return {};
  }

  /// A set may come from anywhere; what it calls its kernels must not lead out of the directory.
  Status check_file_name(const std::string& name) const {
    if (!name.empty() && name.find('/') == std::string::npos &&
        name.find('\0') == std::string::npos)
      return {};
    return fail(Errc::bad_format, fmt::format("`{}` cannot be a file's name", name),
                {.file = file_.path(), .section = {}, .offset = {}},
                "extract it alone, with -o FILE");
  }

  const SetFile& file_;
  bool exact_;
};

/// The columns that are meant: kernels for --all, one of either kind otherwise.
Result<std::vector<std::size_t>> wanted_columns(const ExtractOptions& options,
                                                const SetAddress& address, const SetFile& file) {
  const std::vector<Column>& columns = file.set().columns();
  const bool has_kernels = !columns.empty() && !columns[0].is_module();
  const std::string pattern = address.pattern.empty() ? "*" : address.pattern;
  std::vector<std::size_t> found;
  if (has_kernels) {
    TRY(found, find_columns(columns, pattern, address.set));
  }
  if (options.all) return found;
  if (found.size() == 1) return found;
  std::vector<std::string> names;
  for (const std::size_t number : found) names.push_back(kernels::address(columns[number]));
  return fail(Errc::not_found,
              found.empty() ? "the set has no kernels"
                            : fmt::format("{} kernels, and one is needed", found.size()),
              {.file = address.set},
              found.empty() ? "`btfreloc kernels add SET FILE...` adds some"
                            : name_one_of(names) + "; or say --all");
}

Result<int> extract_all(const ExtractOptions& options, const SetFile& file,
                        const std::vector<std::size_t>& numbers, Output& out) {
  const Extracting extracting(file, options.exact);
  TRY_OK(Extracting::make_directory(options.out));
  Progress progress;
  std::size_t kernels = 0;
  std::size_t modules = 0;
  for (const std::size_t number : numbers) {
    if (file.column(number).is_module()) {
      return fail(Errc::unsupported, "--all is for kernels, with their modules", {},
                  "leave the module out of the pattern");
    }
    progress.show(
        fmt::format("{} of {}  {}", kernels + 1, numbers.size(), file.column(number).label));
    TRY_OK(extracting.write_all(number, options.out));
    ++kernels;
    modules += file.set().modules_of(number).size();
  }
  progress.erase();
  out << fmt::format("{} and {} in {}\n", count_of(kernels, "kernel"), count_of(modules, "module"),
                     printable(options.out));
  return kExitFine;
}

Result<int> extract(const ExtractOptions& options, Output& out) {
  auto address = parse_set_address(options.set);
  if (!address || address->is_label) address = {.set = options.set, .pattern = {}};
  if (!options.name.empty()) address->pattern = options.name;
  TRY(const auto file, SetFile::open(address->set));
  TRY(const auto numbers, wanted_columns(options, *address, *file));
  if (options.all) return extract_all(options, *file, numbers, out);
  TRY_OK(Extracting(*file, options.exact).write_one(numbers[0], options.out, out));
  return kExitFine;
}

}  // namespace

Runner add_kernels_extract(CLI::App& command) {
  const auto options = std::make_shared<ExtractOptions>();
  command
      .add_option("SET", options->set,
                  "the set, SET.btfset or @shipped; also as SET:LABEL or SET:LABEL/MODULE")
      ->required();
  command.add_option("LABEL", options->name,
                     "the kernel, or LABEL/MODULE; with --all a pattern, as in a shell");
  command
      .add_option("-o", options->out,
                  "write raw BTF there; - is standard output; with --all, a directory")
      ->required()
      ->type_name("OUT");
  command.add_flag("--exact", options->exact,
                   "only the very bytes that the kernel has, which a set with ids gives");
  command.add_flag(
      "--all", options->all,
      "all kernels, or those that match: OUT/LABEL.btf and OUT/LABEL.modules/NAME.btf");
  command.footer(
      "The BTF of a module is split on that of its kernel, as the same set gives it: "
      "`bpftool btf dump -B KERNEL.btf file MODULE.btf` reads it. Without ids in the set, types "
      "are "
      "the same ones, and have other ids.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc kernels extract my.btfset 6.1.0-56-amd64 -o vmlinux.btf\n"
      "  btfreloc kernels extract @shipped:6.12.117+deb13-cloud-amd64/veth -o veth.btf\n"
      "  btfreloc kernels extract my.btfset --all -o kernels/\n");
  return [options](Output& out) { return extract(*options, out); };
}

}  // namespace btfreloc::tool
