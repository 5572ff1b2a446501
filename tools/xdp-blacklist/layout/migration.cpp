#include "xdp-blacklist/layout/migration.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "btf/wide_int.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Bits;
using btfreloc::Bytes;
using btfreloc::Errc;
using btfreloc::btf::extended;
using btfreloc::btf::WideInt;

constexpr std::uint64_t kBitsPerByte = 8;

/// Why a value has no new form: "rule.id", "is 70000, which u16 does not hold".
struct Refusal {
  std::string field;
  std::string why;
};

/// A bit is counted from the least significant one of a byte in little-endian memory, from the most
/// significant one in big-endian memory. Source: docs of BTF_KIND_STRUCT in the kernel.
unsigned shift_of(std::uint64_t bit, std::endian order) {
  const auto in_byte = static_cast<unsigned>(bit % kBitsPerByte);
  return order == std::endian::little ? in_byte : 7 - in_byte;
}

class Run {
 public:
  Run(Bytes from, std::span<std::byte> to, std::endian order)
      : from_(from), to_(to), order_(order) {}

  std::optional<Refusal> all(std::span<const MigrationStep> steps, Bits from, Bits to) {
    for (const MigrationStep& step : steps) {
      if (auto refusal = one(step, from + step.from, to + step.to)) return refusal;
    }
    return std::nullopt;
  }

 private:
  using Op = MigrationStep::Op;

  std::optional<Refusal> one(const MigrationStep& step, Bits from, Bits to) {
    switch (step.op) {
      case Op::copy: copy(from, to, step.from_size); return std::nullopt;
      case Op::number: return number(step, from, to);
      case Op::enumerator: return enumerator(step, from, to);
      case Op::elements: return elements(step, from, to);
      case Op::expect_zero:
        if (is_zero(from, step.from_size)) return std::nullopt;
        return Refusal{step.field, step.why};
    }
    return std::nullopt;
  }

  void copy(Bits from, Bits to, Bits size) {
    if ((from.value | to.value | size.value) % kBitsPerByte == 0) {
      const Bytes bytes = from_.subspan(from.value / kBitsPerByte, size.value / kBitsPerByte);
      std::ranges::copy(bytes, to_.begin() + static_cast<std::ptrdiff_t>(to.value / kBitsPerByte));
      return;
    }
    for (std::uint64_t i = 0; i < size.value; ++i) {
      const unsigned shift = shift_of(to.value + i, order_);
      to_[(to.value + i) / kBitsPerByte] |= std::byte{bit(from.value + i)} << shift;
    }
  }

  unsigned char bit(std::uint64_t at) const {
    const std::byte shifted = from_[at / kBitsPerByte] >> shift_of(at, order_);
    return std::to_integer<unsigned char>(shifted & std::byte{1});
  }

  bool is_zero(Bits from, Bits size) const {
    if ((from.value | size.value) % kBitsPerByte == 0) {
      const Bytes bytes = from_.subspan(from.value / kBitsPerByte, size.value / kBitsPerByte);
      return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
    }
    for (std::uint64_t i = 0; i < size.value; ++i) {
      if (bit(from.value + i) != 0) return false;
    }
    return true;
  }

  /// Whole bytes, 16 at most, as an integer.
  WideInt load(Bits from, Bits size, bool is_signed) const {
    const std::size_t count = size.value / kBitsPerByte;
    WideInt value;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = order_ == std::endian::little ? count - 1 - i : i;
      value.high = value.high << kBitsPerByte | value.low >> (64 - kBitsPerByte);
      value.low = value.low << kBitsPerByte |
                  std::to_integer<std::uint64_t>(from_[from.value / kBitsPerByte + place]);
    }
    return extended(value, size, is_signed);
  }

  void store(Bits to, Bits size, WideInt value) {
    const std::size_t count = size.value / kBitsPerByte;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = order_ == std::endian::little ? i : count - 1 - i;
      to_[to.value / kBitsPerByte + place] = static_cast<std::byte>(value.low);
      value.low = value.low >> kBitsPerByte | value.high << (64 - kBitsPerByte);
      value.high >>= kBitsPerByte;
    }
  }

  std::optional<Refusal> number(const MigrationStep& step, Bits from, Bits to) {
    const WideInt value = load(from, step.from_size, step.from_signed);
    const WideInt kept = extended(value, step.to_digits, step.to_signed);
    const bool is_negative = step.from_signed && value.is_negative();
    if (kept != value || is_negative != (step.to_signed && kept.is_negative())) {
      return Refusal{step.field,
                     fmt::format("is {}, which {} does not hold",
                                 btfreloc::btf::decimal(value, step.from_signed), step.why)};
    }
    store(to, step.to_size, value);
    return std::nullopt;
  }

  std::optional<Refusal> enumerator(const MigrationStep& step, Bits from, Bits to) {
    const std::uint64_t value = load(from, step.from_size, false).low;
    const auto found =
        std::ranges::lower_bound(step.enumerators, value, {}, &MovedEnumerator::before);
    if (found == step.enumerators.end() || found->before != value) {
      const WideInt number = load(from, step.from_size, step.from_signed);
      return Refusal{step.field,
                     fmt::format("is {}, which has no name to look for in {}",
                                 btfreloc::btf::decimal(number, step.from_signed), step.why)};
    }
    if (!found->problem.empty()) return Refusal{step.field, found->problem};
    store(to, step.to_size, WideInt::of(found->after));
    return std::nullopt;
  }

  std::optional<Refusal> elements(const MigrationStep& step, Bits from, Bits to) {
    for (std::uint32_t i = 0; i < step.count; ++i) {
      const Bits here = {from.value + i * step.from_size.value};
      const Bits there = {to.value + i * step.to_size.value};
      if (auto refusal = all(step.each, here, there)) {
        const bool is_element = refusal->field.empty() || refusal->field.starts_with('[');
        refusal->field =
            fmt::format("{}[{}]{}{}", step.field, i, is_element ? "" : ".", refusal->field);
        return refusal;
      }
    }
    return std::nullopt;
  }

  Bytes from_;
  std::span<std::byte> to_;
  std::endian order_;
};

}  // namespace

btfreloc::Result<std::vector<std::byte>> Migration::migrate(Bytes old_value) const {
  if (old_value.size() != old_size_.value) {
    return fail(Errc::bad_format, fmt::format("{} bytes are no value of a layout that has {}",
                                              old_value.size(), old_size_.value));
  }
  std::vector<std::byte> value(new_size_.value);
  if (const auto refusal = Run(old_value, value, order_).all(steps_, {}, {})) {
    const char* field = refusal->field.empty() ? "it" : refusal->field.c_str();
    return fail(Errc::out_of_range, fmt::format("{} {}", field, refusal->why));
  }
  return value;
}

}  // namespace xdp_blacklist
