#include "btfreloc/relocation_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/relo_kind.h"
#include "support/btf_bytes.h"
#include "support/objects.h"

namespace btfreloc::tool {
namespace {

using btf::Kind;
using core::ReloKind;
using enum core::ReloKind;

struct Fixture {
  test::BtfBytes bytes;
  TypeId i = bytes.integer("int", 4, btf::kIntSigned);
  TypeId inner = bytes.add(Kind::kStruct, "inner", 8, {"a", i, 0, "b", i, 32});
  TypeId outer = bytes.add(Kind::kStruct, "outer", 32,
                           {"x", i, 0, "in", bytes.array(inner, i, 2), 32, "u",
                            bytes.integer("unsigned int", 4), 3U << 24 | 160},
                           true);
  TypeId alias = bytes.add(Kind::kTypedef, "alias_t", outer);
  TypeId e = bytes.add(Kind::kEnum, "e", 4, {"A", 7, "TOP", 0x80000000});
  TypeId e_signed = bytes.add(Kind::kEnum, "e_signed", 4, {"MINUS", 0xffffffff}, true);
  TypeId anonymous = bytes.add(Kind::kStruct, 0, 8, {"a", i, 0});
  TypeId hostile = bytes.add(Kind::kStruct, "red\x1b[31m", 4, {"tab\there", i, 0});

