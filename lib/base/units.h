#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace btfreloc {

/// A number that means one thing. Ids and offsets of different tables do not convert
/// to each other, to int, or from int by accident.
template <class Tag, class Rep = std::uint32_t>
struct Strong {
  Rep value{};

  constexpr Strong() = default;
  constexpr explicit Strong(Rep v) : value(v) {}
  friend constexpr auto operator<=>(Strong, Strong) = default;
};

using TypeId = Strong<struct TypeIdTag>;        ///< Index into one BTF blob; 0 is void.
using StrOff = Strong<struct StrOffTag>;        ///< Bytes into the string section; 0 is "".
using InsnIndex = Strong<struct InsnIndexTag>;  ///< In instructions (8 bytes each) from the
                                                ///< start of the function.

struct Bits {
  std::uint64_t value{};
  friend constexpr auto operator<=>(Bits, Bits) = default;
  friend constexpr Bits operator+(Bits a, Bits b) { return {a.value + b.value}; }
};

struct ByteCount {
  std::uint64_t value{};
  constexpr operator Bits() const { return {value * 8}; }
  friend constexpr auto operator<=>(ByteCount, ByteCount) = default;
};

/// The other direction loses something, so it has to be asked for.
constexpr ByteCount whole_bytes(Bits bits) { return {bits.value / 8}; }

}  // namespace btfreloc

template <class Tag, class Rep>
struct std::hash<btfreloc::Strong<Tag, Rep>> {
  std::size_t operator()(btfreloc::Strong<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
