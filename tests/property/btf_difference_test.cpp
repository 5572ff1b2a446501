#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "btf/types.h"
#include "support/btf_bytes.h"
#include "support/btf_difference.h"
#include "support/every_kind.h"
#include "support/random_btf.h"

// The comparison that decides whether a kernel came out of a set as it went in: what it must not
// mind, and what it must not overlook.

namespace btfreloc::test {
namespace {

using btf::Kind;
using testing::HasSubstr;

std::string difference_of(const BtfBytes& a, const BtfBytes& b, Copies copies = Copies::counted) {
  return difference({.blob = a.bytes()}, {.blob = b.bytes()}, copies);
}

TEST(BtfDifference, ABlobIsItself) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    every_kind(btf);
    EXPECT_EQ(difference_of(btf, btf), "");
  }
}

TEST(BtfDifference, ByteOrdersDiffer) {
  BtfBytes little(std::endian::little);
  BtfBytes big(std::endian::big);
  EXPECT_NE(difference_of(little, big), "");
}

TEST(BtfDifference, IdsAndPlacesOfStringsDoNotCount) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const Model kernel = random_kernel(random, 5 + random.below(80));
    const Model module = random_module(random, kernel, random.below(30));
    const WriteOptions plain = {.order = kOrders[seed % 2]};
    const WriteOptions odd = {
        .order = plain.order, .shuffle = Shuffle::stable, .has_odd_strings = true};
    const WrittenBtf a = write(random, kernel, plain);
    const WrittenBtf b = write(random, kernel, odd);
    EXPECT_EQ(difference({.blob = a.bytes}, {.blob = b.bytes}), "") << "seed " << seed;
    const WrittenBtf a_module = write(random, module, plain, &a);
    const WrittenBtf b_module = write(random, module, odd, &b);
    EXPECT_EQ(difference({.blob = a_module.bytes, .base = a.bytes},
                         {.blob = b_module.bytes, .base = b.bytes}),
              "")
        << "seed " << seed;
  }
}

TEST(BtfDifference, EveryByteOfATypeCounts) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    every_kind(btf);
    const ByteVector original = btf.bytes();
    std::size_t refused = 0;
    for (std::size_t at = btf.offset_of(0); at < btf.offset_of_strings(); ++at) {
      ByteVector changed = original;
      changed[at] ^= std::byte{2};  // offsets of strings then never lead to the NUL of another
      try {
        EXPECT_NE(difference({.blob = original}, {.blob = changed}), "") << "byte " << at;
      } catch (const std::runtime_error&) {
        ++refused;  // ids and strings that are not there, other lengths
      }
    }
    EXPECT_LT(refused, (btf.offset_of_strings() - btf.offset_of(0)) / 2);
  }
}

TEST(BtfDifference, EveryReferenceOfRandomTypesCounts) {
  std::size_t different = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const Model kernel = random_kernel(random, 40);
    Model other = kernel;
    ModelType& type = random.one_of(other.types);
    if (type.name.empty() || static_cast<Kind>(type.kind) != Kind::kTypedef) continue;
    const std::uint32_t before = std::exchange(type.type, 0);
    if (before == 0) continue;
    ++different;
    const WrittenBtf a = write(random, kernel, {.shuffle = Shuffle::stable});
    const WrittenBtf b = write(random, other, {.shuffle = Shuffle::stable});
    EXPECT_NE(difference({.blob = a.bytes}, {.blob = b.bytes}), "") << "seed " << seed;
  }
  EXPECT_GT(different, 5U);
}

/// Two structs of one name, with a pointer to one of them in another.
BtfBytes two_of_a_name(std::uint32_t first_size, std::uint32_t second_size, bool to_first) {
  BtfBytes btf;
  const TypeId one = btf.add(Kind::kStruct, "twice", first_size);
  const TypeId other = btf.add(Kind::kStruct, "twice", second_size);
  const TypeId pointer = btf.pointer(to_first ? one : other);
  btf.add(Kind::kStruct, "user", 8, {"p", pointer, 0});
  return btf;
}

TEST(BtfDifference, OrderAmongTypesOfOneNameCounts) {
  const BtfBytes btf = two_of_a_name(8, 16, true);
  EXPECT_THAT(difference_of(btf, two_of_a_name(16, 8, false)), HasSubstr("STRUCT 'twice'"));
  EXPECT_THAT(difference_of(btf, two_of_a_name(8, 16, false)), HasSubstr("PTR"));
  // Equal ones are told apart, too: by who means which.
  EXPECT_NE(difference_of(two_of_a_name(8, 8, true), two_of_a_name(8, 8, false)), "");
}

TEST(BtfDifference, AModulesTypeIsNotItsKernels) {
  BtfBytes kernel;
  const TypeId of_kernel = kernel.add(Kind::kStruct, "twice", 8);
  const auto module = [&](bool to_own) {
    BtfBytes btf(std::endian::little, &kernel);
    const TypeId own = btf.add(Kind::kStruct, "twice", 8);
    btf.pointer(to_own ? own : of_kernel);
    return btf.bytes();
  };
  const ByteVector base = kernel.bytes();
  EXPECT_THAT(
      difference({.blob = module(true), .base = base}, {.blob = module(false), .base = base}),
      HasSubstr("PTR"));
}

TEST(BtfDifference, TypesWithoutNamesAreCountedUnlessCopiesAreMerged) {
  const auto pointers = [](int count) {
    BtfBytes btf;
    for (int i = 0; i < count; ++i) btf.pointer(TypeId{0});
    return btf;
  };
  EXPECT_NE(difference_of(pointers(1), pointers(2)), "");
  EXPECT_EQ(difference_of(pointers(1), pointers(2), Copies::merged), "");
  EXPECT_NE(difference_of(pointers(0), pointers(1), Copies::merged), "");
}

TEST(BtfDifference, TagsCount) {
  const auto tagged = [](std::uint32_t component, bool kind_flag, int count) {
    BtfBytes btf;
    const TypeId i32 = btf.integer("int", 4);
    const TypeId nameless = btf.add(Kind::kStruct, 0, 8, {"a", i32, 0, "b", i32, 32});
    for (int i = 0; i < count; ++i) {
      btf.add(Kind::kDeclTag, "tag", nameless, {component}, kind_flag);
    }
    return btf;
  };
  const BtfBytes btf = tagged(0, false, 1);
  EXPECT_NE(difference_of(btf, tagged(1, false, 1)), "");
  EXPECT_NE(difference_of(btf, tagged(0, true, 1)), "");
  EXPECT_THAT(difference_of(btf, tagged(0, false, 0)), HasSubstr("DECL_TAG 'tag'"));
  EXPECT_NE(difference_of(btf, tagged(0, false, 2)), "");
}

/// A chain of modifiers that ends in itself, or in void.
TEST(BtfDifference, WhatIsFarBehindPointersCounts) {
  const auto chain = [](int length, std::uint32_t last) {
    BtfBytes btf;
    TypeId to = btf.array(TypeId{0}, TypeId{0}, last);
    for (int i = 0; i < length; ++i) to = btf.pointer(to);
    return btf;
  };
  EXPECT_EQ(difference_of(chain(100, 3), chain(100, 3)), "");
  EXPECT_NE(difference_of(chain(100, 3), chain(100, 4)), "");
  BtfBytes two;
  two.pointer(TypeId{0});
  two.pointer(TypeId{1});
  BtfBytes loop;
  loop.pointer(TypeId{1});
  loop.pointer(TypeId{1});
  EXPECT_NE(difference_of(two, loop), "");
}

}  // namespace
}  // namespace btfreloc::test
