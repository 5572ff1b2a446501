#pragma once

#include <cstdint>

#include "base/text_buffer.h"
#include "base/units.h"

namespace btfreloc::btf {

/// Padding in C: unnamed bitfields, which fill a struct to the bit, are in nobody's debug info and
/// do not raise its alignment above `alignment` on any target.
class Padding {
 public:
  explicit Padding(ByteCount pointer_size)
      : long_of_64_(pointer_size.value == 8 ? "long" : "long long") {}

  /// Appends lines that take the bits from `from` to `to` of a struct. They repeat a bitfield by
  /// macros when it takes many.
  void print(TextBuffer& out, Bits from, Bits to, ByteCount alignment, bool is_packed, int indent);
  /// Appends the definitions of the macros used so far; nothing, if there are none.
  void print_macros(TextBuffer& out) const;

 private:
  void print_unit(TextBuffer& out, std::uint64_t unit, std::uint64_t bits) const;
  void print_many(TextBuffer& out, std::uint64_t unit, std::uint64_t count);

  std::string_view long_of_64_;
  std::uint64_t most_ = 0;  ///< The largest power of two that is repeated.
};

}  // namespace btfreloc::btf
