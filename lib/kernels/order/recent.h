#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace btfreloc::kernels {

/// A short list of numbers, the one used last in front. UINT32_MAX stands for none.
template <std::size_t kSize>
class Recent {
 public:
  Recent() { entries_.fill(UINT32_MAX); }
  static constexpr std::uint32_t size() { return kSize; }
  std::uint32_t operator[](std::size_t at) const { return entries_[at]; }

  /// In front; the one unused for longest goes.
  void push(std::uint32_t entry) { renew(kSize - 1, entry); }
  /// What was at `at` becomes `entry`, in front.
  void renew(std::size_t at, std::uint32_t entry) {
    std::copy_backward(entries_.begin(), entries_.begin() + at, entries_.begin() + at + 1);
    entries_[0] = entry;
  }

 private:
  std::array<std::uint32_t, kSize> entries_;
};

}  // namespace btfreloc::kernels
