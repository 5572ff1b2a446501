#include "btf/c_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/btf_bytes.h"
#include "support/every_kind.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;

// The declarations of one small program, type by type. `text` is what the C programmer wrote.

struct Types {
  BtfBytes btf;
  TypeId nothing{0};
  TypeId integer = btf.integer("int", 4, kIntSigned);
  TypeId character = btf.integer("char", 1, kIntChar);
  TypeId structure = btf.add(Kind::kStruct, "s", 4, {"x", integer, 0});
  TypeId alias = btf.add(Kind::kTypedef, "alias_t", structure);

  TypeId pointer(TypeId to) { return btf.pointer(to); }
  TypeId array(TypeId of, std::uint32_t n) { return btf.array(of, integer, n); }
  TypeId constant(TypeId of) { return btf.add(Kind::kConst, 0, of); }
  TypeId vol(TypeId of) { return btf.add(Kind::kVolatile, 0, of); }
  TypeId restricted(TypeId of) { return btf.add(Kind::kRestrict, 0, of); }
  TypeId tagged(const char* tag, TypeId of) { return btf.add(Kind::kTypeTag, tag, of); }
  TypeId function(TypeId returned, std::vector<test::Word> params = {}) {
    return btf.add(Kind::kFuncProto, 0, returned, std::move(params));
  }
};

struct Case {
  std::string_view text;
  TypeId (*make)(Types&);

  friend void PrintTo(const Case& declaration, std::ostream* out) { *out << declaration.text; }
};

class Declaration : public testing::TestWithParam<Case> {};