  RelocationRecord describe(TypeId root, const char* access, std::uint32_t kind,
                            std::endian order = std::endian::little) {
    // The access strings are names of types of their own.
    const TypeId holder = bytes.add(Kind::kFwd, access, 0);
    const auto open = test::open(bytes);
    return tool::describe(open.view,
                          {.insn_offset = {},
                           .type = root,
                           .access = open.view.name_offset(holder),
                           .kind = kind,
                           .file_offset = 0},
                          order, "id");
  }
};

struct RecordCase {
  TypeId Fixture::* root;
  const char* access;
  ReloKind kind;
  std::string_view kind_name, root_text, path, full_path, local;
};

TEST(RelocationRecord, IsInWords) {
  for (const RecordCase& expected : std::to_array<RecordCase>({
           {&Fixture::outer, "0:0", field_byte_offset, "byte_off", "struct outer", "x", "outer.x",
            "0"},
           {&Fixture::outer, "0:1:1:1", field_byte_offset, "byte_off", "struct outer", "in[1].b",
            "outer.in[1].b", "16"},
           {&Fixture::outer, "1", field_byte_offset, "byte_off", "struct outer", "[1]", "outer[1]",
            "32"},
           {&Fixture::outer, "0", field_byte_size, "byte_sz", "struct outer", "", "outer", "32"},
           {&Fixture::outer, "1:0", field_byte_offset, "byte_off", "struct outer", "[1].x",
            "outer[1].x", "32"},
           {&Fixture::alias, "0:0", field_exists, "field_exists", "typedef alias_t", "x",
            "alias_t.x", "yes"},
           {&Fixture::outer, "0:0", field_signed, "signed", "struct outer", "x", "outer.x", "yes"},
           {&Fixture::outer, "0:2", field_signed, "signed", "struct outer", "u", "outer.u", "no"},
           {&Fixture::outer, "0:2", field_rshift_u64, "rshift_u64", "struct outer", "u", "outer.u",
            "61"},
           {&Fixture::outer, "0", type_id_local, "local_type_id", "struct outer", "",
            "struct outer", "5"},
           {&Fixture::alias, "0", type_size, "type_size", "typedef alias_t", "", "typedef alias_t",
            "32"},
           {&Fixture::outer, "0", type_matches, "type_matches", "struct outer", "", "struct outer",
            "yes"},
           {&Fixture::e, "0", enumval_value, "enumval_value", "enum e", "A", "e::A", "7"},
           {&Fixture::e, "1", enumval_value, "enumval_value", "enum e", "TOP", "e::TOP",
            "2147483648"},
           {&Fixture::e_signed, "0", enumval_value, "enumval_value", "enum e_signed", "MINUS",
            "e_signed::MINUS", "-1"},
           {&Fixture::e, "0", enumval_exists, "enumval_exists", "enum e", "A", "e::A", "yes"},
           {&Fixture::anonymous, "0:0", field_exists, "field_exists", "struct (anon)", "a",
            "(anon).a", "yes"},
       })) {
    Fixture fixture;
    const RelocationRecord record = fixture.describe(fixture.*expected.root, expected.access,
                                                     static_cast<std::uint32_t>(expected.kind));
    SCOPED_TRACE(std::string(expected.full_path) + " " + std::string(expected.kind_name));
    EXPECT_EQ(record.id, "id");
    EXPECT_EQ(record.kind, expected.kind_name);
    EXPECT_EQ(record.root, expected.root_text);
    EXPECT_EQ(record.access, expected.access);
    EXPECT_EQ(record.path, expected.path);
    EXPECT_EQ(record.full_path, expected.full_path);
    EXPECT_EQ(record.local_text(), expected.local);
    EXPECT_EQ(record.problem, "");
    EXPECT_EQ(record.is_enum_value, expected.kind == enumval_value);
  }
}

TEST(RelocationRecord, ShiftsAsTheMachineItRunsOn) {
  Fixture little;
  EXPECT_EQ(little.describe(little.outer, "0:2", 4).local, 61U);
  Fixture big;
  EXPECT_EQ(big.describe(big.outer, "0:2", 4, std::endian::big).local, 32U);
}

TEST(RelocationRecord, SaysWhatIsWrongAndKeepsWhatIsKnown) {
  Fixture f;
  const auto unknown_kind = f.describe(f.outer, "0:0", 13);
  EXPECT_EQ(unknown_kind.kind, "kind 13");
  EXPECT_EQ(unknown_kind.root, "struct outer");
  EXPECT_EQ(unknown_kind.problem, "a relocation kind that is not known");
  EXPECT_EQ(unknown_kind.local, std::nullopt);
  EXPECT_EQ(unknown_kind.local_text(), "?");

  const auto bad_member = f.describe(f.outer, "0:9", 0);
  EXPECT_EQ(bad_member.full_path, "struct outer");
  EXPECT_THAT(bad_member.problem, testing::HasSubstr("member 9"));

  const auto no_root = f.describe(TypeId{1000}, "0", 8);
  EXPECT_EQ(no_root.root, "[1000]");
  EXPECT_THAT(no_root.problem, testing::HasSubstr("its root is type [1000]"));
  EXPECT_EQ(f.describe(TypeId{0}, "0", 8).root, "[0]");

  const auto no_value = f.describe(f.outer, "0:1:0", 5);
  EXPECT_EQ(no_value.path, "in[0]");
  EXPECT_THAT(no_value.problem, testing::HasSubstr("of an array element"));
  EXPECT_EQ(no_value.local, std::nullopt);

  const auto open = test::open(f.bytes);
  const auto no_string = tool::describe(
      open.view,
      {.insn_offset = {}, .type = f.outer, .access = StrOff{1U << 20}, .kind = 0, .file_offset = 0},
      std::endian::little, "id");
  EXPECT_EQ(no_string.problem, "its access string is beyond the end of the strings");
  EXPECT_EQ(no_string.access, "");
}

TEST(RelocationRecord, IsSafeForATerminal) {
  Fixture f;
  const auto record = f.describe(f.hostile, "0:0", 0);
  EXPECT_EQ(record.root, "struct red?[31m");
  EXPECT_EQ(record.full_path, "red?[31m.tab here");
  const auto bad = f.describe(f.hostile, "\x1b[0m", 0);
  EXPECT_EQ(bad.access, "?[0m");
  EXPECT_EQ(bad.problem.find('\x1b'), std::string::npos);
}

TEST(RelocationRecord, OfAnObjectIsNamedByItsProgram) {
  const auto open = test::test_object("linked.bpfel.o");
  std::vector<std::string> ids;
  for (const object::Relocation& relocation : open.object.relocations()) {
    ids.push_back(describe(open.object, relocation).id);
  }
  EXPECT_THAT(ids, testing::ElementsAre("shared_function#0", "weak_in_both#0", "from_b#0",
                                        "from_b#1", "from_b#2", "only_in_b#0", ".text+0xd8"));
}

/// The shift in the machine's order comes from the object.
TEST(RelocationRecord, OfAnObjectHasItsByteOrder) {
  for (const std::string ending : {".bpfel.o", ".bpfeb.o"}) {
    const auto open = test::test_object("bitfields" + ending);
    int shifts = 0;
    for (const object::Relocation& relocation : open.object.relocations()) {
      const RelocationRecord record = describe(open.object, relocation);
      EXPECT_EQ(record.problem, "");
      if (record.full_path != "iphdr.version" || record.kind != "lshift_u64") continue;
      // The upper half of the first byte: bit 4 on one side, bit 0 on the other.
      EXPECT_EQ(record.local, 56U);
      ++shifts;
    }
    EXPECT_GT(shifts, 0) << ending;
  }
}

}  // namespace
}  // namespace btfreloc::tool
