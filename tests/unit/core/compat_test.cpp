#include "core/compat.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "support/make_types.h"

namespace btfreloc::core {

void PrintTo(Compat compat, std::ostream* out) {
  *out << (compat == Compat::yes ? "yes" : compat == Compat::no ? "no" : "too deep");
}

namespace {

/// One for each comparison.
Budget& fresh_budget() {
  static Budget budget;
  return budget = Budget();
}

using btf::Kind;
using enum Compat;
using namespace test;  // the words that types are made of

struct CompatCase {
  std::string_view what;
  MakeType local;
  MakeType target;
  Compat expected;

  friend void PrintTo(const CompatCase& each, std::ostream* out) { *out << each.what; }
};

Compat ask(Compat (*compare)(const TypePair&, Budget&), const CompatCase& each,
           std::endian local_order = std::endian::little) {
  const OneType local = make(each.local, local_order);
  const OneType target = make(each.target);
  return compare({local.btf(), local.id, target.btf(), target.id}, fresh_budget());
}

MakeType restricted(MakeType of) { return refer(Kind::kRestrict, std::move(of)); }
MakeType changing(MakeType of) { return refer(Kind::kVolatile, std::move(of)); }
MakeType tagged(MakeType of) { return refer(Kind::kTypeTag, std::move(of), "rcu"); }
MakeType decl_tagged(MakeType of) {
  return [=](BtfBytes& btf) {
    const TypeId id = of(btf);
    return btf.add(Kind::kDeclTag, "tag", id, {-1});
  };
}
MakeType variable(MakeType of) {
  return [=](BtfBytes& btf) {
    const TypeId id = of(btf);
    return btf.add(Kind::kVar, "v", id, {1});
  };
}
MakeType section() {
  return [](BtfBytes& btf) { return btf.add(Kind::kDatasec, ".data", 4); };
}
MakeType function() {
  return [](BtfBytes& btf) {
    const TypeId type = btf.add(Kind::kFuncProto, 0, 0);
    return btf.function("f", type, 1);
  };
}
MakeType s(std::string name = "s") { return structure(std::move(name), {}); }
MakeType u(std::string name = "u") { return either(std::move(name), {}); }
MakeType pointers(int count, MakeType to) { return nested(count, std::move(to), ptr); }

// Fields: what a program may read through its own declaration of the member.

class FieldCompat : public testing::TestWithParam<CompatCase> {};

TEST_P(FieldCompat, IsDecidedByKindsAndNamesOfEnums) {
  for (const std::endian order : kOrders) {
    EXPECT_EQ(ask(fields_are_compat, GetParam(), order), GetParam().expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, FieldCompat,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"structs of other names", s("a"), s("b"), yes},
        {"a struct and a union", s(), u(), yes},
        {"a union and a struct", u(), s(), yes},
        {"a struct and its forward declaration", s("s"), fwd("s"), no},
        {"a forward declaration and its struct", fwd("s"), s("s"), no},
        {"a struct and a pointer", s(), ptr(s()), no},
        {"a struct and an int", s(), i32(), no},
        {"pointers to other types", ptr(i32()), ptr(s()), yes},
        {"pointers to void and to a function", ptr(nothing()), ptr(proto(i32(), {})), yes},
        {"a pointer and an integer of its size", ptr(i32()), u64(), no},
        {"floats of other sizes", floating("float", 4), floating("double", 8), yes},
        {"a float and an int", floating("float", 4), i32(), no},
        {"forward declarations of one name", fwd("a"), fwd("a"), yes},
        {"forward declarations of a struct and a union", fwd("a"), fwd("a", true), yes},
        {"forward declarations of two names", fwd("a"), fwd("b"), no},
        {"forward declarations of two flavors", fwd("a___x"), fwd("a___y"), yes},
        {"enums of one name", enumeration("e", {{"A"}}), enumeration("e", {{"B"}}), yes},
        {"enums of two names", enumeration("e", {}), enumeration("f", {}), no},
        {"enums of two flavors", enumeration("e___v1", {}), enumeration("e", {}), yes},
        {"an anonymous enum here", enumeration("", {}), enumeration("f", {}), yes},
        {"an anonymous enum there", enumeration("e", {}), enumeration("", {}), yes},
        {"enums of other sizes", enumeration("e", {}, 1), enumeration("e", {}, 4), yes},
        {"an enum and an enum64", enumeration("e", {}), enumeration64("e", {}), yes},
        {"an enum64 and an enum", enumeration64("e", {}), enumeration("e", {}), yes},
        {"an enum and an enum64 of two names", enumeration("e", {}), enumeration64("f", {}), no},
        {"an enum and an int", enumeration("e", {}), i32(), no},
        {"an int and an enum", i32(), enumeration("e", {}), no},
        {"ints of other sizes", u8(), u64(), yes},
        {"ints of other signs", i32(), u32(), yes},
        {"ints of other encodings", integer("bool", 1, btf::kIntBool), u8(), yes},
        {"an int that starts at bit 4 here", integer("i", 4, 0, 4), u32(), no},
        {"an int that starts at bit 4 there", u32(), integer("i", 4, 0, 4), no},
        {"ints that both start at bit 4", integer("i", 4, 0, 4), integer("i", 4, 0, 4), no},
        {"arrays of other lengths", array(i32(), 3), array(i32(), 0), yes},
        {"arrays of int and of pointer", array(i32(), 3), array(ptr(i32()), 3), no},
        {"arrays of struct and of union", array(s(), 1), array(u(), 1), yes},
        {"arrays of arrays", array(array(u8(), 2), 2), array(array(u64(), 9), 9), yes},
        {"an array of arrays and one of ints", array(array(u8(), 2), 2), array(u8(), 4), no},
        {"an array and its element", array(u8(), 1), u8(), no},
        {"arrays in arrays beyond 32 levels",
         nested(40, u8(), [](MakeType t) { return array(t, 1); }),
         nested(40, u8(), [](MakeType t) { return array(t, 1); }), yes},
        {"functions", proto(i32(), {}), proto(i32(), {}), no},
        {"void", nothing(), nothing(), no},
        {"variables", variable(i32()), variable(i32()), no},
        {"typedefs are looked through", alias("a", i32()), alias("b", u8()), yes},
        {"a typedef and what it means", alias("a", i32()), i32(), yes},
        {"each modifier is looked through", constant(changing(restricted(tagged(ptr(i32()))))),
         ptr(u8()), yes},
        {"each modifier is looked through there", ptr(u8()),
         constant(changing(restricted(tagged(alias("t", ptr(i32())))))), yes},
        {"a declaration tag is no modifier", decl_tagged(i32()), i32(), no},
        {"modifiers of elements", array(constant(i32()), 2), array(alias("t", i32()), 2), yes},
    })));

