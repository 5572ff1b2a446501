#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc {

/// Reads fixed-size integers from a section, in the byte order of the file.
/// Never reads past the end: each call either advances or reports where it stopped.
/// A failed call leaves the position unchanged.
class Reader {
 public:
  /// `section` names the place in errors, and `start` is where `bytes` begins in it.
  Reader(Bytes bytes, std::endian order, std::string_view section, std::uint64_t start = 0)
      : bytes_(bytes), order_(order), section_(section), start_(start) {}

  std::uint64_t offset() const { return start_ + at_; }  ///< In bytes from the section start.
  std::size_t remaining() const { return bytes_.size() - at_; }  ///< In bytes.
  std::endian order() const { return order_; }

  template <std::unsigned_integral U>
  Result<U> next() {
    if (remaining() < sizeof(U)) return too_short(sizeof(U));
    const U value = load<U>(bytes_.data() + at_, order_);
    at_ += sizeof(U);
    return value;
  }

  Result<Bytes> next_bytes(std::uint64_t size) {
    if (remaining() < size) return too_short(size);
    const Bytes taken = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return taken;
  }

  /// The place of the next byte to read, for errors about the value that comes next.
  Location here() const { return {.section = std::string(section_), .offset = offset()}; }
  /// The place `back` bytes before it, for errors about a value that was just read.
  Location before(std::uint64_t back) const {
    return {.section = std::string(section_), .offset = offset() - back};
  }

 private:
  std::unexpected<Error> too_short(std::uint64_t size) const;

  Bytes bytes_;
  std::endian order_;
  std::string_view section_;
  std::uint64_t start_;
  std::size_t at_ = 0;
};

}  // namespace btfreloc
