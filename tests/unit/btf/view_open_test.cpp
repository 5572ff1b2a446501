// What View::open takes and refuses: headers, strings, references, split BTF, unknown kinds.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>

#include "btf/view.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/every_kind.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using test::ByteVector;
using test::FailsWith;
using test::must;
using test::put;

class BothOrders : public testing::TestWithParam<std::endian> {};

TEST_P(BothOrders, HeaderIsFoundAsWritten) {
  BtfBytes btf(GetParam());
  btf.integer("int", 4);
  const ByteVector bytes = btf.bytes();
  const Header header = must(read_header(bytes));
  EXPECT_EQ(header.order, GetParam());
  EXPECT_EQ(header.header_size, 24U);
  EXPECT_EQ(header.types_offset, 24U);
  EXPECT_EQ(header.types_size, 16U);
  EXPECT_EQ(header.strings_offset, 40U);
  EXPECT_EQ(header.strings_size, 5U);  // "" and "int"
  EXPECT_EQ(header.layout_size, 0U);
  EXPECT_EQ(header.end(), bytes.size());
}

TEST_P(BothOrders, PartsAreCountedFromTheEndOfTheHeader) {
  for (const std::uint32_t header_size : {24U, 32U, 40U}) {
    BtfBytes btf(GetParam());
    btf.header_size = header_size;
    const TypeId id = btf.integer("int", 4);
    const auto open = test::open(btf);
    EXPECT_EQ(open.view.header().header_size, header_size);
    EXPECT_EQ(open.view.type_offset(id), header_size);
    EXPECT_EQ(open.view.name(id), "int");
    EXPECT_EQ(open.view.header().end(), open.bytes.size());
  }
}

TEST_P(BothOrders, BlobWithoutTypesIsFine) {
  const auto open = test::open(BtfBytes(GetParam()));
  EXPECT_EQ(open.view.size(), 1U);
  EXPECT_EQ(open.view.own_count(), 0U);
  EXPECT_TRUE(open.view.contains(TypeId{0}));
  EXPECT_FALSE(open.view.contains(TypeId{1}));
  EXPECT_EQ(open.view.kind(TypeId{0}), Kind::kVoid);
  EXPECT_TRUE(std::holds_alternative<Void>(open.view.decode(TypeId{0})));
  EXPECT_EQ(open.view.name(TypeId{0}), "");
  EXPECT_TRUE(open.view.named("int").empty());
}

TEST_P(BothOrders, BytesBehindTheLastPartAreSomebodyElses) {
  BtfBytes btf(GetParam());
  btf.integer("int", 4);
  ByteVector bytes = btf.bytes();
  const std::size_t end = bytes.size();
  bytes.resize(end + 100, std::byte{0xff});
  EXPECT_EQ(test::open(bytes).view.header().end(), end);
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, BothOrders, testing::ValuesIn(test::kOrders));

// Damage: a valid blob with one field changed. The error names the field.

/// Blob: header; [1] INT at 24, [2] STRUCT of two members at 40; strings from 76 to 90.
BtfBytes small_btf(std::endian order) {
  BtfBytes btf(order);
  const TypeId id = btf.integer("int", 4);
  btf.add(Kind::kStruct, "pair", 8, {"a", id, 0, "b", id, 32});
  return btf;
}

struct Damage {
  std::string_view what;
  std::size_t at;
  std::uint32_t value;
  Errc code;
  std::uint64_t offset;
  std::string_view message;

  friend void PrintTo(const Damage& damage, std::ostream* out) { *out << damage.what; }
};

class DamagedWord : public testing::TestWithParam<Damage> {};

