#include "btf/raw_text.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "btf/view.h"
#include "support/btf_bytes.h"
#include "support/every_kind.h"
#include "support/files.h"
#include "support/raw.h"

namespace btfreloc::btf {
namespace {

using test::all_raw;
using test::BtfBytes;

std::string raw(const View& view, TypeId id) {
  TextBuffer text;
  print_raw(text, view, id);
  return std::string(text.view());
}

/// As `bpftool btf dump file X format raw` of bpftool 7.1 prints it.
constexpr std::string_view kEveryKind =
    "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
    "[2] INT 'unsigned int' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n"
    "[3] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=CHAR\n"
    "[4] INT 'bool' size=1 bits_offset=0 nr_bits=8 encoding=BOOL\n"
    "[5] PTR '(anon)' type_id=0\n"
    "[6] ARRAY '(anon)' type_id=1 index_type_id=2 nr_elems=16909060\n"
    "[7] STRUCT 'plain' size=16909060 vlen=3\n"
    "\t'first' type_id=1 bits_offset=0\n"
    "\t'second' type_id=5 bits_offset=16909120\n"
    "\t'(anon)' type_id=6 bits_offset=96\n"
    "[8] STRUCT 'packed' size=8 vlen=4\n"
    "\t'three' type_id=1 bits_offset=0 bitfield_size=3\n"
    "\t'five' type_id=2 bits_offset=3 bitfield_size=5\n"
    "\t'far' type_id=1 bits_offset=1193046\n"
    "\t'whole' type_id=1 bits_offset=32 bitfield_size=32\n"
    "[9] UNION '(anon)' size=16 vlen=2\n"
    "\t'one' type_id=1 bits_offset=0\n"
    "\t'other' type_id=7 bits_offset=0\n"
    "[10] ENUM 'unsigned_enum' encoding=UNSIGNED size=4 vlen=3\n"
    "\t'ZERO' val=0\n"
    "\t'TOP' val=2147483648\n"
    "\t'ALL' val=4294967295\n"
    "[11] ENUM '(anon)' encoding=SIGNED size=4 vlen=2\n"
    "\t'MINUS_ONE' val=-1\n"
    "\t'LOWEST' val=-2147483648\n"
    "[12] FWD 'fwd_struct' fwd_kind=struct\n"
    "[13] FWD 'fwd_union' fwd_kind=union\n"
    "[14] TYPEDEF 'typedef_t' type_id=7\n"
    "[15] VOLATILE '(anon)' type_id=14\n"
    "[16] CONST '(anon)' type_id=15\n"
    "[17] RESTRICT '(anon)' type_id=5\n"
    "[18] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2\n"
    "\t'named' type_id=16\n"
    "\t'(anon)' type_id=17\n"
    "[19] FUNC_PROTO '(anon)' ret_type_id=0 vlen=2\n"
    "\t'format' type_id=5\n"
    "\t'(anon)' type_id=0\n"
    "[20] FUNC 'function' type_id=18 linkage=global\n"
    "[21] VAR 'variable' type_id=2, linkage=extern\n"
    "[22] DATASEC '.data' size=16909060 vlen=2\n"
    "\ttype_id=21 offset=84281096 size=151653132 (VAR 'variable')\n"
    "\ttype_id=20 offset=4 size=8 (FUNC 'function')\n"
    "[23] FLOAT 'double' size=8\n"
    "[24] DECL_TAG 'decl' type_id=7 component_idx=1\n"
    "[25] DECL_TAG 'attribute' type_id=20 component_idx=-1\n"
    "[26] TYPE_TAG 'user' type_id=1\n"
    "[27] TYPE_TAG 'aligned(8)' type_id=1\n"
    "[28] ENUM64 'unsigned_enum64' encoding=UNSIGNED size=8 vlen=2\n"
    "\t'MIXED' val=72623859790382856ULL\n"
    "\t'ALL64' val=18446744073709551615ULL\n"
    "[29] ENUM64 'signed_enum64' encoding=SIGNED size=8 vlen=2\n"
    "\t'LOWEST64' val=-9223372036854775808LL\n"
    "\t'MINUS' val=-1LL\n";

class RawText : public testing::TestWithParam<std::endian> {};

TEST_P(RawText, OfEveryKind) {
  BtfBytes btf(GetParam());
  test::every_kind(btf);
  EXPECT_EQ(all_raw(test::open(btf).view), kEveryKind);
}

/// Values that no compiler writes: encodings in combination, linkages without a name, empty types.
void odd_values(BtfBytes& btf) {
  const TypeId i = btf.add(Kind::kInt, "bits", 8, {3U << 24 | 7U << 16 | 9});
  for (std::uint32_t encoding = 0; encoding < 16; ++encoding) {
    btf.add(Kind::kInt, "encoded", 4, {encoding << 24 | 32});
  }
  btf.add(Kind::kStruct, "empty", 0);
  btf.add(Kind::kUnion, 0, 0);
  btf.add(Kind::kEnum, "none", 4);
  btf.add(Kind::kEnum64, 0, 8);
  const TypeId proto = btf.add(Kind::kFuncProto, 0, 0);
  for (std::uint32_t linkage = 0; linkage < 5; ++linkage) {
    btf.function("f", proto, linkage);
    btf.add(Kind::kVar, "v", i, {linkage});
  }
  const TypeId section = btf.add(Kind::kDatasec, ".empty", 0);
  btf.add(Kind::kDatasec, ".odd", 1, {section, 0, 0, i, 1, 1, 0, 2, 2});
  btf.array(i, i, 0);
  btf.add(Kind::kDeclTag, "tag", i, {0x7fffffff});
}

// The same blobs, printed by a program that nobody here wrote.
TEST_P(RawText, IsThatOfBpftool) {
  if (!test::has_program("bpftool")) GTEST_SKIP() << "no bpftool";
  const test::TempFolder folder;
  for (const auto& write : {+[](BtfBytes& btf) { test::every_kind(btf); }, +odd_values}) {
    BtfBytes btf(GetParam());
    write(btf);
    const auto open = test::open(btf);
    const std::string path = folder.write("blob", open.bytes);
    const auto expected = test::output_of("bpftool btf dump file " + path + " format raw");
    ASSERT_TRUE(expected);
    EXPECT_EQ(all_raw(open.view), *expected);
  }
}

TEST_P(RawText, OfSplitBtfIsThatOfBpftool) {
  if (!test::has_program("bpftool")) GTEST_SKIP() << "no bpftool";
  BtfBytes base_bytes(GetParam());
  const TypeId i = base_bytes.integer("int", 4);
  BtfBytes split_bytes(GetParam(), &base_bytes);
  split_bytes.add(Kind::kStruct, "own", 4, {1 /* "int", in the base's strings */, i, 0});
  const auto base = test::open(base_bytes);
  const auto split = test::open(split_bytes, &base.view);
  const test::TempFolder folder;
  const auto expected =
      test::output_of("bpftool --base-btf " + folder.write("base", base.bytes) + " btf dump file " +
                      folder.write("split", split.bytes) + " format raw");
  ASSERT_TRUE(expected);
  EXPECT_EQ(raw(split.view, split.view.first_id()), *expected);
  EXPECT_EQ(*expected, "[2] STRUCT 'own' size=4 vlen=1\n\t'int' type_id=1 bits_offset=0\n");
}

// Newer bpftool prints a kind it does not know as UNKNOWN, with its name and nothing behind it.
TEST_P(RawText, OfAnUnknownKind) {
  BtfBytes btf(GetParam());
  btf.header_size = 32;
  btf.layout.resize(26);
  const TypeId named = btf.add_raw(25, 0, false, "new_kind", 7);
  const TypeId unnamed = btf.add_raw(25, 0, false, 0, 7);
  const TypeId section = btf.add(Kind::kDatasec, ".new", 4, {named, 0, 4});
  const auto open = test::open(btf);
  EXPECT_EQ(raw(open.view, named), "[1] UNKNOWN 'new_kind'\n");
  EXPECT_EQ(raw(open.view, unnamed), "[2] UNKNOWN '(anon)'\n");
  EXPECT_EQ(raw(open.view, section),
            "[3] DATASEC '.new' size=4 vlen=1\n"
            "\ttype_id=1 offset=0 size=4 (UNKNOWN 'new_kind')\n");
  EXPECT_EQ(kind_name(open.view, named), "UNKNOWN");
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, RawText, testing::ValuesIn(test::kOrders));

}  // namespace
}  // namespace btfreloc::btf