// Types: type_exists, type_size and target_type_id.

class TypeCompat : public testing::TestWithParam<CompatCase> {};

TEST_P(TypeCompat, IsDecidedByKinds) {
  for (const std::endian order : kOrders) {
    EXPECT_EQ(ask(types_are_compat, GetParam(), order), GetParam().expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, TypeCompat,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"structs of other members", structure("s", {{"a", i32()}}), s("t"), yes},
        {"unions", u("a"), u("b"), yes},
        {"a struct and a union", s(), u(), no},
        {"a struct and its forward declaration", s(), fwd("s"), no},
        {"forward declarations", fwd("a"), fwd("b", true), yes},
        {"enums", enumeration("e", {{"A"}}), enumeration("f", {}, 8), yes},
        {"an enum and an enum64", enumeration("e", {}), enumeration64("e", {}), yes},
        {"an enum64 and an enum", enumeration64("e", {}), enumeration("e", {}), yes},
        {"an enum and an int", enumeration("e", {}), i32(), no},
        {"ints of other sizes and signs", i32(), u64(), yes},
        {"an int that starts at bit 4 here", integer("i", 4, 0, 4), u32(), no},
        {"an int that starts at bit 4 there", u32(), integer("i", 4, 0, 4), no},
        {"void", nothing(), nothing(), yes},
        {"void and int", nothing(), i32(), no},
        {"a typedef and what it means", alias("t", i32()), i32(), no},
        {"what it means and a typedef", s(), alias("s", s()), no},
        {"typedefs of structs", alias("t", s("a")), alias("t", s("b")), yes},
        {"typedefs of a struct and an int", alias("t", s()), alias("t", i32()), no},
        {"a typedef of a typedef", alias("t", alias("a", s())), alias("t", s()), yes},
        {"typedefs of an enum and an enum64", alias("t", enumeration("e", {})),
         alias("t", enumeration64("e", {})), yes},
        {"const and volatile", constant(i32()), changing(i32()), no},
        {"const and const", constant(i32()), constant(u8()), yes},
        {"pointers to structs", ptr(s("a")), ptr(s("b")), yes},
        {"pointers to a struct and to its forward declaration", ptr(s()), ptr(fwd("s")), no},
        {"pointers to an int and to a struct", ptr(i32()), ptr(s()), no},
        {"pointers to void", ptr(nothing()), ptr(nothing()), yes},
        {"pointers to void and to int", ptr(nothing()), ptr(i32()), no},
        {"modifiers behind a pointer", ptr(constant(tagged(i32()))), ptr(alias("t", u8())), yes},
        {"arrays of other lengths", array(i32(), 3), array(i32(), 4), yes},
        {"arrays of other kinds", array(i32(), 3), array(s(), 3), no},
        {"functions", proto(i32(), {ptr(s()), u8()}), proto(u64(), {ptr(s("t")), u32()}), yes},
        {"functions of other counts", proto(i32(), {u8()}), proto(i32(), {u8(), u8()}), no},
        {"functions of other parameters", proto(i32(), {u8()}), proto(i32(), {ptr(u8())}), no},
        {"functions of other results", proto(i32(), {u8()}), proto(ptr(i32()), {u8()}), no},
        {"functions that return nothing", proto(nothing(), {}), proto(nothing(), {}), yes},
        {"parameters are looked through", proto(i32(), {alias("t", u8())}),
         proto(i32(), {constant(u8())}), yes},
        // libbpf has no rule for these, and says no.
        {"floats", floating("double", 8), floating("double", 8), no},
        {"pointers to floats", ptr(floating("f", 4)), ptr(floating("f", 4)), no},
        {"variables", variable(i32()), variable(i32()), no},
        {"sections", section(), section(), no},
        {"functions with a name", function(), function(), no},
        {"31 pointers", pointers(31, i32()), pointers(31, i32()), yes},
        {"32 pointers", pointers(32, i32()), pointers(32, i32()), too_deep},
        {"32 pointers and one", pointers(32, i32()), pointers(1, i32()), no},
        {"31 arrays", nested(31, u8(), [](MakeType t) { return array(t, 1); }),
         nested(31, u8(), [](MakeType t) { return array(t, 1); }), yes},
        {"32 arrays", nested(32, u8(), [](MakeType t) { return array(t, 1); }),
         nested(32, u8(), [](MakeType t) { return array(t, 1); }), too_deep},
        {"32 functions in parameters",
         nested(32, i32(), [](MakeType t) { return proto(nothing(), {t}); }),
         nested(32, i32(), [](MakeType t) { return proto(nothing(), {t}); }), yes},
        {"33 functions in parameters",
         nested(33, i32(), [](MakeType t) { return proto(nothing(), {t}); }),
         nested(33, i32(), [](MakeType t) { return proto(nothing(), {t}); }), too_deep},
        {"31 functions that return one another",
         nested(31, i32(), [](MakeType t) { return proto(t, {}); }),
         nested(31, i32(), [](MakeType t) { return proto(t, {}); }), yes},
        {"32 functions that return one another",
         nested(32, i32(), [](MakeType t) { return proto(t, {}); }),
         nested(32, i32(), [](MakeType t) { return proto(t, {}); }), too_deep},
    })));