TEST_P(Declaration, IsWhatTheProgrammerWrote) {
  Types types;
  const TypeId id = GetParam().make(types);
  EXPECT_EQ(declaration(test::open(types.btf).view, id, "f"), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    C, Declaration,
    testing::ValuesIn(std::to_array<Case>({
        {"int f", [](Types& t) { return t.integer; }},
        {"struct s f", [](Types& t) { return t.structure; }},
        {"alias_t f", [](Types& t) { return t.alias; }},
        {"void f", [](Types& t) { return t.nothing; }},
        {"int *f", [](Types& t) { return t.pointer(t.integer); }},
        {"void **f", [](Types& t) { return t.pointer(t.pointer(t.nothing)); }},
        {"int f[3]", [](Types& t) { return t.array(t.integer, 3); }},
        {"int f[3][4]", [](Types& t) { return t.array(t.array(t.integer, 4), 3); }},
        {"int f[]", [](Types& t) { return t.array(t.integer, 0); }},
        {"int f[][4]", [](Types& t) { return t.array(t.array(t.integer, 4), 0); }},
        {"int f[4][0]", [](Types& t) { return t.array(t.array(t.integer, 0), 4); }},
        {"int *f[3]", [](Types& t) { return t.array(t.pointer(t.integer), 3); }},
        {"int (*f)[3]", [](Types& t) { return t.pointer(t.array(t.integer, 3)); }},
        {"int *(*f)[3]", [](Types& t) { return t.pointer(t.array(t.pointer(t.integer), 3)); }},
        {"int (**f)[3]", [](Types& t) { return t.pointer(t.pointer(t.array(t.integer, 3))); }},
        {"int (*(*f)[2])[3]",
         [](Types& t) { return t.pointer(t.array(t.pointer(t.array(t.integer, 3)), 2)); }},

        {"const int f", [](Types& t) { return t.constant(t.integer); }},
        {"const void *f", [](Types& t) { return t.pointer(t.constant(t.nothing)); }},
        {"int *const f", [](Types& t) { return t.constant(t.pointer(t.integer)); }},
        {"const char *const f",
         [](Types& t) { return t.constant(t.pointer(t.constant(t.character))); }},
        {"const char *const f[2]",
         [](Types& t) { return t.array(t.constant(t.pointer(t.constant(t.character))), 2); }},
        {"int *const *f", [](Types& t) { return t.pointer(t.constant(t.pointer(t.integer))); }},
        {"const volatile struct s *f",
         [](Types& t) { return t.pointer(t.constant(t.vol(t.structure))); }},
        {"int *volatile const f",
         [](Types& t) { return t.constant(t.vol(t.pointer(t.integer))); }},
        {"void *restrict f", [](Types& t) { return t.restricted(t.pointer(t.nothing)); }},
        {"const alias_t *f", [](Types& t) { return t.pointer(t.constant(t.alias)); }},
        {"int (*const f)[3]", [](Types& t) { return t.constant(t.pointer(t.array(t.integer, 3))); }},
        // GCC writes the const of the elements a second time, on the array.
        {"const char f[8]",
         [](Types& t) { return t.constant(t.array(t.constant(t.character), 8)); }},
        {"const char (*f)[8]",
         [](Types& t) { return t.pointer(t.constant(t.array(t.constant(t.character), 8))); }},
        // And the volatile of a function that does not return.
        {"void (*f)(void)", [](Types& t) { return t.pointer(t.vol(t.function(t.nothing))); }},

        {"int f(void)", [](Types& t) { return t.function(t.integer); }},
        {"int (*f)(void)", [](Types& t) { return t.pointer(t.function(t.integer)); }},
        {"int (*f[3])(void)", [](Types& t) { return t.array(t.pointer(t.function(t.integer)), 3); }},
        {"int *f(void)", [](Types& t) { return t.function(t.pointer(t.integer)); }},
        {"int *(*f)(void)", [](Types& t) { return t.pointer(t.function(t.pointer(t.integer))); }},
        {"int (**f)(void)", [](Types& t) { return t.pointer(t.pointer(t.function(t.integer))); }},
        {"int (*const f)(void)",
         [](Types& t) { return t.constant(t.pointer(t.function(t.integer))); }},
        {"int (*f(char))(void)",
         [](Types& t) {
           return t.function(t.pointer(t.function(t.integer)), {0, t.character});
         }},
        {"int (*(*f)(int a))(void)",
         [](Types& t) {
           return t.pointer(t.function(t.pointer(t.function(t.integer)), {"a", t.integer}));
         }},
        {"int (*(*f)(void))[3]",
         [](Types& t) { return t.pointer(t.function(t.pointer(t.array(t.integer, 3)))); }},
        {"void f(int (*callback)(void *), struct s *)",
         [](Types& t) {
           const TypeId argument = t.pointer(t.nothing);
           return t.function(t.nothing,
                             {"callback", t.pointer(t.function(t.integer, {0, argument})), 0,
                              t.pointer(t.structure)});
         }},
        {"int f(const char *format, ...)",
         [](Types& t) {
           return t.function(t.integer, {"format", t.pointer(t.constant(t.character)), 0, 0});
         }},
        // int f(); in the words of C.
        {"int f(void)", [](Types& t) { return t.function(t.integer, {0, 0}); }},

        {"__attribute__((btf_type_tag(\"user\"))) void *f",
         [](Types& t) { return t.pointer(t.tagged("user", t.nothing)); }},
        {"__attribute__((btf_type_tag(\"user\"))) const char *f",
         [](Types& t) { return t.pointer(t.tagged("user", t.constant(t.character))); }},
        {"int *__attribute__((btf_type_tag(\"rcu\"))) *f",
         [](Types& t) { return t.pointer(t.tagged("rcu", t.pointer(t.integer))); }},
        {"__attribute__((aligned(8))) int f",
         [](Types& t) { return t.btf.add(Kind::kTypeTag, "aligned(8)", t.integer, {}, true); }},

        {"union u f", [](Types& t) { return t.btf.add(Kind::kUnion, "u", 4); }},
        {"enum e *f", [](Types& t) { return t.pointer(t.btf.add(Kind::kEnum, "e", 4)); }},
        {"enum e64 f", [](Types& t) { return t.btf.add(Kind::kEnum64, "e64", 8); }},
        {"struct fwd *f", [](Types& t) { return t.pointer(t.btf.add(Kind::kFwd, "fwd", 0)); }},
        {"union fwd *f",
         [](Types& t) { return t.pointer(t.btf.add(Kind::kFwd, "fwd", 0, {}, true)); }},
        {"double f", [](Types& t) { return t.btf.add(Kind::kFloat, "double", 8); }},
        {"struct {...} f", [](Types& t) { return t.btf.add(Kind::kStruct, 0, 4); }},
        {"union {...} *f", [](Types& t) { return t.pointer(t.btf.add(Kind::kUnion, 0, 4)); }},
        {"enum {...} f[2]", [](Types& t) { return t.array(t.btf.add(Kind::kEnum, 0, 4), 2); }},
    })));

TEST(DeclarationWithoutName, IsTheBareType) {
  Types t;
  const TypeId pointers = t.array(t.pointer(t.function(t.integer, {0, t.pointer(t.nothing)})), 3);
  const TypeId constant = t.constant(t.pointer(t.character));
  const auto open = test::open(t.btf);
  EXPECT_EQ(declaration(open.view, pointers, ""), "int (*[3])(void *)");
  EXPECT_EQ(declaration(open.view, constant, ""), "char *const");
  EXPECT_EQ(declaration(open.view, t.structure, ""), "struct s");
}

TEST(DeclarationOfNonsense, EndsAndSaysSo) {
  BtfBytes btf;
  const TypeId to_itself = btf.pointer(TypeId{1});
  const TypeId modifier = btf.add(Kind::kConst, 0, TypeId{2});
  const TypeId array = btf.array(TypeId{3}, TypeId{3}, 2);
  const TypeId returns_itself =
      btf.add(Kind::kFuncProto, 0, TypeId{4}, {0, TypeId{4}, 0, TypeId{4}});
  const auto open = test::open(btf);
  for (const TypeId id : {to_itself, modifier, array, returns_itself}) {
    const std::string text = declaration(open.view, id, "f");
    EXPECT_NE(text.find("/* "), std::string::npos) << text.substr(0, 100);
    EXPECT_LT(text.size(), 10'000'000U);
  }
}

// Definitions. Runs of blanks count as one here, so that the tests do not depend on the column of
// the comments.

std::string squeezed(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool is_indent = result.empty() || result.back() == '\n' || result.ends_with("\n ");
    if (c == ' ' && !result.empty() && result.back() == ' ') continue;
    if (c == ' ' && is_indent) continue;
    result += c;
  }
  return result;
}

