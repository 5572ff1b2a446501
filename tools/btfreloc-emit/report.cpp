#include "btfreloc-emit/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "btfreloc/json.h"
#include "btfreloc/relocation_record.h"
#include "btfreloc/table.h"
#include "object/object.h"

namespace btfreloc::emit {
namespace {

using tool::Json;
using tool::Output;

struct Counts {
  std::size_t accesses = 0;
  std::size_t relocations = 0;
};
using CountsByRecord = std::map<std::string, Counts>;

std::string without_keyword(std::string_view root) {
  const std::size_t blank = root.find(' ');
  return std::string(blank == std::string_view::npos ? root : root.substr(blank + 1));
}

CountsByRecord count(const Emission& emission, const object::Object* object) {
  CountsByRecord counts;
  for (const Access& access : emission.accesses) ++counts[access.record].accesses;
  if (object == nullptr) return counts;
  for (const object::Relocation& relocation : object->relocations()) {
    ++counts[without_keyword(tool::describe(*object, relocation).root)].relocations;
  }
  return counts;
}

std::string counted(std::size_t count, std::string_view what, std::string_view plural_ending) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : plural_ending);
}

/// Without those that are linked into others.
std::size_t programs_of(const object::Object& object) {
  return static_cast<std::size_t>(
      std::ranges::count(object.programs(), false, &object::Program::is_subprogram));
}

std::size_t skipped(const Emission& emission) {
  return static_cast<std::size_t>(
      std::ranges::count(emission.findings, "not-relocated", &tool::Finding::code));
}

void print_table(Output& out, const CountsByRecord& counts, bool is_object) {
  if (counts.empty()) return;
  tool::Table table({false, true, true});
  table.add({"record", "accesses", is_object ? "relocations" : ""});
  for (const auto& [record, number] : counts) {
    table.add({tool::cell(record), std::to_string(number.accesses),
               is_object ? std::to_string(number.relocations) : ""});
  }
  table.print(out);
  out << "\n";
}

void print_accesses(Output& out, const Emission& emission) {
  for (const Access& access : emission.accesses) {
    out << fmt::format("{}:{}:{}: {}\n", printable(access.file), access.line, access.column,
                       printable(access.path));
  }
  if (!emission.accesses.empty()) out << "\n";
}

Json place_json(const std::optional<tool::SourcePlace>& source) {
  if (!source) return {{"file", nullptr}, {"line", nullptr}, {"column", nullptr}};
  return {{"file", source->file},
          {"line", source->line == 0 ? Json() : Json(source->line)},
          {"column", source->column == 0 ? Json() : Json(source->column)}};
}

void print_json(Output& out, const tool::EmitOptions& options, const Emission& emission,
                const CountsByRecord& counts) {
  out << fmt::format("{{\"schema\":\"btfreloc.emit/1\",\n\"output\":{}",
                     tool::text_of(emission.has_errors() ? Json() : Json(options.out)));
  {
    tool::JsonArray records(out, "records");
    for (const auto& [record, number] : counts) {
      records.add(
          {{"name", record}, {"accesses", number.accesses}, {"relocations", number.relocations}});
    }
  }
  {
    tool::JsonArray accesses(out, "accesses");
    for (const Access& access : emission.accesses) {
      Json json = place_json(
          tool::SourcePlace{.file = access.file, .line = access.line, .column = access.column});
      json["path"] = access.path;
      json["record"] = access.record;
      accesses.add(json);
    }
  }
  {
    tool::JsonArray findings(out, "findings");
    for (const tool::Finding& finding : emission.findings) {
      Json json = place_json(finding.source);
      json["level"] = finding.level == tool::Level::error ? "error" : "warning";
      json["code"] = finding.code;
      json["message"] = finding.message;
      json["notes"] = finding.notes;
      json["help"] = finding.help.empty() ? Json() : Json(finding.help);
      findings.add(json);
    }
  }
  out << "}\n";
}

}  // namespace

Status print_report(Output& out, const tool::EmitOptions& options, const Emission& emission) {
  std::optional<object::Object> object;
  if (!options.emit_llvm && !emission.has_errors()) {
    // Also a last look at what LLVM wrote: an object that we cannot read is not given away.
    TRY(object, object::Object::open(as_bytes(emission.bytes)));
  }
  const CountsByRecord counts = count(emission, object ? &*object : nullptr);
  if (options.json) {
    print_json(out, options, emission, counts);
    return {};
  }
  if (emission.has_errors()) return {};
  if (options.verbose) print_accesses(out, emission);
  print_table(out, counts, object.has_value());
  const std::size_t left = skipped(emission);
  out << fmt::format("{} relocated, {} left as {}; ",
                     counted(emission.accesses.size(), "access", "es"), left,
                     left == 1 ? "it is" : "they are");
  out << printable(options.out);
  if (object) {
    out << fmt::format(": {}, {}", counted(programs_of(*object), "program", "s"),
                       counted(object->relocations().size(), "relocation", "s"));
  }
  out << "\n";
  return {};
}

}  // namespace btfreloc::emit