TEST_P(DamagedWord, IsNamedInTheError) {
  for (const std::endian order : test::kOrders) {
    ByteVector bytes = small_btf(order).bytes();
    ASSERT_EQ(bytes.size(), 90U);
    ASSERT_TRUE(View::open(bytes));
    put(bytes, GetParam().at, GetParam().value, order);
    const auto opened = View::open(bytes, nullptr, "section");
    EXPECT_THAT(opened,
                FailsWith(GetParam().code, GetParam().offset, std::string(GetParam().message)));
    EXPECT_EQ(opened.error().where.section, "section");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DamagedWord,
    testing::ValuesIn(std::to_array<Damage>({
        {"header too small", 4, 23, Errc::bad_format, 4, "a header of 23 bytes in a blob of 90"},
        {"header of nothing", 4, 0, Errc::bad_format, 4, "a header of 0 bytes"},
        {"header beyond the blob", 4, 91, Errc::truncated, 4, "a header of 91 bytes"},
        {"header that wraps", 4, ~0U, Errc::truncated, 4, "a header of 4294967295 bytes"},
        {"types beyond the blob", 12, 67, Errc::truncated, 8, "the types end at byte 91"},
        {"types that wrap", 12, ~0U, Errc::truncated, 8, "the types end at byte 4294967319"},
        {"types start beyond the blob", 8, ~3U, Errc::truncated, 8, "the types end at"},
        {"types not aligned", 8, 2, Errc::bad_format, 8, "not a multiple of 4"},
        {"types inside strings", 12, 53, Errc::bad_format, 16,
         "the types end at 53 and the strings start at 52"},
        {"strings inside types", 16, 48, Errc::bad_format, 16, "the strings start at 48"},
        {"strings beyond the blob", 20, 15, Errc::truncated, 16, "the strings end at byte 91"},
        {"strings that wrap", 20, ~0U, Errc::truncated, 16, "the strings end at"},
        {"strings start beyond the blob", 16, ~0U, Errc::truncated, 16, "the strings end at"},
        {"no strings", 20, 0, Errc::bad_format, 76, "not even the empty one"},
        {"strings without an end", 20, 13, Errc::bad_format, 88, "the last string has no end"},
        {"strings do not start empty", 76, 0x78787878, Errc::bad_format, 76,
         "do not start with the empty one"},
        {"part of a type header", 12, 24, Errc::truncated, 40,
         "type [2] needs 12 bytes for its header, 8 remain"},
        {"part of the records", 12, 40, Errc::truncated, 40,
         "STRUCT [2] needs 36 bytes for 2 records, 24 remain"},
        {"more records than there are", 44, 4U << 24 | 3, Errc::truncated, 40,
         "STRUCT [2] needs 48 bytes for 3 records, 36 remain"},
        {"as many records as can be", 44, 4U << 24 | 0xffffff, Errc::truncated, 40,
         "STRUCT [2] needs 201326592 bytes for 16777215 records"},
        {"kind 0", 28, 0, Errc::unsupported, 28, "type [1] is of kind 0"},
        {"kind 20", 28, 20U << 24, Errc::unsupported, 28, "type [1] is of kind 20"},
        {"kind 127", 44, 127U << 24, Errc::unsupported, 44, "type [2] is of kind 127"},
        {"name beyond the strings", 24, 14, Errc::bad_format, 24,
         "type [1] has a name at string offset 14, strings end at 14"},
        {"member name beyond the strings", 64, ~0U, Errc::bad_format, 64, "type [2] has a name"},
        {"member type that is not there", 56, 3, Errc::bad_type_id, 56,
         "type [2] refers to type id 3, there are 3"},
        {"last member type", 68, ~0U, Errc::bad_type_id, 68, "refers to type id 4294967295"},
    })));

TEST(DamagedHeader, MagicAndVersionAreChecked) {
  for (const std::endian order : test::kOrders) {
    const ByteVector good = small_btf(order).bytes();
    ByteVector bad = good;
    bad[0] = std::byte{'a'};
    bad[1] = std::byte{'b'};
    EXPECT_THAT(View::open(bad), FailsWith(Errc::bad_format, 0, "the first bytes are 61 62"));
    bad = good;
    bad[2] = std::byte{2};
    EXPECT_THAT(View::open(bad), FailsWith(Errc::unsupported, 2, "BTF version 2"));
    bad[2] = std::byte{0};
    EXPECT_THAT(View::open(bad), FailsWith(Errc::unsupported, 2, "BTF version 0"));
  }
}

/// No part of a blob is a blob: the strings stand last, and the header says where they end.
TEST(DamagedHeader, EveryBlobThatWasCutShortIsRefused) {
  for (const std::endian order : test::kOrders) {
    const ByteVector good = small_btf(order).bytes();
    for (std::size_t size = 0; size < good.size(); ++size) {
      const auto opened = View::open(Bytes(good).first(size));
      ASSERT_FALSE(opened) << size;
      EXPECT_EQ(opened.error().code, Errc::truncated) << size;
    }
  }
}

TEST(Layout, MustLieInsideTheBlob) {
  for (const std::endian order : test::kOrders) {
    BtfBytes btf(order);
    btf.header_size = 32;
    btf.layout.resize(20);
    const ByteVector good = btf.bytes();
    ASSERT_TRUE(View::open(good));
    ByteVector bad = good;
    put(bad, 28, static_cast<std::uint32_t>(good.size() - 32 + 1), order);
    EXPECT_THAT(View::open(bad), FailsWith(Errc::truncated, 24, "the layout entries end at"));
    bad = good;
    put(bad, 24, ~std::uint32_t{0}, order);
    EXPECT_THAT(View::open(bad), FailsWith(Errc::truncated, 24, "the layout entries end at"));
  }
}

// Every word that is a type id or a string offset, in every kind: one more than there is, and the
// error has the offset of that word.

struct Reference {
  std::string_view what;
  std::uint32_t index;  ///< Of the type in every_kind().
  std::uint32_t word;   ///< Of the type.
  bool is_string;

  friend void PrintTo(const Reference& reference, std::ostream* out) { *out << reference.what; }
};

class EveryReference : public testing::TestWithParam<Reference> {};

TEST_P(EveryReference, IsChecked) {
  const auto& [what, index, word, is_string] = GetParam();
  for (const std::endian order : test::kOrders) {
    for (const std::uint32_t header_size : {24U, 32U}) {
      BtfBytes btf(order);
      btf.header_size = header_size;
      test::every_kind(btf);
      const auto good = test::open(btf);
      const std::uint64_t at = btf.offset_of(index) + word * 4;
      const std::uint32_t end = is_string ? btf.end_of_strings() : good.view.size();

      ByteVector bytes = good.bytes;
      put(bytes, at, end - 1, order);
      EXPECT_TRUE(View::open(bytes)) << "the last one is there";
      put(bytes, at, end, order);
      const Errc code = is_string ? Errc::bad_format : Errc::bad_type_id;
      EXPECT_THAT(View::open(bytes), FailsWith(code, at, "[" + std::to_string(index + 1) + "]"));
      put(bytes, at, ~std::uint32_t{0}, order);
      EXPECT_THAT(View::open(bytes), FailsWith(code, at, "4294967295"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryReference,
                         testing::ValuesIn(std::to_array<Reference>({
                             {"name of INT", 0, 0, true},
                             {"name of PTR", 4, 0, true},
                             {"type of PTR", 4, 2, false},
                             {"element of ARRAY", 5, 3, false},
                             {"index of ARRAY", 5, 4, false},
                             {"name of STRUCT", 6, 0, true},
                             {"first member name of STRUCT", 6, 3, true},
                             {"first member type of STRUCT", 6, 4, false},
                             {"last member name of STRUCT", 6, 9, true},
                             {"last member type of STRUCT", 6, 10, false},
                             {"member type of a packed STRUCT", 7, 13, false},
                             {"last member name of UNION", 8, 6, true},
                             {"last member type of UNION", 8, 7, false},
                             {"name of ENUM", 9, 0, true},
                             {"last enumerator of ENUM", 9, 7, true},
                             {"name of FWD", 11, 0, true},
                             {"type of TYPEDEF", 13, 2, false},
                             {"type of VOLATILE", 14, 2, false},
                             {"type of CONST", 15, 2, false},
                             {"type of RESTRICT", 16, 2, false},
                             {"return type of FUNC_PROTO", 17, 2, false},
                             {"last parameter name of FUNC_PROTO", 17, 5, true},
                             {"last parameter type of FUNC_PROTO", 17, 6, false},
                             {"type of FUNC", 19, 2, false},
                             {"type of VAR", 20, 2, false},
                             {"name of DATASEC", 21, 0, true},
                             {"first variable of DATASEC", 21, 3, false},
                             {"last variable of DATASEC", 21, 6, false},
                             {"name of FLOAT", 22, 0, true},
                             {"type of DECL_TAG", 23, 2, false},
                             {"type of TYPE_TAG", 25, 2, false},
                             {"name of ENUM64", 27, 0, true},
                             {"last enumerator of ENUM64", 27, 6, true},
                         })));

// Words that are none: sizes, values, offsets and linkage may hold anything.
TEST(View, TakesAnyNumberWhereNoReferenceStands) {
  for (const std::endian order : test::kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    const ByteVector good = btf.bytes();
    const std::pair<std::uint32_t, std::uint32_t> kOtherWords[] = {
        {0, 2},  {0, 3},  {5, 2},  {5, 5},  {6, 2},  {6, 5},  {9, 2},  {9, 4},  {11, 2},
        {20, 3}, {21, 2}, {21, 4}, {21, 5}, {22, 2}, {23, 3}, {27, 2}, {27, 4}, {27, 5},
    };
    for (const auto& [index, word] : kOtherWords) {
      ByteVector bytes = good;
      put(bytes, btf.offset_of(index) + word * 4, ~std::uint32_t{0}, order);
      EXPECT_TRUE(View::open(bytes)) << "type " << index << " word " << word;
    }
  }
}

// Kinds that are not known yet.

TEST_P(BothOrders, UnknownKindIsSteppedOverByTheBlobsLayout) {
  BtfBytes btf(GetParam());
  btf.header_size = 32;
  btf.layout.resize(26);
  btf.layout[25] = {.fixed = 8, .per_record = 4};
  const TypeId before = btf.integer("before", 4);
  const TypeId unknown =
      btf.add_raw(25, 3, true, "new_kind", 0xffffffff, {0xffffffff, 0xffffffff, 1, 2, 0xffffffff});
  const TypeId after = btf.integer("after", 2);
  const auto open = test::open(btf);
  ASSERT_EQ(open.view.size(), 4U);
  EXPECT_EQ(open.view.name(before), "before");
  EXPECT_EQ(open.view.kind(unknown), std::nullopt);
  EXPECT_EQ(open.view.name(unknown), "new_kind");
  EXPECT_EQ(std::get<Unknown>(open.view.decode(unknown)).kind, 25);
  EXPECT_EQ(open.view.info(unknown).vlen, 3U);
  EXPECT_TRUE(open.view.info(unknown).kind_flag);
  EXPECT_EQ(std::get<Int>(open.view.decode(after)).size, ByteCount{2});
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(unknown), unknown);
  EXPECT_EQ(size_of(open.view, unknown, {8}), std::nullopt);
  int references = 0;
  open.view.for_each_type_id(unknown, [&](TypeId) { ++references; });
  EXPECT_EQ(references, 0);
}

TEST_P(BothOrders, UnknownKindWithoutLayoutIsUnsupported) {
  const auto write = [](std::endian order, std::size_t entries) {
    BtfBytes btf(order);
    btf.header_size = entries == 0 ? 24 : 32;
    btf.layout.resize(entries);
    btf.integer("before", 4);
    btf.add_raw(25, 0, false, "new_kind", 0);
    return btf.bytes();
  };
  EXPECT_THAT(View::open(write(GetParam(), 0)),
              FailsWith(Errc::unsupported, 24 + 16 + 4, "type [2] is of kind 25"));
  // A layout that ends before the kind says nothing about it.
  EXPECT_THAT(View::open(write(GetParam(), 25)),
              FailsWith(Errc::unsupported, 32 + 16 + 4, "type [2] is of kind 25"));
  EXPECT_TRUE(View::open(write(GetParam(), 26)));
}

/// A kind has seven bits, so 33 is not INT with a flag, and 127 the last.
TEST_P(BothOrders, KindsAbove31AreNotTheOnesBelow) {
  for (const std::uint32_t kind : {32U, 33U, 36U, 64U, 65U, 127U}) {
    BtfBytes btf(GetParam());
    btf.header_size = 32;
    btf.layout.resize(128);
    btf.layout[kind] = {.fixed = 4, .per_record = 0};
    const TypeId id = btf.add_raw(kind, 0, false, 0, 0, {7});
    const TypeId after = btf.integer("after", 4);
    const auto open = test::open(btf);
    EXPECT_EQ(std::get<Unknown>(open.view.decode(id)).kind, kind);
    EXPECT_EQ(open.view.name(after), "after");
  }
}

TEST_P(BothOrders, UnknownKindMustFitLikeAnyOther) {
  BtfBytes btf(GetParam());
  btf.header_size = 32;
  btf.layout.resize(26);
  btf.layout[25] = {.fixed = 255, .per_record = 255};
  btf.add_raw(25, 0xffffff, false, 0, 0);
  EXPECT_THAT(View::open(btf.bytes()), FailsWith(Errc::truncated, 32, "[1] needs 4278190"));
}

/// The kinds that are known keep the lengths they have, whatever a blob says.
TEST_P(BothOrders, LayoutDoesNotChangeKnownKinds) {
  BtfBytes btf(GetParam());
  btf.header_size = 32;
  btf.layout.assign(20, {.fixed = 100, .per_record = 100});
  const auto id = test::every_kind(btf);
  const auto open = test::open(btf);
  EXPECT_EQ(open.view.size(), id.enum64_signed.value + 1);
}

// Split BTF.

TEST_P(BothOrders, SplitBtfContinuesIdsAndStringsOfItsBase) {
  BtfBytes base_bytes(GetParam());
  const TypeId base_int = base_bytes.integer("int", 4);
  const TypeId base_struct = base_bytes.add(Kind::kStruct, "in_base", 4, {"x", base_int, 0});
  BtfBytes split_bytes(GetParam(), &base_bytes);
  const TypeId pointer = split_bytes.pointer(base_struct);
  const TypeId own =
      split_bytes.add(Kind::kStruct, "in_split", 12, {"p", pointer, 0, "i", base_int, 64});
  // A string of the base, used by a type of the split part.
  const std::uint32_t name_in_base = 1;
  const TypeId borrowed = split_bytes.add(Kind::kTypedef, name_in_base, own);

  const auto base = test::open(base_bytes);
  const auto split = test::open(split_bytes, &base.view);
  EXPECT_EQ(split.view.base(), &base.view);
  EXPECT_EQ(split.view.first_id(), TypeId{3});
  EXPECT_EQ(split.view.size(), 6U);
  EXPECT_EQ(split.view.own_count(), 3U);
  EXPECT_EQ(pointer, TypeId{3});

  EXPECT_EQ(split.view.name(base_struct), "in_base");
  EXPECT_EQ(split.view.name(own), "in_split");
  EXPECT_EQ(split.view.name(borrowed), "int");
  EXPECT_EQ(std::get<Ptr>(split.view.decode(pointer)).type, base_struct);
  const auto in_base = std::get<Struct>(split.view.decode(base_struct));
  EXPECT_EQ(split.view.string(in_base.members[0].name), "x");
  const auto in_split = std::get<Struct>(split.view.decode(own));
  EXPECT_EQ(split.view.string(in_split.members[1].name), "i");
  EXPECT_EQ(in_split.members[1].type, base_int);
  EXPECT_EQ(size_of(split.view, base_struct, {8}), ByteCount{4});
  EXPECT_EQ(split.view.type_offset(base_struct), base.view.type_offset(base_struct));
  EXPECT_EQ(split.view.type_offset(pointer), 24U);
  EXPECT_FALSE(base.view.contains(pointer));
}

TEST_P(BothOrders, SplitBtfOfSplitBtfWorks) {
  BtfBytes first(GetParam());
  const TypeId one = first.integer("one", 1);
  BtfBytes second(GetParam(), &first);
  const TypeId two = second.add(Kind::kTypedef, "two", one);
  BtfBytes third(GetParam(), &second);
  const TypeId three = third.add(Kind::kTypedef, "three", two);
  const auto base = test::open(first);
  const auto middle = test::open(second, &base.view);
  const auto top = test::open(third, &middle.view);
  EXPECT_EQ(top.view.name(one), "one");
  EXPECT_EQ(top.view.name(two), "two");
  EXPECT_EQ(top.view.name(three), "three");
  EXPECT_EQ(top.view.skip_modifiers_and_typedefs(three), one);
}

TEST_P(BothOrders, SplitBtfMayHaveNothingOfItsOwn) {
  BtfBytes base_bytes(GetParam());
  base_bytes.integer("int", 4);
  const auto base = test::open(base_bytes);
  const auto split = test::open(BtfBytes(GetParam(), &base_bytes), &base.view);
  EXPECT_EQ(split.view.size(), 2U);
  EXPECT_EQ(split.view.name(TypeId{1}), "int");
}

TEST_P(BothOrders, SplitBtfIsCheckedAgainstItsOwnEndAndItsBase) {
  BtfBytes base_bytes(GetParam());
  base_bytes.integer("int", 4);
  BtfBytes split_bytes(GetParam(), &base_bytes);
  split_bytes.add(Kind::kTypedef, "alias", TypeId{1});
  const auto base = test::open(base_bytes);
  const ByteVector good = split_bytes.bytes();
  ASSERT_TRUE(View::open(good, &base.view));

  ByteVector bad = good;
  put(bad, 32, std::uint32_t{3}, GetParam());
  EXPECT_THAT(View::open(bad, &base.view),
              FailsWith(Errc::bad_type_id, 32, "type [2] refers to type id 3, there are 3"));
  bad = good;
  put(bad, 24, split_bytes.end_of_strings(), GetParam());
  EXPECT_THAT(View::open(bad, &base.view),
              FailsWith(Errc::bad_format, 24, "string offset 11, strings end at 11"));
}

TEST_P(BothOrders, SplitBtfWithoutItsBaseIsRefusedWithAHint) {
  BtfBytes base_bytes(GetParam());
  base_bytes.integer("int", 4);
  BtfBytes split_bytes(GetParam(), &base_bytes);
  split_bytes.add(Kind::kTypedef, "alias", TypeId{1});
  const auto opened = View::open(split_bytes.bytes());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::bad_format);
  EXPECT_NE(opened.error().hint.find("--base"), std::string::npos);
}

TEST_P(BothOrders, BaseMustHaveTheSameByteOrder) {
  const auto base = test::open(BtfBytes(GetParam()));
  const std::endian other =
      GetParam() == std::endian::little ? std::endian::big : std::endian::little;
  EXPECT_THAT(View::open(BtfBytes(other).bytes(), &base.view),
              FailsWith(Errc::bad_format, 0, "its base has the other byte order"));
}

TEST(View, StaysWhereItsBytesAreWhenMoved) {
  BtfBytes btf;
  btf.integer("int", 4);
  auto open = test::open(btf);
  const std::span<const TypeId> found = open.view.named("int");
  const View moved = std::move(open.view);
  EXPECT_EQ(moved.name(TypeId{1}), "int");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0], TypeId{1});
  EXPECT_EQ(moved.named("int").data(), found.data());
}

}  // namespace
}  // namespace btfreloc::btf
