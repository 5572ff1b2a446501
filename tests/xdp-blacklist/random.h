#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>

namespace xdp_blacklist::test {

/// Choices by chance, the same ones for the same seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  /// Less than `limit`, which is not 0.
  std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
  std::uint64_t between(std::uint64_t first, std::uint64_t last) {
    return first + below(last - first + 1);
  }
  bool one_in(std::uint64_t count) { return below(count) == 0; }
  std::uint8_t byte() { return static_cast<std::uint8_t>(engine_()); }
  /// One of a range that is not empty.
  template <class Range>
  const auto& of(const Range& range) {
    return *std::next(std::begin(range), static_cast<std::ptrdiff_t>(below(std::size(range))));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace xdp_blacklist::test
