#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "btf/c_text.h"
#include "btfreloc/diff_report.h"
#include "btfreloc/table.h"

namespace btfreloc::tool {
namespace {

/// Members in a row that only moved, by one distance, from where on they share a line.
constexpr std::size_t kFoldedFrom = 4;

/// How types are spelled: many members share one, and a hostile one may take a millisecond.
class Spelling {
 public:
  const std::string& of(const btf::View& view, TypeId type) {
    const auto [known, is_new] = texts_.try_emplace({&view, type.value});
    if (is_new) known->second = cell(btf::declaration(view, type, ""));
    return known->second;
  }

 private:
  std::map<std::pair<const btf::View*, std::uint32_t>, std::string> texts_;
};

/// "a", or "a → b" where they differ.
std::string from_to(const std::string& from, const std::string& to) {
  return from == to ? from : from + " → " + to;
}

template <class Text>
std::string joined(const std::vector<btf::Field>& fields, Text text) {
  std::string all;
  for (const btf::Field& field : fields) all += (all.empty() ? "" : ", ") + text(field);
  return all;
}

/// "1220" of a member, "12:3" of a bitfield: byte, and bit in it.
std::string place_text(const btf::Field& field) {
  const std::uint64_t byte = whole_bytes(field.offset).value;
  if (!field.is_bitfield()) return fmt::format("{}", byte);
  return fmt::format("{}:{}", byte, field.offset.value % 8);
}

std::string size_text(const btf::Field& field) {
  if (field.is_bitfield()) return fmt::format("{} bits", field.bitfield_size.value);
  return field.bytes ? fmt::format("{}", field.bytes->value) : "?";
}

/// The two sides of a change by `text`: one of them, both when they differ.
template <class OldText, class NewText>
std::string sides_text(const btf::FieldChange& change, OldText old_text, NewText new_text) {
  if (change.is_added()) return joined(change.after, new_text);
  if (change.is_removed()) return joined(change.before, old_text);
  return from_to(joined(change.before, old_text), joined(change.after, new_text));
}

template <class Text>
std::string sides_text(const btf::FieldChange& change, Text text) {
  return sides_text(change, text, text);
}

std::string evidence_text(const btf::FieldChange& change) {
  std::string text;
  for (const btf::Evidence evidence : change.evidence) {
    text += (text.empty() ? "" : ", ") + std::string(btf::text(evidence));
  }
  return text.empty() ? text : "(" + text + ")";
}

/// Lines of one entry: rows of a table, each with its mark.
class Rows {
 public:
  void add(char mark, std::vector<std::string> cells) {
    cells[0] = fmt::format("{} {}", mark, cells[0]);
    table_.add(std::move(cells));
    marks_.push_back(mark);
  }

  void print(Output& out) const {
    const std::vector<std::string> lines = table_.lines();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      out.line(marks_[i] == '+'   ? out.value(lines[i])
               : marks_[i] == '-' ? out.bad(lines[i])
                                  : lines[i]);
    }
  }

