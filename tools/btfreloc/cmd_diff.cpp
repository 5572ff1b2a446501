#include "btfreloc/cmd_diff.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "btfreloc/decision_text.h"
#include "btfreloc/diagnostics.h"
#include "btfreloc/diff_report.h"
#include "btfreloc/json.h"
#include "btfreloc/kernel.h"
#include "btfreloc/kernel_diff.h"
#include "btfreloc/used_diff.h"

namespace btfreloc::tool {
namespace {

struct DiffOptions {
  std::string old_kernel;
  std::string new_kernel;
  DiffSelection selection;
  std::string object;  ///< "": not by what one uses.
  bool every_member = false;
  bool only_summary = false;
  bool json = false;
};

Json kernel_json(const Kernel& kernel) {
  return {{"label", kernel.label()},
          {"release", string_or_null(kernel.release())},
          {"arch", string_or_null(kernel.arch())}};
}

/// What an object's relocation came to on both kernels.
Json difference_json(const object::Object& object, const RelocationDifference& difference) {
  const RelocationRecord record = describe(object, *difference.relocation);
  Json json = relocation_json(object, *difference.relocation, record);
  json["only_type_id"] = difference.only_type_id;
  Json before = {{"outcome", name(difference.before->outcome)}};
  add_cell(before, record, *difference.before);
  Json after = {{"outcome", name(difference.after->outcome)}};
  add_cell(after, record, *difference.after);
  json["old"] = std::move(before);
  json["new"] = std::move(after);
  return json;
}

/// Both kernels, and what was found.
struct Answer {
  Kernel old_kernel;
  Kernel new_kernel;
  std::optional<Input> input = {};  ///< Of the object, with --used-by.
  UsedDiff used = {};               ///< Its decisions only with --used-by.

  bool differs() const {
    return !used.diff.entries.empty() || !used.diff.added_modules.empty() ||
           !used.diff.removed_modules.empty();
  }
};

void print_json(Output& out, const Answer& answer, bool only_summary) {
  out << fmt::format("{{\"schema\":\"btfreloc.diff/1\",\n\"old\":{},\n\"new\":{},\n\"object\":{}",
                     text_of(kernel_json(answer.old_kernel)),
                     text_of(kernel_json(answer.new_kernel)),
                     text_of(answer.input ? Json(answer.input->path()) : Json(nullptr)));
  out << fmt::format(",\n\"summary\":{}", text_of(summary_json(answer.used.diff)));
  if (!only_summary) {
    print_diff_arrays(out, answer.used.diff,
                      {.old_keeps_ids = answer.old_kernel.keeps_ids(),
                       .new_keeps_ids = answer.new_kernel.keeps_ids()});
  }
  if (answer.input) {
    JsonArray relocations(out, "relocations");
    for (const RelocationDifference& difference : answer.used.relocations) {
      relocations.add(difference_json(*answer.input->object(), difference));
    }
  }
  out << "}\n";
}

Result<Answer> compare(const DiffOptions& options) {
  if (!options.object.empty() && !options.selection.is_everything()) {
    return fail(Errc::unsupported, "types are named, and an object that says which", {},
                "leave out --used-by, or the names");
  }
  TRY(Kernel old_kernel, Kernel::open(options.old_kernel, TypeIds::any));
  TRY(Kernel new_kernel, Kernel::open(options.new_kernel, TypeIds::any));
  Answer answer{.old_kernel = std::move(old_kernel), .new_kernel = std::move(new_kernel)};
  if (options.object.empty()) {
    TRY(answer.used.diff, compare_kernels(answer.old_kernel, answer.new_kernel, options.selection));
  } else {
    TRY(answer.input, Input::open(options.object));
    TRY(answer.used, compare_used(*answer.input, answer.old_kernel, answer.new_kernel));
  }
  return answer;
}

Result<int> diff(const DiffOptions& options, Output& out) {
  TRY(const Answer answer, compare(options));
  if (answer.used.diff.gave_up) {
    print(Finding{.code = "not-compared",
                  .message = "these types hold each other so often that not all were compared",
                  .where = {.file = options.new_kernel, .section = {}, .offset = {}},
                  .help = "name the types that matter"});
  }
  if (options.json) {
    print_json(out, answer, options.only_summary);
  } else {
    print_diff(
        out, answer.used.diff,
        {.every_member = options.every_member || answer.input.has_value(),
         .summary = options.only_summary || (options.selection.is_everything() && !answer.input),
         .only_summary = options.only_summary});
  }
  return answer.differs() ? kExitNo : kExitFine;
}

}  // namespace

Runner add_diff(CLI::App& command) {
  const auto options = std::make_shared<DiffOptions>();
  command.add_option("OLD", options->old_kernel, fmt::format("a kernel: {}", kKernelAddresses))
      ->required();
  command.add_option("NEW", options->new_kernel, "the kernel to compare it with")->required();
  command.add_option(
      "TYPE", options->selection.types,
      "only these: types, members (task_struct.tgid, \"struct inode.i_atime.tv_sec\"),"
      " enumerators, functions");
  command
      .add_option("--used-by", options->object,
                  "only what this object asks for: members, enumerators and types of its "
                  "relocations, functions it attaches to or calls")
      ->type_name("OBJECT");
  command
      .add_option("--func", options->selection.functions, "only these functions; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME");
  command.add_flag("--modules", options->selection.with_modules,
                   "compare the types of modules, too; those that are named are looked for there "
                   "in any case");
  command.add_flag("--all", options->every_member,
                   "a line for every member, also where many moved by the same distance");
  command.add_flag("--summary", options->only_summary, "only how much was added, removed, changed");
  command.add_flag("--json", options->json, "schema btfreloc.diff/1");
  command.footer(
      "Exit status: 0 nothing differs, 1 something does, 2 could not answer.\n"
      "\n"
      "EXAMPLES\n"
      "  btfreloc diff 6.1.0-47-cloud-amd64 @running       everything, by name\n"
      "  btfreloc diff old.btf new.btf task_struct inode.i_ctime\n"
      "  btfreloc diff old.btf new.btf --used-by prog.bpf.o\n"
      "  btfreloc diff old.btf new.btf --json | jq '.types[].name'\n");
  return [options](Output& out) { return diff(*options, out); };
}

}  // namespace btfreloc::tool
