#include "btfreloc/diagnostics.h"

#include <fmt/format.h>

#include <cstdio>

#include "btfreloc/output.h"

namespace btfreloc::tool {
namespace {

std::string place(const Location& where) {
  std::string text = printable(where.file);
  if (!where.section.empty()) {
    if (!text.empty()) text += ": ";
    text += printable(where.section);
  }
  if (where.offset) text += fmt::format("+{:#x}", *where.offset);
  return text;
}

void print_parts(std::string_view head, std::string_view message, const Location& where,
                 const std::vector<std::string>& notes, std::string_view help) {
  std::string text = fmt::format("{}: {}\n", head, printable(message));
  if (const std::string at = place(where); !at.empty()) text += fmt::format("  --> {}\n", at);
  for (const std::string& note : notes) text += fmt::format("   = note: {}\n", printable(note));
  if (!help.empty()) text += fmt::format("   = help: {}\n", printable(help));
  std::fputs(text.c_str(), stderr);
}

}  // namespace

void print(const Error& error) {
  print_parts(fmt::format("error[{}]", name(error.code)), error.message, error.where, {},
              error.hint);
}

void print(const Finding& finding) {
  const char* level = finding.level == Level::error ? "error" : "warning";
  print_parts(fmt::format("{}[{}]", level, finding.code), finding.message, finding.where,
              finding.notes, finding.help);
}

int give_up(const Error& error) {
  print(error);
  return kExitCannotAnswer;
}

}  // namespace btfreloc::tool
