#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

// Every layout fact of BTF, once. The reader, the printers and the documents read this table;
// no other file knows how long a record is. Source: include/uapi/linux/btf.h, Linux 7.1.

namespace btfreloc::btf {

/// Bytes 9f eb on disk in a little-endian blob, eb 9f in a big-endian one.
inline constexpr std::uint16_t kMagic = 0xeb9f;
inline constexpr std::uint8_t kVersion = 1;

/// Bytes of a type before what its kind adds: name offset, info, size or type.
inline constexpr std::uint32_t kTypeHeaderSize = 12;

/// Longest chain of const, volatile, restrict, typedef and type tags that is followed.
/// Mirrors MAX_RESOLVE_DEPTH in libbpf, src/btf.c.
inline constexpr int kMaxModifiers = 32;

enum class Kind : std::uint8_t {
  kVoid,
  kInt,
  kPtr,
  kArray,
  kStruct,
  kUnion,
  kEnum,
  kFwd,
  kTypedef,
  kVolatile,
  kConst,
  kRestrict,
  kFunc,
  kFuncProto,
  kVar,
  kDatasec,
  kFloat,
  kDeclTag,
  kTypeTag,
  kEnum64,
};

/// What the third word of a type header holds.
enum class ThirdWord : std::uint8_t { unused, size, type };

/// What the `vlen` records behind a type hold. Words are 32 bits.
enum class Record : std::uint8_t {
  none,
  member,        ///< name, type, bit offset (with kind_flag: bitfield size << 24 | bit offset)
  enumerator,    ///< name, value
  enumerator64,  ///< name, low half of the value, high half
  param,         ///< name, type
  section_var,   ///< type, byte offset, byte size
};

struct KindTraits {
  Kind kind;
  std::string_view name;  ///< As bpftool's raw notation spells it.
  ThirdWord third;
  std::uint8_t fixed;  ///< Bytes between the header and the records.
  Record record;
};

constexpr std::uint32_t size_of(Record record) {
  switch (record) {
    case Record::none: return 0;
    case Record::enumerator:
    case Record::param: return 8;
    case Record::member:
    case Record::enumerator64:
    case Record::section_var: return 12;
  }
  return 0;
}

inline constexpr auto kKindTraits = std::to_array<KindTraits>({
    {Kind::kVoid, "UNKNOWN", ThirdWord::unused, 0, Record::none},
    {Kind::kInt, "INT", ThirdWord::size, 4, Record::none},
    {Kind::kPtr, "PTR", ThirdWord::type, 0, Record::none},
    {Kind::kArray, "ARRAY", ThirdWord::unused, 12, Record::none},
    {Kind::kStruct, "STRUCT", ThirdWord::size, 0, Record::member},
    {Kind::kUnion, "UNION", ThirdWord::size, 0, Record::member},
    {Kind::kEnum, "ENUM", ThirdWord::size, 0, Record::enumerator},
    {Kind::kFwd, "FWD", ThirdWord::unused, 0, Record::none},
    {Kind::kTypedef, "TYPEDEF", ThirdWord::type, 0, Record::none},
    {Kind::kVolatile, "VOLATILE", ThirdWord::type, 0, Record::none},
    {Kind::kConst, "CONST", ThirdWord::type, 0, Record::none},
    {Kind::kRestrict, "RESTRICT", ThirdWord::type, 0, Record::none},
    {Kind::kFunc, "FUNC", ThirdWord::type, 0, Record::none},
    {Kind::kFuncProto, "FUNC_PROTO", ThirdWord::type, 0, Record::param},
    {Kind::kVar, "VAR", ThirdWord::type, 4, Record::none},
    {Kind::kDatasec, "DATASEC", ThirdWord::size, 0, Record::section_var},
    {Kind::kFloat, "FLOAT", ThirdWord::size, 0, Record::none},
    {Kind::kDeclTag, "DECL_TAG", ThirdWord::type, 4, Record::none},
    {Kind::kTypeTag, "TYPE_TAG", ThirdWord::type, 0, Record::none},
    {Kind::kEnum64, "ENUM64", ThirdWord::size, 0, Record::enumerator64},
});

/// Kinds that are not in the table have this number or a higher one, up to 127.
inline constexpr std::uint32_t kFirstUnknownKind = kKindTraits.size();
inline constexpr Kind kNewestKind = kKindTraits.back().kind;

constexpr const KindTraits& traits(Kind kind) {
  return kKindTraits[static_cast<std::size_t>(kind)];
}

/// `kind` as in Info. A kind that is not in the table has a name and nothing else that is known.
constexpr const KindTraits& traits_or_unknown(std::uint8_t kind) {
  return kKindTraits[kind < kFirstUnknownKind ? kind : 0];
}

/// Types that stand for another, whose kind and size are theirs, too: qualifiers, tags, typedefs.
/// Source: btf_type_is_modifier(), kernel/bpf/btf.c; for libbpf, typedefs are none.
constexpr bool is_modifier(Kind kind) {
  return kind == Kind::kTypedef || kind == Kind::kVolatile || kind == Kind::kConst ||
         kind == Kind::kRestrict || kind == Kind::kTypeTag;
}
constexpr bool is_composite(Kind kind) { return kind == Kind::kStruct || kind == Kind::kUnion; }
/// Of either width.
constexpr bool is_enum(Kind kind) { return kind == Kind::kEnum || kind == Kind::kEnum64; }

static_assert([] {
  for (std::size_t i = 0; i < kKindTraits.size(); ++i) {
    if (static_cast<std::size_t>(kKindTraits[i].kind) != i) return false;
  }
  return true;
}());

/// The second word of a type header, taken apart.
struct Info {
  std::uint32_t vlen;  ///< 24 bits; kernels before 7.1 knew 16, and left the rest zero.
  std::uint8_t kind;   ///< 7 bits, so it may be no Kind of ours.
  bool kind_flag;

  static constexpr Info unpack(std::uint32_t word) {
    return {.vlen = word & 0xffffff,
            .kind = static_cast<std::uint8_t>(word >> 24 & 0x7f),
            .kind_flag = word >> 31 != 0};
  }
  constexpr std::uint32_t pack() const {
    return (vlen & 0xffffff) | std::uint32_t{kind} << 24 | std::uint32_t{kind_flag} << 31;
  }
};

/// Some of the kinds.
class KindSet {
 public:
  constexpr KindSet() = default;
  constexpr KindSet(std::initializer_list<Kind> kinds) {
    for (const Kind kind : kinds) add(kind);
  }
  constexpr void add(Kind kind) { bits_ |= 1U << static_cast<unsigned>(kind); }
  constexpr KindSet& operator|=(KindSet other) { return bits_ |= other.bits_, *this; }
  /// `kind` as in Info: it may be none of ours.
  constexpr bool has(std::uint8_t kind) const { return kind < 32 && (bits_ >> kind & 1) != 0; }

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace btfreloc::btf
