// Every kind, decoded: each field of what View::decode gives against what was written.

#include "btf/types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "btf/c_text.h"
#include "btf/raw_text.h"
#include "btf/view.h"
#include "support/btf_bytes.h"
#include "support/every_kind.h"
#include "support/objects.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using test::ByteVector;
using test::put;
using testing::ElementsAre;

class Decode : public testing::TestWithParam<std::endian> {
 protected:
  Decode() : bytes_(GetParam()), id(test::every_kind(bytes_)), open_(test::open(bytes_)) {}

  const View& view() const { return open_.view; }
  template <class T>
  T decode(TypeId type) const {
    const Type decoded = view().decode(type);
    if (!std::holds_alternative<T>(decoded)) throw std::runtime_error("decoded as another kind");
    return std::get<T>(decoded);
  }
  std::string_view string(StrOff offset) const { return view().string(offset); }

 private:
  BtfBytes bytes_;

 protected:
  const test::EveryKind id;

 private:
  test::OpenBtf open_;
};

TEST_P(Decode, Int) {
  const auto i = decode<Int>(id.int32);
  EXPECT_EQ(string(i.name), "int");
  EXPECT_EQ(i.size, ByteCount{4});
  EXPECT_EQ(i.encoding, kIntSigned);
  EXPECT_EQ(i.offset, Bits{0});
  EXPECT_EQ(i.bits, Bits{32});
  EXPECT_EQ(decode<Int>(id.uint32).encoding, 0);
  EXPECT_EQ(decode<Int>(id.char8).encoding, kIntChar);
  EXPECT_EQ(decode<Int>(id.char8).bits, Bits{8});
  EXPECT_EQ(decode<Int>(id.bool8).encoding, kIntBool);
}

TEST_P(Decode, IntWithEveryFieldApart) {
  BtfBytes btf(GetParam());
  const TypeId odd = btf.add(Kind::kInt, "odd", 0x01020304, {0xf5060708});
  const auto open = test::open(btf);
  const auto i = std::get<Int>(open.view.decode(odd));
  EXPECT_EQ(i.size, ByteCount{0x01020304});
  EXPECT_EQ(i.encoding, 5) << "four bits of it";
  EXPECT_EQ(i.offset, Bits{6});
  EXPECT_EQ(i.bits, Bits{8});
}

TEST_P(Decode, PtrAndModifiers) {
  EXPECT_EQ(decode<Ptr>(id.pointer).type, TypeId{0});
  EXPECT_EQ(decode<Volatile>(id.volatiles).type, id.typedefs);
  EXPECT_EQ(decode<Const>(id.consts).type, id.volatiles);
  EXPECT_EQ(decode<Restrict>(id.restricts).type, id.pointer);
}

TEST_P(Decode, Array) {
  const auto array = decode<Array>(id.array);
  EXPECT_EQ(array.type, id.int32);
  EXPECT_EQ(array.index_type, id.uint32);
  EXPECT_EQ(array.nr_elems, 0x01020304U);
}

TEST_P(Decode, Struct) {
  const auto plain = decode<Struct>(id.structure);
  EXPECT_EQ(string(plain.name), "plain");
  EXPECT_EQ(plain.size, ByteCount{0x01020304});
  ASSERT_EQ(plain.members.size(), 3U);
  EXPECT_EQ(string(plain.members[0].name), "first");
  EXPECT_EQ(plain.members[0].type, id.int32);
  EXPECT_EQ(plain.members[0].offset, Bits{0});
  EXPECT_EQ(string(plain.members[1].name), "second");
  EXPECT_EQ(plain.members[1].type, id.pointer);
  EXPECT_EQ(plain.members[1].offset, Bits{0x01020340}) << "all 32 bits without kind_flag";
  EXPECT_EQ(plain.members[1].bitfield_size, Bits{0});
  EXPECT_EQ(plain.members[2].name, StrOff{0});
}

TEST_P(Decode, StructWithKindFlagHasBitfields) {
  const auto packed = decode<Struct>(id.packed);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> offsets_and_sizes;
  for (const Member member : packed.members) {
    offsets_and_sizes.emplace_back(member.offset.value, member.bitfield_size.value);
  }
  EXPECT_THAT(offsets_and_sizes, ElementsAre(testing::Pair(0, 3), testing::Pair(3, 5),
                                             testing::Pair(0x123456, 0), testing::Pair(32, 32)));
}

