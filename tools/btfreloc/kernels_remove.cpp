#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/diagnostics.h"
#include "btfreloc/kernels_commands.h"
#include "btfreloc/set_address.h"
#include "btfreloc/write_file.h"
#include "kernels/editor.h"

namespace btfreloc::tool {
namespace {

using kernels::Editor;
using kernels::Set;

struct RemoveOptions {
  std::string set;
  std::vector<std::string> patterns;
};

/// What is said when it is done.
struct Outcome {
  std::vector<std::string> removed;  ///< Addresses.
  SetCounts before = {};
  SetCounts after = {};
};

using Changed = Result<std::optional<std::vector<std::byte>>>;

std::unexpected<Error> fail_absent(const std::string& path) {
  return fail_errno(ENOENT, "cannot open", {.file = path},
                    "`btfreloc kernels add SET FILE...` makes a set");
}

Changed remove_from(const Set* set, const RemoveOptions& options, Outcome& outcome) {
  if (set == nullptr) return fail_absent(options.set);
  outcome = {.removed = {}, .before = SetCounts::of(*set)};
  std::set<std::size_t> numbers;
  for (const std::string& pattern : options.patterns) {
    TRY(const auto found, find_columns(set->columns(), pattern, options.set));
    numbers.insert(found.begin(), found.end());
  }
  TRY(Editor editor, Editor::of(*set));
  for (const std::size_t number : numbers) {
    const kernels::Column& column = set->columns()[number];
    outcome.removed.push_back(kernels::address(column));
    // Kernels come first, and take their modules along.
    if (column.is_module() && numbers.contains(set->kernel_of(number))) continue;
    TRY_OK(editor.remove(column.label, column.module));
  }
  TRY(std::vector<std::byte> bytes, editor.packed());
  outcome.after = SetCounts::of(editor.columns(), bytes.size());
  return bytes;
}

Result<int> remove(const RemoveOptions& options, Output& out) {
  Outcome outcome;
  TRY_OK(
      change_set(options.set, [&](const Set* set) { return remove_from(set, options, outcome); }));
  for (const std::string& address : outcome.removed) {
    out << fmt::format("removed {}\n", printable(address));
  }
  out << summary_of(options.set, outcome.before, outcome.after);
  return kExitFine;
}

struct RepackOptions {
  std::string set;
  std::string out;
};

Result<std::vector<std::byte>> repacked(const Set& set, Outcome& outcome) {
  outcome.before = SetCounts::of(set);
  TRY(const Editor editor, Editor::of(set));
  TRY(std::vector<std::byte> bytes, editor.packed());
  outcome.after = SetCounts::of(editor.columns(), bytes.size());
  return bytes;
}

/// Into another file, which leaves the set as it is.
Status repack_to(const RepackOptions& options, Outcome& outcome) {
  TRY(const auto file, SetFile::open(options.set));
  auto bytes = repacked(file->set(), outcome);
  if (!bytes) return std::unexpected(file->in_file(std::move(bytes).error()));
  return write_file(options.out, *bytes);
}

Result<int> repack(const RepackOptions& options, Output& out) {
  Outcome outcome;
  if (options.out.empty()) {
    TRY_OK(change_set(options.set, [&](const Set* set) -> Changed {
      if (set == nullptr) return fail_absent(options.set);
      TRY(std::vector<std::byte> bytes, repacked(*set, outcome));
      return bytes;
    }));
  } else {
    TRY_OK(repack_to(options, outcome));
  }
  out << summary_of(options.out.empty() ? options.set : options.out, outcome.before, outcome.after);
  return kExitFine;
}

}  // namespace

Runner add_kernels_remove(CLI::App& command) {
  const auto options = std::make_shared<RemoveOptions>();
  command.add_option("SET", options->set, "the set, SET.btfset")->required();
  command
      .add_option("LABEL", options->patterns,
                  "kernels, with their modules, or LABEL/MODULE; patterns as in a shell. Each must "
                  "match")
      ->required();
  command.footer(
      "EXAMPLES\n"
      "  btfreloc kernels remove my.btfset 6.1.0-56-amd64\n"
      "  btfreloc kernels remove my.btfset '5.*' '*/wireguard'\n");
  return [options](Output& out) { return remove(*options, out); };
}

Runner add_kernels_repack(CLI::App& command) {
  const auto options = std::make_shared<RepackOptions>();
  command.add_option("SET", options->set, "the set, SET.btfset")->required();
  command.add_option("-o", options->out, "write it there, and leave the set as it is")
      ->type_name("OUT");
  command.footer(
      "EXAMPLES\n"
      "  btfreloc kernels repack my.btfset\n"
      "  btfreloc kernels repack @shipped -o my.btfset\n");
  return [options](Output& out) { return repack(*options, out); };
}

}  // namespace btfreloc::tool
