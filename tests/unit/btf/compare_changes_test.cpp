// What changed between two types, and which changes are said to be renames.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "btf/compare/changes.h"
#include "btf/compare/type_pairs.h"
#include "support/make_types.h"

namespace btfreloc::btf {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;

std::string names(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) text += (text.empty() ? "" : "+") + field.path;
  return text;
}

/// "-state", "+__state", "tgid moved", "state→__state resized retyped".
std::string describe(const FieldChange& change) {
  if (change.is_added()) return "+" + names(change.after);
  if (change.is_removed()) return "-" + names(change.before);
  std::string text = names(change.before);
  if (names(change.after) != text) text += "→" + names(change.after);
  if (change.moved) text += " moved";
  if (change.resized) text += " resized";
  if (change.retyped) text += " retyped";
  return text;
}

std::vector<std::string> changes(const MakeType& before, const MakeType& after) {
  const OneType old_type = make(before);
  const OneType new_type = make(after);
  SameTypes types(old_type.btf(), new_type.btf());
  std::vector<std::string> all;
  for (const FieldChange& change : compare_records(types, old_type.id, new_type.id)) {
    all.push_back(describe(change));
  }
  EXPECT_EQ(all.empty(), !compare_types(types, old_type.id, new_type.id).differs());
  return all;
}

MakeType slong() { return integer("long", 8, kIntSigned); }
MakeType lock() { return alias("spinlock_t", structure("spinlock", {{"raw", u32()}}, 4)); }
MakeType list() { return structure("list_head", {{"next", ptr(fwd("list_head"))}}, 16); }
MakeType count() { return alias("atomic_t", structure("", {{"counter", i32()}}, 4)); }

TEST(CompareRecords, SaysNothingOfEqualStructs) {
  const MakeType type = structure("s", {{"a", i32()}, {"", either("", {{"b", u64()}}), 64}});
  EXPECT_THAT(changes(type, type), IsEmpty());
}

TEST(CompareRecords, TellsMovedResizedAndRetypedMembers) {
  EXPECT_THAT(changes(structure("s", {{"a", i32()}, {"b", u64(), 64}, {"c", ptr(i32()), 128}}),
                      structure("s", {{"b", u32()}, {"a", i32(), 32}, {"c", ptr(u32()), 128}})),
              ElementsAre("b moved resized retyped", "a moved", "c retyped"));
}

TEST(CompareRecords, TellsBitfieldsFromMembersAndByTheirBits) {
  EXPECT_THAT(changes(structure("s", {{"a", u32(), 0, 3}, {"b", u32(), 3, 1}}),
                      structure("s", {{"a", u32(), 0, 4}, {"b", u32(), 4, 1}})),
              ElementsAre("a resized", "b moved"));
  EXPECT_THAT(changes(structure("s", {{"a", u32(), 0, 32}, {"b", u32(), 32, 1}}),
                      structure("s", {{"a", u32(), 0}, {"b", u32(), 32, 1}})),
              ElementsAre("a retyped"));
}

TEST(CompareRecords, AnonymousMembersAreTheOutersOwn) {
  EXPECT_THAT(changes(structure("s", {{"a", i32()}, {"b", i32(), 32}}),
                      structure("s", {{"", structure("", {{"a", i32()}, {"b", i32(), 32}}, 8)}})),
              IsEmpty());
}

TEST(CompareRecords, GoesIntoNamelessTypesOfMembers) {
  EXPECT_THAT(
      changes(structure("s", {{"h", structure("", {{"mark", u32()}, {"x", u32(), 32}}, 8), 64}}),
              structure("s", {{"h", structure("", {{"x", u32()}, {"mark", u32(), 32}}, 8), 128}})),
      ElementsAre("h moved", "h.x moved", "h.mark moved"));
}

TEST(CompareRecords, SizesOfEmbeddedStructsCountTheirMembersDoNot) {
  const auto with = [](const MakeType& inner) { return structure("s", {{"in", inner}}); };
  EXPECT_THAT(changes(with(structure("inner", {{"a", i32()}}, 8)),
                      with(structure("inner", {{"b", u64()}}, 8))),
              IsEmpty());
  EXPECT_THAT(changes(with(structure("inner", {{"a", i32()}}, 8)),
                      with(structure("inner", {{"a", i32()}}, 16))),
              ElementsAre("in resized"));
}

