#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace btfreloc::test {

/// A program that compares what becomes of pairs of random types.
struct PairsProgram {
  const char* name;
  const char* claim;           ///< That all comparisons hold up.
  std::size_t bytes_per_pair;  ///< At random, of which a pair is made.
  void (*compare)(const std::vector<std::uint8_t>& bytes);
  /// Prints what was compared; false when that is too little to mean much.
  bool (*print_tally)(std::size_t pairs);
};

/// Its exit status.
int run(const PairsProgram& program, int argc, char** argv);

}  // namespace btfreloc::test
