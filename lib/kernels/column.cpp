#include "kernels/column.h"

#include <cstddef>
#include <string_view>
#include <tuple>

namespace btfreloc::kernels {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

int compare_releases(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (!is_digit(a[0]) || !is_digit(b[0])) {
      if (a[0] != b[0]) return a[0] < b[0] ? -1 : 1;
      a.remove_prefix(1);
      b.remove_prefix(1);
      continue;
    }
    const auto take_number = [](std::string_view& text) {
      while (text.size() > 1 && text[0] == '0' && is_digit(text[1])) text.remove_prefix(1);
      std::size_t size = 0;
      while (size < text.size() && is_digit(text[size])) ++size;
      const std::string_view number = text.substr(0, size);
      text.remove_prefix(size);
      return number;
    };
    const std::string_view one = take_number(a);
    const std::string_view other = take_number(b);
    if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
    if (const int order = one.compare(other); order != 0) return order;
  }
  return a.empty() ? (b.empty() ? 0 : -1) : 1;
}

bool goes_before(const Column& a, const Column& b) {
  if (a.is_module() != b.is_module()) return b.is_module();
  const auto group = [](const Column& column) {
    return std::tie(column.module, column.arch, column.distribution, column.flavour);
  };
  if (group(a) != group(b)) return group(a) < group(b);
  if (const int order = compare_releases(a.release, b.release); order != 0) return order < 0;
  return a.label < b.label;
}

bool are_of_one_series(std::string_view a, std::string_view b) {
  const auto series = [](std::string_view release) {
    const std::size_t first = release.find('.');
    if (first == std::string_view::npos) return release;
    std::size_t end = first + 1;
    while (end < release.size() && is_digit(release[end])) ++end;
    return release.substr(0, end);
  };
  return series(a) == series(b);
}

std::string address(const Column& column) {
  return column.is_module() ? column.label + "/" + column.module : column.label;
}

}  // namespace btfreloc::kernels
