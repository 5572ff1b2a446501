#include "base/units.h"

#include <gtest/gtest.h>

#include <concepts>
#include <string>
#include <type_traits>
#include <unordered_set>

#include "support/print.h"

namespace btfreloc {
namespace {

// What must not compile, for a reader that mixes up ids and units is the usual bug of this field.

template <class A, class B>
concept Comparable = requires(A a, B b) { a == b; };
template <class A, class B>
concept Ordered = requires(A a, B b) { a < b; };
template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };

static_assert(std::constructible_from<TypeId, std::uint32_t>);
static_assert(!std::convertible_to<std::uint32_t, TypeId>);
static_assert(!std::convertible_to<TypeId, std::uint32_t>);
static_assert(!std::constructible_from<std::uint32_t, TypeId>);
static_assert(!std::constructible_from<TypeId, StrOff>);
static_assert(!std::constructible_from<StrOff, TypeId>);
static_assert(!std::constructible_from<InsnIndex, TypeId>);
static_assert(!std::assignable_from<TypeId&, StrOff>);
static_assert(!std::assignable_from<TypeId&, std::uint32_t>);
static_assert(Comparable<TypeId, TypeId> && Ordered<TypeId, TypeId>);
static_assert(!Comparable<TypeId, StrOff> && !Ordered<TypeId, StrOff>);
static_assert(!Comparable<TypeId, std::uint32_t>);
static_assert(!Comparable<InsnIndex, StrOff>);

static_assert(std::convertible_to<ByteCount, Bits>);
static_assert(!std::convertible_to<Bits, ByteCount>);
static_assert(!std::constructible_from<ByteCount, Bits>);
static_assert(!std::convertible_to<std::uint64_t, Bits>);
static_assert(!std::convertible_to<std::uint64_t, ByteCount>);
static_assert(!std::convertible_to<ByteCount, std::uint64_t>);
static_assert(Addable<Bits, Bits> && !Addable<Bits, int>);

static_assert(sizeof(TypeId) == sizeof(std::uint32_t), "millions of them are kept");

TEST(Units, BytesBecomeBitsByThemselvesAndBitsBecomeBytesWhenAsked) {
  const Bits bits = ByteCount{3};
  EXPECT_EQ(bits, Bits{24});
  EXPECT_EQ(whole_bytes(Bits{24}), ByteCount{3});
  EXPECT_EQ(whole_bytes(Bits{31}), ByteCount{3});
  EXPECT_EQ(whole_bytes(Bits{7}), ByteCount{0});
  EXPECT_EQ(Bits{5} + ByteCount{1}, Bits{13});
}

TEST(Strong, ComparesAndHashesByItsNumber) {
  EXPECT_EQ(TypeId{}, TypeId{0});
  EXPECT_LT(TypeId{2}, TypeId{10});
  EXPECT_NE(StrOff{1}, StrOff{2});
  const std::unordered_set<TypeId> ids{TypeId{1}, TypeId{2}, TypeId{1}};
  EXPECT_EQ(ids.size(), 2U);
  EXPECT_TRUE(ids.contains(TypeId{2}));
  EXPECT_FALSE(ids.contains(TypeId{3}));
}

}  // namespace
}  // namespace btfreloc
