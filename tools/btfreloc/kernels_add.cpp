#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernel_sources.h"
#include "btfreloc/kernels_commands.h"
#include "btfreloc/progress.h"
#include "btfreloc/table.h"
#include "kernels/editor.h"
#include "kernels/extract.h"

namespace btfreloc::tool {
namespace {

using kernels::Column;
using kernels::Editor;
using kernels::Extracted;

struct AddOptions {
  std::string set;
  std::vector<std::string> files;
  std::string label;
  std::string arch;
  std::string distribution;
  bool keep_ids = false;
  bool no_modules = false;
  bool repack = false;
};

/// What became of one kernel, and of the modules that came after it.
struct Row {
  std::string label;
  std::uint32_t types = 0;
  std::size_t modules = 0;
  std::size_t modules_there = 0;
  bool was_there = false;
};

/// Adds what for_each_kernel() finds to a set.
class Adding {
 public:
  /// `set` is the one that is there, or null; it must outlive this.
  static Result<Adding> to(const kernels::Set* set, const AddOptions& options, Progress& progress) {
    if (set == nullptr) return Adding(Editor(), set, options, progress);
    TRY(Editor editor, Editor::of(*set));
    return Adding(std::move(editor), set, options, progress);
  }

  Status add_all() {
    const KernelSourceCalls calls{
        .found = [this](const KernelSource& source) { return add(source); },
        .skipped = [this](const SkippedSource& source) { skip(source); },
        .progress = [this](const SourceProgress& at) { show(at); },
        .kernel_of = [this](Column& kernel) { return kernel_of(kernel); }};
    TRY_OK(for_each_kernel(
        options_->files, {.with_modules = !options_->no_modules, .label = options_->label}, calls));
    if (skipped_ > kMostWarnings) {
      progress_->erase();
      print(Finding{
          .code = "skipped",
          .message = fmt::format("{} more files were passed over", skipped_ - kMostWarnings)});
    }
    if (rows_.empty() && refused_) return std::unexpected(*refused_);
    return {};
  }

  bool has_new() const { return added_ > 0; }
  const std::vector<Row>& rows() const { return rows_; }
  const Editor& editor() const { return editor_; }

 private:
  static constexpr std::size_t kMostWarnings = 20;

  Adding(Editor editor, const kernels::Set* set, const AddOptions& options, Progress& progress)
      : editor_(std::move(editor)), set_(set), options_(&options), progress_(&progress) {
    if (set == nullptr) return;
    for (const Column& column : set->columns()) {
      if (!column.is_module()) keeps_ids_[column.label] = column.keeps_ids;
    }
  }

  Status add(const KernelSource& source) {
    Column column = source.column;
    if (!options_->arch.empty()) column.arch = options_->arch;
    if (!options_->distribution.empty()) column.distribution = options_->distribution;
    return column.is_module() ? add_module(source, std::move(column))
                              : add_kernel(source, std::move(column));
  }

  Status add_kernel(const KernelSource& source, Column column) {
    const std::string found_as = key_of(column, *source.btf);
    column.keeps_ids = options_->keep_ids;
    kernels_.erase(found_as);
    auto added = add_as(column, source);
    if (!added && may_lengthen(added.error(), column.label, source.longer_label)) {
      column.label = source.longer_label;
      added = add_as(column, source);
    }
    if (!added && added.error().code == Errc::unsupported) {
      skip({.origin = source.origin, .error = added.error()});
      refused_ = std::move(added).error();
      refused_->where.file = source.origin;
      return {};
    }
    if (!added) return refuse(std::move(added).error(), source);
    const bool was_there = *added == Editor::Added::was_there;
    if (!was_there) {
      ++added_;
      keeps_ids_[column.label] = column.keeps_ids;
    }
    column.types = source.btf->own_count();
    know(found_as, column, was_there);
    if (options_->keep_ids && !keeps_ids_.at(column.label)) warn_without_ids(column.label);
    return {};
  }

  Result<Editor::Added> add_as(const Column& column, const KernelSource& source) {
    return editor_.add(column, *source.btf, source.btf->blob());
  }

