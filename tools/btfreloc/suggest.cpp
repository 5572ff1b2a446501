#include "btfreloc/suggest.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace btfreloc::tool {
namespace {

/// Edits from `a` to `b`, or `limit + 1` as soon as they are more than `limit`. An edit inserts,
/// deletes or replaces a character, or swaps two neighbours.
std::size_t distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1);  // the row two above
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] =
          std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    if (*std::ranges::min_element(row) > limit) return limit + 1;
    std::swap(before, above);
    std::swap(above, row);
  }
  return above.back();
}

}  // namespace

std::vector<std::string_view> nearest(std::string_view typed,
                                      const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kMostNames = 3;
  // Names of compilers are shorter; comparing long ones takes the product of their lengths.
  constexpr std::size_t kLongest = 200;
  if (typed.empty() || typed.size() > kLongest) return {};
  const std::size_t limit = std::max<std::size_t>(1, typed.size() / 3);
  std::vector<std::pair<std::size_t, std::string_view>> close;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest) continue;
    const std::size_t away = distance(typed, candidate, limit);
    if (away <= limit) close.emplace_back(away, candidate);
  }
  std::ranges::sort(close);
  const auto duplicates = std::ranges::unique(close);
  close.erase(duplicates.begin(), duplicates.end());
  close.resize(std::min(close.size(), kMostNames));
  std::vector<std::string_view> names;
  for (const auto& [away, name] : close) names.push_back(name);
  return names;
}

std::string did_you_mean(const std::vector<std::string_view>& names) {
  if (names.empty()) return {};
  std::string text = "did you mean ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text.append("`").append(names[i]).append("`");
  }
  return text + "?";
}

}  // namespace btfreloc::tool
