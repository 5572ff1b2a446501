#include "core/spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "support/btf_bytes.h"

namespace btfreloc::core {
namespace {

using btf::Kind;
using test::BtfBytes;

/// The types that the access strings below go into:
///
///   struct inner { int a; short b[2]; };
///   struct outer {
///     int first;                                              // bit 0
///     struct { int x; union { short y; const alias_t z; }; }; // bit 32, the union at 64
///     inner_t in[3];                                          // bit 96, 8 bytes each
///     struct outer *next;                                     // bit 320
///     unsigned low : 3, high : 29;                            // bits 384 and 387
///     int matrix[2][3];                                       // bit 416
///     int bytes[];                                            // bit 608
///   };
struct Fixture {
  static BtfBytes types() {
    BtfBytes btf;
    const TypeId i = btf.integer("int", 4, btf::kIntSigned);    // 1
    const TypeId s = btf.integer("short", 2, btf::kIntSigned);  // 2
    const TypeId inner = btf.add(Kind::kStruct, "inner", 8,     // 4
                                 {"a", i, 0, "b", btf.array(s, i, 2), 32});
    const TypeId inner_t = btf.add(Kind::kTypedef, "inner_t", inner);                      // 5
    const TypeId alias = btf.add(Kind::kConst, 0, btf.add(Kind::kTypedef, "alias_t", i));  // 7
    const TypeId either = btf.add(Kind::kUnion, 0, 4, {"y", s, 0, "z", alias, 0});         // 8
    const TypeId anon = btf.add(Kind::kStruct, 0, 8, {"x", i, 0, 0, either, 32});          // 9
    const TypeId in = btf.array(inner_t, i, 3);                                            // 10
    const TypeId next = btf.pointer(TypeId{16});                                           // 11
    const TypeId u = btf.integer("unsigned int", 4);                                       // 12
    const TypeId row = btf.array(i, i, 3);                                                 // 13
    const TypeId matrix = btf.array(row, i, 2);                                            // 14
    const TypeId bytes = btf.array(i, i, 0);                                               // 15
    btf.add(Kind::kStruct, "outer", 80,                                                    // 16
            {"first",  i,      0,
             0,        anon,   32,
             "in",     in,     96,
             "next",   next,   320,
             "low",    u,      3U << 24 | 384,
             "high",   u,      29U << 24 | 387,
             "matrix", matrix, 416,
             "bytes",  bytes,  608},
            true);
    btf.add(Kind::kConst, 0, btf.add(Kind::kTypedef, "outer_t", TypeId{16}));                // 18
    btf.add(Kind::kEnum, "e", 4, {"ZERO", 0, "TOP", 0x80000000, "LAST", 0xffffffff});        // 19
    btf.add(Kind::kEnum, "e_signed", 4, {"MINUS", 0xffffffff, "LOWEST", 0x80000000}, true);  // 20
    btf.add(Kind::kEnum64, "e64", 8, {"HIGH", 1, 0x80000000});                               // 21
    btf.add(Kind::kEnum64, "e64_signed", 8, {"LOW", 0, 0x80000000}, true);                   // 22
    btf.add(Kind::kTypedef, "e_t", TypeId{19});                                              // 23
    btf.add(Kind::kFwd, "fwd", 0);                                                           // 24
    btf.add(Kind::kFuncProto, 0, 0);                                                         // 25
    btf.array(TypeId{24}, i, 2);                                                             // 26
    btf.add(Kind::kStruct, "odd", 8,                                                         // 27
            {"of_fwd", TypeId{26}, 0, "", i, 0, "flex_not_last", bytes, 0, "end", i, 32});
    btf.array(anon, i, 2);                       // 28
    btf.add(Kind::kStruct, "huge", 0x80000000);  // 29
    return btf;
  }
  test::OpenBtf open = test::open(types());
  const btf::View& btf = open.view;
};

struct Good {
  std::uint32_t root;
  std::string_view access;
  ReloKind kind;
  std::string_view path;
  std::uint64_t offset;  ///< In bits.
  std::string_view text;