TEST(CompareRecords, TypeTagsAreNoDifference) {
  EXPECT_THAT(changes(structure("s", {{"p", ptr(i32())}}),
                      structure("s", {{"p", ptr(refer(Kind::kTypeTag, i32(), "rcu"))}})),
              IsEmpty());
}

TEST(Renames, UnderscoresAndANeighbour) {
  EXPECT_THAT(changes(structure("task", {{"info", list()}, {"state", slong(), 128}}),
                      structure("task", {{"info", list()}, {"__state", u32(), 128}})),
              ElementsAre("state→__state resized retyped"));
}

TEST(Renames, WrappedTypeBetweenTheSameNeighbours) {
  const MakeType ref = alias("file_ref_t", structure("", {{"refcnt", count()}}, 4));
  EXPECT_THAT(changes(structure("file", {{"f_count", count()}, {"f_lock", lock(), 32}}),
                      structure("file", {{"f_ref", ref}, {"f_lock", lock(), 32}})),
              ElementsAre("f_count→f_ref retyped"));
}

TEST(Renames, SplitIntoTheMembersItHad) {
  const MakeType timespec =
      structure("timespec64", {{"tv_sec", u64()}, {"tv_nsec", slong(), 64}}, 16);
  const MakeType whole = structure("inode", {{"i_ctime", timespec}, {"i_lock", lock(), 128}});
  const MakeType parts = structure(
      "inode", {{"i_ctime_sec", u64()}, {"i_ctime_nsec", u32(), 64}, {"i_lock", lock(), 128}});
  EXPECT_THAT(changes(whole, parts), ElementsAre("i_ctime→i_ctime_sec+i_ctime_nsec"));
  EXPECT_THAT(changes(parts, whole), ElementsAre("i_ctime_sec+i_ctime_nsec→i_ctime"));
}

TEST(Renames, IntoAndOutOfAStructInside) {
  const MakeType with = structure("thread_info", {{"flags", u64()}, {"cpu", u32(), 64}}, 16);
  const MakeType without = structure("thread_info", {{"flags", u64()}}, 16);
  const MakeType outside = structure("task", {{"info", without}, {"cpu", u32(), 128}});
  const MakeType inside = structure("task", {{"info", with}});
  EXPECT_THAT(changes(outside, inside), ElementsAre("cpu→info.cpu moved"));
  EXPECT_THAT(changes(inside, outside), ElementsAre("info.cpu→cpu moved"));
}

TEST(Renames, NotIntoAStructThatHadSuchAMemberAllAlong) {
  const MakeType info = structure("thread_info", {{"flags", u64()}, {"cpu", u32(), 64}}, 16);
  EXPECT_THAT(changes(structure("task", {{"info", info}, {"cpu", u32(), 128}}),
                      structure("task", {{"info", info}})),
              ElementsAre("-cpu"));
}

TEST(Renames, NotWhereAnotherMemberIsAsLikely) {
  EXPECT_THAT(
      changes(
          structure("s", {{"a", i32()}, {"owner", ptr(i32()), 64}}),
          structure("s", {{"a", i32()}, {"_owner", ptr(i32()), 64}, {"__owner", ptr(i32()), 128}})),
      ElementsAre("-owner", "+_owner", "+__owner"));
}

TEST(Renames, NotOfIntegersInTheSamePlace) {
  EXPECT_THAT(
      changes(structure("s", {{"x", list()}, {"family", u32(), 128}, {"y", list(), 192}}),
              structure("s", {{"x", list()}, {"addr_type", u32(), 128}, {"y", list(), 192}})),
      ElementsAre("-family", "+addr_type"));
  EXPECT_THAT(
      changes(structure("s", {{"x", list()}, {"in_idle", count(), 128}, {"y", list(), 192}}),
              structure("s", {{"x", list()}, {"in_cancel", count(), 128}, {"y", list(), 192}})),
      ElementsAre("-in_idle", "+in_cancel"));
}

TEST(Renames, NotOfReservedRoom) {
  EXPECT_THAT(changes(structure("s", {{"a", i32()}, {"reserved_ptr", ptr(i32()), 64}}),
                      structure("s", {{"a", i32()}, {"ptr", ptr(i32()), 64}})),
              ElementsAre("-reserved_ptr", "+ptr"));
}

