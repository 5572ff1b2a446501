// What View answers about types: by name, through modifiers, sizes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "btf/view.h"
#include "support/btf_bytes.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using testing::ElementsAre;

std::vector<std::uint32_t> named(const View& view, std::string_view name) {
  std::vector<std::uint32_t> ids;
  for (const TypeId id : view.named(name)) ids.push_back(id.value);
  return ids;
}

TEST(Named, FindsEveryFlavorAndKindAscending) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4);
  btf.add(Kind::kStruct, "task", 4, {"pid", i, 0});
  btf.add(Kind::kStruct, "task___old", 4, {"tgid", i, 0});
  btf.add(Kind::kTypedef, "task", TypeId{2});
  btf.add(Kind::kStruct, "task___old___older", 0);
  btf.add(Kind::kFwd, "task", 0);
  btf.add(Kind::kStruct, "task_", 0);
  btf.pointer(TypeId{2});
  const auto open = test::open(btf);
  EXPECT_THAT(named(open.view, "task"), ElementsAre(2, 3, 4, 6));
  EXPECT_THAT(named(open.view, "task___old"), ElementsAre(5)) << "only the last flavor goes";
  EXPECT_THAT(named(open.view, "task_"), ElementsAre(7));
  EXPECT_THAT(named(open.view, "int"), ElementsAre(1));
  EXPECT_THAT(named(open.view, "tas"), ElementsAre());
  EXPECT_THAT(named(open.view, "task___old___older"), ElementsAre());
  EXPECT_THAT(named(open.view, ""), ElementsAre()) << "types without a name are not found by it";
  EXPECT_THAT(named(open.view, "pid"), ElementsAre()) << "nor members";
}

TEST(Named, LeavesOutTheBase) {
  BtfBytes base_bytes;
  base_bytes.add(Kind::kStruct, "both", 0);
  base_bytes.add(Kind::kStruct, "base_only", 0);
  BtfBytes split_bytes(std::endian::little, &base_bytes);
  split_bytes.add(Kind::kStruct, "both___module", 0);
  split_bytes.add(Kind::kTypedef, 1 /* "both", in the base's strings */, TypeId{1});
  const auto base = test::open(base_bytes);
  const auto split = test::open(split_bytes, &base.view);
  EXPECT_THAT(named(split.view, "both"), ElementsAre(3, 4));
  EXPECT_THAT(named(split.view, "base_only"), ElementsAre());
  EXPECT_THAT(named(base.view, "both"), ElementsAre(1));
}

/// Every name finds its types and nothing else, also when many share the slots of the table.
TEST(Named, AgreesWithALinearSearch) {
  std::mt19937 random(7);
  BtfBytes btf;
  std::vector<std::string> names;
  for (int n = 0; n < 3000; ++n) {
    std::string name = "type_" + std::to_string(random() % 700);
    if (random() % 3 == 0) name += "___v" + std::to_string(random() % 5);
    names.push_back(name);
    btf.add(Kind::kStruct, name, 0);
  }
  const auto open = test::open(btf);
  for (int n = -1; n < 701; ++n) {
    const std::string name = "type_" + std::to_string(n);
    std::vector<std::uint32_t> expected;
    for (std::uint32_t i = 0; i < names.size(); ++i) {
      if (names[i] == name || names[i].starts_with(name + "___")) expected.push_back(i + 1);
    }
    EXPECT_EQ(named(open.view, name), expected) << name;
  }
}

TEST(Named, IsBuiltOnceForAllThreads) {
  BtfBytes btf;
  for (int n = 0; n < 2000; ++n) btf.add(Kind::kStruct, "type_" + std::to_string(n % 100), 0);
  for (int round = 0; round < 20; ++round) {
    const auto open = test::open(btf);
    constexpr int kThreads = 8;
    std::barrier start(kThreads);
    std::vector<const TypeId*> found(kThreads);
    std::vector<std::size_t> counts(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        start.arrive_and_wait();
        const auto ids = open.view.named("type_42");
        found[static_cast<std::size_t>(t)] = ids.data();
        counts[static_cast<std::size_t>(t)] = ids.size();
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(counts, testing::Each(20U));
    EXPECT_THAT(found, testing::Each(found[0])) << "there is one index";
  }
}

// Modifiers.

TEST(SkipModifiers, FollowsEachKindAndStopsAtTypedefsUnlessAsked) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4);
  const TypeId constant = btf.add(Kind::kConst, 0, i);
  const TypeId alias = btf.add(Kind::kTypedef, "alias", constant);
  const TypeId vol = btf.add(Kind::kVolatile, 0, alias);
  const TypeId restricted = btf.add(Kind::kRestrict, 0, vol);
  const TypeId tagged = btf.add(Kind::kTypeTag, "user", restricted);
  const TypeId pointer = btf.pointer(tagged);
  const TypeId to_void = btf.add(Kind::kConst, 0, TypeId{0});
  const TypeId tag = btf.add(Kind::kDeclTag, "tag", i, {-1});
  const auto open = test::open(btf);
  EXPECT_EQ(open.view.skip_modifiers(tagged), alias);
  EXPECT_EQ(open.view.skip_modifiers(constant), i);
  EXPECT_EQ(open.view.skip_modifiers(i), i);
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(tagged), i);
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(pointer), pointer);
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(to_void), TypeId{0});
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(tag), tag) << "not a modifier";
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(TypeId{0}), TypeId{0});
}

