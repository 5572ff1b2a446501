// Members as programs name them: flattened, and found by written paths.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "btf/compare/fields.h"
#include "support/make_types.h"

namespace btfreloc::btf {
namespace {

using namespace test;
using testing::ElementsAre;

/// struct inode { union { int a; struct { int deep; }; }; timespec64_t at; int bits:3 ...; }
OneType inode() {
  const MakeType timespec = structure("timespec64", {{"sec", u64()}, {"nsec", i32(), 64}}, 16);
  const MakeType inner = structure("", {{"deep", i32(), 32}}, 8);
  const MakeType limits = array(structure("rlimit", {{"cur", u32()}, {"max", u32(), 32}}, 8), 4);
  return make(structure("inode",
                        {{"", either("", {{"a", i32()}, {"", constant(inner)}}, 8), 0},
                         {"at", alias("stamp_t", constant(timespec)), 64},
                         {"bits", u32(), 195, 3},
                         {"rlim", limits, 256},
                         {"next", ptr(fwd("inode")), 512},
                         {"tail", array(u8(), 0), 576}},
                        72));
}

std::string place(const OneType& type, std::string_view path) {
  const auto field = find_field(type.btf(), type.id, path);
  if (!field) return text(type.btf(), field.error());
  return field->path + " " + std::to_string(field->offset.value) + "+" +
         std::to_string(field->size().value);
}

TEST(FieldsOf, AnonymousMembersAreTheOutersOwn) {
  const OneType type = inode();
  std::vector<std::string> names;
  for (const Field& field : fields_of(type.btf(), type.id)) names.push_back(field.path);
  EXPECT_THAT(names, ElementsAre("a", "deep", "at", "bits", "rlim", "next", "tail"));
}

TEST(FindField, ThroughAnonymousMembersTypedefsModifiersAndArrays) {
  const OneType type = inode();
  EXPECT_EQ(place(type, "deep"), "deep 32+32");
  EXPECT_EQ(place(type, "(anon).(anon).deep"), "deep 32+32");
  EXPECT_EQ(place(type, "at.nsec"), "at.nsec 128+32");
  EXPECT_EQ(place(type, "bits"), "bits 195+3");
  EXPECT_EQ(place(type, "rlim"), "rlim 256+256");
  EXPECT_EQ(place(type, "rlim[3].max"), "rlim[3].max 480+32");
  EXPECT_EQ(place(type, "tail[7]"), "tail[7] 632+8");
}

TEST(FindField, SaysWhichComponentIsMissingAndWhere) {
  const OneType type = inode();
  EXPECT_EQ(place(type, "at.nsex"), "`struct timespec64` has no member named `nsex`");
  EXPECT_EQ(place(type, "next.a"), "`struct inode *` has no members, and `a` is asked of it");
  EXPECT_EQ(place(type, "at[0]"), "`struct timespec64` has no elements, and `[0]` is asked of it");
  EXPECT_EQ(place(type, "rlim[4]"), "`struct rlimit [4]` has no element `[4]`");
  for (const char* path : {"rlim[x]", "rlim[", "rlim[]", "at.", ".at", "at..sec", "rlim[1"}) {
    EXPECT_THAT(place(type, path),
                testing::EndsWith("is neither the name of a member nor an index"))
        << path;
  }
  const auto missing = find_field(type.btf(), type.id, "rlim[2].cut");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().before, "rlim[2]");
  EXPECT_EQ(missing.error().component, "cut");
}

TEST(FindField, EndsInTypesThatHoldThemselves) {
  // struct [1] has an anonymous member of type [1].
  BtfBytes bytes;
  bytes.add(Kind::kStruct, "s", 8, {0, TypeId{1}, 0, 0, TypeId{1}, 0});
  const auto open = test::open(bytes);
  EXPECT_FALSE(find_field(open.view, TypeId{1}, "x"));
  EXPECT_TRUE(fields_of(open.view, TypeId{1}).empty());
  std::string path = "[0]";
  for (int i = 0; i < 100; ++i) path += "[0]";
  EXPECT_EQ(find_field(open.view, TypeId{1}, path).error().why, NoField::Why::no_array);
}

TEST(WrittenPath, TakesKeywordTypeAndPathApart) {
  struct Case {
    std::string_view text, keyword, type, path;
  };
  for (const Case& c : std::vector<Case>{
           {"task_struct", "", "task_struct", ""},
           {"struct inode.i_atime.tv_sec", "struct", "inode", "i_atime.tv_sec"},
           {"  union   bpf_attr . x", "union", "bpf_attr", " x"},
           {"structure.x", "", "structure", "x"},
           {"func do_exit", "func", "do_exit", ""},
           {"long unsigned int", "", "long unsigned int", ""},
       }) {
    const WrittenPath written = read_written_path(c.text);
    EXPECT_EQ(written.keyword, c.keyword) << c.text;
    EXPECT_EQ(written.type, c.type) << c.text;
    EXPECT_EQ(written.path, c.path) << c.text;
  }
}

TEST(FindNested, LooksInStructsWithANameOnly) {
  const MakeType info = structure("thread_info", {{"flags", u64()}, {"cpu", u32(), 64}}, 16);
  const MakeType outer = structure("outer", {{"info", info, 64}}, 32);
  const OneType type =
      make(structure("task", {{"cpu", u32()}, {"outer", outer, 64}, {"p", ptr(info), 320}}));
  const auto found = find_nested(type.btf(), type.id, {"cpu", "absent"}).found;
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "outer.info.cpu");
  EXPECT_EQ(found[0].offset.value, 64U + 64U + 64U);
}

}  // namespace
}  // namespace btfreloc::btf
