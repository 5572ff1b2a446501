#include "object/used_types.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "btf/c_text.h"
#include "btf/raw_parser.h"
#include "core/members.h"
#include "support/errors.h"
#include "support/objects.h"

namespace btfreloc::object {
namespace {

using test::must;
using test::test_object;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

/// A kernel from text in bpftool's raw notation.
struct Kernel {
  explicit Kernel(std::string_view text) {
    auto builder = btf::parse_raw(text);
    EXPECT_TRUE(builder) << builder.error().message;
    blob = must(builder->blob());
    view.emplace(must(btf::View::open(blob)));
  }
  std::vector<std::byte> blob;
  std::optional<btf::View> view;
};

/// "struct task_struct: __state tgid", "struct only_named;"
std::vector<std::string> text_of(const UsedTypes& used) {
  std::vector<std::string> lines;
  for (const UsedType& type : used.types) {
    std::string line = btf::title(*type.btf, type.type);
    if (!type.is_defined) line += ";";
    for (const std::uint32_t index : type.records) {
      const auto members = core::members_of(*type.btf, type.type);
      const StrOff name =
          members ? (*members)[index].name : core::enumerator_of(*type.btf, type.type, index).name;
      const std::string_view text = type.btf->string(name);
      line += fmt::format(" {}", text.empty() ? "(anon)" : text);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

constexpr const char* kKernel = R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] INT 'unsigned int' size=4 bits_offset=0 nr_bits=32 encoding=(none)
[3] STRUCT 'spinlock' size=4 vlen=1
	'value' type_id=1 bits_offset=0
[4] UNION '(anon)' size=8 vlen=2
	'pid' type_id=1 bits_offset=0
	'other' type_id=1 bits_offset=0
[5] STRUCT 'holder' size=4 vlen=1
	'lock' type_id=3 bits_offset=0
[6] ARRAY '(anon)' type_id=1 index_type_id=1 nr_elems=20
[7] STRUCT 'task_struct' size=200 vlen=6
	'state' type_id=1 bits_offset=0
	'before' type_id=6 bits_offset=32
	'holder' type_id=5 bits_offset=704
	'__state' type_id=2 bits_offset=736
	'(anon)' type_id=4 bits_offset=768
	'tgid' type_id=8 bits_offset=832
[8] TYPEDEF 'pid_t' type_id=1
[9] ENUM 'bpf_map_type' encoding=UNSIGNED size=4 vlen=20
	'BPF_MAP_TYPE_UNSPEC' val=0
	'BPF_MAP_TYPE_HASH' val=1
	'A02' val=2
	'A03' val=3
	'A04' val=4
	'A05' val=5
	'A06' val=6
	'A07' val=7
	'A08' val=8
	'A09' val=9
	'A10' val=10
	'A11' val=11
	'A12' val=12
	'A13' val=13
	'A14' val=14
	'A15' val=15
	'A16' val=16
	'A17' val=17
	'A18' val=18
	'A19' val=19
[10] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=2
	'BPF_ANY' val=0
	'BPF_NOBODY' val=1
[11] TYPEDEF '__u64' type_id=12
[12] INT 'unsigned long long' size=8 bits_offset=0 nr_bits=64 encoding=(none)
[13] FUNC_PROTO '(anon)' ret_type_id=0 vlen=3
	'(anon)' type_id=14
	'p' type_id=15
	'group_dead' type_id=17
[14] PTR '(anon)' type_id=0
[15] PTR '(anon)' type_id=16
[16] STRUCT 'argument' size=4 vlen=1
	'x' type_id=1 bits_offset=0
[17] TYPEDEF 'flags_t' type_id=1
[18] PTR '(anon)' type_id=13
[19] TYPEDEF 'btf_trace_sched_process_exit' type_id=18
)";

TEST(UsedTypes, AreThoseOfRelocationsConstantsAndArguments) {
  const Kernel kernel(kKernel);
  const auto object = test_object("exit.bpfel.o");
  const UsedTypes used = must(used_types(object.object, {.kernel = *kernel.view}));
  EXPECT_THAT(text_of(used),
              ElementsAre("union (anon) pid",  // the source says .pid of its own struct, too
                          "struct task_struct state __state (anon) tgid", "typedef pid_t",
                          "enum bpf_map_type BPF_MAP_TYPE_HASH", "enum (anon) BPF_ANY",
                          "typedef __u64", "struct argument;", "typedef flags_t"));
  EXPECT_TRUE(used.missing.empty());
}

TEST(UsedTypes, NamesWhatTheKernelLacksWithThePlace) {
  const Kernel kernel(R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] STRUCT 'task_struct' size=8 vlen=1
	'tgid' type_id=1 bits_offset=0
)");
  const auto object = test_object("exit.bpfel.o");
  const UsedTypes used = must(used_types(object.object, {.kernel = *kernel.view}));
  ASSERT_EQ(used.missing.size(), 1U);  // not task_struct___old.state, which is the program's own
  EXPECT_EQ(used.missing[0].name, "struct task_struct.__state");
  EXPECT_FALSE(used.missing[0].is_type);
  ASSERT_TRUE(used.missing[0].place);
  EXPECT_EQ(used.missing[0].place->line, 31U);

  const Kernel empty("[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n");
  const UsedTypes none = must(used_types(object.object, {.kernel = *empty.view}));
  EXPECT_TRUE(none.types.empty());
  ASSERT_EQ(none.missing.size(), 1U);
  EXPECT_EQ(none.missing[0].name, "struct task_struct");
  EXPECT_TRUE(none.missing[0].is_type);
}

TEST(UsedTypes, TakeWordsOfTheSource) {
  const Kernel kernel(kKernel);
  const auto object = test_object("exit.bpfel.o");
  const std::vector<std::string_view> sources = {
      "struct holder h; struct spinlock *lock; x = BPF_NOBODY; task->before[3]"};
  const auto lines = text_of(must(used_types(object.object, {.kernel = *kernel.view}, sources)));
  EXPECT_THAT(lines, Contains("struct holder lock"));
  EXPECT_THAT(lines, Contains("struct spinlock value"));
  EXPECT_THAT(lines, Contains("enum (anon) BPF_ANY BPF_NOBODY"));
  EXPECT_THAT(lines, Contains("struct task_struct state before __state (anon) tgid"));
}

TEST(UsedTypes, LeavesTheProgramsOwnStructsAlone) {
  // no_core.bpfel.o has a struct xdp_md of five members.
  const Kernel other(R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] STRUCT 'xdp_md' size=8 vlen=2
	'data' type_id=1 bits_offset=0
	'something_else' type_id=1 bits_offset=32
)");
  const auto object = test_object("no_core.bpfel.o");
  EXPECT_THAT(text_of(must(used_types(object.object, {.kernel = *other.view}))),
              Not(Contains("struct xdp_md data something_else")));
}

TEST(UsedTypes, NeedsBtf) {
  const auto object = test_object("no_btf.bpfel.o");
  const Kernel kernel(kKernel);
  const auto used = used_types(object.object, {.kernel = *kernel.view});
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code, Errc::not_found);
}

}  // namespace
}  // namespace btfreloc::object