TEST(SkipModifiers, EndsCyclesAtVoid) {
  BtfBytes btf;
  const TypeId self = btf.add(Kind::kTypedef, "self", TypeId{1});
  const TypeId one = btf.add(Kind::kConst, 0, TypeId{3});
  const TypeId two = btf.add(Kind::kVolatile, 0, one);
  const auto open = test::open(btf);
  EXPECT_EQ(open.view.skip_modifiers_and_typedefs(self), TypeId{0});
  EXPECT_EQ(open.view.skip_modifiers(self), self);
  EXPECT_EQ(open.view.skip_modifiers(one), TypeId{0});
  EXPECT_EQ(open.view.skip_modifiers(two), TypeId{0});
  EXPECT_EQ(size_of(open.view, self, {8}), std::nullopt);
  EXPECT_EQ(size_of(open.view, one, {8}), std::nullopt);
}

TEST(SkipModifiers, FollowsChainsOf32) {
  BtfBytes btf;
  TypeId chain = btf.integer("int", 4);
  for (int n = 0; n < kMaxModifiers; ++n) chain = btf.add(Kind::kConst, 0, chain);
  const TypeId too_long = btf.add(Kind::kConst, 0, chain);
  const auto open = test::open(btf);
  EXPECT_EQ(open.view.skip_modifiers(chain), TypeId{1});
  EXPECT_EQ(size_of(open.view, chain, {8}), ByteCount{4});
  EXPECT_EQ(open.view.skip_modifiers(too_long), TypeId{0});
  EXPECT_EQ(size_of(open.view, too_long, {8}), std::nullopt);
}

// Sizes.

TEST(SizeOf, EveryKind) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4);
  const TypeId structure = btf.add(Kind::kStruct, "s", 24);
  const TypeId either = btf.add(Kind::kUnion, "u", 12);
  const TypeId e = btf.add(Kind::kEnum, "e", 2);
  const TypeId e64 = btf.add(Kind::kEnum64, "e64", 8);
  const TypeId real = btf.add(Kind::kFloat, "long double", 16);
  const TypeId pointer = btf.pointer(structure);
  const TypeId alias = btf.add(Kind::kTypedef, "alias", pointer);
  const TypeId constant = btf.add(Kind::kConst, 0, alias);
  const TypeId var = btf.add(Kind::kVar, "v", structure, {1});
  const TypeId section = btf.add(Kind::kDatasec, ".data", 100);
  const TypeId tagged = btf.add(Kind::kTypeTag, "tag", structure);
  const TypeId tag = btf.add(Kind::kDeclTag, "tag", structure, {-1});
  const TypeId fwd = btf.add(Kind::kFwd, "fwd", 0);
  const TypeId proto = btf.add(Kind::kFuncProto, 0, i);
  const TypeId function = btf.function("f", proto, 0);
  const TypeId inner = btf.array(structure, i, 5);
  const TypeId outer = btf.array(inner, i, 7);
  const TypeId pointers = btf.array(constant, i, 3);
  const TypeId none = btf.array(structure, i, 0);
  const TypeId of_void = btf.array(TypeId{0}, i, 3);
  const TypeId of_fwd = btf.array(fwd, i, 0);
  const auto open = test::open(btf);
  const auto size = [&](TypeId id, std::uint64_t pointer_size = 8) {
    return size_of(open.view, id, {pointer_size});
  };
  EXPECT_EQ(size(i), ByteCount{4});
  EXPECT_EQ(size(structure), ByteCount{24});
  EXPECT_EQ(size(either), ByteCount{12});
  EXPECT_EQ(size(e), ByteCount{2});
  EXPECT_EQ(size(e64), ByteCount{8});
  EXPECT_EQ(size(real), ByteCount{16});
  EXPECT_EQ(size(pointer), ByteCount{8});
  EXPECT_EQ(size(pointer, 4), ByteCount{4});
  EXPECT_EQ(size(constant, 4), ByteCount{4});
  EXPECT_EQ(size(var), ByteCount{24});
  EXPECT_EQ(size(section), ByteCount{100});
  EXPECT_EQ(size(tagged), ByteCount{24});
  EXPECT_EQ(size(tag), ByteCount{24});
  EXPECT_EQ(size(inner), ByteCount{120});
  EXPECT_EQ(size(outer), ByteCount{840});
  EXPECT_EQ(size(pointers), ByteCount{24});
  EXPECT_EQ(size(pointers, 4), ByteCount{12});
  EXPECT_EQ(size(none), ByteCount{0});
  EXPECT_EQ(size(TypeId{0}), std::nullopt);
  EXPECT_EQ(size(fwd), std::nullopt);
  EXPECT_EQ(size(proto), std::nullopt);
  EXPECT_EQ(size(function), std::nullopt);
  EXPECT_EQ(size(of_void), std::nullopt);
  EXPECT_EQ(size(of_fwd), std::nullopt);
}

