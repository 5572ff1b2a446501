#include "core/match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/make_types.h"

namespace btfreloc::core {
namespace {

/// One for each comparison.
Budget& fresh_budget() {
  static Budget budget;
  return budget = Budget();
}

using btf::Kind;
using enum ReloKind;
using namespace test;  // the words that types are made of

std::string_view word(Mismatch why) {
  switch (why) {
    case Mismatch::no_such_member: return "no such member";
    case Mismatch::member_type: return "member type";
    case Mismatch::not_composite: return "not composite";
    case Mismatch::not_array: return "not array";
    case Mismatch::array_bound: return "array bound";
    case Mismatch::not_enum: return "not enum";
    case Mismatch::no_such_enumerator: return "no such enumerator";
    case Mismatch::type: return "type";
    case Mismatch::type_contents: return "type contents";
  }
  return "?";
}

/// "0:1:2 at bit 64", "member type, step 2", "malformed".
std::string text(const Match& match) {
  if (const auto* spec = std::get_if<Spec>(&match)) {
    return fmt::format("{} at bit {}", fmt::join(spec->access, ":"), spec->offset.value);
  }
  if (const auto* refusal = std::get_if<Refusal>(&match)) {
    return fmt::format("{}, step {}", word(refusal->why), refusal->step);
  }
  return "malformed";
}

struct MatchCase {
  std::string_view what;
  MakeType local;
  std::string_view access;
  MakeType target;
  std::string_view expected;
  ReloKind kind = field_byte_offset;

