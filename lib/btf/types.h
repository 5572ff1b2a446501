#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <variant>

#include "base/bytes.h"
#include "base/units.h"
#include "btf/kinds.h"

// A BTF type as a small value, decoded from the file on demand. Names are string offsets and
// references are type ids: View turns either into what it stands for.

namespace btfreloc::btf {

/// The records behind a type, decoded one at a time from the file. Does not own the bytes.
template <class R>
class Records {
 public:
  Records() = default;
  Records(const std::byte* at, std::uint32_t count, std::endian order, bool kind_flag)
      : at_(at), count_(count), order_(order), kind_flag_(kind_flag) {}

  std::uint32_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  R operator[](std::uint32_t i) const {
    return R::read(at_ + std::size_t{i} * R::kSize, order_, kind_flag_);
  }

  /// Stays valid when the Records it came from is gone.
  class Iterator {
   public:
    using value_type = R;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    Iterator(const std::byte* at, std::endian order, bool kind_flag)
        : at_(at), order_(order), kind_flag_(kind_flag) {}
    R operator*() const { return R::read(at_, order_, kind_flag_); }
    Iterator& operator++() {
      at_ += R::kSize;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      at_ += R::kSize;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }

   private:
    const std::byte* at_ = nullptr;
    std::endian order_ = std::endian::native;
    bool kind_flag_ = false;
  };
  Iterator begin() const { return {at_, order_, kind_flag_}; }
  Iterator end() const { return {at_ + std::size_t{count_} * R::kSize, order_, kind_flag_}; }

 private:
  const std::byte* at_ = nullptr;
  std::uint32_t count_ = 0;
  std::endian order_ = std::endian::native;
  bool kind_flag_ = false;
};

struct Member {
  StrOff name;  ///< 0 for an anonymous struct or union member.
  TypeId type;
  Bits offset;         ///< From the start of the struct.
  Bits bitfield_size;  ///< 0: not a bitfield.

  static constexpr std::uint32_t kSize = size_of(Record::member);
  static Member read(const std::byte* at, std::endian order, bool kind_flag) {
    const auto word = load<std::uint32_t>(at + 8, order);
    return {.name = StrOff{load<std::uint32_t>(at, order)},
            .type = TypeId{load<std::uint32_t>(at + 4, order)},
            .offset = {kind_flag ? word & 0xffffff : word},
            .bitfield_size = {kind_flag ? word >> 24 : 0}};
  }
};

/// Of an ENUM or ENUM64. The value is sign-extended when the enum is signed, else zero-extended.
struct Enumerator {
  StrOff name;
  std::uint64_t value;
};

struct Enumerator32 : Enumerator {
  static constexpr std::uint32_t kSize = size_of(Record::enumerator);
  static Enumerator32 read(const std::byte* at, std::endian order, bool is_signed) {
    const auto bits = load<std::uint32_t>(at + 4, order);
    return {{.name = StrOff{load<std::uint32_t>(at, order)},
             .value = is_signed ? static_cast<std::uint64_t>(
                                      std::int64_t{static_cast<std::int32_t>(bits)})
                                : bits}};
  }
};

struct Enumerator64 : Enumerator {
  static constexpr std::uint32_t kSize = size_of(Record::enumerator64);
  static Enumerator64 read(const std::byte* at, std::endian order, bool /*is_signed*/) {
    return {{.name = StrOff{load<std::uint32_t>(at, order)},
             .value = std::uint64_t{load<std::uint32_t>(at + 8, order)} << 32 |
                      load<std::uint32_t>(at + 4, order)}};
  }
};

struct Param {
  StrOff name;
  TypeId type;  ///< 0 in the last, nameless parameter of a variadic function.

  static constexpr std::uint32_t kSize = size_of(Record::param);
  static Param read(const std::byte* at, std::endian order, bool /*kind_flag*/) {
    return {.name = StrOff{load<std::uint32_t>(at, order)},
            .type = TypeId{load<std::uint32_t>(at + 4, order)}};
  }
};

struct SectionVar {
  TypeId type;  ///< A VAR, or a FUNC in the .ksyms section.
  ByteCount offset;
  ByteCount size;

  static constexpr std::uint32_t kSize = size_of(Record::section_var);
  static SectionVar read(const std::byte* at, std::endian order, bool /*kind_flag*/) {
    return {.type = TypeId{load<std::uint32_t>(at, order)},
            .offset = {load<std::uint32_t>(at + 4, order)},
            .size = {load<std::uint32_t>(at + 8, order)}};
  }
};

/// The encodings of an INT, or of none of them for a plain unsigned integer. One bit each.
inline constexpr std::uint8_t kIntSigned = 1;
inline constexpr std::uint8_t kIntChar = 2;
inline constexpr std::uint8_t kIntBool = 4;

enum class Linkage : std::uint32_t { is_static, is_global, is_extern };

struct Void {};
struct Int {
  StrOff name;
  ByteCount size;
  std::uint8_t encoding;
  Bits offset;  ///< Of the value inside the storage; 0 in anything a current compiler writes.
  Bits bits;
};
struct Ptr {
  TypeId type;
};
struct Array {
  TypeId type;  ///< Of one element.
  TypeId index_type;
  std::uint32_t nr_elems;
};
struct Struct {
  StrOff name;
  ByteCount size;
  Records<Member> members;
};
struct Union {
  StrOff name;
  ByteCount size;
  Records<Member> members;
};
struct Enum {
  StrOff name;
  ByteCount size;
  bool is_signed;
  Records<Enumerator32> values;
};
struct Fwd {
  StrOff name;
  bool is_union;
};
struct Typedef {
  StrOff name;
  TypeId type;
};
struct Volatile {
  TypeId type;
};
struct Const {
  TypeId type;
};
struct Restrict {
  TypeId type;
};
struct Func {
  StrOff name;
  TypeId type;      ///< A FUNC_PROTO.
  Linkage linkage;  ///< May hold a number that is none of the three.
};
struct FuncProto {
  TypeId return_type;
  Records<Param> params;
};
struct Var {
  StrOff name;
  TypeId type;
  Linkage linkage;  ///< May hold a number that is none of the three.
};
struct Datasec {
  StrOff name;
  ByteCount size;
  Records<SectionVar> vars;
};
struct Float {
  StrOff name;
  ByteCount size;
};
struct DeclTag {
  StrOff name;
  TypeId type;
  std::int32_t component;  ///< Index of the member or parameter it is on; -1: the type itself.
  bool is_attribute;       ///< kind_flag: an arbitrary __attribute__, not btf_decl_tag.
};
struct TypeTag {
  StrOff name;
  TypeId type;
  bool is_attribute;  ///< kind_flag: an arbitrary __attribute__, not btf_type_tag.
};
struct Enum64 {
  StrOff name;
  ByteCount size;
  bool is_signed;
  Records<Enumerator64> values;
};
/// A kind this version does not know, whose length the blob's own layout section tells.
struct Unknown {
  std::uint8_t kind;
};

using Type =
    std::variant<Void, Int, Ptr, Array, Struct, Union, Enum, Fwd, Typedef, Volatile, Const,
                 Restrict, Func, FuncProto, Var, Datasec, Float, DeclTag, TypeTag, Enum64, Unknown>;

}  // namespace btfreloc::btf
