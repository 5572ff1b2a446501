// View::find_named(): types by name in one pass. And the set of kinds it takes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "btf/view.h"
#include "support/btf_bytes.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using testing::ElementsAre;
using testing::Pair;

using Found = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // type, name

Found find(const View& view, const std::vector<std::string_view>& names, KindSet kinds) {
  Found found;
  for (const NamedType& each : view.find_named(names, kinds)) {
    found.emplace_back(each.type.value, each.name);
  }
  return found;
}

/// What find_named() promises, type by type.
Found find_slowly(const View& view, const std::vector<std::string_view>& names, KindSet kinds) {
  Found found;
  for (TypeId id = view.first_id(); view.contains(id); ++id.value) {
    const std::string_view name = view.name(id);
    if (name.empty() || !kinds.has(view.info(id).kind)) continue;
    const auto at = std::ranges::find(names, name.substr(0, essential_length(name)));
    if (at != names.end()) {
      found.emplace_back(id.value, static_cast<std::uint32_t>(at - names.begin()));
    }
  }
  return found;
}

TEST(FindNamed, GivesTypesByIdWithTheNameTheyHave) {
  for (const std::endian order : test::kOrders) {
    BtfBytes btf(order);
    const TypeId i = btf.integer("int", 4);
    btf.add(Kind::kStruct, "task", 4, {"pid", i, 0});        // 2
    btf.add(Kind::kUnion, "task", 4);                        // 3
    btf.add(Kind::kStruct, "cred", 0);                       // 4
    btf.add(Kind::kStruct, "task___old", 0);                 // 5
    btf.add(Kind::kStruct, 0, 0);                            // 6
    btf.add(Kind::kStruct, "pid", 4, {"task", i, 0}, true);  // 7: kind_flag
    const auto open = test::open(btf);
    EXPECT_THAT(find(open.view, {"cred", "task"}, {Kind::kStruct}),
                ElementsAre(Pair(2, 1), Pair(4, 0), Pair(5, 1)));
    EXPECT_THAT(find(open.view, {"cred", "task"}, {Kind::kStruct, Kind::kUnion}),
                ElementsAre(Pair(2, 1), Pair(3, 1), Pair(4, 0), Pair(5, 1)));
    EXPECT_THAT(find(open.view, {"pid"}, {Kind::kStruct}), ElementsAre(Pair(7, 0)));
    EXPECT_THAT(find(open.view, {"int"}, {Kind::kStruct}), ElementsAre());
    EXPECT_THAT(find(open.view, {"task"}, {}), ElementsAre());
    EXPECT_THAT(find(open.view, {}, {Kind::kStruct}), ElementsAre());
  }
}

/// Four characters are read at once; the last names of a blob have fewer behind them.
TEST(FindNamed, FindsShortNamesAtTheVeryEnd) {
  for (const std::endian order : test::kOrders) {
    for (const std::string_view last : {"a", "ab", "abc", "abcd", "a___x", "abcdefgh"}) {
      BtfBytes btf(order);
      btf.add(Kind::kStruct, "first", 0);
      btf.add(Kind::kStruct, std::string(last), 0);
      const auto open = test::open(btf);
      const std::string_view essential = last.substr(0, essential_length(last));
      EXPECT_THAT(find(open.view, {essential}, {Kind::kStruct}), ElementsAre(Pair(2, 0))) << last;
      EXPECT_THAT(find(open.view, {"z", "abcz", "abcdz"}, {Kind::kStruct}), ElementsAre()) << last;
    }
  }
}

TEST(FindNamed, FindsTheOnlyNameOfATinyBlob) {
  BtfBytes btf;
  btf.add(Kind::kStruct, "a", 0);  // The strings are 3 bytes.
  const auto open = test::open(btf);
  EXPECT_THAT(find(open.view, {"a"}, {Kind::kStruct}), ElementsAre(Pair(1, 0)));
  EXPECT_THAT(find(open.view, {"b"}, {Kind::kStruct}), ElementsAre());
}

/// Strings may share their ends.
TEST(FindNamed, FindsNamesThatStartInsideOthers) {
  BtfBytes btf;
  const std::uint32_t offset = btf.end_of_strings();
  btf.add(Kind::kStruct, "old_task", 0);
  btf.add(Kind::kStruct, offset + 4, 0);  // "task"
  btf.add(Kind::kStruct, offset + 7, 0);  // "k"
  btf.add(Kind::kStruct, offset + 8, 0);  // ""
  const auto open = test::open(btf);
  EXPECT_THAT(find(open.view, {"task", "k"}, {Kind::kStruct}), ElementsAre(Pair(2, 0), Pair(3, 1)));
}