  Status add_module(const KernelSource& source, Column column) {
    const auto known = kernels_.find(key_of(column, *source.btf->base()));
    if (known == kernels_.end()) return {};  // of a kernel that was passed over
    Row& row = rows_[known->second];
    column.label = row.label;
    column.keeps_ids = keeps_ids_.at(row.label);
    auto added = editor_.add_module(column, *source.btf, source.btf->blob());
    if (!added && added.error().code == Errc::unsupported) {
      skip({.origin = source.origin, .error = std::move(added).error()});
      return {};
    }
    if (!added) return refuse(std::move(added).error(), source);
    if (*added == Editor::Added::yes) {
      ++added_;
      ++row.modules;
    } else {
      ++row.modules_there;
    }
    return {};
  }

  /// True when the label is that of another kernel which came together with this one, as in
  /// archives of many distributions. What was in the set before is not to be mistaken for it: that
  /// is the user's to decide.
  bool may_lengthen(const Error& error, const std::string& label,
                    const std::string& longer_label) const {
    return error.code == Errc::bad_format && options_->label.empty() && longer_label != label &&
           (row_by_label_.contains(label) || keeps_ids_.contains(longer_label));
  }

  static std::unexpected<Error> refuse(Error error, const KernelSource& source) {
    if (error.where.file.empty()) error.where.file = source.origin;
    return std::unexpected(std::move(error));
  }

  void skip(const SkippedSource& source) {
    if (++skipped_ > kMostWarnings) return;
    progress_->erase();
    print(Finding{.code = "skipped",
                  .message = source.error.message,
                  .where = {.file = source.origin, .section = {}, .offset = {}},
                  .help = source.error.hint});
  }

  void warn_without_ids(const std::string& label) {
    progress_->erase();
    print(Finding{.code = "ids-not-kept",
                  .message = fmt::format("`{}` is there already, without its ids", label),
                  .where = {.file = options_->set, .section = {}, .offset = {}},
                  .help = fmt::format("take it out first: `btfreloc kernels remove {} {}`",
                                      options_->set, label)});
  }

  void show(const SourceProgress& at) {
    const double percent =
        at.total == 0 ? 0 : 100.0 * static_cast<double>(at.done) / static_cast<double>(at.total);
    progress_->show(fmt::format("{:3.0f} %  {}", percent, at.path));
  }

  /// The kernel of the set that modules without one belong to. Theirs must be its very bytes.
  Result<const btf::View*> kernel_of(Column& kernel) {
    if (set_ == nullptr) return nullptr;
    const auto number = number_of(kernel);
    if (!number) return nullptr;
    const Column& column = set_->columns()[*number];
    if (!column.keeps_ids) {
      return fail(Errc::unsupported,
                  fmt::format("the set has `{}` without its ids, by which modules refer to it",
                              column.label),
                  {.file = options_->set, .section = {}, .offset = {}},
                  "name the file of the kernel as well: what is there already is not added again");
    }
    kernel.label = column.label;
    if (extracted_number_ != number) {
      TRY(extracted_, Extracted::from(*set_, *number, Extracted::Ids::original));
      extracted_number_ = number;
    }
    know(key_of(column, extracted_->btf()), column, true);
    return &extracted_->btf();
  }

  /// By the label that was asked for, or else by release.
  std::optional<std::size_t> number_of(const Column& kernel) const {
    if (!options_->label.empty()) return set_->find(options_->label);
    if (const auto number = set_->find(kernel.label)) return number;
    const std::vector<Column>& columns = set_->columns();
    const auto found = std::ranges::find_if(columns, [&](const Column& column) {
      return !column.is_module() && !kernel.release.empty() && column.release == kernel.release &&
             (kernel.arch.empty() || column.arch.empty() || column.arch == kernel.arch);
    });
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
  }

  /// What a kernel came as. Some come with the same label, and their modules any time after them.
  static std::string key_of(const Column& column, const btf::View& kernel) {
    return fmt::format("{}/{}/{}", column.label, kernel.size(), kernel.strings_end());
  }

  /// For the modules that follow a kernel.
  void know(const std::string& found_as, const Column& kernel, bool was_there) {
    const auto [row, is_new] = row_by_label_.try_emplace(kernel.label, rows_.size());
    if (is_new) {
      rows_.push_back({.label = kernel.label, .types = kernel.types, .was_there = was_there});
    }
    kernels_[found_as] = row->second;
  }