// Contents: type_matches.

class TypeMatch : public testing::TestWithParam<CompatCase> {};

TEST_P(TypeMatch, IsDecidedByNamesSizesAndMembers) {
  for (const std::endian order : kOrders) {
    EXPECT_EQ(ask(types_match, GetParam(), order), GetParam().expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Names, TypeMatch,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"ints of one name", i32(), i32(), yes},
        {"ints of two names", integer("a", 4), integer("b", 4), no},
        {"structs of two names", s("a"), s("b"), no},
        {"structs of two flavors", s("a___x"), s("a___y"), yes},
        {"a name and none", s("a"), s(""), no},
        {"no name and one", s(""), s("a"), no},
        {"no names", s(""), s(""), yes},
        {"typedefs are looked through, names included", alias("a", i32()), alias("b", i32()), yes},
        {"a typedef and what it means", alias("a", s()), s(), yes},
        {"modifiers are looked through", constant(changing(tagged(s()))), restricted(s()), yes},
        {"names behind a pointer", ptr(s("a")), ptr(s("b")), no},
        {"flavors behind a pointer", ptr(s("a___x")), ptr(s("a")), yes},
        {"void", nothing(), nothing(), yes},
        {"void and a nameless struct", nothing(), s(""), no},
        {"void and a pointer", ptr(nothing()), ptr(ptr(nothing())), no},
    })));