std::string c_text(const View& view, TypeId id) {
  TextBuffer text;
  print_c(text, view, id);
  return std::string(text.view());
}

std::string squeezed_c(const View& view, TypeId id) { return squeezed(c_text(view, id)); }

TEST(CText, OfAStructHasOffsetsAndSizes) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4, kIntSigned);
  const TypeId c = btf.integer("char", 1, kIntChar);
  const TypeId task = btf.add(Kind::kStruct, "task", 96,
                              {"pid", i, 0, "comm", btf.array(c, i, 16), 32, "parent",
                               btf.pointer(TypeId{6}), 160, "data", btf.array(c, i, 0), 224});
  const auto open = test::open(btf);
  const std::string text = c_text(open.view, task);
  EXPECT_EQ(squeezed(text),
            "struct task { /* [6] size 96 */\n"
            "int pid; /* 0 4 */\n"
            "char comm[16]; /* 4 16 */\n"
            "struct task *parent; /* 20 8 */\n"
            "char data[]; /* 28 0 */\n"
            "};\n");
  // The comments stand in one column.
  std::size_t column = text.find("/*");
  for (std::size_t at = text.find('\n'); at + 1 < text.size() && text[at + 1] != '}';
       at = text.find('\n', at + 1)) {
    EXPECT_EQ(text.find("/*", at) - at - 1, column);
  }
}