  Editor editor_;
  const kernels::Set* set_;
  const AddOptions* options_;
  Progress* progress_;
  std::vector<Row> rows_;
  std::map<std::string, std::size_t> row_by_label_;
  std::map<std::string, std::size_t> kernels_;  ///< Rows of kernels, by key_of().
  std::map<std::string, bool> keeps_ids_;       ///< Every kernel of the set, by label.
  std::optional<std::size_t> extracted_number_;
  std::optional<Extracted> extracted_;
  std::optional<Error> refused_;  ///< Why the last kernel that was passed over was.
  std::size_t added_ = 0;
  std::size_t skipped_ = 0;
};

void print_rows(Output& out, const std::vector<Row>& rows) {
  Table table({false, true, true, false});
  table.add({"kernel", "types", "modules", ""});
  for (const Row& row : rows) {
    std::string note = row.was_there ? "already there" : "added";
    if (row.was_there && row.modules > 0) note += ", modules added";
    if (row.modules_there > 0 && row.modules > 0) {
      note += fmt::format("; {} already there", count_of(row.modules_there, "module"));
    }
    table.add({cell(row.label), fmt::format("{}", row.types),
               fmt::format("{}", row.modules + row.modules_there), std::move(note)});
  }
  table.print(out);
}

/// What is said when it is done.
struct Outcome {
  std::vector<Row> rows;
  SetCounts before;
  SetCounts after;
};

Result<std::optional<std::vector<std::byte>>> build(const kernels::Set* set,
                                                    const AddOptions& options, Progress& progress,
                                                    Outcome& outcome) {
  TRY(Adding adding, Adding::to(set, options, progress));
  TRY_OK(adding.add_all());
  outcome.rows = adding.rows();
  outcome.before = set != nullptr ? SetCounts::of(*set) : SetCounts{};
  outcome.after = outcome.before;
  if (!adding.has_new() && !(options.repack && set != nullptr)) return std::nullopt;
  progress.show("writing the set");
  const bool append = set != nullptr && !options.repack;
  TRY(std::vector<std::byte> bytes, append ? adding.editor().appended() : adding.editor().packed());
  outcome.after = SetCounts::of(adding.editor().columns(), bytes.size());
  return bytes;
}

/// Labels are parts of addresses and of file names.
Status check_label(const std::string& label) {
  const bool is_good = label.find_first_of("/,*?[]\\") == std::string::npos &&
                       printable(label) == label && !label.starts_with('@');
  if (is_good) return {};
  return fail(Errc::unsupported, fmt::format("`{}` cannot be the label of a kernel", label), {},
              "labels have no @ in front, and none of / , * ? [ ] \\");
}

Result<int> add(const AddOptions& options, Output& out) {
  TRY_OK(check_label(options.label));
  Outcome outcome;
  {
    Progress progress;
    TRY_OK(change_set(options.set, [&](const kernels::Set* set) {
      return build(set, options, progress, outcome);
    }));
  }
  print_rows(out, outcome.rows);
  out << summary_of(options.set, outcome.before, outcome.after);
  return kExitFine;
}

}  // namespace

Runner add_kernels_add(CLI::App& command) {
  const auto options = std::make_shared<AddOptions>();
  command.add_option("SET", options->set, "the set, SET.btfset; made when it is not there")
      ->required();
  command.add_option("FILE", options->files, fmt::format("{}", kKernelFiles))->required();
  command
      .add_option("--label", options->label,
                  "call the kernel so; without it, by its release. For one kernel only")
      ->type_name("LABEL");
  command.add_flag(
      "--keep-ids", options->keep_ids,
      "keep the ids of types, too: relocate needs them for objects that ask for the id "
      "of a type, and extract --exact gives the very bytes");
  command.add_flag("--no-modules", options->no_modules, "only kernels");
  command.add_option("--arch", options->arch, "as uname -m says, in place of what the file says")
      ->type_name("ARCH");
  command
      .add_option("--distribution", options->distribution,
                  "in place of what the file says: debian, ubuntu, ...")
      ->type_name("NAME");
  command.add_flag("--repack", options->repack,
                   "write the whole set anew, in place of adding to its end: smaller");
  command.footer(
      "All of it is added, or nothing. Kernels that are there already, with the same types, are "
      "left "
      "alone. Modules come with their kernel, or to one that keeps its ids.\n"
      "\n"
      "Exit status: 0 added, or there already; 2 could not.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc kernels add my.btfset @running\n"
      "  btfreloc kernels add my.btfset linux-image-6.1.0-56-amd64_6.1.192-2_amd64.deb\n"
      "  btfreloc kernels add my.btfset --label custom --keep-ids build/vmlinux build/drivers/\n");
  return [options](Output& out) { return add(*options, out); };
}

}  // namespace btfreloc::tool