TEST_P(Decode, Union) {
  const auto both = decode<Union>(id.unions);
  EXPECT_EQ(both.name, StrOff{0});
  EXPECT_EQ(both.size, ByteCount{16});
  ASSERT_EQ(both.members.size(), 2U);
  EXPECT_EQ(both.members[1].type, id.structure);
}

TEST_P(Decode, EnumIsZeroExtendedWhenUnsignedAndSignExtendedWhenSigned) {
  const auto is_unsigned = decode<Enum>(id.enums);
  EXPECT_EQ(string(is_unsigned.name), "unsigned_enum");
  EXPECT_EQ(is_unsigned.size, ByteCount{4});
  EXPECT_FALSE(is_unsigned.is_signed);
  ASSERT_EQ(is_unsigned.values.size(), 3U);
  EXPECT_EQ(string(is_unsigned.values[1].name), "TOP");
  EXPECT_EQ(is_unsigned.values[1].value, 0x80000000U);
  EXPECT_EQ(is_unsigned.values[2].value, 0xffffffffU);

  const auto is_signed = decode<Enum>(id.enum_signed);
  EXPECT_TRUE(is_signed.is_signed);
  EXPECT_EQ(static_cast<std::int64_t>(is_signed.values[0].value), -1);
  EXPECT_EQ(static_cast<std::int64_t>(is_signed.values[1].value), -0x80000000LL);
}

TEST_P(Decode, Enum64HasTheLowHalfFirstInBothOrders) {
  const auto is_unsigned = decode<Enum64>(id.enum64);
  EXPECT_EQ(string(is_unsigned.name), "unsigned_enum64");
  EXPECT_EQ(is_unsigned.size, ByteCount{8});
  EXPECT_FALSE(is_unsigned.is_signed);
  ASSERT_EQ(is_unsigned.values.size(), 2U);
  EXPECT_EQ(string(is_unsigned.values[0].name), "MIXED");
  EXPECT_EQ(is_unsigned.values[0].value, 0x0102030405060708U);
  EXPECT_EQ(is_unsigned.values[1].value, std::numeric_limits<std::uint64_t>::max());

  const auto is_signed = decode<Enum64>(id.enum64_signed);
  EXPECT_TRUE(is_signed.is_signed);
  EXPECT_EQ(static_cast<std::int64_t>(is_signed.values[0].value),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(static_cast<std::int64_t>(is_signed.values[1].value), -1);
}

TEST_P(Decode, FwdIsAStructOrAUnion) {
  EXPECT_EQ(string(decode<Fwd>(id.fwd_struct).name), "fwd_struct");
  EXPECT_FALSE(decode<Fwd>(id.fwd_struct).is_union);
  EXPECT_TRUE(decode<Fwd>(id.fwd_union).is_union);
}

TEST_P(Decode, Typedef) {
  EXPECT_EQ(string(decode<Typedef>(id.typedefs).name), "typedef_t");
  EXPECT_EQ(decode<Typedef>(id.typedefs).type, id.structure);
}

TEST_P(Decode, FuncAndFuncProto) {
  const auto function = decode<Func>(id.function);
  EXPECT_EQ(string(function.name), "function");
  EXPECT_EQ(function.type, id.proto);
  EXPECT_EQ(function.linkage, Linkage::is_global);

  const auto proto = decode<FuncProto>(id.proto);
  EXPECT_EQ(proto.return_type, id.int32);
  ASSERT_EQ(proto.params.size(), 2U);
  EXPECT_EQ(string(proto.params[0].name), "named");
  EXPECT_EQ(proto.params[0].type, id.consts);
  EXPECT_EQ(proto.params[1].name, StrOff{0});
  EXPECT_EQ(proto.params[1].type, id.restricts);
  EXPECT_EQ(decode<FuncProto>(id.variadic).params[1].type, TypeId{0});
}

TEST_P(Decode, VarAndDatasec) {
  const auto var = decode<Var>(id.var);
  EXPECT_EQ(string(var.name), "variable");
  EXPECT_EQ(var.type, id.uint32);
  EXPECT_EQ(var.linkage, Linkage::is_extern);

  const auto datasec = decode<Datasec>(id.datasec);
  EXPECT_EQ(string(datasec.name), ".data");
  EXPECT_EQ(datasec.size, ByteCount{0x01020304});
  ASSERT_EQ(datasec.vars.size(), 2U);
  EXPECT_EQ(datasec.vars[0].type, id.var);
  EXPECT_EQ(datasec.vars[0].offset, ByteCount{0x05060708});
  EXPECT_EQ(datasec.vars[0].size, ByteCount{0x090a0b0c});
  EXPECT_EQ(datasec.vars[1].type, id.function);
}

TEST_P(Decode, Float) {
  EXPECT_EQ(string(decode<Float>(id.floats).name), "double");
  EXPECT_EQ(decode<Float>(id.floats).size, ByteCount{8});
}

TEST_P(Decode, TagsAreAttributesWithKindFlag) {
  const auto tag = decode<DeclTag>(id.decl_tag);
  EXPECT_EQ(string(tag.name), "decl");
  EXPECT_EQ(tag.type, id.structure);
  EXPECT_EQ(tag.component, 1);
  EXPECT_FALSE(tag.is_attribute);
  EXPECT_EQ(decode<DeclTag>(id.decl_attribute).component, -1);
  EXPECT_TRUE(decode<DeclTag>(id.decl_attribute).is_attribute);

  EXPECT_EQ(string(decode<TypeTag>(id.type_tag).name), "user");
  EXPECT_EQ(decode<TypeTag>(id.type_tag).type, id.int32);
  EXPECT_FALSE(decode<TypeTag>(id.type_tag).is_attribute);
  EXPECT_TRUE(decode<TypeTag>(id.type_attribute).is_attribute);
}

/// The variant holds the kinds in the order of their numbers.
TEST_P(Decode, KindIsWhatIsDecoded) {
  for (std::uint32_t i = 0; i < view().size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(view().kind(TypeId{i}).value()),
              view().decode(TypeId{i}).index());
  }
}