 private:
  Table table_{{false, false, false, false, false}};
  std::string marks_;
};

char mark_of(const btf::FieldChange& change) {
  return change.is_added() ? '+' : change.is_removed() ? '-' : '~';
}

void add_field(Rows& rows, const DiffEntry& entry, const btf::FieldChange& change,
               Spelling& spelling) {
  const auto name = [](const btf::Field& field) { return cell(field.path); };
  const auto old_type = [&](const btf::Field& field) {
    return spelling.of(*entry.old_btf, field.type);
  };
  const auto new_type = [&](const btf::Field& field) {
    return spelling.of(*entry.new_btf, field.type);
  };
  std::string type = sides_text(change, old_type, new_type);
  // Nameless types look alike.
  if (change.retyped && !type.contains("→")) type += " (another)";
  const bool shows_size = change.resized || change.is_split() || change.is_merged();
  rows.add(mark_of(change),
           {sides_text(change, name), std::move(type), "byte " + sides_text(change, &place_text),
            shows_size ? "size " + sides_text(change, &size_text) : "", evidence_text(change)});
}

/// By how many bits a member moved that did nothing else; nullopt for others.
std::optional<std::int64_t> distance(const btf::FieldChange& change) {
  if (!change.moved || change.resized || change.retyped || change.before.size() != 1 ||
      change.after.size() != 1 || change.is_renamed()) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(change.after[0].offset.value) -
         static_cast<std::int64_t>(change.before[0].offset.value);
}

void add_fields(Rows& rows, const DiffEntry& entry, bool every_member, Spelling& spelling) {
  const std::vector<btf::FieldChange>& fields = entry.change.fields;
  for (std::size_t i = 0; i < fields.size();) {
    const auto by = distance(fields[i]);
    std::size_t end = i + 1;
    while (by && end < fields.size() && distance(fields[end]) == by) ++end;
    if (every_member || end - i < kFoldedFrom || *by % 8 != 0) {
      for (; i < end; ++i) add_field(rows, entry, fields[i], spelling);
      continue;
    }
    rows.add('~', {fmt::format("{} … {}", cell(fields[i].after[0].path),
                               cell(fields[end - 1].after[0].path)),
                   fmt::format("{} members", end - i), fmt::format("byte {:+}", *by / 8), "", ""});
    i = end;
  }
}

std::string number_text(std::uint64_t value) {
  const auto as_signed = static_cast<std::int64_t>(value);
  // The sign of an enum is not told by old kernels; large ones are negative in all known ones.
  return as_signed < 0 ? fmt::format("{}", as_signed) : fmt::format("{}", value);
}

void add_enumerators(Rows& rows, const DiffEntry& entry) {
  for (const btf::EnumeratorChange& change : entry.change.enumerators) {
    const std::string old_value = change.before ? number_text(*change.before) : "";
    const std::string new_value = change.after ? number_text(*change.after) : "";
    const char mark = !change.before ? '+' : !change.after ? '-' : '~';
    const std::string values =
        mark == '~' ? old_value + " → " + new_value : (mark == '+' ? new_value : old_value);
    rows.add(mark, {cell(change.name), "= " + values});
  }
}

/// How a function, variable, typedef or integer is declared; "" for what has a body.
std::string declared(const DiffEntry& entry, const btf::View& view, TypeId id) {
  switch (view.kind(id).value_or(btf::Kind::kVoid)) {
    case btf::Kind::kFunc:
    case btf::Kind::kVar:
      return cell(btf::declaration(view, TypeId{view.third_word(id)}, entry.name));
    case btf::Kind::kTypedef: {
      TypeId type{view.third_word(id)};
      // Of a tracepoint, what programs get.
      if (entry.group == DiffGroup::functions) type = view.skip_modifiers_and_typedefs(type);
      if (view.kind(type) == btf::Kind::kPtr && entry.group == DiffGroup::functions) {
        return cell(btf::declaration(view, TypeId{view.third_word(type)}, entry.name));
      }
      return "typedef " + cell(btf::declaration(view, type, entry.name));
    }
    default: return {};
  }
}

std::string size_of_entry(const btf::View& view, TypeId id) {
  const auto size = btf::size_of(view, id, view.pointer_size());
  return size ? fmt::format("{}", size->value) : "?";
}

/// "struct nf_conn #2 in nf_conntrack".
std::string heading(const DiffEntry& entry) {
  std::string text = cell(entry.title);
  if (entry.number != 0) text += fmt::format(" #{}", entry.number);
  if (!entry.module.empty()) text += " in " + cell(entry.module);
  return text;
}

/// One line for what only one side has.
void print_one_sided(Output& out, const DiffEntry& entry) {
  const bool is_added = entry.is_added();
  const btf::View& view = is_added ? *entry.new_btf : *entry.old_btf;
  const TypeId id = is_added ? *entry.after : *entry.before;
  std::string text = fmt::format("{} {}", is_added ? "+" : "-", heading(entry));
  const std::string declaration = declared(entry, view, id);
  if (entry.group == DiffGroup::types && declaration.empty()) {
    text += "  size " + size_of_entry(view, id);
  } else {
    text += "  " + declaration;
  }
  out.line(is_added ? out.value(text) : out.bad(text));
}

void print_changed(Output& out, const DiffEntry& entry, bool every_member, Spelling& spelling) {
  std::string text = out.heading(heading(entry));
  if (entry.change.size_changed) {
    text += "  size " + from_to(size_of_entry(*entry.old_btf, *entry.before),
                                size_of_entry(*entry.new_btf, *entry.after));
  }
  if (entry.change.kind_changed) {
    text += fmt::format("  {} → {}", btf::keyword(*entry.old_btf, *entry.before),
                        btf::keyword(*entry.new_btf, *entry.after));
  }
  out.line(text);
  Rows rows;
  if (entry.change.retyped || entry.change.prototype.differs()) {
    rows.add('-', {declared(entry, *entry.old_btf, *entry.before)});
    rows.add('+', {declared(entry, *entry.new_btf, *entry.after)});
  }
  add_fields(rows, entry, every_member, spelling);
  add_enumerators(rows, entry);
  for (const std::string& note : entry.notes) rows.add('~', {cell(note)});
  rows.print(out);
}

void print_summary(Output& out, const KernelDiff& diff) {
  struct Row {
    DiffGroup group;
    std::string_view name;
  };
  constexpr auto kRows = std::to_array<Row>({{DiffGroup::types, "types"},
                                             {DiffGroup::functions, "functions"},
                                             {DiffGroup::variables, "variables"}});
  Table table({false, true, true, true});
  for (const Row& row : kRows) {
    const DiffCounts counts = counts_of(diff, row.group);
    table.add({std::string(row.name), fmt::format("{} added", counts.added),
               fmt::format("{} removed", counts.removed),
               fmt::format("{} changed", counts.changed)});
  }
  if (!diff.added_modules.empty() || !diff.removed_modules.empty()) {
    table.add({"modules", fmt::format("{} added", diff.added_modules.size()),
               fmt::format("{} removed", diff.removed_modules.size()), ""});
  }
  for (const std::string& line : table.lines()) out.line(line.substr(2));
}

}  // namespace

void print_members(Output& out, const DiffEntry& entry) {
  Rows rows;
  Spelling spelling;
  add_fields(rows, entry, false, spelling);
  rows.print(out);
}

void print_diff(Output& out, const KernelDiff& diff, const DiffTextOptions& options) {
  if (!options.only_summary) {
    Spelling spelling;
    for (const DiffEntry& entry : diff.entries) {
      if (entry.is_added() || entry.is_removed()) {
        print_one_sided(out, entry);
      } else {
        print_changed(out, entry, options.every_member, spelling);
      }
      out.flush_if_full();
    }
    for (const std::string& module : diff.removed_modules) {
      out.line(out.bad("- module " + cell(module)));
    }
    for (const std::string& module : diff.added_modules) {
      out.line(out.value("+ module " + cell(module)));
    }
  }
  if (options.summary) print_summary(out, diff);
}

}  // namespace btfreloc::tool
