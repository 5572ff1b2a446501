#include "kernel/facts.h"

#include <fmt/core.h>

namespace btfreloc::test {

void Verdict::check(std::string_view name, std::string_view program, std::string_view expected) {
  ++facts_;
  if (program == expected) {
    fmt::print("PASS {} {}\n", name, program);
    return;
  }
  ++failed_;
  fmt::print("FAIL {} {}, expected {}\n", name, program, expected);
}

void Verdict::check(std::string_view prefix, const std::vector<Fact>& program,
                    const std::vector<Fact>& expected) {
  for (std::size_t i = 0; i < program.size(); ++i) {
    check(fmt::format("{}.{}", prefix, program[i].first), program[i].second, expected[i].second);
  }
}

int Verdict::finish() const {
  if (failed_ == 0 && facts_ > 0) {
    fmt::print("RESULT PASS {} facts\n", facts_);
    return 0;
  }
  fmt::print("RESULT FAIL {} of {} facts\n", failed_, facts_);
  return 1;
}

}  // namespace btfreloc::test
