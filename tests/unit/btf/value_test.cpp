#include "btf/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "btf/value_text.h"
#include "support/btf_bytes.h"
#include "support/make_types.h"
#include "support/tagged_unions.h"

namespace btfreloc::btf {
namespace {

using test::alias;
using test::array;
using test::BtfBytes;
using test::composite;
using test::constant;
using test::floating;
using test::i32;
using test::integer;
using test::MakeType;
using test::OpenBtf;
using test::ptr;
using test::structure;
using test::u32;
using test::u8;

std::vector<std::byte> bytes_of(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string text_of(const View& view, TypeId id, Bytes bytes) {
  ValueReader reader(view, {bytes.size()});
  TextBuffer text;
  print_value(text, reader.read(id, bytes));
  return std::string(text.view());
}

std::string value(const MakeType& type, std::string_view hex,
                  std::endian order = std::endian::little) {
  BtfBytes btf(order);
  const TypeId id = type(btf);
  const OpenBtf open = test::open(btf);
  return text_of(open.view, id, bytes_of(hex));
}

MakeType enumeration(bool is_signed) {
  return [=](BtfBytes& btf) {
    return btf.add(Kind::kEnum, "state", 4, {"IDLE", 0, "RUNNING", 1, "LAST", -1}, is_signed);
  };
}

TEST(Value, Scalars) {
  EXPECT_EQ(value(i32(), "ffffffff"), "-1");
  EXPECT_EQ(value(u32(), "ffffffff"), "4294967295");
  EXPECT_EQ(value(u32(), "00000001", std::endian::big), "1");
  EXPECT_EQ(value(integer("u128", 16), "ffffffffffffffffffffffffffffffff"),
            "340282366920938463463374607431768211455");
  EXPECT_EQ(value(integer("i128", 16, kIntSigned), "feffffffffffffffffffffffffffffff"), "-2");
  EXPECT_EQ(value(integer("_Bool", 1, kIntBool), "00"), "false");
  EXPECT_EQ(value(integer("_Bool", 1, kIntBool), "01"), "true");
  EXPECT_EQ(value(integer("_Bool", 1, kIntBool), "02"), "2");
  EXPECT_EQ(value(ptr(i32()), "000000000080ffff"), "0xffff800000000000");
  EXPECT_EQ(value(floating("double", 8), "000000000000f83f"), "1.5");
  EXPECT_EQ(value(floating("float", 4), "cdcccc3d"), "0.1");
  EXPECT_EQ(value(floating("double", 8), "000000000000f07f"), "inf");
  EXPECT_EQ(value(floating("long double", 16), "00112233445566778899aabbccddeeff"),
            "<00112233445566778899aabbccddeeff>");
  EXPECT_EQ(value(alias("pid_t", constant(i32())), "07000000"), "7");
}

TEST(Value, Enumerators) {
  EXPECT_EQ(value(enumeration(false), "01000000"), "RUNNING");
  EXPECT_EQ(value(enumeration(true), "ffffffff"), "LAST");
  EXPECT_EQ(value(enumeration(false), "ffffffff"), "LAST");
  EXPECT_EQ(value(enumeration(true), "feffffff"), "-2");
  EXPECT_EQ(value(enumeration(false), "05000000"), "5");
}

/// As compilers without signed enums write them.
TEST(Value, EnumeratorsAreThoseOfTheSizeOfTheirEnum) {
  const auto small = [](std::uint8_t size, bool is_signed) -> MakeType {
    return [=](BtfBytes& btf) {
      return btf.add(Kind::kEnum, "e", size, {"BIG", 0x1ff, "ON", 1, "OFF", -1, "ONE", 1},
                     is_signed);
    };
  };
  EXPECT_EQ(value(small(1, false), "ff"), "OFF");
  EXPECT_EQ(value(small(1, true), "ff"), "OFF");
  EXPECT_EQ(value(small(2, false), "ffff"), "OFF");
  EXPECT_EQ(value(small(2, false), "ff01"), "BIG");
  EXPECT_EQ(value(small(1, false), "01"), "ON");
}

TEST(Value, ManyValuesOfALargeEnumAreRead) {
  BtfBytes btf;
  std::vector<test::Word> enumerators;
  for (int i = 0; i < 9'000; ++i) enumerators.insert(enumerators.end(), {"E", 9'000 - i});
  const TypeId large = btf.add(Kind::kEnum, "large", 4, enumerators);
  const TypeId number = btf.integer("unsigned int", 4);
  const TypeId many = btf.add(Kind::kArray, 0, 0, {large, number, 2'000});
  const OpenBtf open = test::open(btf);
  std::vector<std::byte> bytes(8'000);
  for (std::size_t i = 0; i < bytes.size(); i += 4)
    bytes[i] = static_cast<std::byte>(i / 4 % 2 + 1);
  EXPECT_THAT(text_of(open.view, many, bytes), testing::Not(testing::HasSubstr("<too many")));
}

TEST(Value, Arrays) {
  EXPECT_EQ(value(array(u8(), 4), "01020202"), "[1, 2 <3 times>]");
  EXPECT_EQ(value(array(array(u8(), 2), 2), "01020102"), "[[1, 2] <2 times>]");
  EXPECT_EQ(value(array(integer("char", 1, kIntSigned), 8), "61220a5c01ff0061"),
            R"("a\"\n\\\x01\xff")");
  EXPECT_EQ(value(array(integer("char", 1), 2), "6161"), R"("aa")");
  EXPECT_EQ(value(array(integer("c8", 1, kIntChar), 2), "6162"), R"("ab")");
  BtfBytes wide;
  const TypeId eight_bits = wide.add(Kind::kInt, "char", 4, {std::uint32_t{8}});
  wide.add(Kind::kArray, 0, 0, {eight_bits, eight_bits, 2});
  EXPECT_EQ(text_of(test::open(wide).view, TypeId{2}, bytes_of("6100000062000000")), "[97, 98]");
  EXPECT_EQ(value(array(u32(), 0), ""), "[]");
  EXPECT_EQ(value(array(u32(), 3), "0100000002000000"), "[1, 2, <outside of the bytes>]");
  EXPECT_EQ(value(array(structure("empty", {}, 0), 0xffffffff), ""), "[]");
}

MakeType bitfields() {
  return structure("ip",
                   {{"low", u8(), 0, 4},
                    {"high", u8(), 4, 4},
                    {"wide", i32(), 8, 13},
                    {"last", integer("_Bool", 1, kIntBool), 21, 1}},
                   4);
}

TEST(Value, Bitfields) {
  // low = 5, high = 4, wide = -3 (1111111111101), last = 1.
  EXPECT_EQ(value(bitfields(), "45fd3f00"), "{ low = 5, high = 4, wide = -3, last = true }");
  EXPECT_EQ(value(bitfields(), "54ffec00", std::endian::big),
            "{ low = 5, high = 4, wide = -3, last = true }");
  // As old compilers wrote them: in the INT.
  BtfBytes btf;
  const TypeId narrow = btf.add(Kind::kInt, "unsigned int", 4, {std::uint32_t{4 << 16 | 4}});
  btf.add(Kind::kStruct, "old", 4, {"high", narrow, 0});
  const OpenBtf open = test::open(btf);
  EXPECT_EQ(text_of(open.view, TypeId{2}, bytes_of("45000000")), "{ high = 4 }");
}

TEST(Value, StructsAndUnions) {
  const MakeType inner = composite(Kind::kUnion, "", {{"a", u32()}, {"b", u8()}}, 4);
  EXPECT_EQ(value(structure("s", {{"x", u8(), 0}, {"", inner, 32}}, 8), "0100000002010000"),
            "{ x = 1, a = 258, b = 2 }");
  EXPECT_EQ(value(structure("s", {{"x", u32(), 0}, {"y", u32(), 32}}, 8), "01000000"),
            "{ x = 1, y = <outside of the bytes> }");
  EXPECT_EQ(value(structure("s", {}, 4), "00000000"), "{}");
  EXPECT_EQ(value(structure("s", {{"u", composite(Kind::kUnion, "", {}, 0), 0}}, 0), ""),
            "{ u = {} }");
  EXPECT_EQ(value(structure("cfg", {{"", composite(Kind::kUnion, "", {}, 0), 0}}, 0), ""), "{}");
  EXPECT_EQ(value(test::fwd("f"), "00"), "<no value>");
}

TEST(Value, MembersPastTheirStructAreOutside) {
  const MakeType inner = structure("inner", {{"a", u8(), 0}, {"b", u32(), 0}}, 1);
  EXPECT_EQ(value(structure("s", {{"in", inner, 0}, {"x", u8(), 8}}, 8), "0102030405060708"),
            "{ in = { a = 1, b = <outside of the bytes> }, x = 2 }");
}

TEST(Value, SectionsWithoutPlacesHaveNoValue) {
  for (const std::uint32_t size : {0, 8}) {
    BtfBytes btf;
    const TypeId number = btf.integer("unsigned int", 4);
    const TypeId a = btf.add(Kind::kVar, "a", number, {1});
    const TypeId b = btf.add(Kind::kVar, "b", number, {1});
    const TypeId one = btf.add(Kind::kDatasec, ".bss", 0, {a, 0, 4});
    const TypeId both = btf.add(Kind::kDatasec, ".data", size, {a, 0, 4, b, size / 2, 4});
    const OpenBtf open = test::open(btf);
    EXPECT_TRUE(is_laid_out(open.view, one));
    EXPECT_EQ(text_of(open.view, one, bytes_of("01000000")), "{ a = 1 }");
    EXPECT_EQ(is_laid_out(open.view, both), size != 0);
    EXPECT_EQ(text_of(open.view, both, bytes_of("0100000002000000")),
              size != 0 ? "{ a = 1, b = 2 }" : "<not laid out>");
  }
}

TEST(Value, LongOnesTakeSeveralLines) {
  const MakeType name = array(integer("char", 1), 60);
  const MakeType type = structure("s", {{"first", name, 0}, {"second", name, 480}}, 120);
  std::string hex;
  for (int i = 0; i < 120; ++i) hex += "61";
  const std::string chars(60, 'a');
  EXPECT_EQ(value(type, hex),
            "{\n    first = \"" + chars + "\",\n    second = \"" + chars + "\",\n}");
  std::string numbers;
  for (int i = 0; i < 60; ++i) numbers += i % 2 == 0 ? "ffffff00" : "ffffff01";
  const std::string text = value(array(u32(), 60), numbers);
  std::size_t longest = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    longest = std::max(longest, end - at);
    at = end + 1;
  }
  EXPECT_LE(longest, 100U);
  EXPECT_GE(longest, 80U);
}

// Tagged unions.

class TaggedUnionValue : public testing::Test {
 protected:
  TaggedUnionValue() : types_(test::every_tagged_union(builder_)) {
    for (const TaggedUnion& type : types_) ids_.push_back(add_tagged_union(builder_, type));
    btf_.emplace(test::open(test::must(builder_.blob())));
  }
  std::string text(std::string_view name, std::string_view hex) {
    for (std::size_t i = 0; i < types_.size(); ++i) {
      if (types_[i].name != name) continue;
      std::vector<std::byte> bytes = bytes_of(hex);
      bytes.resize(types_[i].size.value);
      return text_of(btf_->view, ids_[i], bytes);
    }
    return "no such type";
  }

 private:
  Builder builder_;
  std::vector<TaggedUnion> types_;
  std::vector<TypeId> ids_;
  std::optional<OpenBtf> btf_;
};

TEST_F(TaggedUnionValue, OnlyTheActiveVariantPrints) {
  EXPECT_EQ(text("Event", "000000000100000a18"), "DropIp { addr = 167772161, prefix = 24 }");
  EXPECT_EQ(text("Event", "0100000007"), "DropSni { len = 7 }");
  EXPECT_EQ(text("Event", "02"), "Nothing");
  EXPECT_EQ(text("Event", "03"), "<no variant for 3>");
  EXPECT_EQ(text("Option<&u64>", "00"), "None");
  EXPECT_EQ(text("Option<&u64>", "10"), "Some { __0 = 0x10 }");
  EXPECT_EQ(text("Option<Event>", "03"), "None");
  EXPECT_EQ(text("Option<Event>", "0100000009"), "Some { __0 = DropSni { len = 9 } }");
  EXPECT_EQ(text("Option<Event>", "04"), "Some { __0 = <no variant for 4> }");
  EXPECT_EQ(text("Niche<core::num::NonZero<u32>>", "0000000000000000000000000b"), "Empty");
  EXPECT_EQ(text("Niche<core::num::NonZero<u32>>", "01000000000000000000000008"),
            "Full { __0 = 1, __1 = 8 }");
  EXPECT_EQ(text("Signed", "d4fe0000000000000100000000000000"), "Below { __0 = 1 }");
  EXPECT_EQ(text("Signed", "fdff"), "Around");
  EXPECT_EQ(text("Signed", "fcff"), "<no variant for -4>");
  EXPECT_EQ(text("Wide", "ffffffffffffffffffffffffffffffff05"), "High { __0 = 5 }");
  EXPECT_EQ(text("Wide", "09"), "Low");
  EXPECT_EQ(text("WideSigned",
                 "00000000000000000000000000000000"
                 "feffffffffffffffffffffffffffffff"),
            "Negative");
  EXPECT_EQ(text("WideSigned", "00"), "Rest");
  EXPECT_EQ(text("ByEnum", "00"), "Low");
  EXPECT_EQ(text("ByEnum", "0100000002000000"), "Number(8589934593)");
  EXPECT_EQ(text("ByEnum64", "0000000000000000ffffffffffffff7f"), "High");
  EXPECT_EQ(text("Single", "050000000000000006"), "Only { second = 5, first = 6 }");
  EXPECT_EQ(text("Never", ""), "<no variant>");
  EXPECT_EQ(text("Partial", "01"), "Known");
  EXPECT_EQ(text("Partial", "02"), "<unknown variant for 2>");
  EXPECT_EQ(text("größe<'a, &&T>", "0001"), "hähe");
  EXPECT_EQ(text("größe<'a, &&T>", "0002"), "(anon)");
}

TEST(TaggedUnionOfBigEndian, IsReadAsSuch) {
  Builder builder(std::endian::big);
  const auto types = test::every_tagged_union(builder);
  const auto text = [&](std::string_view name, std::string_view hex) {
    const auto type = std::ranges::find(types, name, &TaggedUnion::name);
    Builder copy = builder;
    const TypeId id = add_tagged_union(copy, *type);
    const OpenBtf btf = test::open(test::must(copy.blob()));
    std::vector<std::byte> bytes = bytes_of(hex);
    bytes.resize(type->size.value);
    return text_of(btf.view, id, bytes);
  };
  EXPECT_EQ(text("Signed", "fed40000000000000000000000000001"), "Below { __0 = 1 }");
  EXPECT_EQ(text("Niche<core::num::NonZero<u32>>", "0000000000000000000000000000000b"), "Empty");
  EXPECT_EQ(text("Wide", "00000000000000000000000000000009"), "Low");
  EXPECT_EQ(text("Event", "000000010000000007"), "DropSni { len = 0 }");
}

// Hostile types.

TEST(HostileValue, UnionsThatDescribeEachByteAgainAreCut) {
  // Ten levels of unions of twenty members: 20^10 values of one byte.
  BtfBytes btf;
  TypeId inner = btf.integer("u8", 1);
  for (int level = 0; level < 10; ++level) {
    std::vector<test::Word> members;
    for (int i = 0; i < 20; ++i) members.insert(members.end(), {"m", inner, 0});
    inner = btf.add(Kind::kUnion, "u", 1, members);
  }
  const OpenBtf open = test::open(btf);
  const std::string text = text_of(open.view, inner, bytes_of("07"));
  EXPECT_THAT(text, testing::HasSubstr("<too many values>"));
  EXPECT_LT(text.size(), 4'000'000U);
}

TEST(HostileValue, VariantsOfManyRangesAreCut) {
  std::string tag = "discriminant=1";
  while (tag.size() < 4'000) tag += ",1";
  BtfBytes btf;
  const TypeId u8 = btf.integer("u8", 1);
  const TypeId payload = btf.add(Kind::kStruct, "P", 1);
  const TypeId event = btf.add(Kind::kStruct, "Event", 1, {0, TypeId{4}, 0});
  btf.add(Kind::kUnion, 0, 1, {0, u8, 0, "P", payload, 0});
  btf.add(Kind::kDeclTag, tag.c_str(), TypeId{4}, {1});
  const TypeId many = btf.add(Kind::kArray, 0, 0, {event, u8, 8'000});
  const OpenBtf open = test::open(btf);
  std::vector<std::byte> bytes(8'000);
  for (std::size_t i = 0; i < bytes.size(); i += 2) bytes[i] = std::byte{1};
  EXPECT_THAT(text_of(open.view, many, bytes), testing::HasSubstr("<too many values>"));
}

TEST(HostileValue, EndlessTypesEnd) {
  BtfBytes btf;
  btf.add(Kind::kStruct, "s", 1, {"s", TypeId{1}, 0});
  btf.add(Kind::kArray, 0, 0, {TypeId{2}, TypeId{2}, 1});
  btf.add(Kind::kTypedef, "t", TypeId{3});
  btf.add(Kind::kInt, "huge", 32, {std::uint32_t{255}});
  const OpenBtf open = test::open(btf);
  EXPECT_THAT(text_of(open.view, TypeId{1}, bytes_of("07")),
              testing::HasSubstr("<nested too deeply>"));
  EXPECT_EQ(text_of(open.view, TypeId{2}, bytes_of("07")), "<no value>");
  EXPECT_EQ(text_of(open.view, TypeId{3}, bytes_of("07")), "<no value>");
  EXPECT_EQ(text_of(open.view, TypeId{4}, std::vector<std::byte>(32)), "<no value>");
}

}  // namespace
}  // namespace btfreloc::btf