INSTANTIATE_TEST_SUITE_P(
    Kinds, TypeMatch,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"ints of other sizes", integer("i", 4), integer("i", 8), no},
        {"ints of other signs", integer("i", 4), integer("i", 4, btf::kIntSigned), no},
        {"a char and an int of its size and sign", integer("i", 1, btf::kIntChar), integer("i", 1),
         yes},
        {"an int and a float", integer("n", 4), floating("n", 4), no},
        {"floats, for which libbpf has no rule", floating("f", 4), floating("f", 4), no},
        {"forward declarations", fwd("a"), fwd("a"), yes},
        {"forward declarations of a struct and a union", fwd("a"), fwd("a", true), no},
        {"a forward declaration and its struct", fwd("s"), s("s"), no},
        {"a struct and its forward declaration", s("s"), fwd("s"), no},
        {"a struct and a union", s("x"), u("x"), no},
        {"arrays", array(i32(), 3), array(i32(), 3), yes},
        {"arrays of other lengths", array(i32(), 3), array(i32(), 4), no},
        {"arrays of other elements", array(i32(), 3), array(u32(), 3), no},
        {"an array and a pointer", array(i32(), 3), ptr(i32()), no},
        {"functions", proto(i32(), {u8(), ptr(s())}), proto(i32(), {u8(), ptr(s())}), yes},
        {"functions of other counts", proto(i32(), {u8()}), proto(i32(), {}), no},
        {"functions of other parameters", proto(i32(), {u8()}), proto(i32(), {u32()}), no},
        {"functions of other results", proto(i32(), {}), proto(u32(), {}), no},
        {"31 pointers", pointers(31, i32()), pointers(31, i32()), yes},
        {"32 pointers", pointers(32, i32()), pointers(32, i32()), too_deep},
        {"31 structs by value",
         nested(31, i32(), [](MakeType t) { return structure("s", {{"m", t}}); }),
         nested(31, i32(), [](MakeType t) { return structure("s", {{"m", t}}); }), yes},
        {"32 structs by value",
         nested(32, i32(), [](MakeType t) { return structure("s", {{"m", t}}); }),
         nested(32, i32(), [](MakeType t) { return structure("s", {{"m", t}}); }), too_deep},
    })));

INSTANTIATE_TEST_SUITE_P(
    BehindAPointer, TypeMatch,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"structs, whatever they hold", ptr(structure("s", {{"a", i32()}})), ptr(s()), yes},
        {"unions, whatever they hold", ptr(either("u", {{"a", i32()}})), ptr(u()), yes},
        {"a struct and a union", ptr(s("x")), ptr(u("x")), no},
        {"a struct and its forward declaration", ptr(s("s")), ptr(fwd("s")), yes},
        {"a struct and a forward declaration of a union", ptr(s("s")), ptr(fwd("s", true)), no},
        {"a union and its forward declaration", ptr(u("u")), ptr(fwd("u", true)), yes},
        {"a union and a forward declaration of a struct", ptr(u("u")), ptr(fwd("u")), no},
        {"a forward declaration and its struct", ptr(fwd("s")), ptr(s("s")), yes},
        {"a forward declaration and a union", ptr(fwd("u")), ptr(u("u")), no},
        {"a forward declaration and its union", ptr(fwd("u", true)), ptr(u("u")), yes},
        {"forward declarations", ptr(fwd("a")), ptr(fwd("a")), yes},
        {"forward declarations of a struct and a union", ptr(fwd("a")), ptr(fwd("a", true)), no},
        {"a forward declaration and an enum", ptr(fwd("e")), ptr(enumeration("e", {})), no},
        {"a struct in an array", ptr(array(structure("s", {{"a", i32()}}), 2)), ptr(array(s(), 2)),
         yes},
        {"parameters of a function behind one",
         ptr(proto(nothing(), {structure("s", {{"a", i32()}})})), ptr(proto(nothing(), {s()})),
         yes},
        {"but not those of a function that is behind none",
         proto(nothing(), {structure("s", {{"a", i32()}})}), proto(nothing(), {s()}), no},
        {"enums are compared there too", ptr(enumeration("e", {{"A"}})),
         ptr(enumeration("e", {{"B"}})), no},
        {"members behind one, in a struct behind none",
         structure("s", {{"m", ptr(structure("t", {{"a", i32()}}))}}),
         structure("s", {{"m", ptr(s("t"))}}), yes},
    })));

