#include "btfreloc/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace btfreloc::tool {

std::string cell(std::string_view text) {
  constexpr std::size_t kMaxCell = 1024;  // bytes
  if (text.size() <= kMaxCell) return printable(text);
  std::size_t end = kMaxCell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return printable(text.substr(0, end)) + "…";
}

void Table::print(Output& out) const {
  std::vector<std::size_t> widths(right_.size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += "  ";
      if (i + 1 == row.size() && !right_[i]) {
        line += row[i];
      } else {
        line += fmt::format(fmt::runtime(right_[i] ? "{:>{}}" : "{:<{}}"), row[i], widths[i]);
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out.line(line);
  }
}

}  // namespace btfreloc::tool