TEST(Renames, NotOfMarksBetweenMembers) {
  const MakeType body = structure("body", {{"y", u64()}}, 8);
  EXPECT_THAT(changes(structure("s", {{"x", list()}, {"data_end", array(u32(), 0), 128}}, 16),
                      structure("s", {{"x", list()}, {"data", body, 128}}, 24)),
              ElementsAre("-data_end", "+data"));
}

std::string followed(const MakeType& before, const MakeType& after, std::string_view path) {
  const OneType old_type = make(before);
  const OneType new_type = make(after);
  SameTypes types(old_type.btf(), new_type.btf());
  const auto change = follow_field(types, old_type.id, new_type.id, path);
  return change ? describe(*change) : "nothing";
}

TEST(FollowField, ThroughRenamedComponentsAndElements) {
  const auto stats = [](std::string name) {
    return structure("stats", {{"sum", u64()}, {std::move(name), u64(), 64}}, 16);
  };
  const MakeType before = structure("s", {{"a", i32()}, {"all", array(stats("max"), 2), 64}});
  const MakeType after =
      structure("s", {{"a", i32()}, {"__all", array(stats("__max"), 2), 128}}, 64);
  EXPECT_EQ(followed(before, after, "a"), "a");
  EXPECT_EQ(followed(before, after, "all[1].max"), "all[1].max→__all[1].__max moved");
  EXPECT_EQ(followed(before, after, "all[1].min"), "nothing");
  EXPECT_EQ(followed(before, structure("s", {{"a", i32()}}), "all"), "-all");
}

TEST(FollowField, IntoTheRightPart) {
  const MakeType timespec =
      structure("timespec64", {{"tv_sec", u64()}, {"tv_nsec", slong(), 64}}, 16);
  const MakeType whole = structure("inode", {{"i_ctime", timespec}});
  const MakeType parts = structure("inode", {{"i_ctime_sec", u64()}, {"i_ctime_nsec", u32(), 64}});
  EXPECT_EQ(followed(whole, parts, "i_ctime"), "i_ctime→i_ctime_sec+i_ctime_nsec");
  EXPECT_EQ(followed(whole, parts, "i_ctime.tv_nsec"),
            "i_ctime.tv_nsec→i_ctime_nsec resized retyped");
}

std::vector<std::string> enumerator_changes(const MakeType& before, const MakeType& after) {
  const OneType old_type = make(before);
  const OneType new_type = make(after);
  std::vector<std::string> all;
  for (const auto& change :
       compare_enumerators(old_type.btf(), old_type.id, new_type.btf(), new_type.id)) {
    all.push_back((!change.before ? "+" : !change.after ? "-" : "~") + change.name);
  }
  return all;
}

TEST(CompareEnumerators, ByNameAndValue) {
  EXPECT_THAT(enumerator_changes(enumeration("e", {{"A", 0}, {"B", 1}, {"MAX", 2}}),
                                 enumeration("e", {{"A", 0}, {"C", 2}, {"MAX", 3}})),
              ElementsAre("-B", "+C", "~MAX"));
}

TEST(CompareEnumerators, MinusOneIsWhatOldCompilersWroteAsUnsigned) {
  const auto minus_one = ~std::uint64_t{0};
  EXPECT_THAT(enumerator_changes(enumeration("e", {{"A", minus_one}}),
                                 enumeration("e", {{"A", minus_one}}, 4, true)),
              IsEmpty());
  EXPECT_THAT(enumerator_changes(enumeration("e", {{"A", minus_one}}),
                                 enumeration64("e", {{"A", minus_one}}, 8, true)),
              IsEmpty());
  EXPECT_THAT(
      enumerator_changes(enumeration("e", {{"A", 1}}), enumeration64("e", {{"A", 1ULL << 32 | 1}})),
      ElementsAre("~A"));
}

struct MakeParam {
  std::string name;
  MakeType type;
};
MakeType named_proto(MakeType result, std::vector<MakeParam> params) {
  return [=](BtfBytes& btf) {
    std::vector<Word> words;
    for (const MakeParam& param : params) {
      const TypeId type = param.type(btf);
      words.insert(words.end(), {word_of(param.name), type});
    }
    const TypeId returned = result(btf);
    return btf.add(Kind::kFuncProto, 0, returned, words);
  };
}

