#include "btf/legal_names.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "support/objects.h"

namespace btfreloc::btf {
namespace {

struct Case {
  std::string_view original;
  std::string_view legal;
};

// As tests/lit/pass/legalize has them of the pass.
constexpr Case kCases[] = {
    {"", ""},
    {"task_struct", "task_struct"},
    {"task_struct___old", "task_struct___old"},
    {"Foo<u32>", "Foo_u32_"},
    {"Foo<&&T>", "Foo_T_"},
    {"Option<core::num::nonzero::NonZero<u32>>", "Option_core_num_nonzero_NonZero_u32_"},
    {"Foo<_>", "Foo__"},
    {"Foo<__a>", "Foo__a_"},
    {"a__&b", "a__b"},
    {"a&_&b", "a__b"},
    {"a____b&", "a____b_"},
    {"0", "_0"},
    {"0__1", "_0__1"},
    {"&", "_"},
    {"größe", "gr_e"},
    {"a b.c", "a_b_c"},
};

TEST(LegalName, ReplacesRunsOfIllegalCharacters) {
  for (const Case& test : kCases) {
    SCOPED_TRACE(test.original);
    EXPECT_EQ(legal_name(test.original), test.legal);
    EXPECT_TRUE(is_legal_name(test.legal));
    EXPECT_EQ(is_legal_name(test.original), test.original == test.legal);
    EXPECT_EQ(legal_name(test.legal), test.legal);
  }
}

TEST(LegalName, MakesNoFlavor) {
  // Every text of these characters: letters, underscores, what is illegal.
  constexpr std::string_view kAlphabet = "a_&:";
  for (unsigned number = 0; number < 4 * 4 * 4 * 4 * 4 * 4; ++number) {
    std::string original = "x";
    for (unsigned rest = number; original.size() < 7; rest /= 4) original += kAlphabet[rest % 4];
    const std::string legal = legal_name(original);
    SCOPED_TRACE(original + " is " + legal);
    EXPECT_TRUE(is_legal_name(legal));
    if (original.find("___") == std::string::npos) {
      EXPECT_EQ(legal.find("___"), std::string::npos);
    }
  }
}

TEST(LegalName, IsCutWithAHash) {
  const std::string long_name(200, 'x');
  const std::string legal = legal_name(long_name);
  EXPECT_EQ(legal.size(), kLongestName);
  EXPECT_EQ(legal.substr(0, 118), std::string(118, 'x'));
  EXPECT_EQ(legal[118], '_');
  EXPECT_NE(legal, legal_name(long_name + "y"));
  EXPECT_EQ(legal_name(long_name, 511), long_name);
  // No underscores meet the suffix's.
  EXPECT_EQ(legal_name(std::string(110, 'x') + std::string(100, '_')).size(), 110U + 9U);
}

TEST(LegalNames, TellsDifferentThingsApart) {
  LegalNames names;
  for (const char* name : {"Foo<u8>", "Foo(u8)", "Foo[u16]", "Foo_u16_", "Bar<u8>", "Bar<u8>"}) {
    names.add(name);
  }
  EXPECT_EQ(names.unique("Foo<u8>").substr(0, 7), "Foo_u8_");
  EXPECT_EQ(names.unique("Foo<u8>").size(), 6U + 9U);
  EXPECT_NE(names.unique("Foo<u8>"), names.unique("Foo(u8)"));
  EXPECT_NE(names.unique("Foo[u16]"), "Foo_u16_");
  EXPECT_EQ(names.unique("Foo_u16_"), "Foo_u16_");
  EXPECT_EQ(names.unique("Bar<u8>"), "Bar_u8_");
  EXPECT_EQ(names.unique("Bar(u8)").substr(0, 6), "Bar_u8");
  EXPECT_NE(names.unique("Bar(u8)"), "Bar_u8_");
}

TEST(LegalNames, OfLongNamesHashAllOfThem) {
  const std::string stem(200, 'n');
  LegalNames names(511);
  names.add(stem + "<a>");
  names.add(stem + "(a)");
  // As XXH3_64bits() has them of the whole names.
  EXPECT_EQ(names.unique(stem + "<a>"), stem + "_a_0fe6681c");
  EXPECT_EQ(names.unique(stem + "(a)"), stem + "_a_2b4380b2");
}

/// As testdata/rust/types.llvm22.o has them.
TEST(LegalNames, HashesAreThoseOfThePass) {
  LegalNames names;
  for (const char* name : {"&[&[u16]]", "&[u16]", "(u16, ())"}) names.add(name);
  EXPECT_EQ(names.unique("&[&[u16]]"), "_u16_ddbe7746");
  EXPECT_EQ(names.unique("&[u16]"), "_u16_18756bc7");
  EXPECT_EQ(names.unique("(u16, ())"), "_u16_91f3b766");
}

TEST(LegalNames, TheIdentityCounts) {
  LegalNames names;
  names.add("Foo<u8>", "one::Foo<u8>");
  names.add("Foo<u8>", "two::Foo<u8>");
  EXPECT_NE(names.unique("Foo<u8>", "one::Foo<u8>"), names.unique("Foo<u8>", "two::Foo<u8>"));
}

/// What the pass wrote into the objects that ship here: a name and, in a tag, the original.
TEST(LegalNames, AreThoseOfThePass) {
  std::size_t compared = 0;
  for (const char* file : {"rust/types.llvm19.o", "rust/types.llvm22.o"}) {
    const test::OpenObject input = test::open_object(std::string(BTFRELOC_TESTDATA "/") + file);
    const View& view = *input.object.btf();
    for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
      const Type type = view.decode(id);
      const auto* tag = std::get_if<DeclTag>(&type);
      if (tag == nullptr || !view.name(id).starts_with("name=")) continue;
      EXPECT_EQ(legal_name(view.name(id).substr(5)), view.name(tag->type));
      ++compared;
    }
  }
  EXPECT_GE(compared, 30U);
}

}  // namespace
}  // namespace btfreloc::btf