TEST_P(Decode, EveryTypeIdThatATypeRefersToIsVisited) {
  const auto references = [&](TypeId type) {
    std::vector<std::uint32_t> ids;
    view().for_each_type_id(type, [&](TypeId to) { ids.push_back(to.value); });
    return ids;
  };
  EXPECT_THAT(references(TypeId{0}), ElementsAre());
  EXPECT_THAT(references(id.int32), ElementsAre());
  EXPECT_THAT(references(id.pointer), ElementsAre(0));
  EXPECT_THAT(references(id.array), ElementsAre(id.int32.value, id.uint32.value));
  EXPECT_THAT(references(id.structure),
              ElementsAre(id.int32.value, id.pointer.value, id.array.value));
  EXPECT_THAT(references(id.unions), ElementsAre(id.int32.value, id.structure.value));
  EXPECT_THAT(references(id.enums), ElementsAre());
  EXPECT_THAT(references(id.fwd_union), ElementsAre());
  EXPECT_THAT(references(id.typedefs), ElementsAre(id.structure.value));
  EXPECT_THAT(references(id.proto),
              ElementsAre(id.int32.value, id.consts.value, id.restricts.value));
  EXPECT_THAT(references(id.function), ElementsAre(id.proto.value));
  EXPECT_THAT(references(id.var), ElementsAre(id.uint32.value));
  EXPECT_THAT(references(id.datasec), ElementsAre(id.var.value, id.function.value));
  EXPECT_THAT(references(id.floats), ElementsAre());
  EXPECT_THAT(references(id.decl_tag), ElementsAre(id.structure.value));
  EXPECT_THAT(references(id.type_tag), ElementsAre(id.int32.value));
  EXPECT_THAT(references(id.enum64), ElementsAre());
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, Decode, testing::ValuesIn(test::kOrders));

// More records than the 65,535 that 16 bits of vlen could count.

TEST(Vlen, Has24Bits) {
  constexpr std::uint32_t kMany = 70'000;
  for (const std::endian order : test::kOrders) {
    BtfBytes btf(order);
    const TypeId i = btf.integer("int", 4);
    std::vector<test::Word> enumerators;
    std::vector<test::Word> members;
    for (std::uint32_t n = 0; n < kMany; ++n) {
      enumerators.insert(enumerators.end(), {1, n});
      members.insert(members.end(), {1, i, n * 32});
    }
    const TypeId many = btf.add(Kind::kEnum, "many", 4, enumerators);
    const TypeId wide = btf.add(Kind::kStruct, "wide", kMany * 4, members);
    const auto open = test::open(btf);
    EXPECT_EQ(open.view.size(), 4U);
    const auto decoded = std::get<Enum>(open.view.decode(many));
    EXPECT_EQ(decoded.values.size(), kMany);
    EXPECT_EQ(decoded.values[kMany - 1].value, kMany - 1);
    const auto structure = std::get<Struct>(open.view.decode(wide));
    EXPECT_EQ(structure.members.size(), kMany);
    EXPECT_EQ(structure.members[kMany - 1].offset, Bits{(kMany - 1) * 32});
  }
}

