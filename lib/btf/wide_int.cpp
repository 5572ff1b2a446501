#include "btf/wide_int.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace btfreloc::btf {
namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

/// The lower bits of a word, all ones.
constexpr std::uint64_t mask(std::uint64_t bits) {
  return bits >= 64 ? kAll : (std::uint64_t{1} << bits) - 1;
}

WideInt negated(WideInt value) {
  return {.high = ~value.high + (value.low == 0 ? 1 : 0), .low = ~value.low + 1};
}

WideInt lower(WideInt value, Bits bits) {
  return {.high = bits.value <= 64 ? 0 : value.high & mask(bits.value - 64),
          .low = value.low & mask(bits.value)};
}

/// Divides by ten and returns the remainder. In steps of 32 bits, whose dividends fit 64.
unsigned take_digit(WideInt& value) {
  std::uint64_t rest = 0;
  const auto divide = [&rest](std::uint64_t word) {
    const std::uint64_t upper = rest << 32 | word >> 32;
    const std::uint64_t lower = (upper % 10) << 32 | (word & 0xffffffff);
    rest = lower % 10;
    return (upper / 10) << 32 | lower / 10;
  };
  value.high = divide(value.high);
  value.low = divide(value.low);
  return static_cast<unsigned>(rest);
}

/// Makes it ten times as large and adds a digit; false when 128 bits do not hold the result.
bool add_digit(WideInt& value, unsigned digit) {
  std::uint64_t carry = digit;
  const auto multiply = [&carry](std::uint64_t word) {
    const std::uint64_t lower = (word & 0xffffffff) * 10 + carry;
    const std::uint64_t upper = (word >> 32) * 10 + (lower >> 32);
    carry = upper >> 32;
    return upper << 32 | (lower & 0xffffffff);
  };
  value.low = multiply(value.low);
  value.high = multiply(value.high);
  return carry == 0;
}

std::optional<WideInt> parse_decimal(std::string_view digits) {
  WideInt value;
  for (const char c : digits) {
    if (c < '0' || c > '9' || !add_digit(value, static_cast<unsigned>(c - '0'))) {
      return std::nullopt;
    }
  }
  return value;
}

std::optional<WideInt> parse_hexadecimal(std::string_view digits) {
  constexpr std::size_t kDigitsOfWord = 16;
  if (digits.empty() || digits.size() > 2 * kDigitsOfWord) return std::nullopt;
  const std::size_t split = digits.size() - std::min(digits.size(), kDigitsOfWord);
  const auto word = [](std::string_view part, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(part.begin(), part.end(), value, 16);
    return part.empty() || (error == std::errc() && end == part.end());
  };
  WideInt value;
  if (!word(digits.substr(0, split), value.high)) return std::nullopt;
  if (!word(digits.substr(split), value.low)) return std::nullopt;
  return value;
}

}  // namespace

std::strong_ordering compare(WideInt a, WideInt b, bool is_signed) {
  if (is_signed && a.is_negative() != b.is_negative()) {
    return a.is_negative() ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a.high != b.high) return a.high <=> b.high;
  return a.low <=> b.low;
}

WideInt extended(WideInt value, Bits bits, bool is_signed) {
  if (bits.value == 0 || bits >= kWidestInteger) return value;
  const std::uint64_t sign_word = bits.value <= 64 ? value.low : value.high;
  const bool is_negative = is_signed && (sign_word >> (bits.value - 1) % 64 & 1) != 0;
  value = lower(value, bits);
  if (!is_negative) return value;
  const WideInt kept = lower({.high = kAll, .low = kAll}, bits);
  return {.high = value.high | ~kept.high, .low = value.low | ~kept.low};
}

std::string decimal(WideInt value, bool is_signed) {
  const bool is_negative = is_signed && value.is_negative();
  if (is_negative) value = negated(value);
  if (value.high == 0) return fmt::format("{}{}", is_negative ? "-" : "", value.low);
  std::string digits;
  while (value != WideInt{}) digits += static_cast<char>('0' + take_digit(value));
  if (is_negative) digits += '-';
  std::ranges::reverse(digits);
  return digits;
}

std::string hexadecimal(WideInt value, Bits bits) {
  value = lower(value, bits);
  if (value.high == 0) return fmt::format("{:#x}", value.low);
  return fmt::format("{:#x}{:016x}", value.high, value.low);
}

std::optional<WideInt> parse_integer(std::string_view text) {
  if (text.starts_with("0x")) return parse_hexadecimal(text.substr(2));
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto value = text.empty() ? std::nullopt : parse_decimal(text);
  if (!value || !is_negative) return value;
  const WideInt result = negated(*value);
  if (!result.is_negative()) return std::nullopt;  // below the least, or "-0"
  return result;
}

}  // namespace btfreloc::btf
