#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace btfreloc {

/// False for text that printable() would change, and for some that it would not: anything but the
/// printable characters of ASCII. Looked at eight bytes at a time, because every name of a kernel
/// is, a quarter of a million of them.
inline bool is_printable(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  constexpr std::size_t kStep = sizeof kEach;
  const auto has_others = [](std::uint64_t bytes) {
    const std::uint64_t below_blank = bytes - kEach * ' ';
    const std::uint64_t from_delete = bytes + kEach;  // 0x7f becomes 0x80
    return ((below_blank | from_delete | bytes) & (kEach << 7)) != 0;
  };
  std::uint64_t bytes = kEach * ' ';
  if (text.size() < kStep) {
    for (const char c : text) bytes = bytes << 8 | static_cast<unsigned char>(c);
    return !has_others(bytes);
  }
  for (std::size_t at = 0; at + kStep < text.size(); at += kStep) {
    std::memcpy(&bytes, text.data() + at, kStep);
    if (has_others(bytes)) return false;
  }
  std::memcpy(&bytes, text.data() + text.size() - kStep, kStep);  // overlaps the one before
  return !has_others(bytes);
}

/// Text of a file made safe for a terminal: control characters, those of Unicode too, become '?',
/// and tabs blanks.
std::string printable(std::string_view text);

}  // namespace btfreloc
