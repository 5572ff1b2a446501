#include "object/maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "btf/c_text.h"
#include "object/object.h"
#include "support/objects.h"
#include "support/print.h"

namespace btfreloc::object {
namespace {

/// What testdata/objects/*.bpf.c says of a map. Types are those of the key and value as C text.
struct ExpectedMap {
  std::string_view name;
  std::string_view section;
  std::string_view type;
  std::string_view key_type;
  std::uint64_t key_size;
  std::string_view value_type;
  std::uint64_t value_size;
  std::uint32_t max_entries;
  std::uint32_t flags = 0;
  bool pinned = false;
  std::string_view inner = "";
  MapOrigin origin = MapOrigin::btf_defined;
  std::uint32_t variables = 0;
};

std::string type_text(const btf::View* btf, const std::optional<TypeId>& id) {
  return id ? btf::declaration(*btf, *id, "") : "";
}

void expect_maps(const std::string& file, const std::vector<ExpectedMap>& expected) {
  const auto open = test::test_object(file);
  const btf::View* btf = open.object.btf();
  std::vector<std::string_view> names;
  for (const Map& map : open.object.maps()) names.push_back(map.name);
  std::vector<std::string_view> expected_names;
  for (const ExpectedMap& map : expected) expected_names.push_back(map.name);
  ASSERT_THAT(names, testing::UnorderedElementsAreArray(expected_names)) << file;
  for (const ExpectedMap& want : expected) {
    SCOPED_TRACE(file + " " + std::string(want.name));
    const Map& map = *std::ranges::find(open.object.maps(), want.name, &Map::name);
    EXPECT_EQ(map.section, want.section);
    EXPECT_EQ(map.origin, want.origin);
    EXPECT_EQ(map_type_name(map.type), want.type);
    EXPECT_EQ(type_text(btf, map.key_type), want.key_type);
    EXPECT_EQ(map.key_size, ByteCount{want.key_size});
    EXPECT_EQ(type_text(btf, map.value_type), want.value_type);
    EXPECT_EQ(map.value_size, ByteCount{want.value_size});
    EXPECT_EQ(map.max_entries, want.max_entries);
    EXPECT_EQ(map.flags, want.flags);
    EXPECT_EQ(map.pinned_by_name, want.pinned);
    EXPECT_EQ(map.inner_type ? map_type_name(*map.inner_type) : "", want.inner);
    EXPECT_EQ(map.variables, want.variables);
  }
}

class Maps : public testing::TestWithParam<std::string> {
 protected:
  std::string file(const std::string& name) const { return name + "." + GetParam() + ".o"; }
};

constexpr std::uint32_t kNoPrealloc = 1;     // BPF_F_NO_PREALLOC
constexpr std::uint32_t kRdonlyProg = 0x80;  // BPF_F_RDONLY_PROG
constexpr std::uint32_t kMmapable = 0x400;   // BPF_F_MMAPABLE
constexpr auto kVariables = MapOrigin::variables;

TEST_P(Maps, OfEveryShape) {
  expect_maps(
      file("maps"),
      {{"flows", ".maps", "hash", "struct flow_key", 16, "struct flow_value", 24, 1024,
        kNoPrealloc},
       {"pinned_array", ".maps", "array", "__u32", 4, "__u64", 8, 16, kMmapable, true},
       {"percpu_array", ".maps", "percpu_array", "__u32", 4, "struct flow_value", 24, 4},
       {"percpu_hash_without_types", ".maps", "percpu_hash", "", 8, "", 24, 4},
       {"lru_hash", ".maps", "lru_hash", "__u64", 8, "__u8 [20]", 20, 512},
       {"lpm_trie", ".maps", "lpm_trie", "struct lpm_key", 20, "__u32", 4, 10000, kNoPrealloc},
       {"events", ".maps", "ringbuf", "", 0, "", 0, 262144},
       {"perf_events", ".maps", "perf_event_array", "", 4, "", 4, 0},
       {"task_storage", ".maps", "task_storage", "int", 4, "struct flow_value", 24, 0, kNoPrealloc},
       {"programs", ".maps", "prog_array", "", 4, "", 0, 8},
       {"inner_one", ".maps", "array", "__u32", 4, "__u64", 8, 2},
       {"inner_two", ".maps", "array", "__u32", 4, "__u64", 8, 2},
       {"array_of_maps", ".maps", "array_of_maps", "__u32", 4, "", 0, 4, 0, false, "array"},
       {"hash_of_maps", ".maps", "hash_of_maps", "__u32", 4, "", 0, 4, 0, false, "lru_hash"},
       // target_pid (int) and settings (32 bytes, aligned to 8).
       {".rodata", ".rodata", "array", "", 4, "", 40, 1, kRdonlyProg, false, "", kVariables, 2},
       {".rodata.tuning", ".rodata.tuning", "array", "", 4, "", 4, 1, kRdonlyProg, false, "",
        kVariables, 1},
       // The format string of bpf_trace_printk, of which BTF knows nothing.
       {".rodata.str1.1", ".rodata.str1.1", "array", "", 4, "", 22, 1, kRdonlyProg, false, "",
        kVariables, 0},
       // initialized (__u64), initialized_static and hidden_data.
       {".data", ".data", "array", "", 4, "", 16, 1, 0, false, "", kVariables, 3},
       {".data.foo", ".data.foo", "array", "", 4, "", 4, 1, 0, false, "", kVariables, 1},
       // zeroed (24 bytes) and zeroed_static (32).
       {".bss", ".bss", "array", "", 4, "", 56, 1, 0, false, "", kVariables, 2}});
}

TEST_P(Maps, OfStructOps) {
  expect_maps(file("programs"),
              {{"counts", ".maps", "hash", "__u32", 4, "__u64", 8, 64},
               {"ops", ".struct_ops", "struct_ops", "", 4, "struct tcp_congestion_ops", 32, 1, 0,
                false, "", MapOrigin::struct_ops}});
}

TEST_P(Maps, FromBeforeBtf) {
  expect_maps(
      file("legacy_maps"),
      {{"first", "maps", "hash", "", 4, "", 8, 256, 0, false, "", MapOrigin::legacy},
       {"second", "maps", "perf_event_array", "", 4, "", 4, 0, 0, false, "", MapOrigin::legacy}});
}

TEST_P(Maps, StandInTheOrderOfTheirPlace) {
  const auto open = test::test_object(file("legacy_maps"));
  ASSERT_EQ(open.object.maps().size(), 2U);
  EXPECT_EQ(open.object.maps()[0].name, "first");
  EXPECT_EQ(open.object.maps()[1].name, "second");
}

TEST_P(Maps, MayHaveA64BitExtra) {
  const auto open = test::test_object(file("arena"));
  const auto arena = std::ranges::find(open.object.maps(), "arena", &Map::name);
  ASSERT_NE(arena, open.object.maps().end());
  EXPECT_EQ(map_type_name(arena->type), "arena");
  EXPECT_EQ(arena->extra, std::uint64_t{1} << 44);
  EXPECT_EQ(arena->max_entries, 1000U);
  EXPECT_EQ(arena->flags, kMmapable);
}

TEST_P(Maps, AreKnownWithoutBtfByTheirSection) {
  const auto open = test::test_object(file("no_btf"));
  EXPECT_EQ(open.object.btf(), nullptr);
  for (const Map& map : open.object.maps()) EXPECT_EQ(map.origin, MapOrigin::variables);
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, Maps, testing::Values("bpfel", "bpfeb"));

TEST(MapTypeName, IsThatOfBpftool) {
  EXPECT_EQ(map_type_name(0), "unspec");
  EXPECT_EQ(map_type_name(1), "hash");
  EXPECT_EQ(map_type_name(14), "devmap");
  EXPECT_EQ(map_type_name(26), "struct_ops");
  EXPECT_EQ(map_type_name(33), "arena");
  EXPECT_EQ(map_type_name(1000), "");
  EXPECT_EQ(map_type_name(0xffffffff), "");
}

}  // namespace
}  // namespace btfreloc::object