TEST(Records, IterateAsTheyIndex) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4);
  const TypeId empty = btf.add(Kind::kStruct, "empty", 0);
  const TypeId two = btf.add(Kind::kStruct, "two", 8, {"a", i, 0, "b", i, 32});
  const auto open = test::open(btf);
  EXPECT_TRUE(std::get<Struct>(open.view.decode(empty)).members.empty());
  const auto members = std::get<Struct>(open.view.decode(two)).members;
  EXPECT_FALSE(members.empty());
  std::uint32_t n = 0;
  for (const Member member : members) {
    EXPECT_EQ(member.name, members[n].name);
    EXPECT_EQ(member.offset, members[n].offset);
    ++n;
  }
  EXPECT_EQ(n, 2U);
  auto iterator = members.begin();
  const auto first = iterator++;
  EXPECT_EQ((*first).name, members[0].name);
  EXPECT_EQ((*iterator).name, members[1].name);
}

// Both byte orders answer the same. BTF is a header, words and characters, so a blob is turned
// around word by word; what comes out is as valid, and says the same.

ByteVector turned_around(ByteVector bytes) {
  const View view = test::must(View::open(bytes));
  const std::endian from = view.order();
  const std::endian to = from == std::endian::little ? std::endian::big : std::endian::little;
  const Header& header = view.header();
  put(bytes, 0, load<std::uint16_t>(bytes.data(), from), to);
  const auto turn = [&](std::size_t start, std::size_t end) {
    for (std::size_t at = start; at < end; at += 4) {
      put(bytes, at, load<std::uint32_t>(bytes.data() + at, from), to);
    }
  };
  turn(4, header.header_size);
  turn(header.types_offset, header.types_offset + header.types_size);
  return bytes;
}

std::string all_text(const View& view) {
  TextBuffer text;
  for (std::uint32_t i = 1; i < view.size(); ++i) {
    print_raw(text, view, TypeId{i});
    print_c(text, view, TypeId{i});
  }
  return std::string(text.view());
}

void expect_same_answers(const View& a, const View& b) {
  ASSERT_NE(a.order(), b.order());
  ASSERT_EQ(a.size(), b.size());
  EXPECT_EQ(a.pointer_size(), b.pointer_size());
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    const TypeId id{i};
    ASSERT_EQ(a.kind(id), b.kind(id));
    ASSERT_EQ(a.name_offset(id), b.name_offset(id));
    ASSERT_EQ(a.name(id), b.name(id));
    ASSERT_EQ(a.third_word(id), b.third_word(id));
    ASSERT_EQ(a.info(id).vlen, b.info(id).vlen);
    ASSERT_EQ(a.info(id).kind_flag, b.info(id).kind_flag);
    ASSERT_EQ(a.type_offset(id), b.type_offset(id));
    ASSERT_EQ(a.skip_modifiers_and_typedefs(id), b.skip_modifiers_and_typedefs(id));
    ASSERT_EQ(size_of(a, id, {8}), size_of(b, id, {8}));
    const std::string_view essential = a.name(id).substr(0, essential_length(a.name(id)));
    EXPECT_TRUE(std::ranges::equal(a.named(essential), b.named(essential)));
  }
  EXPECT_EQ(all_text(a), all_text(b));
}

TEST(ByteOrder, ChangesNoAnswerForAnyKind) {
  BtfBytes little(std::endian::little);
  BtfBytes big(std::endian::big);
  test::every_kind(little);
  test::every_kind(big);
  EXPECT_EQ(turned_around(little.bytes()), big.bytes());
  expect_same_answers(test::open(little).view, test::open(big).view);
}

TEST(ByteOrder, ChangesNoAnswerForWhatTheCompilerWrites) {
  int compared = 0;
  for (const std::string& path : test::test_objects()) {
    const auto object = test::open_object(path);
    for (const object::BtfPart& part : object.object.parts()) {
      const elf::Section* section = object.object.file().section(".BTF");
      const Bytes bytes =
          section->bytes.subspan(part.offset, static_cast<std::size_t>(part.btf.header().end()));
      const auto other = test::open(turned_around({bytes.begin(), bytes.end()}));
      expect_same_answers(part.btf, other.view);
      ++compared;
    }
  }
  EXPECT_GT(compared, 20);
}

}  // namespace
}  // namespace btfreloc::btf