TEST(FindNamed, LeavesOutTheBaseAndReadsNamesFromIt) {
  for (const std::endian order : test::kOrders) {
    BtfBytes base_bytes(order);
    const std::uint32_t both = base_bytes.end_of_strings();
    base_bytes.add(Kind::kStruct, "both", 0);
    base_bytes.add(Kind::kStruct, "base", 0);
    BtfBytes split_bytes(order, &base_bytes);
    split_bytes.add(Kind::kStruct, both, 0);
    split_bytes.add(Kind::kStruct, "split", 0);
    split_bytes.add(Kind::kStruct, "both___x", 0);
    const auto base = test::open(base_bytes);
    const auto split = test::open(split_bytes, &base.view);
    EXPECT_THAT(find(split.view, {"both", "base", "split"}, {Kind::kStruct}),
                ElementsAre(Pair(3, 0), Pair(4, 2), Pair(5, 0)));
    EXPECT_THAT(find(base.view, {"both", "base", "split"}, {Kind::kStruct}),
                ElementsAre(Pair(1, 0), Pair(2, 1)));
  }
}

/// A few letters and underscores, so that names, their beginnings and their flavors meet.
std::string random_name(std::mt19937& random) {
  std::string name;
  for (std::size_t n = 1 + random() % 6; n > 0; --n) name += "abc_"[random() % 4];
  if (random() % 3 == 0) name += "___";
  if (random() % 3 == 0) name += "ab"[random() % 2];
  return name;
}

void add_random_types(BtfBytes& btf, std::mt19937& random) {
  constexpr Kind kKinds[] = {Kind::kStruct, Kind::kUnion,  Kind::kEnum,  Kind::kFwd,
                             Kind::kFloat,  Kind::kEnum64, Kind::kStruct};
  for (int n = 0; n < 400; ++n) {
    const Kind kind = kKinds[random() % std::size(kKinds)];
    const bool is_nameless = random() % 10 == 0;
    btf.add(kind, is_nameless ? test::Word(0) : test::Word(random_name(random)), 4, {},
            random() % 2 == 0);
  }
}

TEST(FindNamed, AgreesWithALoopOverAllTypes) {
  std::mt19937 random(11);
  std::size_t total = 0;
  for (int round = 0; round < 40; ++round) {
    const std::endian order = test::kOrders[round % 2];
    BtfBytes base_bytes(order);
    add_random_types(base_bytes, random);
    BtfBytes split_bytes(order, &base_bytes);
    add_random_types(split_bytes, random);
    const auto base = test::open(base_bytes);
    const auto split = test::open(split_bytes, &base.view);
    std::vector<std::string> texts;
    for (std::size_t n = random() % 30; n > 0; --n) {
      std::string name = random_name(random);
      name.resize(essential_length(name));
      if (std::ranges::find(texts, name) == texts.end()) texts.push_back(std::move(name));
    }
    const std::vector<std::string_view> names(texts.begin(), texts.end());
    for (const KindSet kinds : {KindSet{Kind::kStruct}, KindSet{Kind::kEnum, Kind::kEnum64},
                                KindSet{Kind::kUnion, Kind::kFwd, Kind::kFloat, Kind::kStruct}}) {
      for (const View* view : {&base.view, &split.view}) {
        const Found expected = find_slowly(*view, names, kinds);
        EXPECT_EQ(find(*view, names, kinds), expected) << "round " << round;
        total += expected.size();
      }
    }
  }
  EXPECT_GT(total, 1000U) << "the names meet";
}

// Sets of kinds.

TEST(KindSet, HasWhatWasAdded) {
  const KindSet none;
  KindSet some{Kind::kInt, Kind::kEnum64};
  some.add(Kind::kStruct);
  some.add(Kind::kStruct);
  for (std::uint8_t kind = 0; kind < 20; ++kind) {
    EXPECT_FALSE(none.has(kind)) << int{kind};
    EXPECT_EQ(some.has(kind), kind == 1 || kind == 4 || kind == 19) << int{kind};
  }
}

TEST(KindSet, HasNoKindThatNobodyKnows) {
  KindSet all;
  for (std::uint8_t kind = 0; kind < 20; ++kind) all.add(static_cast<Kind>(kind));
  for (int kind = 20; kind < 256; ++kind) EXPECT_FALSE(all.has(static_cast<std::uint8_t>(kind)));
}

}  // namespace
}  // namespace btfreloc::btf
