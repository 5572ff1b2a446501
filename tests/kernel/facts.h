#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace btfreloc::test {

/// A name and a value as text.
using Fact = std::pair<std::string, std::string>;

/// Prints one line per fact, and counts.
class Verdict {
 public:
  void check(std::string_view name, std::string_view program, std::string_view expected);
  /// Two lists with the same names in the same order.
  void check(std::string_view prefix, const std::vector<Fact>& program,
             const std::vector<Fact>& expected);
  /// Prints the last line; the exit status.
  int finish() const;

 private:
  unsigned facts_ = 0;
  unsigned failed_ = 0;
};

}  // namespace btfreloc::test
