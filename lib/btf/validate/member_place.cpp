#include <algorithm>

#include "btf/validate/resolver.h"

// Where a member may lie, by what it is. Source: the *_check_member() and *_check_kflag_member() of
// the kinds, kernel/bpf/btf.c, whose unsigned arithmetic this keeps.

namespace btfreloc::btf {
namespace {

constexpr std::uint64_t bytes_of(std::uint64_t bits) { return bits / 8 + (bits % 8 != 0); }

struct IntBits {
  std::uint32_t bits;
  std::uint32_t offset;  ///< In bits.
};

IntBits int_bits(const RawTypes& types, TypeId id) {
  const std::uint32_t data = types.word(id, 12);
  return {data & 0xff, data >> 16 & 0xff};
}

/// Reports what is wrong with one member. Each check gives false when it has reported something.
class MemberPlace {
 public:
  MemberPlace(Checker& checker, const RawTypes& types, TypeId id, std::uint32_t index)
      : checker_(checker),
        types_(types),
        id_(id),
        index_(index),
        size_(types.third(id)),
        is_flagged_(types.info(id).kind_flag),
        member_(types.record<Member>(id, index)) {}

  bool check(TypeId to, std::uint32_t size) {
    switch (types_.kind(to)) {
      case Kind::kInt: return check_int(to);
      case Kind::kEnum:
      case Kind::kEnum64:
        return is_flagged_ ? check_enum_bits() : is_at_byte() && ends_inside(size);
      case Kind::kFloat: return is_no_bitfield() && check_float(size);
      default: return is_no_bitfield() && is_at_byte() && ends_inside(size);
    }
  }

 private:
  static constexpr std::uint32_t kMaxBits = 128;

  std::uint64_t offset() const { return member_.offset.value; }
  std::uint64_t width() const { return member_.bitfield_size.value; }

  template <class... Args>
  bool report(Rule rule, fmt::format_string<Args...> message, Args&&... args) {
    const std::size_t byte = kTypeHeaderSize + std::size_t{index_} * Member::kSize + 8;
    checker_.report(rule, Checker::Place{types_, id_, byte}, "member {} {}", index_,
                    fmt::format(message, std::forward<Args>(args)...));
    return false;
  }

  bool is_no_bitfield() {
    return width() == 0 ||
           report(Rule::bitfield_size, "is a bitfield, and no integer or enumeration");
  }
  bool is_at_byte() {
    return offset() % 8 == 0 || report(Rule::member_alignment, "is at bit {}", offset());
  }
  bool ends_inside(std::uint64_t size) {
    return offset() / 8 + size <= size_ ||
           report(Rule::member_end, "has {} bytes from byte {} of {}", size, offset() / 8, size_);
  }
  /// `bits` from bit `start`, as loads of whole bytes see them.
  bool bits_end_inside(std::uint64_t start, std::uint64_t bits) {
    const std::uint64_t copied = bits + start % 8;
    if (copied > kMaxBits) {
      return report(Rule::bitfield_size, "has {} bits from bit {}", bits, start);
    }
    return start / 8 + bytes_of(copied) <= size_ ||
           report(Rule::member_end, "has {} bits from bit {} of {} bytes", bits, start, size_);
  }

  bool check_int(TypeId to) {
    const IntBits of = int_bits(types_, to);
    if (!is_flagged_) {
      if (offset() + of.offset > UINT32_MAX) {
        return report(Rule::member_end, "is at bit {}", offset() + of.offset);
      }
      return bits_end_inside(offset() + of.offset, of.bits);
    }
    if (!is_regular_int(types_, to)) {
      return report(Rule::bitfield_size, "is an integer of {} bits from bit {}", of.bits,
                    of.offset);
    }
    if (width() == 0) return is_at_byte() && bits_end_inside(offset(), of.bits);
    if (width() > of.bits) {
      return report(Rule::bitfield_size, "has {} bits of an integer of {}", width(), of.bits);
    }
    return bits_end_inside(offset(), width());
  }

  /// With kind_flag, the kernel takes every enumeration for an int of 32 bits.
  bool check_enum_bits() {
    constexpr std::uint32_t kIntBits = 32;
    if (width() == 0 && !is_at_byte()) return false;
    if (width() > kIntBits) {
      return report(Rule::bitfield_size, "has {} bits of an enumeration", width());
    }
    const std::uint64_t bits = width() == 0 ? kIntBits : width();
    return bytes_of(offset() + bits) <= size_ ||
           report(Rule::member_end, "has {} bits from bit {} of {} bytes", bits, offset(), size_);
  }

  bool check_float(std::uint32_t size) {
    const std::uint32_t alignment = std::min(checker_.pointer_size(), size);
    if (offset() % (std::uint64_t{alignment} * 8) != 0) {
      return report(Rule::member_alignment, "is at bit {}, and aligned to {} bytes", offset(),
                    alignment);
    }
    return ends_inside(size);
  }

  Checker& checker_;
  const RawTypes& types_;
  TypeId id_;
  std::uint32_t index_;
  std::uint32_t size_;  ///< Of the struct, in bytes.
  bool is_flagged_;     ///< Offsets of members carry the widths of bitfields.
  Member member_;
};

}  // namespace

bool is_regular_int(const RawTypes& types, TypeId id) {
  if (types.kind(id) != Kind::kInt) return false;
  const IntBits of = int_bits(types, id);
  const std::uint32_t bytes = of.bits / 8;
  return of.bits % 8 == 0 && of.offset == 0 &&
         (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8 || bytes == 16);
}

bool check_member_place(Checker& checker, const RawTypes& types, TypeId id, std::uint32_t index,
                        TypeId to, std::uint32_t size) {
  return MemberPlace(checker, types, id, index).check(to, size);
}

}  // namespace btfreloc::btf
