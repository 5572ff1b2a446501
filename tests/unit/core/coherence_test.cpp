// Several types of one name: relocations of one root are decided together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

#include "unit/core/resolve_case.h"

namespace btfreloc::core {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using enum ReloKind;

/// Two structs of one name. The object asks for members of it in the order of `accesses`.
class TwoStructs : public Case {
 public:
  TwoStructs(std::vector<MakeMember> in_object, const std::vector<MakeMember>& first,
             const std::vector<MakeMember>& second) {
    root = structure("s", std::move(in_object))(local);
    a = structure("s", first)(kernel);
    b = structure("s", second)(kernel);
  }
  void offset_of(std::string_view access, std::int32_t old_value = 0) {
    ask(root, access, field_byte_offset, mov(old_value));
  }
  void exists(std::string_view access) { ask(root, access, field_exists, mov(1)); }

  TypeId root;
  TypeId a;
  TypeId b;
};

const std::vector<MakeMember> kXAndY = {{"x", i32()}, {"y", i32()}};

/// aya-rs/aya#1727: a loader that decides one relocation after the other
/// mixes the two layouts, and reads beyond the end of both.
TEST(Coherence, Aya1727NeverMixesLayouts) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"y", i32(), 128}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  EXPECT_THAT(texts(s.resolve()),
              testing::ElementsAre("fatal incoherent-layout", "fatal incoherent-layout"));
  for (const Decision& decision : s.decisions) {
    EXPECT_EQ(decision.detail, "[2] has x and lacks y; [4] has y and lacks x");
    EXPECT_EQ(decision.after, mov(0));
    EXPECT_EQ(decision.answer(), nullptr);
    EXPECT_EQ(decision.considered.size(), 2U);
  }
  // libbpf keeps the layout of the first, and poisons the second.
  EXPECT_THAT(texts(s.resolve(Rules::libbpf)),
              testing::ElementsAre("patched 8", "poisoned missing-member"));
}

TEST(Coherence, TakesTheOneThatSatisfiesAll) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"x", i32(), 96}, {"y", i32(), 128}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  EXPECT_THAT(texts(s.resolve()), testing::ElementsAre("patched 12", "patched 16"));
  for (const Decision& decision : s.decisions) {
    EXPECT_EQ(decision.chosen, 1U);
    EXPECT_FALSE(decision.considered[0].counted);
    EXPECT_TRUE(decision.considered[1].counted);
  }
  // libbpf compares x alone first.
  EXPECT_THAT(texts(s.resolve(Rules::libbpf)),
              testing::ElementsAre("fatal ambiguous", "patched 16"));
}

TEST(Coherence, IsAmbiguousWhereThoseThatSatisfyAllDiffer) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}, {"y", i32(), 128}},
               {{"x", i32(), 96}, {"y", i32(), 128}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(texts(s.resolve(rules)), testing::ElementsAre("fatal ambiguous", "patched 16"));
    EXPECT_THAT(s.decisions[0].detail, AllOf(HasSubstr("[3]"), HasSubstr("[6]")));
    EXPECT_EQ(s.decisions[0].answer(), nullptr);
  }
}

TEST(Coherence, TakesThoseThatAgree) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}, {"y", i32(), 128}},
               {{"w", i32()}, {"x", i32(), 64}, {"y", i32(), 128}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(texts(s.resolve(rules)), testing::ElementsAre("patched 8", "patched 16"));
  }
}

TEST(Coherence, ThoseThatAnswerAlikeAreOneLayout) {
  // Neither has y; both have x at the same place.
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"x", i32(), 64}, {"z", i32(), 96}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(texts(s.resolve(rules)),
                testing::ElementsAre("patched 8", "poisoned missing-member"));
  }
}

TEST(Coherence, ThoseThatLackTheSameAndDifferAreIncoherent) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"x", i32(), 96}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  EXPECT_THAT(texts(s.resolve()),
              testing::ElementsAre("fatal incoherent-layout", "fatal incoherent-layout"));
  EXPECT_EQ(s.decisions[0].detail, "[2] has x and lacks y; [4] has x and lacks y");
}

TEST(Coherence, OneThatResolvesSomeIsPoisonedWhereItDoesNot) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"w", i32()}});
  s.offset_of("0:1");
  s.offset_of("0:0");
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(texts(s.resolve(rules)),
                testing::ElementsAre("poisoned missing-member", "patched 8"));
  }
}

TEST(Coherence, NoneThatResolvesAnyPoisonsAll) {
  TwoStructs s(kXAndY, {{"v", i32()}}, {{"w", i32()}});
  s.offset_of("0:0");
  s.offset_of("0:1");
  s.exists("0:0");
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(
        texts(s.resolve(rules)),
        testing::ElementsAre("poisoned missing-member", "poisoned missing-member", "patched 0"));
  }
}

TEST(Coherence, ExistenceIsAskedOfThoseThatSatisfyTheValues) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"y", i32(), 128}});
  s.exists("0:1");
  s.offset_of("0:0");
  s.ask(s.root, "0", type_id_target, mov(0));
  EXPECT_THAT(texts(s.resolve()), testing::ElementsAre("patched 0", "patched 8", "patched 2"));
  // For libbpf the first relocation decides: only the second struct has y, and it has no x.
  EXPECT_THAT(texts(s.resolve(Rules::libbpf)),
              testing::ElementsAre("patched 1", "poisoned missing-member", "patched 4"));
}

TEST(Coherence, ExistenceAloneIsAmbiguousWhereStructsDiffer) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"y", i32(), 128}});
  s.exists("0:1");
  EXPECT_THAT(texts(s.resolve()), testing::ElementsAre("fatal ambiguous"));
  EXPECT_THAT(texts(s.resolve(Rules::libbpf)), testing::ElementsAre("patched 1"));
}

