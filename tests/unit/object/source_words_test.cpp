#include "object/source_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

namespace btfreloc::object {
namespace {

using testing::UnorderedElementsAre;

SourceWords words_of(std::string_view text) {
  SourceWords words;
  words.add(text);
  return words;
}

TEST(SourceWords, AreIdentifiersAndNothingElse) {
  const SourceWords words =
      words_of("x1 = 0x1fUL + y2 /* no */ - 'c'; // neither\nf(\"s\\\"t\", z)");
  EXPECT_THAT(words.names(), UnorderedElementsAre("x1", "y2", "f", "z"));
}

TEST(SourceWords, BehindAKeywordAreTags) {
  const SourceWords words = words_of("(struct sock *)p + sizeof(struct path); enum pid_type t;");
  ASSERT_TRUE(words.tags().contains("sock"));
  EXPECT_EQ(words.tags().at("sock").keyword, "struct");
  EXPECT_TRUE(words.tags().at("sock").is_pointed_to_only);
  EXPECT_FALSE(words.tags().at("path").is_pointed_to_only);
  EXPECT_EQ(words.tags().at("pid_type").keyword, "enum");
  EXPECT_THAT(words.names(), UnorderedElementsAre("p", "sizeof", "t"));
}

TEST(SourceWords, AreAllTextsTogether) {
  SourceWords words;
  words.add("struct a *p");
  words.add("struct a a");
  EXPECT_FALSE(words.tags().at("a").is_pointed_to_only);
}

TEST(SourceWords, BehindADotOrAnArrowAreMembersOnly) {
  const SourceWords words = words_of("event.state = task->__state; READ(task, se.load, pid)");
  EXPECT_THAT(words.names(), UnorderedElementsAre("event", "task", "READ", "se", "pid"));
  for (const char* member : {"state", "__state", "se", "load", "pid"}) {
    EXPECT_TRUE(words.may_be_member(member)) << member;
  }
  EXPECT_FALSE(words.may_be_member("tgid"));
}

TEST(SourceWords, TakeTextsThatBreakOffAnywhere) {
  for (const std::string_view text : {"struct", "struct ", "enum 1", "/* a", "\"a", "'\\", "a->",
                                      "", "\\", "->", "struct struct struct", "\"a\\"}) {
    words_of(text);
  }
  EXPECT_THAT(words_of("ends in the middle \"of a\nstring").names(),
              UnorderedElementsAre("ends", "in", "the", "middle", "string"));
}

}  // namespace
}  // namespace btfreloc::object
