#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "btf/c_text.h"
#include "btfreloc/cmd_dump.h"
#include "btfreloc/relocation_record.h"
#include "btfreloc/table.h"
#include "insn/disasm.h"

namespace btfreloc::tool {
namespace {

using object::Object;
using object::Program;

std::string count(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

/// The instruction at `index`, and whether it takes two slots.
struct Disassembled {
  std::string text;
  bool is_wide;
};

Disassembled disassemble_at(const Object& object, const Program& program, std::uint32_t index) {
  const insn::Insn insn = object.insn(program, InsnIndex{index});
  const bool is_wide = insn::is_wide(insn) && index + 1 < program.insn_count();
  const std::int32_t next = is_wide ? object.insn(program, InsnIndex{index + 1}).imm : 0;
  std::string text = insn::disassemble(insn, next);
  return {.text = text, .is_wide = is_wide && text != "<unknown>"};
}

/// "exit.c:12": the file without its folders, which --lines and --json spell out.
std::string source_place(const object::SourceLine& source) {
  const std::string_view file = source.file.substr(source.file.rfind('/') + 1);
  return fmt::format("{}:{}", printable(file), source.line);
}

/// "exit.c:12     return st + t->tgid;"
void print_source(Output& out, const object::SourceLine& source) {
  const std::string place = source_place(source);
  out.line(fmt::format("{}  {}", out.dim(place), printable(source.text)));
}

void print_program_heading(Output& out, const Object& object, const Program& program) {
  out << out.heading(fmt::format("{}  {}", printable(program.section), printable(program.name)))
      << fmt::format("  {}, {}\n", count(program.insn_count(), "instruction"),
                     count(object.relocations_of(program).size(), "relocation"));
}

/// "8", and with a decision "8 → 24": the value here and on a kernel.
std::string value_cell(Output& out, const RelocationRecord& record,
                       const core::Decision* decision) {
  if (!record.problem.empty()) return out.bad("invalid: " + cell(record.problem));
  if (decision == nullptr) return out.value(record.local_text());
  const std::string there = cell_text(record, *decision);
  if (decision->outcome != core::Outcome::patched) {
    return fmt::format("{} → {}", record.local_text(), out.bad(there));
  }
  // What asks whether something exists says yes in the object.
  const bool is_question = record.answers_yes_or_no() && record.kind != "signed";
  return is_question ? out.value(there)
                     : fmt::format("{} → {}", record.local_text(), out.value(there));
}

/// The relocations of one program, under the source lines their instructions came from.
void print_program_relocations(Output& out, const Object& object, const Program& program,
                               Decisions decisions) {
  struct Row {
    std::string id, insn, kind, path, value;
    std::optional<object::SourceLine> source;
  };
  std::vector<Row> rows;
  std::size_t id_width = 0;
  std::size_t insn_width = 0;
  std::size_t path_width = 0;
  for (const object::Relocation& relocation : object.relocations_of(program)) {
    const RelocationRecord record = describe(object, relocation);
    const std::string text = disassemble_at(object, program, relocation.insn.value).text;
    rows.push_back({.id = cell(record.id),
                    .insn = fmt::format("{:>4}: {}", relocation.insn.value, text),
                    .kind = record.kind,
                    .path = cell(record.full_path),
                    .value = value_cell(out, record, decision_of(object, relocation, decisions)),
                    .source = object.source(program, relocation.insn)});
    id_width = std::max(id_width, rows.back().id.size());
    insn_width = std::max(insn_width, rows.back().insn.size());
    path_width = std::max(path_width, rows.back().path.size());
  }
  std::string last_place;
  for (const Row& row : rows) {
    const std::string place = row.source ? source_place(*row.source) : "(no line information)";
    if (place != last_place) {
      if (row.source) {
        print_source(out, *row.source);
      } else {
        out << out.dim(place) << "\n";
      }
    }
    last_place = place;
    out.line(fmt::format("  {:<{}} {:<{}}  {:<14}  {}  {}", row.id, id_width, row.insn, insn_width,
                         row.kind, out.name(fmt::format("{:<{}}", row.path, path_width)),
                         row.value));
  }
}

/// Relocations that loaders skip, because their instruction belongs to no function.
void print_orphans(Output& out, const Object& object, Decisions decisions) {
  bool first = true;
  for (const object::Relocation& relocation : object.relocations()) {
    if (relocation.program != nullptr) continue;
    if (first) out << out.heading("in no program") << "  (loaders skip these)\n";
    first = false;
    const RelocationRecord record = describe(object, relocation);
    out.line(fmt::format("  {}  {}  {}  {}", record.id, record.kind, out.name(record.full_path),
                         value_cell(out, record, decision_of(object, relocation, decisions))));
  }
  if (!first) out << "\n";
}

/// What concatenated .BTF sections hold, blob by blob.
void print_parts(Output& out, const Object& object) {
  const auto& parts = object.parts();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out << out.heading(fmt::format("part {} of {}", i + 1, parts.size()))
        << fmt::format("  .BTF+{:#x}  {}\n", parts[i].offset, btf_summary(parts[i].btf));
    const std::optional<btf::Ext>& ext = parts[i].ext;
    if (!ext) continue;
    Table table({false, false, false, false});
    for (const auto& section : ext->core_relo) {
      for (const btf::CoreRelo& relo : section.records) {
        const RelocationRecord record =
            describe(parts[i].btf, relo, object.order(),
                     fmt::format("{}+{:#x}", printable(section.name), relo.insn_offset.value));
        table.add({cell(record.id), record.kind, cell(record.full_path),
                   value_cell(out, record, nullptr)});
      }
    }
    table.print(out);
  }
}

void print_program_table(Output& out, const Object& object) {
  for (const bool subprograms : {false, true}) {
    Table table({false, false, false, true, true});
    table.add({subprograms ? "subprogram" : "program", "section", "type", "insns", "relocations"});
    bool any = false;
    for (const Program& program : object.programs()) {
      if (program.is_subprogram != subprograms) continue;
      any = true;
      const std::string_view type = subprograms ? (program.is_static ? "static" : "global")
                                    : program.type.type.empty() ? "?"
                                                                : program.type.type;
      table.add({cell(program.name), cell(program.section), std::string(type),
                 fmt::format("{}", program.insn_count()),
                 fmt::format("{}", object.relocations_of(program).size())});
    }
    if (!any) continue;
    table.print(out);
    out << "\n";
  }
}

std::string type_or_size(const Object& object, const std::optional<TypeId>& type, ByteCount size) {
  if (!type) return size.value == 0 ? "-" : count(size.value, "byte");
  return fmt::format("{} ({})", cell(btf::declaration(*object.btf(), *type, "")),
                     count(size.value, "byte"));
}

std::string map_remarks(const object::Map& map) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (map.origin == object::MapOrigin::variables) {
    add(map.variables == 0 ? "no named variables" : count(map.variables, "variable"));
  }
  if (map.origin == object::MapOrigin::legacy) add("legacy definition, refused since libbpf 1.0");
  if (map.inner_type) {
    const std::string_view inner = object::map_type_name(*map.inner_type);
    add(fmt::format("of {} maps", inner.empty() ? "?" : inner));
  }
  if (map.flags != 0) add(fmt::format("flags {:#x}", map.flags));
  if (map.pinned_by_name) add("pinned by name");
  if (map.extra != 0) add(fmt::format("extra {:#x}", map.extra));
  return text;
}

void print_map_table(Output& out, const Object& object) {
  if (object.maps().empty()) return;
  Table table({false, false, false, false, true, false});
  table.add({"map", "type", "key", "value", "entries", ""});
  for (const object::Map& map : object.maps()) {
    const std::string_view type = object::map_type_name(map.type);
    table.add({cell(map.name), type.empty() ? fmt::format("{}", map.type) : std::string(type),
               type_or_size(object, map.key_type, map.key_size),
               type_or_size(object, map.value_type, map.value_size),
               fmt::format("{}", map.max_entries), map_remarks(map)});
  }
  table.print(out);
  out << "\n";
}

void print_extern_table(Output& out, const Object& object) {
  if (object.externs().empty()) return;
  Table table({false, false, false});
  table.add({"extern", "section", "declaration"});
  for (const object::Extern& item : object.externs()) {
    std::string text =
        item.type ? printable(btf::declaration(*object.btf(), *item.type, item.name)) : "?";
    if (item.is_weak) text += "  (weak: may be missing)";
    table.add(
        {cell(item.name), std::string(item.section.empty() ? "-" : item.section), std::move(text)});
  }
  table.print(out);
  out << "\n";
}

void print_object_overview(Output& out, const Object& object, const std::string& path,
                           Decisions decisions) {
  out << out.heading(printable(path))
      << fmt::format(": BPF object, {}{}\n\n", order_name(object.order()),
                     object.license().empty()
                         ? ""
                         : fmt::format(", license {}", printable(object.license())));
  print_program_table(out, object);
  print_map_table(out, object);
  print_extern_table(out, object);
  if (object.parts().size() > 1) {
    print_parts(out, object);
    return;
  }
  print_relocations(out, object, nullptr, decisions);
  if (object.btf() == nullptr) {
    out << "no BTF: compile with -g for types, source lines and relocations\n";
  } else {
    out << btf_summary(*object.btf()) << "\n";
  }
}

}  // namespace

