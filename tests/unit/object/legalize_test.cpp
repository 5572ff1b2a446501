#include "object/legalize.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "btf/raw_text.h"
#include "support/errors.h"
#include "support/objects.h"

namespace btfreloc::object {
namespace {

using test::must;

/// The kinds of the types that stand in the way of relocations.
std::set<std::string> obstacle_kinds(const std::string& object, btf::KernelVersion kernel) {
  const auto open = test::test_object(object);
  const LegalizedObject legal = must(legalize(open.object, kernel));
  std::set<std::string> kinds;
  for (const NeedsRelocateFirst& obstacle : legal.obstacles) {
    const btf::Change& change = legal.btf.changes[obstacle.change];
    EXPECT_TRUE(change.changes_relocations);
    kinds.emplace(btf::kind_name(*open.object.btf(), change.type));
  }
  return kinds;
}

using Kinds = std::set<std::string>;

TEST(LegalizeObject, RelocationsThroughLoweredKindsStandInTheWay) {
  for (const char* const ending : {".bpfel.o", ".bpfeb.o"}) {
    const std::string enums = std::string("enums") + ending;
    EXPECT_EQ(obstacle_kinds(enums, {5, 19}), (Kinds{"ENUM", "ENUM64"}));
    EXPECT_EQ(obstacle_kinds(enums, {6, 0}), Kinds{});
  }
}

TEST(LegalizeObject, TagsDoNot) {
  for (const char* const object : {"tags.bpfel.o", "tags.bpfeb.o"}) {
    const auto open = test::test_object(object);
    const LegalizedObject legal = must(legalize(open.object, {5, 10}));
    EXPECT_FALSE(legal.btf.changes.empty());
    EXPECT_TRUE(legal.obstacles.empty());
  }
}

TEST(LegalizeObject, NeedsOneBlob) {
  EXPECT_FALSE(legalize(test::test_object("no_btf.bpfel.o").object, {5, 10}));
  EXPECT_FALSE(legalize(test::test_object("concatenated.bpfel.o").object, {5, 10}));
}

}  // namespace
}  // namespace btfreloc::object
