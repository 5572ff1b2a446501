#pragma once

#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

namespace btfreloc::kernels {

/// Which places of a line are not taken yet, for walks along it.
class LeftInLine {
 public:
  explicit LeftInLine(std::uint32_t size) : next_(size + std::size_t{1}) {
    std::iota(next_.begin(), next_.end(), 0U);
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(next_.size() - 1); }
  void take(std::uint32_t at) { next_[at] = at + 1; }
  /// The first that is left, from `at` on; size() when there is none.
  std::uint32_t next(std::uint32_t at) {
    std::uint32_t last = at;
    while (next_[last] != last) last = next_[last];
    while (next_[at] != last && at != last) {
      const std::uint32_t after = next_[at];
      next_[at] = last;
      at = after;
    }
    return last;
  }

 private:
  std::vector<std::uint32_t> next_;  ///< Itself where it is left, else a later one.
};

/// The same, counted: how many are left before a place, and which one is the n-th. A Fenwick tree.
class LeftCounted {
 public:
  explicit LeftCounted(std::uint32_t size) : sums_(size + std::size_t{1}) {
    for (std::uint32_t i = 1; i <= size; ++i) sums_[i] = i & (~i + 1);
  }
  void take(std::uint32_t at) {
    for (std::uint32_t i = at + 1; i < sums_.size(); i += i & (~i + 1)) --sums_[i];
  }
  std::uint32_t before(std::uint32_t at) const {
    std::uint32_t sum = 0;
    for (std::uint32_t i = at; i != 0; i &= i - 1) sum += sums_[i];
    return sum;
  }
  /// The place with `rank` left ones before it that is left itself; the caller knows there is one.
  std::uint32_t select(std::uint32_t rank) const {
    std::uint32_t at = 0;
    for (std::uint32_t step = std::bit_floor(static_cast<std::uint32_t>(sums_.size() - 1));
         step != 0; step >>= 1) {
      if (at + step >= sums_.size() || sums_[at + step] > rank) continue;
      at += step;
      rank -= sums_[at];
    }
    return at;
  }

 private:
  std::vector<std::uint32_t> sums_;  ///< sums_[i]: of the i & -i places that end before i.
};

}  // namespace btfreloc::kernels
