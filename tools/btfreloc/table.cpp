#include "btfreloc/table.h"

#include <algorithm>

namespace btfreloc::tool {
namespace {

/// Columns that UTF-8 takes: every character of ours takes one.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string cell(std::string_view text) {
  constexpr std::size_t kMaxCell = 1024;  // bytes
  if (text.size() <= kMaxCell) return printable(text);
  std::size_t end = kMaxCell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return printable(text.substr(0, end)) + "…";
}

std::vector<std::string> Table::lines() const {
  std::vector<std::size_t> widths(right_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::vector<std::string> lines;
  for (const auto& row : rows_) {
    std::string& line = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += "  ";
      const std::string padding(widths[i] - columns(row[i]), ' ');
      line += right_[i] ? padding + row[i] : row[i] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

void Table::print(Output& out) const {
  for (const std::string& line : lines()) out.line(line);
}

}  // namespace btfreloc::tool
