#include "btf/header/padding.h"

#include <algorithm>
#include <bit>

namespace btfreloc::btf {
namespace {

/// Bitfields with a line of their own, at most.
constexpr std::uint64_t kLines = 8;
/// From here on, an array with a name takes their place, which compilers have room for. Few types
/// of a kernel are as large as that.
constexpr std::uint64_t kMaxBitfields = 64 * 1024;
constexpr std::uint64_t kWidest = 64;  // bits

void indent_by(TextBuffer& out, int indent) {
  for (int i = 0; i < indent; ++i) out << '\t';
}

}  // namespace

void Padding::print(TextBuffer& out, Bits from, Bits to, ByteCount alignment, bool is_packed,
                    int indent) {
  // Bitfields of packed structs lie anywhere; others lie inside a unit of their type.
  const std::uint64_t widest = is_packed ? kWidest : std::min(kWidest, alignment.value * 8);
  std::uint64_t at = from.value;
  while (at < to.value) {
    indent_by(out, indent);
    const std::uint64_t left = to.value - at;
    const bool fills_units = is_packed || at % widest == 0;
    if (at % 8 == 0 && left / widest > kMaxBitfields) {
      const std::uint64_t bytes = left / 8;
      (out << "unsigned char __pad_").decimal(at / 8) << '[';
      out.decimal(bytes) << ']';
      at += bytes * 8;
    } else if (fills_units && left / widest > kLines) {
      const std::uint64_t count = left / widest;
      print_many(out, widest, count);
      at += count * widest;
      out << '\n';
      continue;
    } else {
      std::uint64_t bits = std::min(left, is_packed ? widest : widest - at % widest);
      std::uint64_t unit = 8;
      while (bits + (is_packed ? 0 : at % unit) > unit) unit *= 2;
      print_unit(out, unit, bits);
      at += bits;
    }
    out << ";\n";
  }
}

void Padding::print_unit(TextBuffer& out, std::uint64_t unit, std::uint64_t bits) const {
  out << (unit == 64 ? long_of_64_ : unit == 32 ? "int" : unit == 16 ? "short" : "char") << ": ";
  out.decimal(bits);
}

void Padding::print_many(TextBuffer& out, std::uint64_t unit, std::uint64_t count) {
  for (std::uint64_t part = std::bit_floor(count); part != 0; part /= 2) {
    if ((count & part) == 0) continue;
    if (part != std::bit_floor(count)) out << ' ';
    if (part != 1) (out << "__PAD").decimal(part) << '(';
    print_unit(out, unit, unit);
    out << (part != 1 ? ";)" : ";");
  }
  most_ = std::max(most_, std::bit_floor(count));
}

void Padding::define_macros(TextBuffer& out) {
  if (defined_ == 1) out << "/* Members that are left out, or alignment: unnamed bitfields. */\n";
  while (defined_ < most_) {
    (out << "#define __PAD").decimal(defined_ * 2) << "(unit) ";
    if (defined_ == 1) {
      out << "unit unit\n";
    } else {
      (out << "__PAD").decimal(defined_) << "(unit) __PAD";
      out.decimal(defined_) << "(unit)\n";
    }
    defined_ *= 2;
  }
  out << '\n';
}

}  // namespace btfreloc::btf