  friend void PrintTo(const MatchCase& each, std::ostream* out) { *out << each.what; }
};

class Matches : public testing::TestWithParam<MatchCase> {};

TEST_P(Matches, AsExpected) {
  const MatchCase& each = GetParam();
  for (const std::endian order : kOrders) {
    const OneType local = make(each.local);
    const OneType target = make(each.target, order);
    const auto spec = parse_spec(local.btf(), local.id, each.access, each.kind);
    ASSERT_TRUE(spec) << spec.error().reason;
    EXPECT_EQ(text(match(local.btf(), *spec, target.btf(), target.id, fresh_budget())),
              each.expected);
  }
}

MakeType with(std::string member, MakeType type = i32()) {
  return structure("s", {{std::move(member), std::move(type)}});
}
MakeType anonymous(std::vector<MakeMember> members) { return structure("", std::move(members)); }
MakeType anonymous_union(std::vector<MakeMember> members) { return either("", std::move(members)); }

INSTANTIATE_TEST_SUITE_P(
    Members, Matches,
    testing::ValuesIn(std::to_array<MatchCase>({
        {"by name at another place", with("a"), "0:0",
         structure("s", {{"x", u64(), 0}, {"a", i32(), 64}}), "0:1 at bit 64"},
        {"of another size and sign", with("a"), "0:0", with("a", u64()), "0:0 at bit 0"},
        {"that is a bitfield there", with("a"), "0:0",
         structure("s", {{"x", i32(), 0, 3}, {"a", i32(), 3, 5}}), "0:1 at bit 3"},
        {"that is a bitfield here", structure("s", {{"a", i32(), 3, 5}}), "0:0",
         structure("s", {{"a", u64(), 64}}), "0:0 at bit 64"},
        {"that is not there", with("a"), "0:0", with("b"), "no such member, step 1"},
        {"of a struct without any", with("a"), "0:0", structure("s", {}), "no such member, step 1"},
        {"of another type", with("a"), "0:0", with("a", ptr(i32())), "member type, step 1"},
        {"of the struct itself", with("a"), "0", with("b"), "0 at bit 0"},
        {"of the third struct", with("a"), "3:0",
         structure("s", {{"x", u64()}, {"a", i32(), 64}}, 16), "3:1 at bit 448"},
        {"names have no flavors", with("a___v1"), "0:0", with("a"), "no such member, step 1"},
        {"of a flavor that both have", with("a___v1"), "0:0", with("a___v1"), "0:0 at bit 0"},
        {"a name that starts like it", with("ab"), "0:0",
         structure("s", {{"a", i32()}, {"abc", i32()}}), "no such member, step 1"},
        {"of a union", either("u", {{"x", u64()}, {"a", i32()}}), "0:1",
         either("u", {{"a", i32()}}), "0:0 at bit 0"},
        {"of a struct that became a union", with("in", with("a")), "0:0:0",
         with("in", either("u", {{"x", i32()}, {"a", i32()}})), "0:0:1 at bit 0"},
        {"of a union that became a struct", with("in", either("u", {{"a", i32()}})), "0:0:0",
         with("in", structure("t", {{"x", i32()}, {"a", i32(), 32}})), "0:0:1 at bit 32"},
        {"in a member of another struct", with("in", structure("t", {{"a", i32(), 32}})), "0:0:0",
         structure("s", {{"x", i32()}, {"in", structure("w", {{"a", i32(), 96}}), 64}}),
         "0:1:0 at bit 160"},
        {"missing in a member", with("in", with("a")), "0:0:0", with("in", with("b")),
         "no such member, step 2"},
        {"in what is no struct any more", with("in", with("a")), "0:0:0", with("in", i32()),
         "member type, step 1"},
        {"through typedefs and modifiers", with("in", with("a")), "0:0:0",
         alias("s", constant(with("in", alias("in_t", constant(with("a", alias("n", i32()))))))),
         "0:0:0 at bit 0"},
        {"of a typedef of a struct", alias("s_t", with("a")), "0:0",
         alias("s_t", structure("other", {{"a", i32(), 32}})), "0:0 at bit 32"},
        {"of a typedef that became an int", alias("s_t", with("a")), "0:0", alias("s_t", i32()),
         "not composite, step 1"},
        {"of a typedef of a forward declaration", alias("s_t", with("a")), "0:0",
         alias("s_t", fwd("s")), "malformed"},
    })));

INSTANTIATE_TEST_SUITE_P(
    AnonymousMembers, Matches,
    testing::ValuesIn(std::to_array<MatchCase>({
        {"that is anonymous there", with("a"), "0:0",
         structure("s", {{"x", i32()}, {"", anonymous({{"y", i32()}, {"a", i32(), 32}}), 64}}),
         "0:1:1 at bit 96"},
        {"in one here and not there", with("", anonymous({{"x", i32()}, {"a", i32(), 32}})),
         "0:0:1", with("a"), "0:0 at bit 0"},
        {"in a struct here and a union there", with("", anonymous({{"a", i32()}})), "0:0:0",
         structure("s", {{"", anonymous_union({{"x", i32()}, {"a", i32()}}), 32}}),
         "0:0:1 at bit 32"},
        {"at any depth, struct and union mixed", with("a"), "0:0",
         structure(
             "s",
             {{"x", i32()},
              {"",
               anonymous({{"y", i32()},
                          {"", anonymous_union({{"z", i32()}, {"", anonymous({{"a", i32(), 8}})}}),
                           32}}),
               32}}),
         "0:1:1:1:0 at bit 72"},
        {"behind anonymous ones that lack it", with("a"), "0:0",
         structure("s", {{"", anonymous({{"x", i32()}}), 0},
                         {"", anonymous_union({{"y", i32()}}), 32},
                         {"a", i32(), 64}}),
         "0:2 at bit 64"},
        {"in the second anonymous one", with("a"), "0:0",
         structure("s",
                   {{"", anonymous({{"x", i32()}}), 0}, {"", anonymous({{"a", i32(), 32}}), 32}}),
         "0:1:0 at bit 64"},
        {"that is behind a typedef", with("a"), "0:0",
         structure("s", {{"", alias("t", constant(anonymous({{"a", i32(), 32}}))), 32}}),
         "0:0:0 at bit 64"},
        {"an anonymous int has none", with("a"), "0:0",
         structure("s", {{"", i32()}, {"a", i32(), 32}}), "0:1 at bit 32"},
        {"an anonymous pointer is not followed", with("a"), "0:0", with("", ptr(with("a"))),
         "no such member, step 1"},
        {"none of that name", with("a"), "0:0", with("", anonymous({{"b", i32()}})),
         "no such member, step 1"},
        // A hit decides, right or wrong: C has no second member of that name.
        {"the first one of a name decides, in front", with("a"), "0:0",
         structure("s", {{"a", ptr(i32())}, {"a", i32(), 64}}), "member type, step 1"},
        {"the first one of a name decides, inside", with("a"), "0:0",
         structure("s", {{"", anonymous({{"a", ptr(i32())}})}, {"a", i32(), 64}}),
         "member type, step 1"},
        {"the first one of a name decides, compatible", with("a"), "0:0",
         structure("s", {{"", anonymous({{"a", i32(), 32}})}, {"a", ptr(i32()), 64}}),
         "0:0:0 at bit 32"},
        {"only the anonymous member itself", with("", anonymous({{"a", i32()}})), "0:0", with("b"),
         "0 at bit 0", field_exists},
    })));

INSTANTIATE_TEST_SUITE_P(
    Arrays, Matches,
    testing::ValuesIn(std::to_array<MatchCase>({
        {"an element", with("a", array(i32(), 4)), "0:0:3", with("a", array(i32(), 4)),
         "0:0:3 at bit 96"},
        {"an element of another size", with("a", array(u8(), 4)), "0:0:3",
         structure("s", {{"a", array(u64(), 8), 64}}), "0:0:3 at bit 256"},
        {"the last there is", with("a", array(i32(), 9)), "0:0:2", with("a", array(i32(), 3)),
         "0:0:2 at bit 64"},
        {"one more than there is", with("a", array(i32(), 9)), "0:0:3", with("a", array(i32(), 3)),
         "array bound, step 2"},
        {"of a member that is none", with("a", array(i32(), 9)), "0:0:3", with("a", i32()),
         "member type, step 1"},
        {"of a typedef that is none", alias("t", array(i32(), 9)), "0:3", alias("t", i32()),
         "not array, step 1"},
        {"a member of an element", with("a", array(with("b"), 4)), "0:0:2:0",
         with("a", array(structure("t", {{"x", i32()}, {"b", i32(), 32}}, 8), 4)),
         "0:0:2:1 at bit 160"},
        {"two dimensions", with("a", array(array(i32(), 3), 2)), "0:0:1:2",
         with("a", array(array(i32(), 4), 2)), "0:0:1:2 at bit 192"},
        {"two dimensions, the inner one short", with("a", array(array(i32(), 3), 2)), "0:0:1:2",
         with("a", array(array(i32(), 2), 2)), "array bound, step 3"},
        {"two dimensions that became one", with("a", array(array(i32(), 3), 2)), "0:0:1:2",
         with("a", array(i32(), 6)), "member type, step 1"},
        {"element types are looked through", with("a", array(with("b"), 4)), "0:0:1:0",
         with("a", alias("t", array(constant(structure("t", {{"b", i32(), 32}}, 8)), 4))),
         "0:0:1:0 at bit 96"},
        {"of a flexible array", with("a", array(i32(), 9)), "0:0:8",
         structure("s", {{"x", u64()}, {"a", array(i32(), 0), 64}}), "0:1:8 at bit 320"},
        {"of a flexible array that is not last", with("a", array(i32(), 9)), "0:0:8",
         structure("s", {{"a", array(i32(), 0), 64}, {"x", u64(), 64}}), "array bound, step 2"},
        {"of one that is flexible here", with("a", array(i32(), 0)), "0:0:8",
         with("a", array(i32(), 4)), "array bound, step 2"},
        {"of one that is flexible on both sides", with("a", array(u8(), 0)), "0:0:8",
         with("a", array(u8(), 0)), "0:0:8 at bit 64"},
        {"the last one of an anonymous struct", with("a", array(i32(), 9)), "0:0:8",
         structure("s",
                   {{"", anonymous({{"x", i32()}, {"a", array(i32(), 0), 32}})}, {"y", i32()}}),
         "0:0:1:8 at bit 288"},
        {"an inner dimension is not flexible", with("a", array(array(i32(), 3), 2)), "0:0:1:2",
         with("a", array(array(i32(), 0), 2)), "array bound, step 3"},
        {"of elements without a size", with("a", array(alias("t", i32()), 2)), "0:0:1",
         with("a", array(alias("t", proto(i32(), {})), 2)), "member type, step 1"},
        {"beyond 512 MiB", with("a", array(structure("t", {{"b", i32()}}, 8), 9)), "0:0:8",
         with("a", array(structure("t", {{"b", i32()}}, 0x10000000), 9)), "malformed"},
        {"beyond 512 MiB, by members", with("in", with("a")), "0:0:0",
         structure("s", {{"in", structure("t", {{"a", i32(), 0x80000000}}), 0x80000000}}),
         "malformed"},
        {"beyond 512 MiB, by an anonymous member", with("a"), "0:0",
         structure("s", {{"", anonymous({{"a", i32(), 0x80000000}}), 0x80000000}}), "malformed"},
        {"just within 512 MiB, by members", with("in", with("a")), "0:0:0",
         structure("s", {{"in", structure("t", {{"a", i32(), 0x7fffffe0}}), 0x80000000}}),
         "0:0:0 at bit 4294967264"},
        {"the array itself, of another length", with("a", array(i32(), 9)), "0:0",
         with("a", array(i32(), 0)), "0:0 at bit 0"},
    })));

INSTANTIATE_TEST_SUITE_P(
    Enumerators, Matches,
    testing::ValuesIn(std::to_array<MatchCase>({
        {"by name", enumeration("e", {{"A", 1}}), "0", enumeration("e", {{"X", 1}, {"A", 5}}),
         "1 at bit 0", enumval_value},
        {"that is not there", enumeration("e", {{"A", 1}}), "0", enumeration("e", {{"B", 1}}),
         "no such enumerator, step 0", enumval_exists},
        {"of an enum64", enumeration("e", {{"A", 1}}), "0", enumeration64("e", {{"A", 1}}),
         "0 at bit 0", enumval_value},
        {"of an enum64 here", enumeration64("e", {{"A", 1}}), "0",
         enumeration("e", {{"X"}, {"Y"}, {"A"}}), "2 at bit 0", enumval_value},
        {"of a flavor", enumeration("e", {{"A___v2", 1}}), "0", enumeration("e", {{"X"}, {"A"}}),
         "1 at bit 0", enumval_value},
        {"of a flavor there", enumeration("e", {{"A", 1}}), "0", enumeration("e", {{"A___v2"}}),
         "0 at bit 0", enumval_value},
        {"the first of two flavors", enumeration("e", {{"A", 1}}), "0",
         enumeration("e", {{"A___v1", 7}, {"A", 8}}), "0 at bit 0", enumval_value},
        {"of a typedef", alias("e_t", enumeration("e", {{"A"}})), "0",
         alias("e_t", constant(enumeration("f", {{"A"}}))), "0 at bit 0", enumval_exists},
        {"of a typedef that became an int", alias("e_t", enumeration("e", {{"A"}})), "0",
         alias("e_t", i32()), "not enum, step 0", enumval_exists},
    })));

INSTANTIATE_TEST_SUITE_P(
    Types, Matches,
    testing::ValuesIn(std::to_array<MatchCase>({
        {"exists, whatever it holds", with("a"), "0", with("b"), "0 at bit 0", type_exists},
        {"has a size, whatever it holds", with("a"), "0", with("b"), "0 at bit 0", type_size},
        {"has an id, whatever it holds", with("a"), "0", with("b"), "0 at bit 0", type_id_target},
        {"does not match another", with("a"), "0", with("b"), "type contents, step 0",
         type_matches},
        {"matches the same", with("a"), "0", with("a"), "0 at bit 0", type_matches},
        {"is another", alias("t", i32()), "0", alias("t", with("a")), "type, step 0", type_exists},
        {"is too deep to tell", alias("t", nested(32, i32(), ptr)), "0",
         alias("t", nested(32, i32(), ptr)), "malformed", type_exists},
        {"is too deep to match", alias("t", nested(32, i32(), ptr)), "0",
         alias("t", nested(32, i32(), ptr)), "malformed", type_matches},
    })));

TEST(Match, SaysWhichTypesDecided) {
  const OneType local = make(with("in", with("a")));
  BtfBytes bytes;
  const TypeId pointer = bytes.pointer(TypeId{0});
  const TypeId named = bytes.add(Kind::kTypedef, "pointer_t", pointer);
  const TypeId in = bytes.add(Kind::kStruct, "t", 8, {"a", named, 0});
  const TypeId constant_in = bytes.add(Kind::kConst, 0, in);
  const TypeId root = bytes.add(Kind::kStruct, "s", 8, {"in", constant_in, 0});
  const OpenBtf target = test::open(bytes);
  const auto spec = parse_spec(local.btf(), local.id, "0:0:0", field_byte_offset);
  const Match matched = match(local.btf(), *spec, target.view, root, fresh_budget());
  const auto* refusal = std::get_if<Refusal>(&matched);
  ASSERT_NE(refusal, nullptr);
  EXPECT_EQ(refusal->why, Mismatch::member_type);
  EXPECT_EQ(refusal->step, 2U);
  EXPECT_EQ(refusal->type, in) << "without its const";
  EXPECT_EQ(refusal->member, named) << "as the member declares it";
}

/// A member under `depth` anonymous structs.
MakeType buried(int depth) {
  return structure("s", {{"", nested(depth - 1, anonymous({{"a", i32()}}), [](MakeType in) {
                            return anonymous({{"", std::move(in)}});
                          })}});
}

TEST(Match, FollowsAnonymousMembersTo64Numbers) {
  const OneType local = make(with("a"));
  const auto spec = parse_spec(local.btf(), local.id, "0:0", field_byte_offset);
  // 0 for the pointer, one for each anonymous member, one for the member itself.
  const OneType deepest = make(buried(62));
  const Match found = match(local.btf(), *spec, deepest.btf(), deepest.id, fresh_budget());
  ASSERT_TRUE(std::holds_alternative<Spec>(found)) << text(found);
  EXPECT_EQ(std::get<Spec>(found).access.size(), 64U);

  const OneType too_deep = make(buried(63));
  EXPECT_EQ(text(match(local.btf(), *spec, too_deep.btf(), too_deep.id, fresh_budget())),
            "malformed");
}

TEST(Match, IsMalformedWhenItIsTooDeepEvenIfTheMemberComesLater) {
  const OneType local = make(with("a"));
  const auto spec = parse_spec(local.btf(), local.id, "0:0", field_byte_offset);
  const OneType target = make(structure("s", {{"", buried(70)}, {"a", i32()}}));
  EXPECT_EQ(text(match(local.btf(), *spec, target.btf(), target.id, fresh_budget())), "malformed");
}

/// Each anonymous struct has the next one twice: 2^40 ways to the innermost.
TEST(Match, EndsQuicklyWhereAnonymousStructsMultiply) {
  BtfBytes bytes;
  TypeId type = bytes.integer("int", 4);
  for (int n = 0; n < 40; ++n) type = bytes.add(Kind::kStruct, 0, 4, {0, type, 0, 0, type, 0});
  const TypeId root = bytes.add(Kind::kStruct, "s", 4, {0, type, 0});
  const OpenBtf target = test::open(bytes);
  const OneType local = make(with("a"));
  const auto spec = parse_spec(local.btf(), local.id, "0:0", field_byte_offset);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(text(match(local.btf(), *spec, target.view, root, fresh_budget())), "malformed");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(Match, HasTheTargetsOwnTypesInItsPath) {
  const OneType local = make(with("in", array(with("a"), 3)));
  const auto spec = parse_spec(local.btf(), local.id, "0:0:2:0", field_byte_offset);
  BtfBytes bytes;
  const TypeId i = bytes.integer("int", 4);
  const TypeId hidden = bytes.add(Kind::kStruct, 0, 8, {"x", i, 0, "a", i, 32});
  const TypeId element = bytes.add(Kind::kStruct, "t", 8, {0, hidden, 0});
  const TypeId many = bytes.array(element, i, 5);
  const TypeId root = bytes.add(Kind::kStruct, "s", 48, {"y", i, 0, "in", many, 64});
  const OpenBtf target = test::open(bytes);
  const Match matched = match(local.btf(), *spec, target.view, root, fresh_budget());
  ASSERT_TRUE(std::holds_alternative<Spec>(matched)) << text(matched);
  const Spec& found = std::get<Spec>(matched);
  EXPECT_EQ(text(matched), "0:1:2:0:1 at bit 224");
  EXPECT_EQ(found.root, root);
  EXPECT_EQ(found.kind, field_byte_offset);
  EXPECT_EQ(access_path(target.view, found), "in[2].a");
  std::vector<std::pair<std::uint32_t, std::uint32_t>> steps;
  for (const Accessor& step : found.path) steps.emplace_back(step.type.value, step.index);
  using testing::Pair;
  EXPECT_THAT(steps, testing::ElementsAre(Pair(root.value, 0), Pair(root.value, 1),
                                          Pair(element.value, 2), Pair(hidden.value, 1)));
}

}  // namespace
}  // namespace btfreloc::core