TEST(Coherence, TypesThatExistTwiceExist) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"y", i32(), 128}});
  s.ask(s.root, "0", type_exists, mov(1));
  s.ask(s.root, "0", type_size, mov(64));
  s.ask(s.root, "0", type_id_target, mov(0));
  EXPECT_THAT(texts(s.resolve()),
              testing::ElementsAre("patched 1", "patched 64", "fatal ambiguous"));
}

TEST(Coherence, IsForOneRootAlone) {
  // Two flavors of the object find the same two structs, each its own.
  Case flavors;
  const TypeId old_root = structure("s___old", {{"x", i32()}})(flavors.local);
  const TypeId new_root = structure("s___new", {{"y", i32()}})(flavors.local);
  structure("s", {{"x", i32(), 64}})(flavors.kernel);
  structure("s", {{"y", i32(), 128}})(flavors.kernel);
  flavors.ask(old_root, "0:0", field_byte_offset, mov(0));
  flavors.ask(new_root, "0:0", field_byte_offset, mov(0));
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(texts(flavors.resolve(rules)), testing::ElementsAre("patched 8", "patched 16"));
  }
}

TEST(Coherence, AccessSizesAreComparedWhereTheyCount) {
  // The same offset, and loads of other sizes.
  for (const bool loads : {true, false}) {
    Case one;
    const TypeId root = structure("s", {{"x", u32()}})(one.local);
    structure("s", {{"x", u32()}})(one.kernel);
    structure("s", {{"x", u64()}})(one.kernel);
    one.ask(root, "0:0", field_byte_offset, loads ? load(kLoadW, 0) : mov(0));
    EXPECT_EQ(text(one.resolve()[0]), loads ? "fatal ambiguous" : "patched 0");
    EXPECT_EQ(text(one.resolve(Rules::libbpf)[0]), "patched 0");
  }
}

TEST(Coherence, EnumsOfOneNameAreDecidedTogetherToo) {
  Case e;
  const TypeId root = enumeration("e", {{"A", 1}, {"B", 2}})(e.local);
  enumeration("e", {{"A", 5}})(e.kernel);
  enumeration("e", {{"B", 6}})(e.kernel);
  e.ask(root, "0", enumval_value, mov(1));
  e.ask(root, "1", enumval_value, mov(2));
  EXPECT_THAT(texts(e.resolve()),
              testing::ElementsAre("fatal incoherent-layout", "fatal incoherent-layout"));
  EXPECT_EQ(e.decisions[0].detail, "[1] has A and lacks B; [2] has B and lacks A");
  EXPECT_THAT(texts(e.resolve(Rules::libbpf)),
              testing::ElementsAre("patched 5", "poisoned missing-enumerator"));
}

// libbpf's order.

TEST(LibbpfRules, EarlierRelocationsPruneForLaterOnes) {
  for (const bool x_first : {true, false}) {
    TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"y", i32(), 128}});
    s.offset_of(x_first ? "0:0" : "0:1");
    s.offset_of(x_first ? "0:1" : "0:0");
    EXPECT_THAT(
        texts(s.resolve(Rules::libbpf)),
        testing::ElementsAre(x_first ? "patched 8" : "patched 16", "poisoned missing-member"));
  }
}

TEST(LibbpfRules, ARelocationThatNoneSatisfiesPrunesNothing) {
  TwoStructs s({{"x", i32()}, {"y", i32()}, {"z", i32()}}, {{"x", i32(), 64}}, {{"y", i32(), 128}});
  s.offset_of("0:2");
  s.offset_of("0:1");
  s.exists("0:0");
  EXPECT_THAT(texts(s.resolve(Rules::libbpf)),
              testing::ElementsAre("poisoned missing-member", "patched 16", "patched 0"));
}

TEST(LibbpfRules, ExistencePrunesToo) {
  TwoStructs s(kXAndY, {{"x", i32(), 64}}, {{"x", i32(), 96}, {"y", i32(), 128}});
  s.exists("0:1");
  s.offset_of("0:0");
  EXPECT_THAT(texts(s.resolve(Rules::libbpf)), testing::ElementsAre("patched 1", "patched 12"));
}

// A load of 4 bytes from the one, and none from the other.
TEST(Coherence, CandidatesThatDifferInTheSignOfAFieldDisagree) {
  for (const bool signed_first : {false, true}) {
    Case c;
    const TypeId root = structure("s", {{"v", u64()}})(c.local);
    structure("s", {{"v", signed_first ? i32() : u32()}})(c.kernel);
    structure("s", {{"v", signed_first ? u32() : i32()}})(c.kernel);
    c.ask(root, "0:0", ReloKind::field_byte_offset, load(kLoadDw, 0));
    EXPECT_EQ(c.resolve()[0].reason, Reason::ambiguous) << signed_first;
  }
}

TEST(Coherence, SaysWhenACandidateThatWasRuledOutDiffers) {
  Case c;
  const TypeId root = structure("s", {{"x", i32()}, {"y", i32(), 32}})(c.local);
  structure("s", {{"pad", u64()}, {"x", i32(), 64}})(c.kernel);
  structure("s", {{"x", i32()}, {"y", i32(), 32}})(c.kernel);
  c.ask(root, "0:0", ReloKind::field_byte_offset, load(kLoadW, 0));
  c.ask(root, "0:1", ReloKind::field_byte_offset, load(kLoadW, 4));
  c.resolve();
  EXPECT_TRUE(c.decisions[0].ruled_out_differs());
  EXPECT_FALSE(c.decisions[1].ruled_out_differs());
}

}  // namespace
}  // namespace btfreloc::core
