#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/bytes.h"

// Numbers of a set are as short as their values: seven bits a byte, the lowest first, with the top
// bit set in all but the last. Signed ones are zigzag: 0, -1, 1, -2, ...

namespace btfreloc::kernels {

constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

/// Bytes of a set on their way out.
class ByteWriter {
 public:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<std::uint8_t>(value | 0x80));
    byte(static_cast<std::uint8_t>(value));
  }
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<std::byte>(value)); }
  void append(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
  /// Little endian, of fixed size.
  template <std::unsigned_integral U>
  void fixed(U value) {
    bytes_.resize(bytes_.size() + sizeof value);
    store(bytes_.data() + bytes_.size() - sizeof value, value, std::endian::little);
  }
  /// With a NUL behind it.
  void text(std::string_view text) {
    append(as_bytes(text));
    byte(0);
  }
  /// With its size before it: for texts that may hold anything.
  void sized(std::string_view text) {
    varint(text.size());
    append(as_bytes(text));
  }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  Bytes view() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }
  void clear() { bytes_.clear(); }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads bytes of a set that nobody has vouched for. What goes wrong once stays wrong: after
/// reading past the end, every answer is 0 or empty, and failed() is true.
class Cursor {
 public:
  Cursor() = default;
  explicit Cursor(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool failed() const { return failed_; }
  void fail() {
    failed_ = true;
    at_ = end_;
  }
  bool at_end() const { return at_ == end_; }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }

  std::uint64_t varint() {
    // Most have one byte.
    if (at_ != end_ && static_cast<std::uint8_t>(*at_) < 0x80) {
      return static_cast<std::uint8_t>(*at_++);
    }
    return long_varint();
  }
  /// Fails where the value has more than 32 bits.
  std::uint32_t varint32() {
    const std::uint64_t value = varint();
    if (value <= UINT32_MAX) return static_cast<std::uint32_t>(value);
    fail();
    return 0;
  }
  /// A number of things that have `least` bytes each: fails where they could not be there.
  std::uint32_t count(std::size_t least = 1) {
    const std::uint64_t value = varint();
    if (value <= remaining() / least) return static_cast<std::uint32_t>(value);
    fail();
    return 0;
  }
  std::uint8_t byte() {
    if (at_ != end_) return static_cast<std::uint8_t>(*at_++);
    fail();
    return 0;
  }
  template <std::unsigned_integral U>
  U fixed() {
    const Bytes bytes = take(sizeof(U));
    return bytes.empty() ? 0 : load<U>(bytes.data(), std::endian::little);
  }
  Bytes take(std::uint64_t size) {
    if (size > remaining()) {
      fail();
      return {};
    }
    const Bytes bytes(at_, static_cast<std::size_t>(size));
    at_ += size;
    return bytes;
  }
  /// Up to a NUL, which is stepped over.
  std::string_view text() {
    const void* const nul = at_ == end_ ? nullptr : std::memchr(at_, 0, remaining());
    if (nul == nullptr) {
      fail();
      return {};
    }
    const auto size = static_cast<std::size_t>(static_cast<const std::byte*>(nul) - at_);
    const std::string_view text = as_chars({at_, size});
    at_ += size + 1;
    return text;
  }
  std::string_view sized() { return as_chars(take(varint())); }

 private:
  std::uint64_t long_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<std::uint64_t>(*at_++);
      // The tenth byte has room for one bit.
      if (shift == 63 && byte > 1) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace btfreloc::kernels
