#include "btf/raw_parser.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "support/btf_bytes.h"
#include "support/every_kind.h"
#include "support/raw.h"

namespace btfreloc::btf {
namespace {

using test::all_raw;
using test::must;

test::OpenBtf parsed(std::string_view text, std::endian order = std::endian::little,
                     const View* base = nullptr) {
  auto builder = parse_raw(text, order, base);
  if (!builder) throw std::runtime_error(builder.error().message);
  return test::open(must(builder->blob()), base);
}

TEST(ParseRaw, ReadsWhatPrintRawWrites) {
  for (const std::endian order : test::kOrders) {
    test::BtfBytes btf(order);
    test::every_kind(btf);
    const std::string text = all_raw(test::open(btf).view);
    const auto back = parsed(text, order);
    EXPECT_EQ(all_raw(back.view), text);
    EXPECT_EQ(back.view.order(), order);
  }
}

TEST(ParseRaw, ContinuesABase) {
  const auto base = parsed("[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n");
  const std::string text = "[2] TYPEDEF 'pid_t' type_id=1\n[3] PTR '(anon)' type_id=2\n";
  EXPECT_EQ(all_raw(parsed(text, std::endian::little, &base.view).view), text);
}

TEST(ParseRaw, TakesWhatPeopleAndOlderToolsWrite) {
  struct Case {
    std::string_view text;
    std::string_view means;
  };
  constexpr Case kCases[] = {
      {"", ""},
      {"# a comment\n\n[1] PTR '(anon)' type_id=0", "[1] PTR '(anon)' type_id=0\n"},
      {"  [1]  PTR  '(anon)'\ttype_id=0  \r\n", "[1] PTR '(anon)' type_id=0\n"},
      {"[1] PTR '*const u8' type_id=0\n", "[1] PTR '*const u8' type_id=0\n"},
      {"[1] TYPEDEF '&'a str' type_id=0\n", "[1] TYPEDEF '&'a str' type_id=0\n"},
      {"[1] ENUM 'e' size=4 vlen=1\n'A' val=1\n",
       "[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=1\n"},
      {"[1] ENUM64 'e' encoding=SIGNED size=8 vlen=2\n'A' val=-1\n'B' val=5LL\n",
       "[1] ENUM64 'e' encoding=SIGNED size=8 vlen=2\n\t'A' val=-1LL\n\t'B' val=5LL\n"},
      {"[1] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[2] FUNC 'f' type_id=1\n",
       "[1] FUNC_PROTO '(anon)' ret_type_id=0 vlen=0\n[2] FUNC 'f' type_id=1 linkage=static\n"},
      {"[1] ENUM 'e' size=4 vlen=1\n'A' val=-1\n",
       "[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=4294967295\n"},
      {"[1] DATASEC '.data' size=4 vlen=1\n type_id=2 offset=0 size=4\n[2] VAR 'v' type_id=0, "
       "linkage=global\n",
       "[1] DATASEC '.data' size=4 vlen=1\n\ttype_id=2 offset=0 size=4 (VAR 'v')\n[2] VAR 'v' "
       "type_id=0, linkage=global\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(all_raw(parsed(c.text).view), c.means) << c.text;
}

TEST(ParseRaw, TagsMayBeAttributes) {
  const auto tags = parsed(
      "[1] TYPE_TAG 'a' type_id=0 kind_flag=1\n[2] DECL_TAG 'b' type_id=1 component_idx=-1 "
      "kind_flag=1\n[3] TYPE_TAG 'c' type_id=0\n");
  EXPECT_TRUE(tags.view.info(TypeId{1}).kind_flag);
  EXPECT_TRUE(tags.view.info(TypeId{2}).kind_flag);
  EXPECT_FALSE(tags.view.info(TypeId{3}).kind_flag);
}

TEST(ParseRaw, SaysWhereAndWhatIsWrong) {
  struct Case {
    std::string_view text;
    std::size_t line;
    std::size_t column;
    std::string_view message;
  };
  constexpr Case kCases[] = {
      {"INT", 1, 1, "a type is missing here, as in `[1] INT 'int' size=4 ...`"},
      {"[x] PTR", 1, 2, "a type id is no number"},
      {"[2] PTR '(anon)' type_id=0", 1, 2, "type [2] comes where [1] is next"},
      {"[1 PTR '(anon)' type_id=0", 1, 3, "`]` is missing here"},
      {"[1] POINTER '(anon)' type_id=0", 1, 5, "`POINTER` is no kind of type"},
      {"[1] UNKNOWN '(anon)'", 1, 5, "`UNKNOWN` is no kind of type"},
      {"[1] PTR type_id=0", 1, 9, "a name in quotes is missing here, as 'int' or '(anon)'"},
      {"[1] PTR '(anon type_id=0", 1, 10, "the name does not end"},
      {"[1] PTR '(anon)'", 1, 17, "`type_id=` is missing here"},
      {"[1] PTR '(anon)' type_id=-1", 1, 26, "type_id is no number"},
      {"[1] PTR '(anon)' type_id=4294967296", 1, 26, "type_id is too large: it has 32 bits"},
      {"[1] PTR '(anon)' type_id=0 more", 1, 28, "`more` is not expected here"},
      {"[1] PTR '(anon)' type_id=0\n[2] CONST '(anon)' type_id=7", 2, 28,
       "there is no type [7]: the last is [2]"},
      {"[1] INT 'int' size=4 bits_offset=0 nr_bits=300 encoding=SIGNED", 1, 44,
       "nr_bits=300 has no room: at most 255"},
      {"[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=UNKN", 1, 56,
       "`UNKN` is no encoding"},
      {"[1] FWD 'f' fwd_kind=enum", 1, 22, "`enum` is no fwd_kind"},
      {"[1] STRUCT 's' size=4 vlen=2\n\t'a' type_id=0 bits_offset=0\n", 1, 1,
       "vlen=2, and 1 lines follow"},
      {"[1] STRUCT 's' size=4 vlen=1\n[2] PTR '(anon)' type_id=0", 1, 1,
       "vlen=1, and 0 lines follow"},
      {"[1] STRUCT 's' size=4 vlen=0\n\t'a' type_id=0 bits_offset=0\n", 2, 2,
       "a type is missing here, as in `[1] INT 'int' size=4 ...`"},
      {"[1] STRUCT 's' size=4 vlen=1\n\t'a' type_id=0 bits_offset=0 bitfield_size=256\n", 2, 44,
       "bitfield_size=256 has no room: at most 255"},
      {"[1] STRUCT 's' size=4 vlen=4294967295\n", 1, 28,
       "vlen=4294967295 has no room: at most 16777215"},
      {std::string_view("[1] PTR 'a\0b' type_id=0", 23), 1, 14,
       "the name holds a zero byte, which would end it"},
      {"[1] STRUCT 's' size=4 vlen=2\n'a' type_id=0 bits_offset=0 bitfield_size=3\n"
       "'b' type_id=0 bits_offset=16777216\n",
       1, 28, "member 1 has no room for bits_offset=16777216 beside bitfields: at most 16777215"},
      {"[1] ENUM 'e' encoding=SIGNED size=4 vlen=1\n'A' val=4294967295\n", 2, 9,
       "val is too large: it has 32 bits"},
      {"[1] ENUM64 'e' encoding=SIGNED size=8 vlen=1\n'A' val=18446744073709551615LL\n", 2, 9,
       "val is too large: it has 64 bits"},
      {"[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n'A' val=-1\n", 2, 9,
       "val is negative in an UNSIGNED enum"},
      {"[1] TYPE_TAG 't' type_id=0 kind_flag=2", 1, 38, "kind_flag is 0 or 1"},
      {"[1] VAR 'v' type_id=0, linkage=static\n[2] DATASEC 'd' size=4 vlen=1\n"
       "type_id=1 offset=0 size=4 (VAR 'v') size=9\n",
       3, 27, "`(VAR 'v') size=9` is not expected here"},
      {"[1] ENUM 'e' encoding=SIGNED size=4 vlen=1\n'A' val=-2147483649\n", 2, 9,
       "val is too large: it has 32 bits"},
  };
  for (const Case& c : kCases) {
    const auto builder = parse_raw(c.text);
    ASSERT_FALSE(builder) << c.text;
    EXPECT_EQ(builder.error().message, c.message) << c.text;
    EXPECT_EQ(builder.error().line, c.line) << c.text;
    EXPECT_EQ(builder.error().column, c.column) << c.text;
  }
}

}  // namespace
}  // namespace btfreloc::btf
