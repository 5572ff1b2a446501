#include "xdp-blacklist/layout/layout_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "btf/raw_parser.h"
#include "support/btf_bytes.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::Result;
using btfreloc::TypeId;
using btfreloc::test::FailsWith;
using btfreloc::test::must;
using btfreloc::test::OpenBtf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Bytes = std::vector<unsigned>;

/// Types that every case has; its own begin with [20].
constexpr std::string_view kBasics = R"(
[1] INT 'u8' size=1 bits_offset=0 nr_bits=8 encoding=(none)
[2] INT 'u16' size=2 bits_offset=0 nr_bits=16 encoding=(none)
[3] INT 'u32' size=4 bits_offset=0 nr_bits=32 encoding=(none)
[4] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[5] INT 'bool' size=1 bits_offset=0 nr_bits=8 encoding=BOOL
[6] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED
[7] INT 'u128' size=16 bits_offset=0 nr_bits=128 encoding=(none)
[8] INT 'i8' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED
[9] TYPEDEF '__u32' type_id=3
[10] CONST '(anon)' type_id=9
[11] PTR '(anon)' type_id=0
[12] FLOAT 'float' size=4
[13] ARRAY '(anon)' type_id=6 index_type_id=3 nr_elems=4
[14] ARRAY '(anon)' type_id=6 index_type_id=3 nr_elems=6
[15] ARRAY '(anon)' type_id=3 index_type_id=3 nr_elems=2
[16] ARRAY '(anon)' type_id=2 index_type_id=3 nr_elems=3
[17] FWD 'unknown' fwd_kind=struct
[18] STRUCT 'empty' size=0 vlen=0
[19] ARRAY '(anon)' type_id=18 index_type_id=3 nr_elems=4000000000
)";

OpenBtf types(std::string_view own, std::endian order = std::endian::little) {
  auto builder = btfreloc::btf::parse_raw(std::string(kBasics) + std::string(own), order);
  if (!builder) {
    throw std::runtime_error(std::to_string(builder.error().line) + ": " + builder.error().message);
  }
  return btfreloc::test::open(must(builder->blob()));
}

/// Compares the types [20] of both.
Result<LayoutChange> compare(std::string_view before, std::string_view after,
                             LayoutPart part = LayoutPart::value, Drop drop = Drop::nothing,
                             std::endian order = std::endian::little) {
  const OpenBtf old_btf = types(before, order);
  const OpenBtf new_btf = types(after, order);
  return compare_layouts(old_btf.view, TypeId{20}, new_btf.view, TypeId{20}, part, drop);
}

/// The bytes that come out, or the message.
std::variant<Bytes, std::string> migrated(const LayoutChange& change, const Bytes& value) {
  std::vector<std::byte> bytes;
  for (const unsigned byte : value) bytes.push_back(static_cast<std::byte>(byte));
  const auto result = change.migration.migrate(bytes);
  if (!result) return result.error().message;
  Bytes out;
  for (const std::byte byte : *result) out.push_back(std::to_integer<unsigned>(byte));
  return out;
}

constexpr std::string_view kRule = R"(
[20] STRUCT 'rule' size=8 vlen=2
	'id' type_id=3 bits_offset=0
	'expires' type_id=3 bits_offset=32
)";

