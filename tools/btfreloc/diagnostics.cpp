#include "btfreloc/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "btfreloc/output.h"

namespace btfreloc::tool {
namespace {

std::string place_of(const Location& where) {
  std::string text = printable(where.file);
  if (!where.section.empty()) {
    if (!text.empty()) text += ": ";
    text += printable(where.section);
  }
  if (where.offset) text += fmt::format("+{:#x}", *where.offset);
  return text.empty() ? text : fmt::format("  --> {}\n", text);
}

/// "file:line:column", and the line with a caret under the column.
std::string snippet(const SourcePlace& source) {
  std::string text = fmt::format("  --> {}", printable(source.file));
  if (source.line != 0) text += fmt::format(":{}", source.line);
  if (source.column != 0) text += fmt::format(":{}", source.column);
  text += "\n";
  if (source.text.empty()) return text;
  const std::string number = std::to_string(source.line);
  const std::string margin(number.size(), ' ');
  text += fmt::format(" {} |\n {} | {}\n", margin, number, printable(source.text));
  if (source.column == 0 || source.column > source.text.size()) return text;
  // The column counts bytes; a terminal shows one column for all bytes of a character.
  const auto before = std::string_view(source.text).substr(0, source.column - 1);
  const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  const std::string indent(static_cast<std::size_t>(std::ranges::count_if(before, is_first)), ' ');
  return text + fmt::format(" {} | {}^\n", margin, indent);
}

void print_parts(std::string_view head, std::string_view message, const std::string& place,
                 const std::vector<std::string>& notes, std::string_view help) {
  std::string text = fmt::format("{}: {}\n{}", head, printable(message), place);
  for (const std::string& note : notes) text += fmt::format("   = note: {}\n", printable(note));
  if (!help.empty()) text += fmt::format("   = help: {}\n", printable(help));
  std::fputs(text.c_str(), stderr);
}

}  // namespace

void print(const Error& error) {
  print_parts(fmt::format("error[{}]", name(error.code)), error.message, place_of(error.where), {},
              error.hint);
}

void print(const Finding& finding) {
  const char* level = finding.level == Level::error ? "error" : "warning";
  print_parts(fmt::format("{}[{}]", level, finding.code), finding.message,
              finding.source ? snippet(*finding.source) : place_of(finding.where), finding.notes,
              finding.help);
}

int give_up(const Error& error) {
  print(error);
  return kExitCannotAnswer;
}

}  // namespace btfreloc::tool
