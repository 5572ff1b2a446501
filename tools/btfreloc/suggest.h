#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace btfreloc::tool {

/// The candidates that a reader may have meant by `typed`: at most three, nearest first, none
/// farther than a third of its length. Empty names and those of more than 200 bytes are passed
/// over. Distance counts insertions, deletions, replacements and swaps of neighbours.
std::vector<std::string_view> nearest(std::string_view typed,
                                      const std::vector<std::string_view>& candidates);

/// "did you mean `a`, `b` or `c`?"; "" without candidates.
std::string did_you_mean(const std::vector<std::string_view>& names);

}  // namespace btfreloc::tool