  friend void PrintTo(const Good& good, std::ostream* out) { *out << good.text; }
};

class GoodSpec : public testing::TestWithParam<Good>, public Fixture {};

TEST_P(GoodSpec, IsUnderstood) {
  const auto spec = parse_spec(btf, TypeId{GetParam().root}, GetParam().access, GetParam().kind);
  ASSERT_TRUE(spec) << spec.error().reason;
  EXPECT_EQ(spec->kind, GetParam().kind);
  EXPECT_EQ(spec->root, TypeId{GetParam().root});
  EXPECT_EQ(access_path(btf, *spec), GetParam().path);
  EXPECT_EQ(spec->offset, Bits{GetParam().offset});
  EXPECT_EQ(format_spec(btf, *spec), GetParam().text);
}

using enum ReloKind;

INSTANTIATE_TEST_SUITE_P(
    Fields, GoodSpec,
    testing::ValuesIn(std::to_array<Good>({
        {16, "0", field_byte_offset, "", 0, "<byte_off> [16] struct outer (0 @ offset 0)"},
        {16, "2", field_byte_offset, "[2]", 1280,
         "<byte_off> [16] struct outer[2] (2 @ offset 160)"},
        {16, "0:0", field_byte_size, "first", 0,
         "<byte_sz> [16] struct outer.first (0:0 @ offset 0)"},
        {16, "1:0", field_byte_offset, "[1].first", 640,
         "<byte_off> [16] struct outer[1].first (1:0 @ offset 80)"},
        {16, "0:1:0", field_exists, "x", 32,
         "<field_exists> [16] struct outer.x (0:1:0 @ offset 4)"},
        {16, "0:1:1:0", field_exists, "y", 64,
         "<field_exists> [16] struct outer.y (0:1:1:0 @ offset 8)"},
        {16, "0:1:1:1", field_signed, "z", 64, "<signed> [16] struct outer.z (0:1:1:1 @ offset 8)"},
        // The path of an anonymous member alone is empty: it leaves only its offset.
        {16, "0:1", field_exists, "", 32, "<field_exists> [16] struct outer (0:1 @ offset 4)"},
        {16, "0:2", field_byte_size, "in", 96, "<byte_sz> [16] struct outer.in (0:2 @ offset 12)"},
        {16, "0:2:1", field_byte_offset, "in[1]", 160,
         "<byte_off> [16] struct outer.in[1] (0:2:1 @ offset 20)"},
        {16, "0:2:2:0", field_byte_offset, "in[2].a", 224,
         "<byte_off> [16] struct outer.in[2].a (0:2:2:0 @ offset 28)"},
        {16, "0:2:2:1:1", field_byte_offset, "in[2].b[1]", 272,
         "<byte_off> [16] struct outer.in[2].b[1] (0:2:2:1:1 @ offset 34)"},
        {16, "0:2:0", field_byte_offset, "in[0]", 96,
         "<byte_off> [16] struct outer.in[0] (0:2:0 @ offset 12)"},
        {16, "0:3", field_byte_offset, "next", 320,
         "<byte_off> [16] struct outer.next (0:3 @ offset 40)"},
        {16, "0:4", field_lshift_u64, "low", 384,
         "<lshift_u64> [16] struct outer.low (0:4 @ offset 48)"},
        {16, "0:5", field_rshift_u64, "high", 387,
         "<rshift_u64> [16] struct outer.high (0:5 @ offset 48.3)"},
        {16, "0:6:1:2", field_byte_offset, "matrix[1][2]", 576,
         "<byte_off> [16] struct outer.matrix[1][2] (0:6:1:2 @ offset 72)"},
        {16, "0:7:0", field_byte_offset, "bytes[0]", 608,
         "<byte_off> [16] struct outer.bytes[0] (0:7:0 @ offset 76)"},
        {16, "0:7:100", field_byte_offset, "bytes[100]", 3808,
         "<byte_off> [16] struct outer.bytes[100] (0:7:100 @ offset 476)"},
        {18, "0:0", field_byte_offset, "first", 0,
         "<byte_off> [18] const <anon>.first (0:0 @ offset 0)"},
        {17, "0:3", field_byte_offset, "next", 320,
         "<byte_off> [17] typedef outer_t.next (0:3 @ offset 40)"},
        {9, "0:0", field_byte_offset, "x", 0, "<byte_off> [9] struct <anon>.x (0:0 @ offset 0)"},
        {8, "0:1", field_byte_offset, "z", 0, "<byte_off> [8] union <anon>.z (0:1 @ offset 0)"},
        {14, "0:1:2", field_byte_offset, "[1][2]", 160,
         "<byte_off> [14] array <anon>[1][2] (0:1:2 @ offset 20)"},
        {28, "0:1:0", field_byte_offset, "[1].x", 64,
         "<byte_off> [28] array <anon>[1].x (0:1:0 @ offset 8)"},
        {27, "0:3", field_byte_offset, "end", 32,
         "<byte_off> [27] struct odd.end (0:3 @ offset 4)"},
        {1, "0", field_byte_size, "", 0, "<byte_sz> [1] int int (0 @ offset 0)"},
        {11, "3", field_byte_offset, "[3]", 192, "<byte_off> [11] ptr <anon>[3] (3 @ offset 24)"},
    })));

INSTANTIATE_TEST_SUITE_P(
    TypesAndEnumerators, GoodSpec,
    testing::ValuesIn(std::to_array<Good>({
        {16, "0", type_id_local, "", 0, "<local_type_id> [16] struct outer"},
        {16, "0", type_id_target, "", 0, "<target_type_id> [16] struct outer"},
        {17, "0", type_exists, "", 0, "<type_exists> [17] typedef outer_t"},
        {9, "0", type_size, "", 0, "<type_size> [9] struct <anon>"},
        {25, "0", type_matches, "", 0, "<type_matches> [25] func_proto <anon>"},
        {19, "0", enumval_exists, "ZERO", 0, "<enumval_exists> [19] enum e::ZERO = 0"},
        {19, "1", enumval_value, "TOP", 0, "<enumval_value> [19] enum e::TOP = 2147483648"},
        {19, "2", enumval_value, "LAST", 0, "<enumval_value> [19] enum e::LAST = 4294967295"},
        {20, "0", enumval_value, "MINUS", 0, "<enumval_value> [20] enum e_signed::MINUS = -1"},
        {21, "0", enumval_value, "HIGH", 0,
         "<enumval_value> [21] enum64 e64::HIGH = 9223372036854775809"},
        {22, "0", enumval_value, "LOW", 0,
         "<enumval_value> [22] enum64 e64_signed::LOW = -9223372036854775808"},
        {23, "1", enumval_value, "TOP", 0, "<enumval_value> [23] typedef e_t::TOP = 2147483648"},
    })));

/// As sscanf("%d") reads them in libbpf.
INSTANTIATE_TEST_SUITE_P(BlanksAndSigns, GoodSpec,
                         testing::ValuesIn(std::to_array<Good>({
                             {16, "0 0", field_exists, "first", 0,
                              "<field_exists> [16] struct outer.first (0:0 @ offset 0)"},
                             {16, " 0: 0", field_exists, "first", 0,
                              "<field_exists> [16] struct outer.first (0:0 @ offset 0)"},
                             {16, "0:\t+2:+1", field_exists, "in[1]", 160,
                              "<field_exists> [16] struct outer.in[1] (0:2:1 @ offset 20)"},
                             {16, "00:002:1", field_exists, "in[1]", 160,
                              "<field_exists> [16] struct outer.in[1] (0:2:1 @ offset 20)"},
                             {16, "-0:-0", field_exists, "first", 0,
                              "<field_exists> [16] struct outer.first (0:0 @ offset 0)"},
                         })));

struct Bad {
  std::uint32_t root;
  std::string_view access;
  ReloKind kind;
  std::string_view reason;

