#include "btf/legalize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "btf/legal_names.h"
#include "btf/raw_parser.h"
#include "support/btf_bytes.h"
#include "support/raw.h"

namespace btfreloc::btf {
namespace {

using test::all_raw;
using test::must;

constexpr std::string_view kInt = "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n";

std::string with_int(std::string_view types) { return std::string(kInt).append(types); }

test::OpenBtf parsed(std::string_view text, std::endian order = std::endian::little) {
  auto builder = parse_raw(text, order);
  if (!builder) throw std::runtime_error(builder.error().message);
  return test::open(must(builder->blob()));
}

/// Types behind [1] INT 'int', and what they become.
struct Case {
  std::string_view name;
  KernelVersion kernel;
  std::string_view before;
  std::string_view after;
  bool changes_relocations = false;
  bool is_object = false;
  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }
};

class Legalize : public testing::TestWithParam<Case> {};

TEST_P(Legalize, Becomes) {
  const Case& c = GetParam();
  const LegalizeOptions options{.kernel = c.kernel, .is_object = c.is_object};
  for (const std::endian order : test::kOrders) {
    const auto before = parsed(with_int(c.before), order);
    const Legalized legal = must(legalize(before.view, options));
    const auto after = test::open(legal.blob);
    EXPECT_EQ(all_raw(after.view), with_int(c.after));
    EXPECT_EQ(legal.changes.empty(), c.before == c.after);
    EXPECT_EQ(std::ranges::any_of(legal.changes, &Change::changes_relocations),
              c.changes_relocations);
    // Strings stay where they are, for .BTF.ext.
    const Bytes old = before.view.strings();
    EXPECT_TRUE(std::ranges::equal(old, after.view.strings().first(old.size())));
    const Legalized again = must(legalize(after.view, options));
    EXPECT_TRUE(again.changes.empty()) << again.changes[0].text;
    EXPECT_EQ(again.blob, legal.blob);
  }
}

constexpr KernelVersion kNow{6, 18};

// libbpf's table: each kind by the last release that lacks it, and by the first that has it.
constexpr Case kKinds[] = {
    {"FuncBefore5_0",
     {4, 20},
     "[2] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2\n\t'a' type_id=1\n\t'(anon)' type_id=1\n"
     "[3] FUNC 'f' type_id=2 linkage=static\n",
     "[2] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=2\n\t'a' val=1\n\t'arg1' val=1\n"
     "[3] TYPEDEF 'f' type_id=2\n",
     true},
    {"FuncFrom5_0",
     {5, 0},
     "[2] FUNC_PROTO '(anon)' ret_type_id=1 vlen=1\n\t'a' type_id=1\n"
     "[3] FUNC 'f' type_id=2 linkage=static\n",
     "[2] FUNC_PROTO '(anon)' ret_type_id=1 vlen=1\n\t'a' type_id=1\n"
     "[3] FUNC 'f' type_id=2 linkage=static\n"},
    {"BitfieldsBefore5_0",
     {4, 20},
     "[2] STRUCT 's' size=4 vlen=2\n\t'a' type_id=1 bits_offset=0 bitfield_size=3\n"
     "\t'b' type_id=1 bits_offset=3 bitfield_size=29\n",
     "[2] STRUCT 's' size=4 vlen=2\n\t'a' type_id=3 bits_offset=0\n\t'b' type_id=4 bits_offset=3\n"
     "[3] INT 'int' size=4 bits_offset=0 nr_bits=3 encoding=SIGNED\n"
     "[4] INT 'int' size=4 bits_offset=0 nr_bits=29 encoding=SIGNED\n",
     true},
    {"UnionFwdBefore5_0",
     {4, 20},
     "[2] FWD 'u' fwd_kind=union\n",
     "[2] FWD 'u' fwd_kind=struct\n",
     true},
    {"WholeBitfieldsBefore5_0",
     {4, 20},
     "[2] STRUCT 's' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0 bitfield_size=32\n",
     "[2] STRUCT 's' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0\n",
     true},
    {"BitfieldsOfUnionsAtAnOffsetBefore5_0",
     {4, 20},
     "[2] UNION 'u' size=4 vlen=2\n\t'a' type_id=1 bits_offset=8 bitfield_size=3\n"
     "\t'b' type_id=1 bits_offset=0\n",
     "[2] UNION 'u' size=4 vlen=2\n\t'(anon)' type_id=4 bits_offset=0\n"
     "\t'b' type_id=1 bits_offset=0\n"
     "[3] INT 'int' size=4 bits_offset=0 nr_bits=3 encoding=SIGNED\n"
     "[4] STRUCT '(anon)' size=4 vlen=1\n\t'a' type_id=3 bits_offset=8\n",
     true},
    {"VarsOutOfOrderBefore5_2",
     {5, 1},
     "[2] VAR 'v' type_id=1, linkage=global\n[3] VAR 'w' type_id=1, linkage=global\n"
     "[4] DATASEC '.data' size=4294967295 vlen=3\n\ttype_id=2 offset=4 size=4 (VAR 'v')\n"
     "\ttype_id=3 offset=0 size=4 (VAR 'w')\n\ttype_id=3 offset=536870912 size=4 (VAR 'w')\n",
     "[2] INT 'v' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"
     "[3] INT 'w' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"
     "[4] STRUCT '_data' size=4294967295 vlen=2\n\t'w' type_id=3 bits_offset=0\n"
     "\t'v' type_id=2 bits_offset=32\n"},
    {"WideIntBefore5_1",
     {5, 0},
     "[2] INT 'u128' size=16 bits_offset=0 nr_bits=128 encoding=(none)\n",
     "[2] STRUCT '(anon)' size=16 vlen=0\n",
     true},
    {"VarsBefore5_2",
     {5, 1},
     "[2] VAR 'v' type_id=1, linkage=global\n"
     "[3] DATASEC '.data' size=4 vlen=1\n\ttype_id=2 offset=0 size=4 (VAR 'v')\n",
     "[2] INT 'v' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"
     "[3] STRUCT '_data' size=4 vlen=1\n\t'v' type_id=2 bits_offset=0\n"},
    {"ExternFuncsBefore5_2",
     {5, 1},
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[3] FUNC 'f' type_id=2 linkage=extern\n"
     "[4] DATASEC '.ksyms' size=0 vlen=1\n\ttype_id=3 offset=0 size=0\n",
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[3] FUNC 'f' type_id=2 linkage=static\n"
     "[4] STRUCT '_ksyms' size=0 vlen=0\n",
     false,
     true},
    {"VarsFrom5_2",
     {5, 2},
     "[2] VAR 'v.1' type_id=1, linkage=global\n"
     "[3] DATASEC '.data' size=4 vlen=1\n\ttype_id=2 offset=0 size=4 (VAR 'v.1')\n",
     "[2] VAR 'v.1' type_id=1, linkage=global\n"
     "[3] DATASEC '.data' size=4 vlen=1\n\ttype_id=2 offset=0 size=4 (VAR 'v.1')\n"},
    {"SmallEnumBefore5_5",
     {5, 4},
     "[2] ENUM 'e' encoding=UNSIGNED size=1 vlen=2\n\t'A' val=0\n\t'B' val=1\n",
     "[2] UNION 'e' size=1 vlen=2\n\t'A' type_id=3 bits_offset=0\n\t'B' type_id=3 bits_offset=0\n"
     "[3] INT 'enum64_placeholder' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n",
     true},
    {"GlobalFuncBefore5_6",
     {5, 5},
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[3] FUNC 'f' type_id=2 linkage=global\n",
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[3] FUNC 'f' type_id=2 linkage=static\n"},
    {"EmptyDatasecBefore5_12",
     {5, 11},
     "[2] DATASEC '.bss' size=4 vlen=0\n",
     "[2] STRUCT '_bss' size=4 vlen=0\n"},
    {"EmptyDatasecFrom5_12",
     {5, 12},
     "[2] DATASEC '.bss' size=4 vlen=0\n",
     "[2] DATASEC '.bss' size=4 vlen=0\n"},
    {"FloatBefore5_13",
     {5, 12},
     "[2] FLOAT 'double' size=8\n",
     "[2] STRUCT '(anon)' size=8 vlen=0\n",
     true},
    {"FloatFrom5_13", {5, 13}, "[2] FLOAT 'double' size=8\n", "[2] FLOAT 'double' size=8\n"},
    {"DeclTagBefore5_16",
     {5, 15},
     "[2] STRUCT 's' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0\n"
     "[3] DECL_TAG 'tag' type_id=2 component_idx=0\n",
     "[2] STRUCT 's' size=4 vlen=1\n\t'a' type_id=1 bits_offset=0\n"
     "[3] INT 'tag' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"},
    {"DeclTagFrom5_16",
     {5, 16},
     "[2] TYPEDEF 't' type_id=1\n[3] DECL_TAG 'tag' type_id=2 component_idx=-1\n",
     "[2] TYPEDEF 't' type_id=1\n[3] DECL_TAG 'tag' type_id=2 component_idx=-1\n"},
    {"TypeTagBefore5_17",
     {5, 16},
     "[2] TYPE_TAG 'user' type_id=1\n[3] PTR '(anon)' type_id=2\n",
     "[2] CONST '(anon)' type_id=1\n[3] PTR '(anon)' type_id=2\n"},
    {"TagsFrom5_17",
     {5, 17},
     "[2] TYPE_TAG 'any text, \xc3\xa9' type_id=1\n[3] TYPEDEF 't' type_id=1\n"
     "[4] DECL_TAG 'any text' type_id=3 component_idx=-1\n",
     "[2] TYPE_TAG 'any text, \xc3\xa9' type_id=1\n[3] TYPEDEF 't' type_id=1\n"
     "[4] DECL_TAG 'any text' type_id=3 component_idx=-1\n"},
    {"Enum64Before6_0",
     {5, 19},
     "[2] ENUM64 'big' encoding=UNSIGNED size=8 vlen=1\n\t'A' val=4294967296ULL\n"
     "[3] ENUM64 '(anon)' encoding=SIGNED size=8 vlen=1\n\t'B' val=-1LL\n",
     "[2] UNION 'big' size=8 vlen=1\n\t'A' type_id=4 bits_offset=0\n"
     "[3] UNION '(anon)' size=8 vlen=1\n\t'B' type_id=4 bits_offset=0\n"
     "[4] INT 'enum64_placeholder' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n",
     true},
    {"SignedEnumBefore6_0",
     {5, 19},
     "[2] ENUM 'e' encoding=SIGNED size=4 vlen=1\n\t'A' val=-1\n",
     "[2] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=4294967295\n",
     true},
    {"EnumsFrom6_0",
     {6, 0},
     "[2] ENUM 'e' encoding=SIGNED size=4 vlen=1\n\t'A' val=-1\n"
     "[3] ENUM64 '(anon)' encoding=SIGNED size=8 vlen=1\n\t'B' val=-1LL\n",
     "[2] ENUM 'e' encoding=SIGNED size=4 vlen=1\n\t'A' val=-1\n"
     "[3] ENUM64 '(anon)' encoding=SIGNED size=8 vlen=1\n\t'B' val=-1LL\n"},
    {"SectionNamesBefore6_9",
     {6, 8},
     "[2] VAR 'v' type_id=1, linkage=global\n"
     "[3] DATASEC '?.struct_ops' size=4 vlen=1\n\ttype_id=2 offset=0 size=4 (VAR 'v')\n",
     "[2] VAR 'v' type_id=1, linkage=global\n"
     "[3] DATASEC '_.struct_ops' size=4 vlen=1\n\ttype_id=2 offset=0 size=4 (VAR 'v')\n"},
};
INSTANTIATE_TEST_SUITE_P(Kinds, Legalize, testing::ValuesIn(kKinds),
                         [](const auto& c) { return std::string(c.param.name); });

// What no kernel takes.
constexpr Case kMistakes[] = {
    {"NamesOfOtherLanguages", kNow,
     "[2] STRUCT 'Option<u32>' size=8 vlen=1\n\t'0' type_id=1 bits_offset=0\n"
     "[3] TYPEDEF 'core::option::Option' type_id=2\n"
     "[4] ENUM 'E' encoding=UNSIGNED size=4 vlen=1\n\t'A::B' val=0\n",
     "[2] STRUCT 'Option_u32_' size=8 vlen=1\n\t'_0' type_id=1 bits_offset=0\n"
     "[3] TYPEDEF 'core_option_Option' type_id=2\n"
     "[4] ENUM 'E' encoding=UNSIGNED size=4 vlen=1\n\t'A_B' val=0\n",
     true},
    {"NamesThatCollide", kNow,
     "[2] STRUCT 'V<a>' size=4 vlen=2\n\t'x y' type_id=1 bits_offset=0\n"
     "\t'x_y' type_id=1 bits_offset=0\n[3] STRUCT 'V_a_' size=4 vlen=0\n"
     "[4] STRUCT 'V<a>' size=8 vlen=0\n",
     "[2] STRUCT 'V_a_17b17054' size=4 vlen=2\n\t'x_y_55357f10' type_id=1 bits_offset=0\n"
     "\t'x_y' type_id=1 bits_offset=0\n[3] STRUCT 'V_a_' size=4 vlen=0\n"
     "[4] STRUCT 'V_a_17b17054' size=8 vlen=0\n",
     true},
    {"DotsBefore6_4",
     {6, 3},
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[3] FUNC 'f.llvm.1' type_id=2 linkage=static\n",
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
     "[3] FUNC 'f_llvm_1' type_id=2 linkage=static\n"},
    {"DotsFrom6_4",
     {6, 4},
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[3] FUNC 'f.llvm.1' type_id=2 linkage=static\n",
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
     "[3] FUNC 'f.llvm.1' type_id=2 linkage=static\n"},
    {"NamesThatAreMissing", kNow,
     "[2] TYPEDEF '(anon)' type_id=1\n"
     "[3] ENUM 'E' encoding=UNSIGNED size=4 vlen=1\n\t'(anon)' val=0\n",
     "[2] TYPEDEF 'anon_2' type_id=1\n"
     "[3] ENUM 'E' encoding=UNSIGNED size=4 vlen=1\n\t'_0' val=0\n",
     true},
    {"NamesThatCannotBe", kNow,
     "[2] PTR '&str' type_id=1\n[3] CONST 'c' type_id=1\n"
     "[4] ARRAY '[i32; 2]' type_id=1 index_type_id=1 nr_elems=2\n"
     "[5] FUNC_PROTO 'fn()' ret_type_id=0 vlen=2\n\t'(anon)' type_id=1\n\t'va' type_id=0\n",
     "[2] PTR '(anon)' type_id=1\n[3] CONST '(anon)' type_id=1\n"
     "[4] ARRAY '(anon)' type_id=1 index_type_id=1 nr_elems=2\n"
     "[5] FUNC_PROTO '(anon)' ret_type_id=0 vlen=2\n\t'(anon)' type_id=1\n\t'(anon)' type_id=0\n",
     true},
    {"NamesThatAreGivenAreNew", kNow,
     "[2] TYPEDEF '(anon)' type_id=1\n[3] TYPEDEF 'anon_2' type_id=1\n"
     "[4] ENUM 'E' encoding=UNSIGNED size=4 vlen=2\n\t'(anon)' val=0\n\t'_0' val=1\n",
     "[2] TYPEDEF 'anon_2_' type_id=1\n[3] TYPEDEF 'anon_2' type_id=1\n"
     "[4] ENUM 'E' encoding=UNSIGNED size=4 vlen=2\n\t'_0_' val=0\n\t'_0' val=1\n",
     true},
    {"NamesOfMembersOfUnionsAtAnOffset", kNow,
     "[2] UNION 'u' size=8 vlen=1\n\t'a<b>' type_id=1 bits_offset=32\n",
     "[2] UNION 'u' size=8 vlen=1\n\t'(anon)' type_id=3 bits_offset=0\n"
     "[3] STRUCT '(anon)' size=8 vlen=1\n\t'a_b_' type_id=1 bits_offset=32\n",
     true},
    {"ParametersOfFunctionsHaveNames", kNow,
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=3\n\t'(anon)' type_id=1\n\t'arg0' type_id=1\n"
     "\t'(anon)' type_id=0\n[3] FUNC 'f' type_id=2 linkage=static\n",
     "[2] FUNC_PROTO '(anon)' ret_type_id=0 vlen=3\n\t'arg0_' type_id=1\n"
     "\t'arg0' type_id=1\n\t'(anon)' type_id=0\n[3] FUNC 'f' type_id=2 linkage=static\n"},
    {"MembersAreSorted", kNow,
     "[2] STRUCT 's' size=8 vlen=2\n\t'b' type_id=1 bits_offset=32\n\t'a' type_id=1 bits_offset=0\n"
     "[3] DECL_TAG 'of a' type_id=2 component_idx=1\n"
     "[4] DECL_TAG 'of s' type_id=2 component_idx=-1\n",
     "[2] STRUCT 's' size=8 vlen=2\n\t'a' type_id=1 bits_offset=0\n\t'b' type_id=1 bits_offset=32\n"
     "[3] DECL_TAG 'of a' type_id=2 component_idx=0\n"
     "[4] DECL_TAG 'of s' type_id=2 component_idx=-1\n",
     true},
    {"MembersOfUnionsAtAnOffset", kNow,
     "[2] UNION 'u' size=8 vlen=2\n\t'(anon)' type_id=1 bits_offset=32\n"
     "\t'a' type_id=1 bits_offset=0\n",
     "[2] UNION 'u' size=8 vlen=2\n\t'(anon)' type_id=3 bits_offset=0\n"
     "\t'a' type_id=1 bits_offset=0\n[3] STRUCT '(anon)' size=8 vlen=1\n"
     "\t'(anon)' type_id=1 bits_offset=32\n",
     true},
    {"DeclaredEnums", kNow, "[2] ENUM 'e' encoding=UNSIGNED size=0 vlen=0\n",
     "[2] ENUM 'e' encoding=UNSIGNED size=4 vlen=0\n", true},
    {"TypeTagsBehindModifiers", kNow,
     "[2] TYPE_TAG 'a' type_id=1\n[3] TYPE_TAG 'b' type_id=2\n[4] CONST '(anon)' type_id=3\n"
     "[5] TYPE_TAG 'c' type_id=4\n[6] PTR '(anon)' type_id=5\n",
     "[2] CONST '(anon)' type_id=1\n[3] CONST '(anon)' type_id=2\n[4] CONST '(anon)' type_id=3\n"
     "[5] TYPE_TAG 'c' type_id=4\n[6] PTR '(anon)' type_id=5\n"},
    {"TagsThatSayNothing", kNow,
     "[2] TYPE_TAG '(anon)' type_id=1\n[3] TYPEDEF 't' type_id=1\n"
     "[4] DECL_TAG '(anon)' type_id=3 component_idx=-1\n",
     "[2] CONST '(anon)' type_id=1\n[3] TYPEDEF 't' type_id=1\n"
     "[4] INT '(anon)' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"},
    {"ExternsOutsideObjects", kNow,
     "[2] VAR 'v' type_id=1, linkage=extern\n[3] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
     "[4] FUNC 'f' type_id=3 linkage=extern\n"
     "[5] DATASEC '.data' size=0 vlen=1\n\ttype_id=2 offset=4 size=4 (VAR 'v')\n",
     "[2] VAR 'v' type_id=1, linkage=global\n[3] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
     "[4] FUNC 'f' type_id=3 linkage=global\n"
     "[5] DATASEC '.data' size=8 vlen=1\n\ttype_id=2 offset=4 size=4 (VAR 'v')\n"},
    {"ExternsAreTheLoadersInObjects", kNow,
     "[2] VAR 'v' type_id=1, linkage=extern\n[3] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
     "[4] FUNC 'f' type_id=3 linkage=extern\n"
     "[5] DATASEC '.data' size=0 vlen=1\n\ttype_id=2 offset=4 size=4 (VAR 'v')\n",
     "[2] VAR 'v' type_id=1, linkage=extern\n[3] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n"
     "[4] FUNC 'f' type_id=3 linkage=extern\n"
     "[5] DATASEC '.data' size=0 vlen=1\n\ttype_id=2 offset=4 size=4 (VAR 'v')\n",
     false, true},
};
INSTANTIATE_TEST_SUITE_P(Mistakes, Legalize, testing::ValuesIn(kMistakes),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(LegalizeAttributes, AreTakenFrom6_15) {
  const std::string text = with_int(
      "[2] TYPE_TAG 'a' type_id=1 kind_flag=1\n[3] TYPEDEF 't' type_id=1\n"
      "[4] DECL_TAG 'b' type_id=3 component_idx=-1 kind_flag=1\n");
  const auto types = parsed(text);
  EXPECT_TRUE(must(legalize(types.view, {.kernel = {6, 15}})).changes.empty());
  const auto older = test::open(must(legalize(types.view, {.kernel = {6, 14}})).blob);
  EXPECT_EQ(all_raw(older.view),
            with_int("[2] CONST '(anon)' type_id=1\n[3] TYPEDEF 't' type_id=1\n"
                     "[4] INT 'b' size=1 bits_offset=0 nr_bits=8 encoding=(none)\n"));
}

TEST(LegalizeLayout, SectionIsGone) {
  auto builder = parse_raw(kInt);
  builder->add_layout();
  const auto with_layout = test::open(must(builder->blob()));
  const auto legal = must(legalize(with_layout.view, {.kernel = {6, 18}}));
  EXPECT_EQ(test::open(legal.blob).view.header().header_size, 24U);
  ASSERT_EQ(legal.changes.size(), 1U);
  EXPECT_EQ(legal.changes[0].kind, ChangeKind::packed);

  const auto kept = must(legalize(with_layout.view, {.kernel = {7, 1}}));
  EXPECT_EQ(kept.blob, with_layout.bytes);
  EXPECT_TRUE(kept.changes.empty());
}

TEST(LegalizeNames, ThatAreEmptyAreAtOffset0) {
  test::BtfBytes btf;
  const std::uint32_t empty = btf.add_string("");
  btf.add(Kind::kStruct, empty, 0);
  const auto types = test::open(btf);
  const auto legal = must(legalize(types.view, {.kernel = {6, 18}}));
  EXPECT_EQ(legal.changes.size(), 1U);
  EXPECT_EQ(test::open(legal.blob).view.name_offset(TypeId{1}), StrOff{0});
}

TEST(LegalizeNames, OfVariadicParametersThatAreEmptyAreAtOffset0) {
  test::BtfBytes btf;
  const TypeId integer = btf.integer("int", 4);
  const std::uint32_t empty = btf.add_string("");
  btf.add(Kind::kFuncProto, 0, 0, {"a", integer, empty, 0});
  const auto types = test::open(btf);
  const auto legal = must(legalize(types.view, {.kernel = {6, 18}}));
  ASSERT_EQ(legal.changes.size(), 1U);
  EXPECT_EQ(legal.changes[0].kind, ChangeKind::unnamed);
  const auto after = test::open(legal.blob);
  const auto proto = std::get<FuncProto>(after.view.decode(TypeId{2}));
  EXPECT_EQ(proto.params[1].name, StrOff{0});
}

TEST(LegalizeAttributes, InFrontOfTagsLeaveNoTagBehindAModifier) {
  const auto types =
      parsed(with_int("[2] TYPE_TAG 'user' type_id=1\n[3] TYPE_TAG 'attr' type_id=2 kind_flag=1\n"
                      "[4] PTR '(anon)' type_id=3\n"));
  const auto legal = test::open(must(legalize(types.view, {.kernel = {6, 12}})).blob);
  EXPECT_EQ(all_raw(legal.view), with_int("[2] CONST '(anon)' type_id=1\n"
                                          "[3] CONST '(anon)' type_id=2\n"
                                          "[4] PTR '(anon)' type_id=3\n"));
}

TEST(LegalizeVlen, TagsFollowMembersThatAreSortedAndCut) {
  Builder builder;
  const TypeId integer = builder.add(
      Int{.name = builder.string("int"), .size = {4}, .encoding = 0, .offset = {}, .bits = {32}});
  std::vector<Member> members;
  for (std::uint64_t i = 0; i < 65'537; ++i) {
    members.push_back(
        {.name = {}, .type = integer, .offset = {(65'536 - i) * 32}, .bitfield_size = {}});
  }
  const TypeId type = builder.add_struct(builder.string("s"), {65'537 * 4}, members);
  builder.add(DeclTag{builder.string("first"), type, 0, false});
  builder.add(DeclTag{builder.string("last"), type, 65'536, false});
  const auto types = test::open(must(builder.blob()));
  const auto legal = test::open(must(legalize(types.view, {.kernel = {7, 0}})).blob);
  EXPECT_EQ(legal.view.kind(TypeId{3}), Kind::kInt);
  EXPECT_EQ(std::get<DeclTag>(legal.view.decode(TypeId{4})).component, 0);
}

TEST(LegalizeNames, AreShorterBefore6_1) {
  const std::string name(200, 'n');
  const auto types = parsed("[1] TYPEDEF '" + name + "' type_id=0\n");
  EXPECT_TRUE(must(legalize(types.view, {.kernel = {6, 1}})).changes.empty());
  const auto older = test::open(must(legalize(types.view, {.kernel = {6, 0}})).blob);
  EXPECT_EQ(older.view.name(TypeId{1}).size(), 128U);
}

TEST(LegalizeNames, ThatAreLongAndCollideGetTheHashOfAllTheirCharacters) {
  const std::string stem(80, 'n');
  const std::string first = stem + "<a>";
  const std::string second = stem + "(a)";
  const auto types =
      parsed("[1] TYPEDEF '" + first + "' type_id=0\n[2] TYPEDEF '" + second +
             "' type_id=0\n[3] STRUCT 's' size=0 vlen=2\n\t'" + first +
             "' type_id=1 bits_offset=0\n\t'" + second + "' type_id=1 bits_offset=0\n");
  const auto legal = test::open(must(legalize(types.view, {.kernel = {6, 18}})).blob);
  LegalNames names;
  names.add(first);
  names.add(second);
  EXPECT_EQ(legal.view.name(TypeId{1}), names.unique(first));
  EXPECT_EQ(legal.view.name(TypeId{2}), names.unique(second));
  const auto record = std::get<Struct>(legal.view.decode(TypeId{3}));
  EXPECT_EQ(legal.view.string(record.members[0].name), names.unique(first));
  EXPECT_EQ(legal.view.string(record.members[1].name), names.unique(second));
}

TEST(LegalizeVlen, IsOf16BitsBefore7_1) {
  Builder builder;
  const std::vector<Enumerator> values(65'536, Enumerator{builder.string("E"), 0});
  builder.add_enum(builder.string("long"), {4}, false, values);
  const auto types = test::open(must(builder.blob()));
  EXPECT_TRUE(must(legalize(types.view, {.kernel = {7, 1}})).changes.empty());
  const auto legal = must(legalize(types.view, {.kernel = {7, 0}}));
  ASSERT_EQ(legal.changes.size(), 1U);
  EXPECT_EQ(legal.changes[0].kind, ChangeKind::cut);
  EXPECT_EQ(test::open(legal.blob).view.info(TypeId{1}).vlen, 65'535U);
}

TEST(LegalizeUnknown, KindIsAnError) {
  test::BtfBytes btf;
  btf.header_size = 32;
  btf.layout.assign(41, {0, 0});
  btf.add_raw(40, 0, false, 0, 0);
  const auto types = test::open(btf);
  EXPECT_FALSE(legalize(types.view, {.kernel = {6, 18}}));
}

}  // namespace
}  // namespace btfreloc::btf
