#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace btfreloc {

using Bytes = std::span<const std::byte>;

/// An integer at `at`, stored in `order`. The caller has checked that it is there.
///
/// Every integer of a file is read through this or through Reader: memcpy because records may
/// sit at any address, byteswap because the file, not the host, says which end comes first.
template <std::unsigned_integral U>
inline U load(const std::byte* at, std::endian order) {
  U value;
  std::memcpy(&value, at, sizeof value);
  return order == std::endian::native ? value : std::byteswap(value);
}

/// Writes an integer to `at` in `order`. The caller has checked that there is room.
template <std::unsigned_integral U>
inline void store(std::byte* at, U value, std::endian order) {
  if (order != std::endian::native) value = std::byteswap(value);
  std::memcpy(at, &value, sizeof value);
}

/// For people.
constexpr std::string_view order_name(std::endian order) {
  return order == std::endian::little ? "little endian" : "big endian";
}

/// The bytes as characters, for names and string sections.
inline std::string_view as_chars(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The characters as bytes.
inline Bytes as_bytes(std::string_view chars) {
  return {reinterpret_cast<const std::byte*>(chars.data()), chars.size()};
}

}  // namespace btfreloc
