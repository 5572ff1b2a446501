#include "base/uninitialized.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace btfreloc {
namespace {

using testing::ElementsAre;

TEST(UninitializedVector, KeepsWhatWasWrittenWhenItGrows) {
  UninitializedVector<std::uint32_t> numbers;
  numbers.resize(3);
  for (std::uint32_t i = 0; i < 3; ++i) numbers[i] = i + 1;
  numbers.resize(100'000);
  numbers.resize(3);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3));
  numbers.push_back(4);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4));
}

TEST(UninitializedVector, SetsElementsThatAreGiven) {
  const UninitializedVector<std::uint32_t> filled(3, 7);
  EXPECT_THAT(filled, ElementsAre(7, 7, 7));
  const UninitializedVector<std::uint32_t> listed = {1, 2};
  EXPECT_THAT(listed, ElementsAre(1, 2));
  UninitializedVector<std::uint32_t> assigned;
  assigned.assign(2, 9);
  EXPECT_THAT(assigned, ElementsAre(9, 9));
}

/// resize() leaves the memory as it is: that is what it is for.
TEST(UninitializedVector, DoesNotClearWhatItMakesRoomFor) {
  UninitializedVector<std::uint32_t> numbers(1000, 0xabcdef01);
  const std::uint32_t* const before = numbers.data();
  numbers.resize(1);
  numbers.resize(1000);
  ASSERT_EQ(numbers.data(), before);
  EXPECT_EQ(numbers[999], 0xabcdef01);
}

TEST(UninitializedVector, ConstructsWhatHasAConstructor) {
  UninitializedVector<std::string> texts;
  texts.resize(2);
  texts.emplace_back(3, 'x');
  EXPECT_THAT(texts, ElementsAre("", "", "xxx"));
  const UninitializedVector<std::string> moved = std::move(texts);
  EXPECT_THAT(moved, ElementsAre("", "", "xxx"));
}

}  // namespace
}  // namespace btfreloc