TEST(LayoutChange, NamesOfTypesMeanNothing) {
  const auto change = must(compare(kRule, R"(
[20] TYPEDEF 'rule_t' type_id=21
[21] STRUCT 'named_rule' size=8 vlen=2
	'id' type_id=10 bits_offset=0
	'expires' type_id=9 bits_offset=32
)"));
  EXPECT_TRUE(change.same);
  EXPECT_TRUE(change.can_migrate);
  EXPECT_THAT(change.diff, IsEmpty());
  EXPECT_EQ(migrated(change, {1, 2, 3, 4, 5, 6, 7, 8}),
            (std::variant<Bytes, std::string>(Bytes{1, 2, 3, 4, 5, 6, 7, 8})));
}

TEST(LayoutChange, FieldsMoveByName) {
  const auto change = must(compare(kRule, R"(
[20] STRUCT 'rule' size=12 vlen=3
	'expires' type_id=3 bits_offset=0
	'flags' type_id=2 bits_offset=32
	'id' type_id=3 bits_offset=64
)"));
  EXPECT_FALSE(change.same);
  EXPECT_TRUE(change.can_migrate);
  EXPECT_THAT(change.diff, ElementsAre("- struct rule  8 bytes", "+ struct rule  12 bytes",
                                       "- struct rule.id  u32 at 0, 4 bytes",
                                       "+ struct rule.id  u32 at 8, 4 bytes",
                                       "- struct rule.expires  u32 at 4, 4 bytes",
                                       "+ struct rule.expires  u32 at 0, 4 bytes",
                                       "+ struct rule.flags  u16 at 4, 2 bytes"));
  EXPECT_EQ(std::get<Bytes>(migrated(change, {1, 0, 0, 0, 2, 0, 0, 0})),
            (Bytes{2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}));
}

TEST(LayoutChange, SaysThatNewFieldsOfKeysAreZero) {
  const auto change = must(compare("[20] STRUCT 'key' size=4 vlen=1\n\t'a' type_id=3 bits_offset=0",
                                   "[20] STRUCT 'key' size=8 vlen=2\n\t'a' type_id=3 bits_offset=0"
                                   "\n\t'b' type_id=3 bits_offset=32",
                                   LayoutPart::key));
  EXPECT_TRUE(change.can_migrate);
  EXPECT_THAT(change.diff,
              ElementsAre("- struct key  4 bytes", "+ struct key  8 bytes",
                          "+ struct key.b  u32 at 4, 4 bytes; 0 in keys that are there"));
}

TEST(LayoutChange, PrefixesKeepTheirBits) {
  const auto same = must(compare(kRule, kRule, LayoutPart::prefix_key));
  EXPECT_TRUE(same.same && same.can_migrate);
  const auto change =
      must(compare(kRule, "[20] STRUCT 'rule' size=4 vlen=1\n\t'id' type_id=3 bits_offset=0",
                   LayoutPart::prefix_key));
  EXPECT_FALSE(change.can_migrate);
  EXPECT_THAT(change.refused, ElementsAre(HasSubstr("prefixes count the bits")));
}

TEST(LayoutChange, WhatIsGoneHasToBeZero) {
  constexpr std::string_view kShort =
      "[20] STRUCT 'rule' size=4 vlen=1\n\t'id' type_id=3 bits_offset=0";
  const auto change = must(compare(kRule, kShort));
  EXPECT_TRUE(change.can_migrate);
  EXPECT_THAT(change.diff,
              testing::Contains("- struct rule.expires  u32 at 4, 4 bytes; has to be 0"));
  EXPECT_EQ(std::get<Bytes>(migrated(change, {1, 0, 0, 0, 0, 0, 0, 0})), (Bytes{1, 0, 0, 0}));
  EXPECT_EQ(std::get<std::string>(migrated(change, {1, 0, 0, 0, 0, 0, 0, 1})),
            "expires is not 0, and is no field any more");

  const auto dropping = must(compare(kRule, kShort, LayoutPart::value, Drop::fields));
  EXPECT_THAT(dropping.diff,
              testing::Contains("- struct rule.expires  u32 at 4, 4 bytes; dropped"));
  EXPECT_EQ(std::get<Bytes>(migrated(dropping, {1, 0, 0, 0, 0, 0, 0, 1})), (Bytes{1, 0, 0, 0}));
}

TEST(LayoutChange, StructsInStructsAndArraysOfThem) {
  const auto change = must(compare(std::string(R"(
[20] STRUCT 'ports' size=8 vlen=1
	'use' type_id=22 bits_offset=0
[21] STRUCT 'rule' size=4 vlen=2
	'id' type_id=2 bits_offset=0
	'on' type_id=1 bits_offset=16
[22] ARRAY '(anon)' type_id=21 index_type_id=3 nr_elems=2
)"),
                                   R"(
[20] STRUCT 'ports' size=18 vlen=1
	'use' type_id=22 bits_offset=0
[21] STRUCT 'rule' size=6 vlen=2
	'on' type_id=5 bits_offset=0
	'id' type_id=3 bits_offset=16
[22] ARRAY '(anon)' type_id=21 index_type_id=3 nr_elems=3
)"));
  EXPECT_TRUE(change.can_migrate);
  EXPECT_THAT(
      change.diff,
      ElementsAre("- struct ports  8 bytes", "+ struct ports  18 bytes",
                  "- struct ports.use  struct rule [2] at 0, 8 bytes",
                  "+ struct ports.use  struct rule [3] at 0, 18 bytes", "- struct rule  4 bytes",
                  "+ struct rule  6 bytes", "- struct rule.id  u16 at 0, 2 bytes",
                  "+ struct rule.id  u32 at 2, 4 bytes", "- struct rule.on  u8 at 2, 1 byte",
                  "+ struct rule.on  bool at 0, 1 byte"));
  EXPECT_EQ(std::get<Bytes>(migrated(change, {1, 2, 1, 0, 3, 4, 0, 0})),
            (Bytes{1, 0, 1, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(std::get<std::string>(migrated(change, {1, 2, 1, 0, 3, 4, 2, 0})),
            "use[1].on is 2, which bool does not hold");
}

/// One field of one type, and then of another.
struct NumberCase {
  int before, after;  ///< Ids of kBasics.
  Bytes from;
  std::variant<Bytes, std::string> to;
};

Result<LayoutChange> one_field(int before, int after, std::endian order = std::endian::little) {
  const auto type = [](int id) { return "[20] TYPEDEF 'one' type_id=" + std::to_string(id); };
  return compare(type(before), type(after), LayoutPart::value, Drop::nothing, order);
}

TEST(LayoutChange, NumbersKeepTheirValue) {
  const NumberCase cases[] = {
      {2, 3, {0x34, 0x12}, Bytes{0x34, 0x12, 0, 0}},
      {3, 2, {0x34, 0x12, 0, 0}, Bytes{0x34, 0x12}},
      {3, 2, {0, 0, 1, 0}, "it is 65536, which one does not hold"},
      {8, 4, {0xfe}, Bytes{0xfe, 0xff, 0xff, 0xff}},
      {4, 8, {0x7f, 0xff, 0xff, 0xff}, "it is -129, which one does not hold"},
      {4, 8, {0x80, 0xff, 0xff, 0xff}, Bytes{0x80}},
      {4, 3, {0xff, 0xff, 0xff, 0xff}, "it is -1, which one does not hold"},
      {3, 4, {0xff, 0xff, 0xff, 0x7f}, Bytes{0xff, 0xff, 0xff, 0x7f}},
      {3, 4, {0, 0, 0, 0x80}, "it is 2147483648, which one does not hold"},
      {8, 7, {0xff}, "it is -1, which one does not hold"},
      {1, 7, {0xff}, Bytes{0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
      {5, 3, {1}, Bytes{1, 0, 0, 0}},
      {3, 5, {2, 0, 0, 0}, "it is 2, which one does not hold"},
      {13, 14, {'a', 'b', 'c', 0}, Bytes{'a', 'b', 'c', 0, 0, 0}},
      {14, 13, {'a', 'b', 'c', 0, 0, 0}, Bytes{'a', 'b', 'c', 0}},
      {14, 13, {'a', 'b', 'c', 'd', 0, 0}, "it is longer than the 4 bytes there are now"},
      {15, 16, {1, 0, 0, 0, 2, 0, 0, 0}, Bytes{1, 0, 2, 0, 0, 0}},
      {15, 16, {1, 0, 0, 0, 2, 0, 1, 0}, "[1] is 65538, which u16 does not hold"},
      {16, 15, {1, 0, 2, 0, 0, 0}, Bytes{1, 0, 0, 0, 2, 0, 0, 0}},
      {16, 15, {1, 0, 2, 0, 3, 0}, "it is longer than the 2 elements there are now"},
      {11, 11, {1, 2, 3, 4, 5, 6, 7, 8}, Bytes{1, 2, 3, 4, 5, 6, 7, 8}},
      {12, 12, {1, 2, 3, 4}, Bytes{1, 2, 3, 4}},
  };
  for (const NumberCase& c : cases) {
    const auto change = must(one_field(c.before, c.after));
    EXPECT_TRUE(change.can_migrate);
    EXPECT_EQ(migrated(change, c.from), c.to) << c.before << " to " << c.after;
    EXPECT_EQ(change.same, c.before == c.after);
  }
}

TEST(LayoutChange, NumbersOfBigEndianMachines) {
  const auto change = must(one_field(2, 3, std::endian::big));
  EXPECT_EQ(std::get<Bytes>(migrated(change, {0x12, 0x34})), (Bytes{0, 0, 0x12, 0x34}));
  const auto back = must(one_field(3, 2, std::endian::big));
  EXPECT_EQ(std::get<Bytes>(migrated(back, {0, 0, 0x12, 0x34})), (Bytes{0x12, 0x34}));
}

TEST(LayoutChange, RefusesOtherKinds) {
  for (const auto& [before, after] :
       {std::pair{3, 12}, {12, 3}, {3, 15}, {15, 3}, {11, 3}, {3, 18}, {18, 15}}) {
    const auto change = must(one_field(before, after));
    EXPECT_FALSE(change.can_migrate) << before << " to " << after;
    EXPECT_FALSE(change.same);
    EXPECT_THAT(change.diff, testing::SizeIs(2));
  }
}

constexpr std::string_view kVerdict = R"(
[20] ENUM 'verdict' encoding=UNSIGNED size=4 vlen=3
	'PASS' val=0
	'DROP' val=1
	'ALSO_DROP' val=1
)";

TEST(LayoutChange, EnumeratorsKeepTheirNames) {
  const auto change = must(compare(kVerdict, R"(
[20] ENUM 'verdict' encoding=UNSIGNED size=2 vlen=3
	'PASS' val=7
	'LATER' val=0
	'DROP' val=8
)"));
  EXPECT_THAT(change.diff, ElementsAre("- enum verdict  4 bytes", "+ enum verdict  2 bytes",
                                       "- enum verdict.PASS = 0", "+ enum verdict.PASS = 7",
                                       "- enum verdict.DROP = 1", "+ enum verdict.DROP = 8",
                                       "- enum verdict.ALSO_DROP = 1"));
  EXPECT_EQ(std::get<Bytes>(migrated(change, {0, 0, 0, 0})), (Bytes{7, 0}));
  EXPECT_EQ(std::get<Bytes>(migrated(change, {1, 0, 0, 0})), (Bytes{8, 0}));
  EXPECT_EQ(std::get<std::string>(migrated(change, {2, 0, 0, 0})),
            "it is 2, which has no name to look for in enum verdict");
}

TEST(LayoutChange, EnumeratorsThatAreGone) {
  const auto change = must(compare(kVerdict, R"(
[20] ENUM 'verdict' encoding=UNSIGNED size=4 vlen=1
	'PASS' val=0
)"));
  EXPECT_EQ(std::get<std::string>(migrated(change, {1, 0, 0, 0})),
            "it is DROP, which enum verdict does not have");
  EXPECT_EQ(std::get<Bytes>(migrated(change, {0, 0, 0, 0})), (Bytes{0, 0, 0, 0}));
}

TEST(LayoutChange, EnumeratorsThatWereOne) {
  const auto change = must(compare(kVerdict, R"(
[20] ENUM 'verdict' encoding=UNSIGNED size=4 vlen=3
	'PASS' val=0
	'DROP' val=1
	'ALSO_DROP' val=2
)"));
  EXPECT_EQ(std::get<std::string>(migrated(change, {1, 0, 0, 0})),
            "it is 1, whose names have different values in enum verdict");
}

TEST(LayoutChange, EnumeratorsMayBeAdded) {
  const auto change = must(compare(kVerdict, R"(
[20] ENUM 'verdict' encoding=UNSIGNED size=4 vlen=4
	'PASS' val=0
	'DROP' val=1
	'ALSO_DROP' val=1
	'LOG' val=2
)"));
  EXPECT_TRUE(change.same);
}

constexpr std::string_view kUnion = R"(
[20] STRUCT 'what' size=8 vlen=2
	'kind' type_id=3 bits_offset=0
	'(anon)' type_id=21 bits_offset=32
[21] UNION '(anon)' size=4 vlen=2
	'port' type_id=2 bits_offset=0
	'rule' type_id=3 bits_offset=0
)";

TEST(LayoutChange, UnionsMoveAsTheyAre) {
  const auto change = must(compare(kUnion, R"(
[20] STRUCT 'what' size=8 vlen=2
	'(anon)' type_id=21 bits_offset=0
	'kind' type_id=3 bits_offset=32
[21] UNION '(anon)' size=4 vlen=2
	'port' type_id=2 bits_offset=0
	'rule' type_id=3 bits_offset=0
)"));
  EXPECT_TRUE(change.can_migrate);
  EXPECT_EQ(std::get<Bytes>(migrated(change, {1, 2, 3, 4, 5, 6, 7, 8})),
            (Bytes{5, 6, 7, 8, 1, 2, 3, 4}));
}

TEST(LayoutChange, RefusesUnionsThatChange) {
  const auto change = must(compare(kUnion, R"(
[20] STRUCT 'what' size=8 vlen=2
	'kind' type_id=3 bits_offset=0
	'(anon)' type_id=21 bits_offset=32
[21] UNION '(anon)' size=4 vlen=2
	'port' type_id=3 bits_offset=0
	'rule' type_id=3 bits_offset=0
)"));
  EXPECT_FALSE(change.can_migrate);
  EXPECT_THAT(change.refused, ElementsAre(HasSubstr("is a union, which has to stay as it was")));
}

constexpr std::string_view kBits = R"(
[20] STRUCT 'flags' size=4 vlen=2
	'a' type_id=3 bits_offset=0 bitfield_size=3
	'b' type_id=3 bits_offset=3 bitfield_size=7
)";

TEST(LayoutChange, BitfieldsStayInTheirPlace) {
  EXPECT_TRUE(must(compare(kBits, kBits)).same);
  const auto more = must(compare(kBits, R"(
[20] STRUCT 'flags' size=4 vlen=3
	'a' type_id=3 bits_offset=0 bitfield_size=3
	'b' type_id=3 bits_offset=3 bitfield_size=7
	'c' type_id=3 bits_offset=10 bitfield_size=1
)"));
  EXPECT_TRUE(more.can_migrate);
  EXPECT_THAT(more.diff, ElementsAre("+ struct flags.c  u32 at bit 10, 1 bits"));
  EXPECT_EQ(std::get<Bytes>(migrated(more, {0xff, 0x03, 0, 0})), (Bytes{0xff, 0x03, 0, 0}));
  const auto less = must(compare(kBits, R"(
[20] STRUCT 'flags' size=4 vlen=1
	'b' type_id=3 bits_offset=3 bitfield_size=7
)"));
  EXPECT_EQ(std::get<Bytes>(migrated(less, {0xf8, 0x03, 0, 0})), (Bytes{0xf8, 0x03, 0, 0}));
  EXPECT_EQ(std::get<std::string>(migrated(less, {0xfc, 0x03, 0, 0})),
            "a is not 0, and is no field any more");
  const auto wider = must(compare(kBits, R"(
[20] STRUCT 'flags' size=4 vlen=2
	'a' type_id=3 bits_offset=0 bitfield_size=3
	'b' type_id=3 bits_offset=3 bitfield_size=8
)"));
  EXPECT_FALSE(wider.can_migrate);
}

TEST(LayoutChange, MembersOfAnonymousStructsAreTheirOwners) {
  EXPECT_TRUE(must(compare(kRule, R"(
[20] STRUCT 'rule' size=8 vlen=2
	'id' type_id=3 bits_offset=0
	'(anon)' type_id=21 bits_offset=32
[21] STRUCT '(anon)' size=4 vlen=1
	'expires' type_id=3 bits_offset=0
)"))
                  .same);
}

TEST(LayoutChange, FailsForTypesThatContradictThemselves) {
  struct Case {
    std::string_view type, message;
  };
  const Case cases[] = {
      {"[20] TYPEDEF 'x' type_id=17", "has no size"},
      {"[20] TYPEDEF 'x' type_id=20", "has no size"},
      {"[20] STRUCT 'x' size=4 vlen=1\n\t'a' type_id=3 bits_offset=8", "reaches past its end"},
      {"[20] STRUCT 'x' size=8 vlen=2\n\t'a' type_id=3 bits_offset=0\n\t'b' type_id=3 "
       "bits_offset=16",
       "x.b lies over another member"},
      {"[20] STRUCT 'x' size=8 vlen=2\n\t'a' type_id=3 bits_offset=0\n\t'a' type_id=3 "
       "bits_offset=32",
       "two members called a"},
      {"[20] STRUCT 'x' size=8 vlen=1\n\t'a' type_id=3 bits_offset=4", "begin with a byte"},
      {"[20] STRUCT 'x' size=0 vlen=1\n\t'a' type_id=20 bits_offset=0", "nested deeper than 32"},
      {"[20] STRUCT 'x' size=0 vlen=1\n\t'(anon)' type_id=20 bits_offset=0",
       "nested deeper than 32"},
      {"[20] STRUCT 'x' size=0 vlen=2\n\t'a' type_id=21 bits_offset=0\n\t'b' type_id=21 "
       "bits_offset=0\n"
       "[21] STRUCT 'y' size=0 vlen=2\n\t'a' type_id=20 bits_offset=0\n\t'b' type_id=20 "
       "bits_offset=0",
       "nested deeper than 32"},
      {"[20] ARRAY '(anon)' type_id=7 index_type_id=3 nr_elems=100000", "1048576 are the most"},
  };
  for (const Case& c : cases) {
    const auto change = compare(c.type, c.type);
    ASSERT_FALSE(change.has_value()) << c.type;
    EXPECT_THAT(change.error().message, HasSubstr(c.message));
  }
  const OpenBtf btf = types(kRule);
  EXPECT_THAT(compare_layouts(btf.view, TypeId{99}, btf.view, TypeId{20}, LayoutPart::value),
              FailsWith(Errc::bad_type_id, std::nullopt, "no type [99]"));
}

/// Twenty structs, each with two of the next: a million fields of no size.
TEST(LayoutChange, CountsWhatItLooksAt) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    const auto name = [&](const char* member) {
      return "\t'" + std::string(member) + "' type_id=" + std::to_string(21 + i) +
             " bits_offset=0\n";
    };
    text += "[" + std::to_string(20 + i) + "] STRUCT 's' size=0 vlen=2\n" + name("a") + name("b");
  }
  text += "[40] STRUCT 'end' size=0 vlen=0\n";
  EXPECT_THAT(compare(text, text), FailsWith(Errc::unsupported, std::nullopt, "10,000 fields"));
}

TEST(LayoutChange, ManyElementsOfNoSizeTakeNoTime) {
  const auto change = must(one_field(19, 19));
  EXPECT_TRUE(change.same);
  EXPECT_EQ(std::get<Bytes>(migrated(change, {})), Bytes{});
}

TEST(LayoutChange, ByteOrdersDoNotMix) {
  const OpenBtf little = types(kRule);
  const OpenBtf big = types(kRule, std::endian::big);
  EXPECT_THAT(compare_layouts(little.view, TypeId{20}, big.view, TypeId{20}, LayoutPart::value),
              FailsWith(Errc::unsupported, std::nullopt, "different byte orders"));
}

TEST(LayoutChange, ValuesHaveTheSizeOfTheirType) {
  EXPECT_EQ(std::get<std::string>(migrated(must(compare(kRule, kRule)), {1, 2, 3})),
            "3 bytes are no value of a layout that has 8");
}

}  // namespace
}  // namespace xdp_blacklist