  friend void PrintTo(const Bad& bad, std::ostream* out) {
    *out << '[' << bad.root << "] `" << bad.access << "` " << name(bad.kind);
  }
};

class BadSpec : public testing::TestWithParam<Bad>, public Fixture {};

TEST_P(BadSpec, SaysWhy) {
  const auto spec = parse_spec(btf, TypeId{GetParam().root}, GetParam().access, GetParam().kind);
  ASSERT_FALSE(spec);
  EXPECT_THAT(spec.error().reason, testing::HasSubstr(std::string(GetParam().reason)));
}

INSTANTIATE_TEST_SUITE_P(
    AccessStrings, BadSpec,
    testing::ValuesIn(std::to_array<Bad>({
        {16, "", field_exists, "access string `` is empty"},
        {16, ":", field_exists, "is empty"},
        {16, ":0", field_exists, "access string `:0` is empty"},
        {16, "0:", field_exists, "access string `0:` has no number at byte 2"},
        {16, "0:-1", field_exists, "access string `0:-1` has no number at byte 2"},
        {16, "-1", field_exists, "has no number at byte 0"},
        {16, "0::1", field_exists, "access string `0::1` has no number at byte 2"},
        {16, "0:x", field_exists, "access string `0:x` has no number at byte 2"},
        {16, "0x0", field_exists, "has no number at byte 1"},
        {16, "0:0 ", field_exists, "has no number at byte 4"},
        {16, "0:+-0", field_exists, "has no number"},
        {16, "0:++0", field_exists, "has no number"},
        {16, "0:+ 0", field_exists, "has no number"},
        {16, "0:2147483648", field_exists, "has no number"},
        {16, "99999999999999999999", field_exists, "has no number"},
        {16, "1", type_exists, "access string `1` of a type, which must be `0`"},
        {16, "0:0", type_size, "which must be `0`"},
        {16, "00", type_id_local, "which must be `0`"},
        {16, "", type_id_local, "is empty"},
        {19, "x", enumval_value, "has no number"},
    })));

INSTANTIATE_TEST_SUITE_P(
    Types, BadSpec,
    testing::ValuesIn(std::to_array<Bad>({
        {0, "0", type_exists, "its root is type [0], there are 30"},
        {30, "0", type_exists, "its root is type [30], there are 30"},
        {0xffffffff, "0:0", field_exists, "its root is type [4294967295]"},
        {16, "0:8", field_exists, "member 8 of [16] `outer`, which has 8"},
        {16, "0:1:2", field_exists, "member 2 of [9] ``, which has 2"},
        {16, "0:2:3", field_exists, "element 3 of an array of 3"},
        {16, "0:6:2", field_exists, "element 2 of an array of 2"},
        {16, "0:6:0:3", field_exists, "element 3 of an array of 3"},
        {16, "0:0:0", field_exists, "component 2 of the access string goes into type [1], a INT"},
        {16, "0:3:0", field_exists, "goes into type [11], a PTR"},
        {27, "0:2:0", field_exists, "element 0 of an array of 0"},
        {15, "0:0", field_exists, "element 0 of an array of 0"},
        {27, "0:0:0", field_exists, "an array of [24], which has no size"},
        {27, "0:1", field_exists, "member 1 of [27] has an empty name"},
        {24, "0", field_exists, "a field of [24], a FWD without a size"},
        {25, "0", field_exists, "a field of [25], a FUNC_PROTO without a size"},
        {16, "6710887", field_byte_offset, "512 MiB"},
        {16, "2147483647:7:0", field_byte_offset, "512 MiB"},
        // 64 bits do not hold this many bits.
        {29, "1073741824", field_byte_offset, "512 MiB"},
        {16, "0:7:134217728", field_byte_offset, "512 MiB"},
        {19, "3", enumval_exists, "enumerator 3 of [19] `e`, which has 3"},
        {19, "0:0", enumval_exists, "enumerator 0:0 of [19] `e`"},
        {21, "1", enumval_value, "enumerator 1 of [21] `e64`, which has 1"},
        {16, "0", enumval_value, "an enumerator of [16], a STRUCT"},
        {1, "0", enumval_value, "an enumerator of [1], a INT"},
    })));

TEST(Spec, HasAtMost64Components) {
  // An array of arrays of ... of one int each.
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4);
  TypeId nested = i;
  for (int depth = 0; depth < 70; ++depth) {
    // A struct in between keeps each chain of arrays short.
    nested = btf.add(Kind::kStruct, "s", 4, {"m", nested, 0});
  }
  const auto open = test::open(btf);
  std::string access = "0";
  for (int n = 1; n < 64; ++n) access += ":0";
  const auto longest = parse_spec(open.view, nested, access, field_exists);
  ASSERT_TRUE(longest) << longest.error().reason;
  EXPECT_EQ(longest->access.size(), 64U);
  EXPECT_EQ(longest->path.size(), 64U);
  const auto too_long = parse_spec(open.view, nested, access + ":0", field_exists);
  ASSERT_FALSE(too_long);
  EXPECT_THAT(too_long.error().reason, testing::HasSubstr("has more than 64 numbers"));
}

TEST(Spec, PathHasTheStructOfEachMemberAndTheElementOfEachIndex) {
  const Fixture fixture;
  const auto spec = parse_spec(fixture.btf, TypeId{18}, "1:2:2:1:0", field_byte_offset);
  ASSERT_TRUE(spec);
  EXPECT_THAT(spec->access, testing::ElementsAre(1, 2, 2, 1, 0));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> steps;
  std::vector<std::string_view> names;
  for (const Accessor& step : spec->path) {
    steps.emplace_back(step.type.value, step.index);
    names.push_back(step.is_member() ? fixture.btf.string(step.name) : "");
  }
  EXPECT_THAT(steps,
              testing::ElementsAre(testing::Pair(16, 1), testing::Pair(16, 2), testing::Pair(4, 2),
                                   testing::Pair(4, 1), testing::Pair(2, 0)));
  EXPECT_THAT(names, testing::ElementsAre("", "in", "", "b", ""));
}

TEST(Spec, RemembersTheEnumBehindItsRoot) {
  const Fixture fixture;
  const auto spec = parse_spec(fixture.btf, TypeId{23}, "1", enumval_value);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->root, TypeId{23});
  EXPECT_EQ(spec->enum_type, TypeId{19});
  EXPECT_TRUE(spec->path.empty());
}

}  // namespace
}  // namespace btfreloc::core
