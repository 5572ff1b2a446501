#include "core/field.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/btf_bytes.h"
#include "support/print.h"

namespace btfreloc::core {

/// How GoogleTest prints a value, or why there is none.
void PrintTo(const std::expected<std::uint64_t, Malformed>& value, std::ostream* out) {
  if (value) {
    *out << *value;
  } else {
    *out << '"' << value.error().reason << '"';
  }
}

namespace {

using btf::Kind;
using test::BtfBytes;
using enum ReloKind;

/// local_value(), or why there is none.
std::expected<std::uint64_t, Malformed> value(const btf::View& btf, TypeId root,
                                              std::string_view access, ReloKind kind,
                                              std::endian order) {
  auto spec = parse_spec(btf, root, access, kind);
  if (!spec) throw std::runtime_error(spec.error().reason);
  return local_value(btf, *spec, order);
}

// Bitfields at the borders of storage units, each computed by hand. A register is loaded with the
// unit, shifted left until the field's top bit is the register's, then right to the bottom.

struct Bitfield {
  std::string_view what;
  std::uint32_t declared;  ///< Size of the declared type, in bytes.
  std::uint32_t start;     ///< Bit.
  std::uint32_t bits;
  std::uint64_t offset;  ///< Of the unit, in bytes.
  std::uint64_t size;    ///< Of the unit, in bytes.
  std::uint64_t left_little;
  std::uint64_t left_big;
  std::uint64_t right;