TEST(CText, PrintsAnonymousMembersInPlaceWithTheirOffsetInTheWhole) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4, kIntSigned);
  const TypeId inner = btf.add(Kind::kStruct, 0, 8, {"a", i, 0, "b", i, 32});
  const TypeId either = btf.add(Kind::kUnion, 0, 8, {0, inner, 0, "whole", i, 0});
  const TypeId e = btf.add(Kind::kEnum, 0, 4, {"ZERO", 0, "TOP", 0x80000000});
  const TypeId behind = btf.pointer(inner);
  const TypeId outer = btf.add(Kind::kStruct, "outer", 64,
                               {"first", i, 0, 0, either, 64, "state", e, 128, "many",
                                btf.array(inner, i, 2), 160, "far", behind, 320, "last", i, 384});
  const auto open = test::open(btf);
  EXPECT_EQ(squeezed_c(open.view, outer),
            "struct outer { /* [7] size 64 */\n"
            "int first; /* 0 4 */\n"
            "union {\n"
            "struct {\n"
            "int a; /* 8 4 */\n"
            "int b; /* 12 4 */\n"
            "}; /* 8 8 */\n"
            "int whole; /* 8 4 */\n"
            "}; /* 8 8 */\n"
            "enum {\n"
            "ZERO = 0,\n"
            "TOP = 2147483648,\n"
            "} state; /* 16 4 */\n"
            "struct {\n"
            "int a; /* 20 4 */\n"
            "int b; /* 24 4 */\n"
            "} many[2]; /* 20 16 */\n"
            "struct {\n"
            "int a; /* 0 4 */\n"
            "int b; /* 4 4 */\n"
            "} *far; /* 40 8 */\n"
            "int last; /* 48 4 */\n"
            "};\n");
}

TEST(CText, IndentsByFour) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4, kIntSigned);
  const TypeId inner = btf.add(Kind::kStruct, 0, 4, {"a", i, 0});
  const TypeId outer = btf.add(Kind::kStruct, "outer", 4, {"in", inner, 0});
  const std::string text = c_text(test::open(btf).view, outer);
  EXPECT_NE(text.find("\n    struct {\n        int a;"), std::string::npos) << text;
  EXPECT_NE(text.find("\n    } in;"), std::string::npos) << text;
}

TEST(CText, GivesBitfieldsTheirFirstBit) {
  BtfBytes btf;
  const TypeId u = btf.integer("unsigned int", 4);
  const TypeId flags = btf.add(
      Kind::kStruct, "flags", 8,
      {"low", u, 3U << 24 | 0, "high", u, 5U << 24 | 3, "next", u, 9U << 24 | 12, "plain", u, 32},
      true);
  EXPECT_EQ(squeezed_c(test::open(btf).view, flags),
            "struct flags { /* [2] size 8 */\n"
            "unsigned int low : 3; /* 0:0 4 */\n"
            "unsigned int high : 5; /* 0:3 4 */\n"
            "unsigned int next : 9; /* 1:4 4 */\n"
            "unsigned int plain; /* 4 4 */\n"
            "};\n");
}

