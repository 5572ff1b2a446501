#include "btfreloc/suggest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace btfreloc::tool {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Nearest, CountsEditsOfEachKind) {
  EXPECT_THAT(nearest("on_exit", {"on_exit"}), ElementsAre("on_exit"));
  EXPECT_THAT(nearest("on_exit", {"on_exits"}), ElementsAre("on_exits"));
  EXPECT_THAT(nearest("on_exit", {"on_exi"}), ElementsAre("on_exi"));
  EXPECT_THAT(nearest("on_exit", {"om_exit"}), ElementsAre("om_exit"));
  EXPECT_THAT(nearest("on_exit", {"no_exit"}), ElementsAre("no_exit"));
  EXPECT_THAT(nearest("abc", {"bac"}), ElementsAre("bac")) << "a swap is one edit";
}

TEST(Nearest, StopsAtAThirdOfTheLength) {
  EXPECT_THAT(nearest("abcdef", {"abcdXY"}), ElementsAre("abcdXY"));
  EXPECT_THAT(nearest("abcdef", {"abcXYZ"}), IsEmpty());
  EXPECT_THAT(nearest("abcdef", {"abcd", "abcdefgh"}), ElementsAre("abcd", "abcdefgh"));
  EXPECT_THAT(nearest("abcdef", {"abc", "abcdefghi"}), IsEmpty());
  // One edit is always near.
  EXPECT_THAT(nearest("a", {"b", "ab", "abc"}), ElementsAre("ab", "b"));
}

TEST(Nearest, PassesOverWhatIsNoNameOrTooLongForOne) {
  EXPECT_THAT(nearest("a", {"", "b"}), ElementsAre("b"));
  EXPECT_THAT(nearest("", {"a"}), IsEmpty());
  const std::string longest(200, 'a');
  const std::string too_long(201, 'a');
  EXPECT_THAT(nearest(longest, {too_long, longest}), ElementsAre(longest));
  EXPECT_THAT(nearest(too_long, {too_long}), IsEmpty());
}

TEST(Nearest, GivesTheThreeNearestFirst) {
  EXPECT_THAT(nearest("task_struct", {"task_strut", "rq", "task_stru", "tsk_strct", "task_struct",
                                      "task_structs"}),
              ElementsAre("task_struct", "task_structs", "task_strut"));
}

TEST(Nearest, NamesEachCandidateOnce) {
  EXPECT_THAT(nearest("pid", {"pids", "pids", "pid_"}), ElementsAre("pid_", "pids"));
}

TEST(Nearest, HasNothingToSayWithoutCandidates) {
  EXPECT_THAT(nearest("pid", {}), IsEmpty());
  EXPECT_THAT(nearest("pid", {"something_else_entirely"}), IsEmpty());
}

TEST(DidYouMean, IsASentence) {
  EXPECT_EQ(did_you_mean({}), "");
  EXPECT_EQ(did_you_mean({"a"}), "did you mean `a`?");
  EXPECT_EQ(did_you_mean({"a", "b"}), "did you mean `a` or `b`?");
  EXPECT_EQ(did_you_mean({"a", "b", "c"}), "did you mean `a`, `b` or `c`?");
}

}  // namespace
}  // namespace btfreloc::tool
