#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <vector>

namespace btfreloc::test {

using ByteVector = std::vector<std::byte>;

/// Stores `value` over the bytes at `at`, or appends it when `at` is the end.
template <std::unsigned_integral U>
void put(ByteVector& bytes, std::size_t at, U value, std::endian order) {
  if (order != std::endian::native) value = std::byteswap(value);
  const auto stored = std::bit_cast<std::array<std::byte, sizeof(U)>>(value);
  if (bytes.size() < at + sizeof(U)) bytes.resize(at + sizeof(U));
  std::ranges::copy(stored, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace btfreloc::test
