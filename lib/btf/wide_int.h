#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.h"

namespace btfreloc::btf {

/// Bits of the widest integer that BTF has.
inline constexpr Bits kWidestInteger = {128};

/// An integer of any size that BTF has. Narrower ones are extended to 128 bits, with their sign
/// when they are signed, so that equal numbers are equal here.
struct WideInt {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static constexpr WideInt of(std::uint64_t value) { return {.high = 0, .low = value}; }
  static constexpr WideInt of_signed(std::int64_t value) {
    return {.high = value < 0 ? ~std::uint64_t{0} : 0, .low = static_cast<std::uint64_t>(value)};
  }
  bool is_negative() const { return high >> 63 != 0; }  ///< When it is signed.

  friend constexpr bool operator==(WideInt, WideInt) = default;
};

/// The order of two integers that are both signed or both not.
std::strong_ordering compare(WideInt a, WideInt b, bool is_signed);

/// The lower `bits` of an integer, extended to 128 bits.
WideInt extended(WideInt value, Bits bits, bool is_signed);

/// "-1", "340282366920938463463374607431768211455"
std::string decimal(WideInt value, bool is_signed);
/// The lower `bits`: "0x1f". Negative ones are in two's complement.
std::string hexadecimal(WideInt value, Bits bits = kWidestInteger);

/// Reads what decimal() and hexadecimal() write, and nothing else. A hexadecimal number is that of
/// its digits: a negative one has to be extended.
std::optional<WideInt> parse_integer(std::string_view text);

}  // namespace btfreloc::btf