TEST(CText, OfEveryOtherKind) {
  BtfBytes btf;
  const auto id = test::every_kind(btf);
  const TypeId forward = btf.function("declared", id.proto, 2);
  const TypeId hidden = btf.function("hidden", id.variadic, 0);
  const TypeId own = btf.add(Kind::kVar, "own", id.array, {0});
  const TypeId shared = btf.add(Kind::kVar, "shared", id.pointer, {1});
  const TypeId anonymous =
      btf.add(Kind::kTypedef, "pair_t", btf.add(Kind::kStruct, 0, 8, {"a", id.int32, 0}));
  const auto open = test::open(btf);
  const std::map<std::uint32_t, std::string> kExpected = {
      {id.int32.value, "int;\n"},
      {id.floats.value, "double;\n"},
      {id.pointer.value, "void *;\n"},
      {id.array.value, "int [16909060];\n"},
      {id.restricts.value, "void *restrict;\n"},
      {id.consts.value, "const volatile typedef_t;\n"},
      {id.proto.value, "int (const volatile typedef_t named, void *restrict);\n"},
      {id.fwd_struct.value, "struct fwd_struct;\n"},
      {id.fwd_union.value, "union fwd_union;\n"},
      {id.typedefs.value, "typedef struct plain typedef_t;\n"},
      {anonymous.value, "typedef struct {\nint a; /* 0 4 */\n} pair_t;\n"},
      {id.function.value, "int function(const volatile typedef_t named, void *restrict);\n"},
      {forward.value, "extern int declared(const volatile typedef_t named, void *restrict);\n"},
      {hidden.value, "static void hidden(void *format, ...);\n"},
      {id.var.value, "extern unsigned int variable;\n"},
      {own.value, "static int own[16909060];\n"},
      {shared.value, "void *shared;\n"},
      {id.enums.value,
       "enum unsigned_enum { /* [10] size 4 */\nZERO = 0,\nTOP = 2147483648,\nALL = 4294967295,\n"
       "};\n"},
      {id.enum_signed.value,
       "enum { /* [11] size 4, signed */\nMINUS_ONE = -1,\nLOWEST = -2147483648,\n};\n"},
      {id.enum64.value,
       "enum unsigned_enum64 { /* [28] size 8 */\nMIXED = 72623859790382856,\n"
       "ALL64 = 18446744073709551615,\n};\n"},
      {id.enum64_signed.value,
       "enum signed_enum64 { /* [29] size 8, signed */\nLOWEST64 = -9223372036854775808,\n"
       "MINUS = -1,\n};\n"},
      {id.datasec.value,
       "section \".data\" { /* [22] size 16909060 */\n"
       "unsigned int variable; /* 84281096 151653132 */\n"
       "int function(const volatile typedef_t named, void *restrict); /* 4 8 */\n"
       "};\n"},
      {id.decl_tag.value, "/* decl tag \"decl\" on struct plain, component 1 */\n"},
      {id.decl_attribute.value, "/* decl tag \"attribute\" on func function */\n"},
      {id.type_tag.value, "__attribute__((btf_type_tag(\"user\"))) int;\n"},
  };
  for (const auto& [number, text] : kExpected) {
    EXPECT_EQ(squeezed_c(open.view, TypeId{number}), text) << number;
  }
}

TEST(CText, OfHostileNestingEnds) {
  BtfBytes btf;
  // Anonymous structs of five anonymous structs each, forty deep.
  TypeId inner = btf.add(Kind::kStruct, 0, 1);
  for (int depth = 0; depth < 40; ++depth) {
    inner = btf.add(Kind::kStruct, 0, 1,
                    {0, inner, 0, 0, inner, 0, 0, inner, 0, 0, inner, 0, 0, inner, 0});
  }
  const TypeId itself = btf.add(Kind::kStruct, 0, 1, {0, TypeId{42}, 0});
  const auto open = test::open(btf);
  const std::string text = c_text(open.view, inner);
  EXPECT_NE(text.find("/* too many members to print */"), std::string::npos);
  EXPECT_LT(text.size(), std::size_t{200} << 20);
  EXPECT_LT(c_text(open.view, itself).size(), 10'000U);
}

TEST(Title, HasTheKeywordWhereNamesHaveASpaceOfTheirOwn) {
  BtfBytes btf;
  const auto id = test::every_kind(btf);
  const auto open = test::open(btf);
  const std::map<std::uint32_t, std::string> kTitles = {
      {0, "void"},
      {id.int32.value, "int"},
      {id.pointer.value, "void *"},
      {id.array.value, "int [16909060]"},
      {id.structure.value, "struct plain"},
      {id.unions.value, "union (anon)"},
      {id.enums.value, "enum unsigned_enum"},
      {id.enum_signed.value, "enum (anon)"},
      {id.enum64.value, "enum unsigned_enum64"},
      {id.fwd_struct.value, "struct fwd_struct"},
      {id.fwd_union.value, "union fwd_union"},
      {id.typedefs.value, "typedef typedef_t"},
      {id.consts.value, "const volatile typedef_t"},
      {id.function.value, "func function"},
      {id.var.value, "var variable"},
      {id.datasec.value, "section .data"},
      {id.floats.value, "double"},
  };
  for (const auto& [number, text] : kTitles) EXPECT_EQ(title(open.view, TypeId{number}), text);
}

}  // namespace
}  // namespace btfreloc::btf
