#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "btf/types.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/every_kind.h"
#include "support/kernel_sets.h"

// BTF that no kernel has, but that can be opened: a set refuses it, or gives it back as it was.
// What it never does is change it in silence.

namespace btfreloc::test {
namespace {

using btf::Kind;
using kernels::Editor;
using testing::IsEmpty;
using testing::Not;

enum class Expected : std::uint8_t { kept, refused, either };

struct Case {
  const char* name;
  Expected expected;
  std::function<void(BtfBytes&)> write;
  bool is_large = false;  ///< Tried once, not in all ways.
};

TypeId chain(BtfBytes& btf, TypeId to, std::uint32_t length, Kind kind) {
  for (; length > 0; --length) to = btf.add(kind, 0, to);
  return to;
}

const std::vector<Case>& hostile_cases() {
  static const std::vector<Case> all = {
      {"no_types", Expected::kept, [](BtfBytes&) {}},
      {"only_void_pointers", Expected::kept,
       [](BtfBytes& btf) { chain(btf, TypeId{0}, 1, Kind::kPtr); }},
      {"every_kind", Expected::kept, [](BtfBytes& btf) { every_kind(btf); }},
      {"same_structs_many_times", Expected::kept,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         for (int i = 0; i < 2000; ++i) btf.add(Kind::kStruct, "same", 4, {"a", i32, 0});
       }},
      {"structs_of_one_name", Expected::kept,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         for (int i = 0; i < 2000; ++i) {
           const TypeId pointer = btf.pointer(TypeId{btf.next_id().value + 1});
           btf.add(Kind::kStruct, "same", i, {"a", i32, i * 32, "p", pointer, 64});
         }
       }},
      {"same_pointers_many_times", Expected::kept,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         for (int i = 0; i < 2000; ++i) {
           btf.add(Kind::kTypedef, fmt::format("t{}", i), btf.pointer(i32));
         }
       }},
      {"named_pointer", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kPtr, "pointer", TypeId{0}); }},
      {"named_const", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kConst, "constant", TypeId{0}); }},
      {"named_array", Expected::either,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         btf.add(Kind::kArray, "array", 0, {i32, i32, 3});
       }},
      {"named_prototype", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kFuncProto, "proto", TypeId{0}); }},
      {"nameless_int", Expected::either, [](BtfBytes& btf) { btf.integer(0, 4); }},
      {"nameless_typedef", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kTypedef, 0, TypeId{0}); }},
      {"nameless_function", Expected::either,
       [](BtfBytes& btf) { btf.function(0, btf.add(Kind::kFuncProto, 0, 0), 0); }},
      {"nameless_fwd", Expected::either, [](BtfBytes& btf) { btf.add(Kind::kFwd, 0, 0); }},
      {"nameless_tags", Expected::either,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         btf.add(Kind::kTypeTag, 0, i32);
         btf.add(Kind::kDeclTag, 0, i32, {~0U});
       }},
      {"loop_of_pointers", Expected::either,
       [](BtfBytes& btf) {
         btf.add(Kind::kPtr, 0, TypeId{2});
         btf.add(Kind::kConst, 0, TypeId{1});
       }},
      {"pointer_to_itself", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kPtr, 0, TypeId{1}); }},
      {"nameless_struct_in_itself", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kStruct, 0, 8, {"next", TypeId{1}, 0}); }},
      {"prototype_of_itself", Expected::either,
       [](BtfBytes& btf) {
         btf.add(Kind::kFuncProto, 0, TypeId{2});
         btf.add(Kind::kPtr, 0, TypeId{1});
       }},
      {"typedef_of_itself", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kTypedef, "t", TypeId{1}); }},
      {"struct_in_itself", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kStruct, "s", 8, {"s", TypeId{1}, 0}); }},
      {"structs_in_each_other", Expected::either,
       [](BtfBytes& btf) {
         btf.add(Kind::kStruct, "a", 8, {"b", TypeId{2}, 0});
         btf.add(Kind::kStruct, "b", 8, {"a", TypeId{1}, 0});
       }},
      {"tag_of_itself", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kDeclTag, "tag", TypeId{1}, {~0U}); }},
      {"tags_of_each_other", Expected::either,
       [](BtfBytes& btf) {
         btf.add(Kind::kDeclTag, "tag", TypeId{2}, {~0U});
         btf.add(Kind::kDeclTag, "tag", TypeId{1}, {~0U});
       }},
      {"tag_of_a_tag", Expected::either,
       [](BtfBytes& btf) {
         const TypeId s = btf.add(Kind::kStruct, "s", 8);
         btf.add(Kind::kDeclTag, "one", s, {~0U});
         btf.add(Kind::kDeclTag, "two", TypeId{2}, {~0U});
       }},
      {"tag_of_void", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kDeclTag, "tag", TypeId{0}, {~0U}); }},
      {"tag_of_a_pointer", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kDeclTag, "tag", btf.pointer(TypeId{0}), {~0U}); }},
      {"tag_of_a_member_far_away", Expected::either,
       [](BtfBytes& btf) {
         const TypeId s = btf.add(Kind::kStruct, "s", 8);
         btf.add(Kind::kDeclTag, "tag", s, {0x7fffffff});
         btf.add(Kind::kDeclTag, "tag", s, {0x80000000});
       }},
      {"member_that_is_a_tag", Expected::either,
       [](BtfBytes& btf) {
         const TypeId s = btf.add(Kind::kStruct, "s", 8);
         const TypeId tag = btf.add(Kind::kDeclTag, "tag", s, {~0U});
         btf.add(Kind::kStruct, "user", 8, {"a", tag, 0});
       }},
      {"member_that_is_a_function", Expected::either,
       [](BtfBytes& btf) {
         const TypeId f = btf.function("f", btf.add(Kind::kFuncProto, 0, 0), 1);
         btf.add(Kind::kStruct, "user", 8, {"a", f, 0});
       }},
      {"linkage_that_is_none", Expected::either,
       [](BtfBytes& btf) {
         btf.function("f", btf.add(Kind::kFuncProto, 0, 0), 77);
         btf.add(Kind::kVar, "v", TypeId{1}, {0xffffffff});
       }},
      {"flag_of_an_int", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kInt, "int", 4, {32}, true); }},
      {"flag_of_a_pointer", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kPtr, 0, TypeId{0}, {}, true); }},
      {"flag_of_a_typedef", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kTypedef, "t", TypeId{0}, {}, true); }},
      {"flag_of_a_prototype", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kFuncProto, 0, TypeId{0}, {}, true); }},
      {"flag_of_a_section", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kDatasec, ".data", 4, {}, true); }},
      {"flag_of_an_array", Expected::either,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         btf.add(Kind::kArray, 0, 0, {i32, i32, 3}, true);
       }},
      {"vlen_of_an_int", Expected::either,
       [](BtfBytes& btf) { btf.add_raw(1, 5, false, "int", 4, {32}); }},
      {"vlen_of_a_pointer", Expected::either,
       [](BtfBytes& btf) { btf.add_raw(2, 5, false, 0, 0); }},
      {"vlen_of_a_tag", Expected::either,
       [](BtfBytes& btf) {
         const TypeId s = btf.add(Kind::kStruct, "s", 8);
         btf.add_raw(17, 5, false, "tag", s, {0});
       }},
      {"size_of_a_fwd", Expected::either, [](BtfBytes& btf) { btf.add(Kind::kFwd, "f", 77); }},
      {"size_of_an_array", Expected::either,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         btf.add(Kind::kArray, 0, 77, {i32, i32, 3});
       }},
      {"odd_bits_of_an_int", Expected::either,
       [](BtfBytes& btf) { btf.add(Kind::kInt, "int", 4, {0xff00ff00U | 32}); }},
      {"bits_of_all_sizes", Expected::kept,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         btf.add(Kind::kStruct, "s", ~0U,
                 {"far", i32, ~0U, "near", i32, 0, "middle", i32, 0x80000000, "odd", i32, 7});
         btf.add(Kind::kStruct, "b", 8,
                 {"all", i32, 255U << 24 | 0xffffff, "none", i32, 0, "one", i32, 1U << 24 | 31},
                 true);
         btf.add(Kind::kUnion, "u", 8, {"a", i32, 5}, true);
       }},
      {"values_of_all_sizes", Expected::kept,
       [](BtfBytes& btf) {
         btf.add(Kind::kEnum, "e", 4, {"A", ~0U, "B", 0, "C", 0x7fffffff, "D", 0x80000000});
         btf.add(Kind::kEnum, "f", 4, {"A", ~0U, "B", 0, "C", 0x7fffffff, "D", 0x80000000}, true);
         btf.add(Kind::kEnum, "one_byte", 1, {"A", 255});
         btf.add(Kind::kEnum64, "g", 8,
                 {"A", ~0U, ~0U, "B", 0, 0, "C", ~0U, 0x7fffffff, "D", 0, 0x80000000});
         btf.add(Kind::kEnum64, "h", 8, {"A", 0, 0x80000000, "B", ~0U, 0x7fffffff}, true);
       }},
      {"chain_of_a_thousand_pointers", Expected::either,
       [](BtfBytes& btf) { chain(btf, TypeId{0}, 1000, Kind::kPtr); }},
      {"chain_of_a_thousand_modifiers", Expected::either,
       [](BtfBytes& btf) {
         const TypeId last = chain(btf, btf.integer("int", 4), 1000, Kind::kConst);
         btf.add(Kind::kStruct, "s", 4, {"a", last, 0});
       }},
      {"chain_of_thirty_modifiers", Expected::kept,
       [](BtfBytes& btf) {
         const TypeId last = chain(btf, btf.integer("int", 4), 30, Kind::kConst);
         btf.add(Kind::kStruct, "s", 4, {"a", last, 0});
       }},
      {"a_hundred_thousand_pointers", Expected::either,
       [](BtfBytes& btf) { chain(btf, TypeId{0}, 100'000, Kind::kPtr); }},
      {"nameless_structs_that_double", Expected::either,
       [](BtfBytes& btf) {
         // 2^40 types when each is written where it is used.
         TypeId inner = btf.integer("int", 4);
         for (int i = 0; i < 40; ++i) {
           inner = btf.add(Kind::kStruct, 0, 4, {"a", inner, 0, "b", inner, 32});
         }
         btf.add(Kind::kTypedef, "t", inner);
       }},
      {"prototypes_that_double", Expected::either,
       [](BtfBytes& btf) {
         TypeId inner = btf.integer("int", 4);
         for (int i = 0; i < 20; ++i) {
           const TypeId pointer = btf.pointer(inner);
           inner =
               btf.add(Kind::kFuncProto, 0, pointer, {"a", pointer, "b", pointer, "c", pointer});
         }
         btf.function("f", inner, 1);
       }},
      {"a_million_members", Expected::either,
       [](BtfBytes& btf) {
         const TypeId i32 = btf.integer("int", 4);
         std::vector<Word> members;
         for (std::uint32_t i = 0; i < 1'000'000; ++i) {
           members.insert(members.end(), {Word(0), Word(i32), Word(i * 32)});
         }
         btf.add(Kind::kStruct, "wide", 4, members);
       },
       true},
      {"a_hundred_thousand_names", Expected::kept,
       [](BtfBytes& btf) {
         for (int i = 0; i < 100'000; ++i) btf.add(Kind::kFwd, fmt::format("f{}", i), 0);
       },
       true},
      {"long_names", Expected::either,
       [](BtfBytes& btf) {
         for (const std::size_t size : {511U, 4000U, 4094U, 4095U, 4096U, 5000U, 100'000U}) {
           btf.add(Kind::kStruct, std::string(size, 's'), static_cast<std::uint32_t>(size),
                   {std::string(size, 'm'), TypeId{1}, 0});
         }
       }},
      {"names_of_4000_bytes", Expected::kept,
       [](BtfBytes& btf) {
         btf.add(Kind::kStruct, std::string(4000, 's') + "1", 8,
                 {std::string(4000, 'm'), TypeId{2}, 0});
         btf.add(Kind::kStruct, std::string(4000, 's') + "2", 8);
       }},
      {"names_of_any_bytes", Expected::either,
       [](BtfBytes& btf) {
         btf.add(Kind::kStruct, "\x01\xff\n/`'\"", 8, {"\t", TypeId{1}, 0});
         btf.add(Kind::kStruct, " ", 8);
         btf.add(Kind::kStruct, "a___b", 8);
         btf.add(Kind::kStruct, "a__`", 8);
         btf.add(Kind::kStruct, "a", 8);
         btf.add(Kind::kStruct, "___", 8);
         btf.add(Kind::kStruct, "a___", 8);
       }},
  };
  return all;
}

void PrintTo(const Case& hostile, std::ostream* out) { *out << hostile.name; }

class HostileKernel : public testing::TestWithParam<Case> {};

/// What the set makes of it: an error, or the difference to the original.
void check(const Case& hostile, const Source& source, bool keeps_ids, Editor& editor,
           std::vector<const Source*>& kept) {
  kernels::Column column = source.column;
  column.keeps_ids = keeps_ids;
  const auto added = source.kernel == nullptr
                         ? editor.add(column, *source.view, source.bytes)
                         : editor.add_module(column, *source.view, source.bytes);
  if (!added) {
    EXPECT_NE(hostile.expected, Expected::kept) << added.error().message;
    EXPECT_EQ(added.error().code, Errc::unsupported) << added.error().message;
    EXPECT_THAT(added.error().message, Not(IsEmpty()));
    fmt::print("{}: {}\n", hostile.name, added.error().message);
  } else {
    EXPECT_NE(hostile.expected, Expected::refused);
    kept.push_back(&source);
  }
}

TEST_P(HostileKernel, IsRefusedOrGivenBack) {
  const Case& hostile = GetParam();
  for (const std::endian order : kOrders) {
    for (const bool keeps_ids : {false, true}) {
      if (hostile.is_large && (order == std::endian::big || keeps_ids)) continue;
      Sources sources;
      const auto with = [&](const char* label, const BtfBytes& btf, const Source* kernel,
                            const char* module) -> Source& {
        Source source;
        source.column.label = label;
        source.column.module = module;
        source.bytes = btf.bytes();
        source.kernel = kernel;
        return append(sources, std::move(source));
      };
      BtfBytes plain(order);
      every_kind(plain);
      BtfBytes odd(order);
      hostile.write(odd);
      const Source& good = with("good", plain, nullptr, "");
      const Source& bad = with("bad", odd, nullptr, "");
      // The same as a module: ids of the cases are of their own types then, or of their base's.
      BtfBytes module(order, &plain);
      hostile.write(module);
      const Source& bad_module = with("good", module, &good, "bad");

      Editor editor;
      std::vector<const Source*> kept;
      check(hostile, good, keeps_ids, editor, kept);
      check(hostile, bad, keeps_ids, editor, kept);
      check(hostile, bad_module, keeps_ids, editor, kept);
      EXPECT_EQ(editor.columns().size(), kept.size());
      const OpenSet open = open_set(must(editor.packed()));
      EXPECT_EQ(open.set.verify().size(), 0U);
      for (const Source* source : kept) {
        EXPECT_EQ(difference_from(*source, open.set), "") << source->address();
      }
      Editor again = must(Editor::of(open.set));
      EXPECT_TRUE(must(again.packed()) == open.bytes);
      kernels::Slicer slicer(open.set);
      constexpr std::string_view kNames[] = {"s", "t", "a", "same", "wide", "f", "e", "", "plain"};
      for (std::size_t i = 0; i < open.set.columns().size(); ++i) {
        const auto slice =
            slicer.slice(i, {.types = kNames, .compared_types = kNames, .functions = kNames});
        EXPECT_TRUE(slice.has_value());
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, HostileKernel, testing::ValuesIn(hostile_cases()),
                         [](const auto& info) { return std::string(info.param.name); });

/// A kind of a future kernel, whose length the file's own layout section says.
TEST(HostileKernel, OfAnUnknownKindIsRefused) {
  BtfBytes btf;
  btf.header_size = 32;
  for (std::uint8_t kind = 0; kind < 21; ++kind) btf.layout.push_back({0, 0});
  btf.add_raw(20, 0, false, "new", 0);
  const ByteVector bytes = btf.bytes();
  auto opened = btf::View::open(bytes);
  if (!opened) GTEST_SKIP() << opened.error().message;
  Editor editor;
  kernels::Column column;
  column.label = "new";
  const auto added = editor.add(column, *opened, bytes);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, Errc::unsupported);
  EXPECT_TRUE(editor.columns().empty());
}

}  // namespace
}  // namespace btfreloc::test