void print_overview(Output& out, const Input& input, Decisions decisions) {
  if (input.object() != nullptr) {
    print_object_overview(out, *input.object(), input.path(), decisions);
    return;
  }
  const btf::View& view = *input.views()[0];
  out << out.heading(printable(input.path()))
      << fmt::format(": {}BTF, {}, {}-byte pointers\n", view.base() != nullptr ? "split " : "",
                     order_name(view.order()), view.pointer_size().value)
      << btf_summary(view) << "\n";
}

void print_relocations(Output& out, const Object& object, const Program* only,
                       Decisions decisions) {
  if (only == nullptr && object.parts().size() > 1) return print_parts(out, object);
  for (const Program& program : object.programs()) {
    if (only != nullptr ? only != &program : object.relocations_of(program).empty()) continue;
    print_program_heading(out, object, program);
    out << "\n";
    print_program_relocations(out, object, program, decisions);
    out << "\n";
  }
  if (only == nullptr) print_orphans(out, object, decisions);
}

void print_insns(Output& out, const Object& object, const Program* only, Decisions decisions) {
  for (const Program& program : object.programs()) {
    if (only != nullptr && only != &program) continue;
    print_program_heading(out, object, program);
    const auto lines = object.lines_of(program);
    const auto uses = object.symbol_uses(program);
    const auto relocations = object.relocations_of(program);
    auto line = lines.begin();
    auto use = uses.begin();
    auto relocation = relocations.begin();
    std::string last_place;
    for (std::uint32_t index = 0; index < program.insn_count();) {
      const std::uint64_t at = program.section_offset.value + index * insn::kSlotSize.value;
      for (; line != lines.end() && line->insn_offset.value <= at; ++line) {
        const object::SourceLine source = object.source_line(*line);
        const std::string place = source_place(source);
        if (place != last_place) print_source(out, source);
        last_place = place;
      }
      const Disassembled insn = disassemble_at(object, program, index);
      out << fmt::format("{:>8}: {}", index, insn.text);
      const std::uint32_t next = index + (insn.is_wide ? 2 : 1);
      for (; use != uses.end() && use->insn.value < next; ++use) {
        out << "  " << out.dim("; " + printable(use->name));
      }
      out << "\n";
      for (; relocation != relocations.end() && relocation->insn.value < next; ++relocation) {
        const RelocationRecord record = describe(object, *relocation);
        out.line(fmt::format("            {}  {}  {}  {}", record.id, record.kind,
                             out.name(record.full_path),
                             value_cell(out, record, decision_of(object, *relocation, decisions))));
      }
      index = next;
    }
    out << "\n";
  }
}

void print_lines(Output& out, const Object& object, const Program* only) {
  for (const Program& program : object.programs()) {
    if (only != nullptr && only != &program) continue;
    print_program_heading(out, object, program);
    for (const btf::LineInfo& line : object.lines_of(program)) {
      const object::SourceLine source = object.source_line(line);
      const std::uint64_t index =
          (line.insn_offset.value - program.section_offset.value) / insn::kSlotSize.value;
      out.line(fmt::format("{:>8}: {}:{}:{}  {}", index, printable(source.file), source.line,
                           source.column, out.dim(printable(source.text))));
    }
    out << "\n";
  }
}

}  // namespace btfreloc::tool
