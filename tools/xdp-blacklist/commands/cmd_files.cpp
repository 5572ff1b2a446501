#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "xdp-blacklist/commands/command.h"
#include "xdp-blacklist/instance/read_rules.h"
#include "xdp-blacklist/rules/rule.h"

// `import`, `export`, `apply`: files of rules.

namespace xdp_blacklist {
namespace {

struct FileOptions {
  std::string file;
  std::string format;
  bool skip_bad = false;
  bool dry_run = false;
};

Result<std::optional<Format>> format_option(const FileOptions& options) {
  if (options.format.empty()) return std::nullopt;
  TRY(const Format format, parse_format(options.format));
  return format;
}

Result<RuleFile> read(const FileOptions& options) {
  TRY(const auto format, format_option(options));
  return read_rules(options.file, format, options.skip_bad ? BadLines::skip : BadLines::refuse);
}

void print_change(Output& out, const GlobalOptions& global, const std::string& command,
                  const Instance::Change& change, bool dry_run) {
  const ScopeNames& names = system_scope_names();
  if (global.json) {
    Json added = Json::array();
    Json removed = Json::array();
    for (const Rule& rule : change.added) added.push_back(text(rule, names));
    for (const Rule& rule : change.removed) removed.push_back(text(rule, names));
    Json retimed = Json::array();
    for (const Rule& rule : change.retimed) retimed.push_back(text(rule, names));
    print_json(out, command,
               {{"dry_run", dry_run},
                {"kept", change.kept},
                {"added", added},
                {"removed", removed},
                {"retimed", retimed}});
    return;
  }
  if (dry_run) {
    for (const Rule& rule : change.added) out << "+ " << text(rule, names) << "\n";
    for (const Rule& rule : change.removed) out << "- " << text(rule, names) << "\n";
    for (const Rule& rule : change.retimed) out << "~ " << text(rule, names) << "\n";
  }
  out << fmt::format("{}{} added, {} taken away, {} for another time, {} kept\n",
                     dry_run ? "would be: " : "", change.added.size(), change.removed.size(),
                     change.retimed.size(), change.kept);
}

Result<int> run_import(const FileOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const RuleFile file, read(options));
  TRY(Instance instance, open_instance(global, Access::write));
  TRY(const auto change, add_rules(instance, file));
  print_change(out, global, "import", change, false);
  return kExitFine;
}

Result<int> run_apply(const FileOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const RuleFile file, read(options));
  if (options.dry_run) {
    TRY(const Instance instance, open_instance(global, Access::read));
    TRY(const auto change, instance.compare(file.rules));
    print_change(out, global, "apply", change, true);
    const bool changes =
        !change.added.empty() || !change.removed.empty() || !change.retimed.empty();
    return changes ? kExitNo : kExitFine;
  }
  TRY(Instance instance, open_instance(global, Access::write));
  TRY(const auto change, instance.replace(file.rules, file.mode));
  print_change(out, global, "apply", change, false);
  return kExitFine;
}

Result<int> run_export(const FileOptions& options, const GlobalOptions& global, Output& out) {
  TRY(const auto asked, format_option(options));
  const Format format = asked.value_or(global.json ? Format::json : Format::plain);
  TRY(const Instance instance, open_instance(global, Access::read));
  TRY(const auto rules, rules_present(instance));
  const WrittenRules written =
      write_rules(rules, mode_now(instance.settings()), format, system_scope_names());
  for (const Rule& rule : written.left_out) {
    warn("left-out",
         fmt::format("`{}` cannot be said in the format {}", text(rule, system_scope_names()),
                     name(format)),
         "json and plain can say all rules");
  }
  out << written.text;
  return kExitFine;
}

void add_file_options(CLI::App& command, FileOptions& options) {
  command.add_option("FILE", options.file, "rules; - for standard input")->required();
  command.add_option("--format", options.format, "plain, ipset or json; else what it looks like")
      ->type_name("FORMAT");
  command.add_flag("--skip-bad", options.skip_bad, "leave out lines that are no rule");
}

}  // namespace

Runner add_import(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<FileOptions>();
  add_file_options(command, *options);
  command.footer(
      "Adds the rules of a file to those that are there, all at once, or none when a line is "
      "bad.\n");
  return [options, &global](Output& out) { return run_import(*options, global, out); };
}

Runner add_apply(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<FileOptions>();
  add_file_options(command, *options);
  command.add_flag("--dry-run", options->dry_run,
                   "only say what would change; exit status 1 when something would");
  command.footer(
      "Makes the rules of a file the rules, all at once: each packet meets the old ones or the "
      "new\n"
      "ones. Rules that stay keep their counters.\n");
  return [options, &global](Output& out) { return run_apply(*options, global, out); };
}

Runner add_export(CLI::App& command, const GlobalOptions& global) {
  const auto options = std::make_shared<FileOptions>();
  command.add_option("--format", options->format, "plain, ipset or json; plain")
      ->type_name("FORMAT");
  return [options, &global](Output& out) { return run_export(*options, global, out); };
}

}  // namespace xdp_blacklist