TEST(SizeOf, StopsWhere32BitsEnd) {
  BtfBytes btf;
  const TypeId byte = btf.integer("char", 1);
  const TypeId two = btf.integer("short", 2);
  const TypeId largest = btf.array(byte, byte, 0xffffffff);
  const TypeId half = btf.array(two, byte, 0x7fffffff);
  const TypeId above = btf.array(two, byte, 0x80000000);
  const TypeId squared = btf.array(btf.array(byte, byte, 0x10000), byte, 0x10000);
  const TypeId just_fits = btf.array(btf.array(byte, byte, 0xffff), byte, 0x10001);
  TypeId huge = byte;
  for (int n = 0; n < 8; ++n) huge = btf.array(huge, byte, 0xffffffff);
  const TypeId times_zero = btf.array(btf.array(two, byte, 0x80000000), byte, 0);
  const auto open = test::open(btf);
  EXPECT_EQ(size_of(open.view, largest, {8}), ByteCount{0xffffffff});
  EXPECT_EQ(size_of(open.view, half, {8}), ByteCount{0xfffffffe});
  EXPECT_EQ(size_of(open.view, above, {8}), std::nullopt);
  EXPECT_EQ(size_of(open.view, squared, {8}), std::nullopt);
  EXPECT_EQ(size_of(open.view, just_fits, {8}), ByteCount{0xffffffff});
  EXPECT_EQ(size_of(open.view, huge, {8}), std::nullopt);
  EXPECT_EQ(size_of(open.view, times_zero, {8}), ByteCount{0});
}

struct PointerCase {
  std::string_view spelling;
  std::uint32_t size;
  std::uint64_t expected;
};

TEST(PointerSize, IsThatOfLong) {
  for (const auto& [spelling, size, expected] : std::to_array<PointerCase>({
           {"long", 4, 4},
           {"long", 8, 8},
           {"long int", 4, 4},
           {"unsigned long", 4, 4},
           {"long unsigned int", 4, 4},
           {"long long", 4, 8},
           {"int", 4, 8},
           {"long", 2, 8},
           {"", 4, 8},
       })) {
    BtfBytes btf;
    btf.integer("char", 1);
    btf.integer(std::string(spelling), size);
    EXPECT_EQ(test::open(btf).view.pointer_size(), ByteCount{expected}) << spelling << size;
  }
}

TEST(PointerSize, GoesByIntegersOnlyAndByTheBaseFirst) {
  BtfBytes no_int;
  no_int.add(Kind::kFloat, "long", 4);
  EXPECT_EQ(test::open(no_int).view.pointer_size(), ByteCount{8});

  BtfBytes base_bytes;
  base_bytes.integer("long", 4);
  BtfBytes split_bytes(std::endian::little, &base_bytes);
  split_bytes.integer("long", 8);
  const auto base = test::open(base_bytes);
  EXPECT_EQ(test::open(split_bytes, &base.view).view.pointer_size(), ByteCount{4});
}

// Names and flavors.

struct NameCase {
  std::string_view name;
  std::size_t length;
};

TEST(EssentialLength, EndsWhereTheLastFlavorStarts) {
  for (const auto& [name, length] : std::to_array<NameCase>({
           {"task_struct", 11},
           {"task_struct___old", 11},
           {"a___b___c", 5},
           {"x___y", 1},
           {"x__y", 4},
           {"___leading", 10},
           {"trailing___", 11},
           {"four____under", 13},
           {"five_____under", 14},
           {"a____b___c", 6},
           {"a___b____c", 1},
           {"a___", 4},
           {"___a", 4},
           {"a___b___", 1},
           {"_a___b", 2},
           {"a_b___c_d", 3},
           {"___", 3},
           {"____", 4},
           {"_", 1},
           {"a", 1},
           {"", 0},
       })) {
    EXPECT_EQ(essential_length(name), length) << name;
  }
}

}  // namespace
}  // namespace btfreloc::btf