  friend void PrintTo(const Bitfield& field, std::ostream* out) { *out << field.what; }
};

class BitfieldLoad : public testing::TestWithParam<Bitfield> {};

TEST_P(BitfieldLoad, CoversTheField) {
  const Bitfield& field = GetParam();
  for (const std::endian blob_order : test::kOrders) {
    BtfBytes btf(blob_order);
    const TypeId declared = btf.integer("declared", field.declared);
    const TypeId root =
        btf.add(Kind::kStruct, "s", 64, {"f", declared, field.bits << 24 | field.start}, true);
    const auto open = test::open(btf);
    const auto get = [&](ReloKind kind, std::endian order) {
      return value(open.view, root, "0:0", kind, order);
    };
    EXPECT_EQ(get(field_byte_offset, blob_order), field.offset);
    EXPECT_EQ(get(field_byte_size, blob_order), field.size);
    EXPECT_EQ(get(field_lshift_u64, std::endian::little), field.left_little);
    EXPECT_EQ(get(field_lshift_u64, std::endian::big), field.left_big);
    EXPECT_EQ(get(field_rshift_u64, blob_order), field.right);
    EXPECT_EQ(get(field_exists, blob_order), 1U);
    EXPECT_EQ(get(field_signed, blob_order), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Borders, BitfieldLoad,
                         testing::ValuesIn(std::to_array<Bitfield>({
                             {"first bits of an int", 4, 0, 3, 0, 4, 61, 32, 61},
                             {"bits behind them", 4, 3, 5, 0, 4, 56, 35, 59},
                             {"last bits of an int", 4, 29, 3, 0, 4, 32, 61, 61},
                             {"a whole int", 4, 0, 32, 0, 4, 32, 32, 32},
                             {"in the second int", 4, 33, 2, 4, 4, 61, 33, 62},
                             {"over the end of an int", 4, 30, 5, 0, 8, 29, 30, 59},
                             {"first bits of a char", 1, 0, 4, 0, 1, 60, 56, 60},
                             {"last bits of a char", 1, 4, 4, 0, 1, 56, 60, 60},
                             {"over the end of a char", 1, 6, 4, 0, 2, 54, 54, 60},
                             {"over the end of an aligned pair of chars", 1, 14, 4, 0, 4, 46, 46,
                              60},
                             {"over the end of four chars", 1, 30, 4, 0, 8, 30, 30, 60},
                             {"second half of a short", 2, 24, 8, 2, 2, 48, 56, 56},
                             {"over the end of a short", 2, 14, 4, 0, 4, 46, 46, 60},
                             {"first bits of a long", 8, 0, 1, 0, 8, 63, 0, 63},
                             {"last bits of a long", 8, 124, 4, 8, 8, 0, 60, 60},
                             {"a whole long", 8, 64, 64, 8, 8, 0, 0, 0},
                             {"far away", 4, 0xfff000, 7, 0x1ffe00, 4, 57, 32, 57},
                         })),
                         [](const auto& test) {
                           std::string name(test.param.what);
                           for (char& c : name) {
                             if (c == ' ') c = '_';
                           }
                           return name;
                         });

TEST(BitfieldLoad, FailsWhereNoLoadCoversTheField) {
  BtfBytes btf;
  const TypeId wide = btf.integer("unsigned long", 8);
  const TypeId nothing = btf.integer("nothing", 0);
  const TypeId root = btf.add(Kind::kStruct, "s", 24,
                              {"over_8", wide, 8U << 24 | 60, "of_nothing", nothing, 1U << 24 | 0,
                               "of_two_ints", btf.integer("int", 4), 4U << 24 | 62},
                              true);
  const auto open = test::open(btf);
  for (const ReloKind kind :
       {field_byte_offset, field_byte_size, field_signed, field_lshift_u64, field_rshift_u64}) {
    const auto over = value(open.view, root, "0:0", kind, std::endian::little);
    ASSERT_FALSE(over) << name(kind);
    EXPECT_EQ(over.error().reason, "bits 60 to 68 fit no aligned 8-byte load");
    EXPECT_FALSE(value(open.view, root, "0:1", kind, std::endian::little)) << name(kind);
    EXPECT_FALSE(value(open.view, root, "0:2", kind, std::endian::little)) << name(kind);
  }
  EXPECT_EQ(value(open.view, root, "0:0", field_exists, std::endian::little), 1U);
}

// Everything else.

struct Fixture {
  BtfBytes bytes;
  TypeId i = bytes.integer("int", 4, btf::kIntSigned);
  TypeId u16 = bytes.integer("unsigned short", 2);
  TypeId c = bytes.integer("char", 1, btf::kIntChar);
  TypeId inner = bytes.add(Kind::kStruct, "inner", 12, {"a", i, 0, "b", i, 32});
  TypeId e =
      bytes.add(Kind::kEnum, "e", 4, {"ZERO", 0, "TOP", 0x80000000, "ALL", 0xffffffff, "ONE", 1});
  TypeId e_signed =
      bytes.add(Kind::kEnum, "e_signed", 4, {"MINUS", 0xffffffff, "LOWEST", 0x80000000}, true);
  TypeId e64 = bytes.add(Kind::kEnum64, "e64", 8, {"MIXED", 0x05060708, 0x81020304});
  TypeId e64_signed =
      bytes.add(Kind::kEnum64, "e64_signed", 8, {"MINUS64", 0xfffffffe, 0xffffffff}, true);
  TypeId constant = bytes.add(Kind::kConst, 0, i);
  TypeId alias = bytes.add(Kind::kTypedef, "alias_t", constant);
  TypeId pointer = bytes.pointer(inner);
  TypeId many = bytes.array(inner, i, 3);
  TypeId fwd = bytes.add(Kind::kFwd, "fwd", 0);
  TypeId proto = bytes.add(Kind::kFuncProto, 0, 0);
  TypeId of_proto = bytes.add(Kind::kTypedef, "proto_t", proto);
  TypeId outer = bytes.add(Kind::kStruct, "outer", 128, {"i",          alias,      0,
                                                         "u16",        u16,        48,
                                                         "p",          pointer,    64,
                                                         "in",         inner,      128,
                                                         "many",       many,       256,
                                                         "e",          e,          544,
                                                         "e_signed",   e_signed,   576,
                                                         "e64",        e64,        640,
                                                         "e64_signed", e64_signed, 704,
                                                         "c",          c,          768,
                                                         "bits",       i,          4U << 24 | 776,
                                                         "opaque",     fwd,        800},
                           true);
  TypeId outer_t = bytes.add(Kind::kTypedef, "outer_t", outer);
  test::OpenBtf open = test::open(bytes);
};

struct ValueCase {
  TypeId Fixture::* root;
  std::string_view access;
  ReloKind kind;
  std::uint64_t value;
};

TEST(LocalValue, OfEveryKind) {
  const Fixture f;
  for (const ValueCase& expected : std::to_array<ValueCase>({
           {&Fixture::outer, "0:0", field_byte_offset, 0},
           {&Fixture::outer, "0:1", field_byte_offset, 6},
           {&Fixture::outer, "2:1", field_byte_offset, 2 * 128 + 6},
           {&Fixture::outer, "0:3:1", field_byte_offset, 20},
           {&Fixture::outer, "0:4:2:1", field_byte_offset, 32 + 24 + 4},
           {&Fixture::outer, "0:4:2", field_byte_offset, 32 + 24},
           {&Fixture::outer, "3", field_byte_offset, 3 * 128},
           {&Fixture::outer_t, "0:2", field_byte_offset, 8},
           {&Fixture::outer, "0:0", field_byte_size, 4},
           {&Fixture::outer, "0:1", field_byte_size, 2},
           {&Fixture::outer, "0:2", field_byte_size, 8},
           {&Fixture::outer, "0:3", field_byte_size, 12},
           {&Fixture::outer, "0:4", field_byte_size, 36},
           {&Fixture::outer, "0:4:1", field_byte_size, 12},
           {&Fixture::outer, "0:5", field_byte_size, 4},
           {&Fixture::outer, "0:7", field_byte_size, 8},
           {&Fixture::outer, "0", field_byte_size, 128},
           {&Fixture::outer, "0:0", field_exists, 1},
           {&Fixture::outer, "0:4:1", field_exists, 1},
           {&Fixture::outer, "0:11", field_exists, 1},
           {&Fixture::outer, "0:0", field_signed, 1},
           {&Fixture::outer, "0:1", field_signed, 0},
           {&Fixture::outer, "0:2", field_signed, 0},
           {&Fixture::outer, "0:3", field_signed, 0},
           {&Fixture::outer, "0:5", field_signed, 0},
           {&Fixture::outer, "0:6", field_signed, 1},
           {&Fixture::outer, "0:7", field_signed, 0},
           {&Fixture::outer, "0:8", field_signed, 1},
           {&Fixture::outer, "0:9", field_signed, 0},
           {&Fixture::outer, "0:10", field_signed, 1},
           {&Fixture::outer, "0:0", field_lshift_u64, 32},
           {&Fixture::outer, "0:1", field_lshift_u64, 48},
           {&Fixture::outer, "0:2", field_lshift_u64, 0},
           {&Fixture::outer, "0:9", field_lshift_u64, 56},
           {&Fixture::outer, "0:0", field_rshift_u64, 32},
           {&Fixture::outer, "0:1", field_rshift_u64, 48},
           {&Fixture::outer, "0:2", field_rshift_u64, 0},
           {&Fixture::outer, "0", type_id_local, 16},
           {&Fixture::outer_t, "0", type_id_local, 17},
           {&Fixture::outer_t, "0", type_id_target, 17},
           {&Fixture::fwd, "0", type_exists, 1},
           {&Fixture::proto, "0", type_matches, 1},
           {&Fixture::outer_t, "0", type_size, 128},
           {&Fixture::pointer, "0", type_size, 8},
           {&Fixture::many, "0", type_size, 36},
           {&Fixture::e, "2", enumval_exists, 1},
           {&Fixture::e, "0", enumval_value, 0},
           {&Fixture::e, "3", enumval_value, 1},
           // Unsigned, so not extended with its top bit. libbpf up to 1.8 does, and then refuses
           // the object.
           {&Fixture::e, "1", enumval_value, 0x80000000},
           {&Fixture::e, "2", enumval_value, 0xffffffff},
           {&Fixture::e_signed, "0", enumval_value, ~std::uint64_t{0}},
           {&Fixture::e_signed, "1", enumval_value, 0xffffffff80000000},
           {&Fixture::e64, "0", enumval_value, 0x8102030405060708},
           {&Fixture::e64_signed, "0", enumval_value, ~std::uint64_t{1}},
       })) {
    for (const std::endian order : test::kOrders) {
      EXPECT_EQ(value(f.open.view, f.*expected.root, expected.access, expected.kind, order),
                expected.value)
          << name(expected.kind) << " [" << (f.*expected.root).value << "] " << expected.access;
    }
  }
}

TEST(LocalValue, OfAnElementIsItsOffsetAndSizeOnly) {
  const Fixture f;
  for (const ReloKind kind : {field_signed, field_lshift_u64, field_rshift_u64}) {
    for (const std::string_view access : {"0:4:1", "0", "1"}) {
      const auto refused = value(f.open.view, f.outer, access, kind, std::endian::little);
      ASSERT_FALSE(refused) << name(kind) << access;
      EXPECT_THAT(refused.error().reason, testing::HasSubstr("of an array element"));
    }
  }
}

TEST(LocalValue, FailsForTypesWithoutASize) {
  const Fixture f;
  for (const TypeId root : {f.fwd, f.proto, f.of_proto}) {
    const auto size = value(f.open.view, root, "0", type_size, std::endian::little);
    ASSERT_FALSE(size);
    EXPECT_EQ(size.error().reason, "type [" + std::to_string(root.value) + "] has no size");
  }
  const auto opaque = value(f.open.view, f.outer, "0:11", field_byte_size, std::endian::little);
  ASSERT_FALSE(opaque);
  EXPECT_EQ(opaque.error().reason, "its type [13] has no size");
}

TEST(LocateField, TellsTheFieldFromItsUnit) {
  const Fixture f;
  const auto locate = [&](std::string_view access, std::uint64_t pointer_size) {
    auto spec = parse_spec(f.open.view, f.outer, access, field_byte_offset);
    return locate_field(f.open.view, *spec, {pointer_size}).value();
  };
  const Field bits = locate("0:10", 8);
  EXPECT_TRUE(bits.is_bitfield);
  EXPECT_FALSE(bits.is_element);
  EXPECT_TRUE(bits.is_signed);
  EXPECT_EQ(bits.offset, ByteCount{96});
  EXPECT_EQ(bits.size, ByteCount{4});
  EXPECT_EQ(bits.bit_offset, Bits{776});
  EXPECT_EQ(bits.bit_size, Bits{4});
  EXPECT_EQ(bits.type, f.i);

  const Field plain = locate("0:0", 8);
  EXPECT_FALSE(plain.is_bitfield);
  EXPECT_EQ(plain.bit_size, Bits{32});
  EXPECT_EQ(plain.type, f.i) << "behind the typedef and the const";

  EXPECT_TRUE(locate("0:4:1", 8).is_element);
  EXPECT_EQ(locate("0:4:1", 8).type, f.inner);
  EXPECT_EQ(locate("0:2", 8).size, ByteCount{8});
  EXPECT_EQ(locate("0:2", 4).size, ByteCount{4});
}

}  // namespace
}  // namespace btfreloc::core