INSTANTIATE_TEST_SUITE_P(
    Enums, TypeMatch,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"same", enumeration("e", {{"A", 1}, {"B", 2}}), enumeration("e", {{"A", 1}, {"B", 2}}),
         yes},
        {"other values and order", enumeration("e", {{"A", 1}, {"B", 2}}),
         enumeration("e", {{"B", 7}, {"A", 9}}), yes},
        {"more there", enumeration("e", {{"A"}}), enumeration("e", {{"X"}, {"A"}}), yes},
        {"fewer there", enumeration("e", {{"X"}, {"A"}}), enumeration("e", {{"A"}}), no},
        {"another there", enumeration("e", {{"A"}}), enumeration("e", {{"B"}}), no},
        {"flavors of enumerators", enumeration("e", {{"A___v1"}}), enumeration("e", {{"A"}}), yes},
        {"other sizes", enumeration("e", {{"A"}}, 4), enumeration("e", {{"A"}}, 8), no},
        {"an enum and an enum64 of its size", enumeration("e", {{"A"}}, 8),
         enumeration64("e", {{"A"}}, 8), yes},
        {"an enum64 and an enum of its size", enumeration64("e", {{"A"}}, 8),
         enumeration("e", {{"A"}}, 8), yes},
        {"an enum and an enum64 of another size", enumeration("e", {{"A"}}, 4),
         enumeration64("e", {{"A"}}, 8), no},
        {"signs do not count", enumeration("e", {{"A"}}, 4, true), enumeration("e", {{"A"}}), yes},
        {"none here", enumeration("e", {}), enumeration("e", {{"A"}}), yes},
        {"an enum and an int", enumeration("e", {}), integer("e", 4), no},
    })));

INSTANTIATE_TEST_SUITE_P(
    Members, TypeMatch,
    testing::ValuesIn(std::to_array<CompatCase>({
        {"other offsets and order", structure("s", {{"a", i32(), 0}, {"b", u8(), 32}}),
         structure("s", {{"b", u8(), 640}, {"a", i32(), 64}}), yes},
        {"more there", structure("s", {{"a", i32()}}), structure("s", {{"x", i32()}, {"a", i32()}}),
         yes},
        {"fewer there", structure("s", {{"a", i32()}, {"b", i32()}}),
         structure("s", {{"a", i32()}}), no},
        {"another name", structure("s", {{"a", i32()}}), structure("s", {{"b", i32()}}), no},
        {"another type", structure("s", {{"a", i32()}}), structure("s", {{"a", u32()}}), no},
        {"a flavor of the name", structure("s", {{"a___v1", i32()}}),
         structure("s", {{"a", i32()}}), yes},
        {"the second of that name has the type", structure("s", {{"a", i32()}}),
         structure("s", {{"a___x", u32()}, {"a___y", i32()}}), yes},
        {"structs by value are compared", structure("s", {{"m", structure("t", {{"a", i32()}})}}),
         structure("s", {{"m", structure("t", {{"b", i32()}})}}), no},
        {"anonymous members match anonymous ones",
         structure("s", {{"", either("", {{"a", i32()}})}}),
         structure("s", {{"", either("", {{"a", i32()}})}}), yes},
        {"the second anonymous one matches", structure("s", {{"", structure("", {{"a", i32()}})}}),
         structure("s", {{"", structure("", {{"b", i32()}})}, {"", structure("", {{"a", i32()}})}}),
         yes},
        {"members are not looked for in anonymous ones", structure("s", {{"a", i32()}}),
         structure("s", {{"", structure("", {{"a", i32()}})}}), no},
        {"members of anonymous ones are not looked for outside",
         structure("s", {{"", structure("", {{"a", i32()}})}}), structure("s", {{"a", i32()}}), no},
        {"a bitfield and a whole int", structure("s", {{"a", i32(), 3, 5}}),
         structure("s", {{"a", i32()}}), yes},
        {"unions like structs", either("u", {{"a", i32()}, {"b", u8()}}),
         either("u", {{"b", u8()}, {"a", i32()}}), yes},
        {"unions lacking one", either("u", {{"a", i32()}}), either("u", {{"b", i32()}}), no},
        {"an empty struct matches any of its name", s(), structure("s", {{"a", i32()}}), yes},
    })));

