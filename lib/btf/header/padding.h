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
  /// Appends the definitions of the macros that are used since the last time; mostly nothing.
  void print_new_macros(TextBuffer& out) {
    if (most_ > defined_) define_macros(out);
  }

 private:
  void print_unit(TextBuffer& out, std::uint64_t unit, std::uint64_t bits) const;
  void define_macros(TextBuffer& out);
  void print_many(TextBuffer& out, std::uint64_t unit, std::uint64_t count);

  std::string_view long_of_64_;
  std::uint64_t most_ = 1;     ///< The largest power of two of bitfields that is used,
  std::uint64_t defined_ = 1;  ///< and for which there is a macro.
};

}  // namespace btfreloc::btf