PrototypeChange prototype(const MakeType& before, const MakeType& after) {
  const OneType old_type = make(before);
  const OneType new_type = make(after);
  SameTypes types(old_type.btf(), new_type.btf());
  return compare_prototypes(types, old_type.id, new_type.id);
}

TEST(ComparePrototypes, NamesAloneAreNoDifference) {
  const auto change =
      prototype(named_proto(i32(), {{"a", i32()}}), named_proto(i32(), {{"b", i32()}}));
  EXPECT_FALSE(change.differs());
  ASSERT_EQ(change.parameters.size(), 1U);
  EXPECT_TRUE(change.parameters[0].renamed);
}

TEST(ComparePrototypes, AddedRemovedRetypedMoved) {
  const auto ab = named_proto(i32(), {{"a", i32()}, {"b", u64()}});
  const auto removed = prototype(ab, named_proto(i32(), {{"b", u64()}}));
  ASSERT_EQ(removed.parameters.size(), 2U);
  EXPECT_EQ(removed.parameters[0].before, 1U);
  EXPECT_EQ(removed.parameters[0].after, 0U);
  EXPECT_EQ(removed.parameters[1].after, std::nullopt);
  EXPECT_TRUE(prototype(ab, named_proto(i32(), {{"b", u64()}, {"a", i32()}})).differs());
  EXPECT_TRUE(prototype(ab, named_proto(u32(), {{"a", i32()}, {"b", u64()}})).return_retyped);
  EXPECT_TRUE(
      prototype(ab, named_proto(i32(), {{"a", u32()}, {"b", u64()}})).parameters[0].retyped);
}

TEST(PairTypes, EqualTypesOfOneNameFindEachOther) {
  BtfBytes before;
  BtfBytes after;
  const auto small = structure("s", {{"a", i32()}}, 4);
  const auto large = structure("s", {{"b", u64()}}, 8);
  const TypeId old_small = small(before);
  const TypeId old_large = large(before);
  const TypeId new_large = large(after);
  const TypeId new_small = small(after);
  const auto old_btf = test::open(before);
  const auto new_btf = test::open(after);
  SameTypes types(old_btf.view, new_btf.view);
  const auto pairs = pair_types_named(types, "struct", "s");
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[0].before, old_large);
  EXPECT_EQ(pairs[0].after, new_large);
  EXPECT_EQ(pairs[0].number, 1U);
  EXPECT_EQ(pairs[1].before, old_small);
  EXPECT_EQ(pairs[1].after, new_small);
  EXPECT_EQ(pairs[1].number, 2U);
}

TEST(PairTypes, NameSpacesAreApartAndUnionsReplaceStructs) {
  BtfBytes before;
  BtfBytes after;
  structure("x", {{"a", i32()}}, 4)(before);
  either("x", {{"a", i32()}}, 4)(after);
  alias("x", i32())(after);
  const auto old_btf = test::open(before);
  const auto new_btf = test::open(after);
  SameTypes types(old_btf.view, new_btf.view);
  const auto pairs = pair_types_named(types, "", "x");
  ASSERT_EQ(pairs.size(), 2U);
  ASSERT_TRUE(pairs[0].before && pairs[0].after);
  EXPECT_TRUE(compare_types(types, *pairs[0].before, *pairs[0].after).kind_changed);
  EXPECT_FALSE(pairs[1].before);
}

TEST(SameTypesLimits, AnonymousTypesThatNestByFivesEnd) {
  // Each struct has five anonymous members of the next: 5^30 members in all.
  const auto deep = [](std::uint32_t last_offset) {
    BtfBytes bytes;
    TypeId inner = bytes.integer("int", 4);
    for (int depth = 0; depth < 30; ++depth) {
      std::vector<Word> words;
      const Word name = depth == 0 ? word_of("x") : Word(0);
      for (int i = 0; i < 5; ++i) words.insert(words.end(), {name, inner, last_offset});
      inner = bytes.add(Kind::kStruct, depth == 29 ? word_of("s") : Word(0), 64, words);
    }
    return test::open(bytes);
  };
  const auto before = deep(0);
  const auto after = deep(32);
  SameTypes types(before.view, after.view);
  const TypeId last{before.view.size() - 1};
  EXPECT_TRUE(compare_types(types, last, last).differs());
}

}  // namespace
}  // namespace btfreloc::btf