// The order of the sides counts.

TEST(TypesMatch, IsNotCommutative) {
  const CompatCase fewer = {"", structure("s", {{"a", i32()}}),
                            structure("s", {{"a", i32()}, {"b", i32()}}), yes};
  EXPECT_EQ(ask(types_match, fewer), yes);
  EXPECT_EQ(ask(types_match, {"", fewer.target, fewer.local, no}), no);
}

/// Each struct has two members of the type of the next: 2^31 paths to the last, all compared, if
/// nobody counted.
TEST(TypesMatch, GivesUpOnStructsThatMultiply) {
  BtfBytes bytes;
  TypeId type = bytes.integer("int", 4);
  for (int n = 0; n < 30; ++n)
    type = bytes.add(Kind::kStruct, "s", 4, {"a", type, 0, "b", type, 0});
  const OpenBtf open = test::open(bytes);
  EXPECT_EQ(types_match({open.view, type, open.view, type}, fresh_budget()), too_deep);
}

TEST(TypesAreCompat, GivesUpOnFunctionsThatMultiply) {
  BtfBytes bytes;
  TypeId type = bytes.integer("int", 4);
  for (int n = 0; n < 30; ++n) type = bytes.add(Kind::kFuncProto, 0, 0, {0, type, 0, type});
  const OpenBtf open = test::open(bytes);
  EXPECT_EQ(types_are_compat({open.view, type, open.view, type}, fresh_budget()), too_deep);
}

TEST(FieldsAreCompat, GivesUpOnAnArrayOfItself) {
  BtfBytes bytes;
  const TypeId index = bytes.integer("int", 4);
  const TypeId self = bytes.array(TypeId{2}, index, 1);
  const OpenBtf open = test::open(bytes);
  EXPECT_EQ(fields_are_compat({open.view, self, open.view, self}, fresh_budget()), too_deep);
}

// Kinds and names.

TEST(KindsAreCompat, WhenEqualOrBothEnums) {
  for (int a = 0; a < 20; ++a) {
    for (int b = 0; b < 20; ++b) {
      const auto is_enum = [](int kind) { return kind == 6 || kind == 19; };
      EXPECT_EQ(kinds_are_compat(static_cast<Kind>(a), static_cast<Kind>(b)),
                a == b || (is_enum(a) && is_enum(b)))
          << a << ' ' << b;
    }
  }
}

TEST(EssentialNames, AreEqualWithoutTheirFlavors) {
  EXPECT_TRUE(essential_names_equal("a", "a"));
  EXPECT_TRUE(essential_names_equal("a___x", "a"));
  EXPECT_TRUE(essential_names_equal("a", "a___x"));
  EXPECT_TRUE(essential_names_equal("a___x", "a___y"));
  EXPECT_TRUE(essential_names_equal("", ""));
  EXPECT_FALSE(essential_names_equal("a", ""));
  EXPECT_FALSE(essential_names_equal("", "a"));
  EXPECT_FALSE(essential_names_equal("a", "b"));
  EXPECT_FALSE(essential_names_equal("a", "aa"));
  EXPECT_FALSE(essential_names_equal("a___x___y", "a___x"));
  EXPECT_FALSE(essential_names_equal("a____x", "a"));
}

}  // namespace
}  // namespace btfreloc::core
