#include "object/relocate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/field.h"
#include "property/object_bytes.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/objects.h"

namespace btfreloc::object {
namespace {

using btf::Kind;
using core::Decision;
using core::Outcome;
using core::Reason;
using test::BtfBytes;
using test::ByteVector;
using test::FailsWith;
using test::must;
using testing::ElementsAre;
using testing::HasSubstr;

/// One record of .BTF.ext.
struct Record {
  std::uint32_t insn_offset = 0;
  std::uint32_t type = 2;
  std::string access = "0:0";
  std::uint32_t kind = 0;  ///< byte_off.
};

// The code of every program here: r0 = 0, r1 = 0 ll (two slots), r2 = *(u32 *)(r1 + 0), exit.
constexpr std::uint32_t kMov = 0;
constexpr std::uint32_t kWide = 8;
constexpr std::uint32_t kSecondHalf = 16;
constexpr std::uint32_t kLoad = 24;

/// An object with one program of 5 slots in section "raw_tp/x". Types: [1] int, [2] struct s with
/// its members a at 0 and b at 4, [3] typedef of itself, [4] to [43] 40 typedefs of one another,
/// the last of [2].
struct Written {
  std::vector<Record> records;
  std::endian order = std::endian::little;
  std::uint32_t unnamed_slots = 0;  ///< In front of the program, of no function.
  std::string code_section = "raw_tp/x";
  std::string record_section = "raw_tp/x";
  std::uint32_t access_offset = 0;  ///< Of all records; 0: their own strings.

  ByteVector bytes() const {
    test::ObjectBytes object(order);
    ByteVector code(8 * unnamed_slots, std::byte{0});
    for (std::size_t i = 0; i < unnamed_slots; ++i) code[8 * i] = std::byte{0xb7};
    for (const insn::Insn& insn :
         {insn::Insn{.opcode = 0xb7}, insn::Insn{.opcode = 0x18, .dst = 1}, insn::Insn{},
          insn::Insn{.opcode = 0x61, .dst = 2, .src = 1}, insn::Insn{.opcode = 0x95}}) {
      code.resize(code.size() + 8);
      insn::encode(insn, code.data() + code.size() - 8, order);
    }
    const std::uint64_t size = code.size() - 8 * unnamed_slots;
    const auto section = object.add(
        {.name = code_section, .flags = SHF_ALLOC | SHF_EXECINSTR, .content = std::move(code)});
    object.symbols.push_back(
        {.name = "program", .section = section, .value = 8 * unnamed_slots, .size = size});
    object.add({.name = "empty", .flags = SHF_ALLOC, .content = ByteVector(64)});

    BtfBytes btf(order);
    const TypeId i = btf.integer("int", 4, btf::kIntSigned);
    const TypeId s = btf.add(Kind::kStruct, "s", 8, {"a", i, 0, "b", i, 32});
    btf.add(Kind::kTypedef, "cycle", TypeId{3});
    TypeId alias = s;
    for (int n = 0; n < 40; ++n) alias = btf.add(Kind::kTypedef, "alias", alias);
    test::ExtWords ext;
    const auto count = static_cast<std::uint32_t>(records.size());
    ext.core_relo = {16, test::add_string(btf, record_section), count};
    for (const Record& record : records) {
      const std::uint32_t access =
          access_offset != 0 ? access_offset : test::add_string(btf, record.access);
      for (const std::uint32_t word : {record.insn_offset, record.type, access, record.kind}) {
        ext.core_relo.push_back(word);
      }
    }
    ext.func_info = {8, test::add_string(btf, "raw_tp/x"), 1, 0, 1};
    ext.line_info = {16, test::add_string(btf, "raw_tp/x"), 1, 0, 0, 0, 0};
    object.add({.name = ".BTF", .content = btf.bytes()});
    object.add({.name = ".BTF.ext", .content = ext.bytes(order)});
    return object.bytes();
  }
};

Written of(std::vector<Record> records, std::endian order = std::endian::little) {
  return {.records = std::move(records), .order = order};
}

/// A kernel whose struct s has a at 8 and no b.
test::OpenBtf kernel(std::endian order = std::endian::little) {
  BtfBytes btf(order);
  const TypeId i = btf.integer("int", 4, btf::kIntSigned);
  btf.add(Kind::kStruct, "s", 16, {"x", i, 0, "a", i, 64});
  return test::open(btf);
}

std::string text(const Decision& decision) {
  std::string text(name(decision.outcome));
  if (decision.new_value) text += " " + std::to_string(*decision.new_value);
  if (decision.reason != Reason::none) text += " " + std::string(name(decision.reason));
  return text;
}

/// Decisions by the order of records in the file; Object sorts them by instruction.
std::vector<Decision> decide(const ByteVector& file, core::Rules rules = core::Rules::coherent) {
  const auto object = must(Object::open(file));
  const auto target = kernel(object.order());
  const auto decisions = must(relocate(object, {.kernel = target.view}, rules));
  std::map<std::uint64_t, Decision> by_record;
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    by_record.emplace(object.relocations()[i].record.file_offset, decisions[i]);
  }
  std::vector<Decision> ordered;
  for (const auto& [offset, decision] : by_record) ordered.push_back(decision);
  return ordered;
}
std::vector<std::string> texts(const std::vector<Decision>& decisions) {
  std::vector<std::string> all;
  for (const Decision& decision : decisions) all.push_back(text(decision));
  return all;
}

// A record that means nothing, between two good ones: it fails, and they do not.

struct BadRecord {
  std::string_view what;
  Record record;
  std::string_view detail;
  std::string_view expected = "fatal bad-relocation";

  friend void PrintTo(const BadRecord& each, std::ostream* out) { *out << each.what; }
};

class BadRecords : public testing::TestWithParam<BadRecord> {};

TEST_P(BadRecords, FailAlone) {
  for (const std::endian order : test::kOrders) {
    for (const core::Rules rules : {core::Rules::coherent, core::Rules::libbpf}) {
      const auto decisions = decide(
          of({{.insn_offset = kMov}, GetParam().record, {.insn_offset = kLoad}}, order).bytes(),
          rules);
      EXPECT_THAT(texts(decisions),
                  ElementsAre("patched 8", std::string(GetParam().expected), "patched 8"));
      EXPECT_THAT(decisions[1].detail, HasSubstr(std::string(GetParam().detail)));
      EXPECT_EQ(decisions[1].after, decisions[1].before);
    }
  }
}

std::string components(int count) {
  std::string access = "0";
  for (int n = 1; n < count; ++n) access += ":0";
  return access;
}

INSTANTIATE_TEST_SUITE_P(
    Places, BadRecords,
    testing::ValuesIn(std::to_array<BadRecord>({
        {"inside an instruction", {.insn_offset = kWide + 4}, "byte 0xc of its section"},
        {"one byte on", {.insn_offset = kWide + 1}, "byte 0x9 of its section"},
        {"second half of a wide immediate", {.insn_offset = kSecondHalf}, "second half"},
        {"behind the program", {.insn_offset = 40}, "", "skipped in-no-program"},
        {"far behind the program", {.insn_offset = 0xfffffff8}, "", "skipped in-no-program"},
    })));

INSTANTIATE_TEST_SUITE_P(
    Contents, BadRecords,
    testing::ValuesIn(std::to_array<BadRecord>({
        {"unknown kind", {.insn_offset = kWide, .kind = 13}, "relocation kind 13 is not known"},
        {"kind of all bits", {.insn_offset = kWide, .kind = 0xffffffff}, "4294967295"},
        {"junk behind the access string", {.insn_offset = kWide, .access = "0:0x"}, "`0:0x`"},
        {"empty access string", {.insn_offset = kWide, .access = ""}, "is empty"},
        {"negative index", {.insn_offset = kWide, .access = "0:-1"}, "no number at byte 2"},
        {"65 components",
         {.insn_offset = kWide, .access = components(65)},
         "has more than 64 numbers"},
        {"member that is not there", {.insn_offset = kWide, .access = "0:2"}, "member 2 of [2]"},
        {"type id out of range", {.insn_offset = kWide, .type = 9999}, "its root is type [9999]"},
        {"type id void", {.insn_offset = kWide, .type = 0}, "its root is type [0]"},
        {"typedef of itself", {.insn_offset = kWide, .type = 3}, "without a size"},
        {"40 typedefs of one another", {.insn_offset = kWide, .type = 43}, "without a size"},
        {"a member of an int", {.insn_offset = kWide, .type = 1}, "goes into type [1], a INT"},
        {"an enumerator of a struct",
         {.insn_offset = kWide, .access = "0", .kind = 11},
         "an enumerator of [2], a STRUCT"},
    })));

// Where records are.

TEST(Relocate, TwoForOneInstructionFailsTheSecond) {
  const auto decisions =
      decide(of({{.insn_offset = kLoad}, {.insn_offset = kLoad, .access = "0:1"}}).bytes());
  EXPECT_THAT(texts(decisions), ElementsAre("patched 8", "fatal bad-relocation"));
  EXPECT_THAT(decisions[1].detail, HasSubstr("has another relocation already"));
}

TEST(Relocate, ThreeForOneInstructionFailsTheSecondAndThird) {
  const auto decisions =
      decide(of({{.insn_offset = kLoad}, {.insn_offset = kLoad}, {.insn_offset = kLoad}}).bytes());
  EXPECT_THAT(texts(decisions),
              ElementsAre("patched 8", "fatal bad-relocation", "fatal bad-relocation"));
}

TEST(Relocate, OutsideAnyProgramIsSkipped) {
  Written written = of({{.insn_offset = 0}, {.insn_offset = 16 + kLoad}});
  written.unnamed_slots = 2;
  const auto decisions = decide(written.bytes());
  EXPECT_THAT(texts(decisions), ElementsAre("skipped in-no-program", "patched 8"));
}

TEST(Relocate, InASectionWithoutProgramsIsFatal) {
  for (const std::string_view section : {"empty", "nowhere"}) {
    Written written = of({{.insn_offset = 0}, {.insn_offset = 8}});
    written.record_section = section;
    const auto decisions = decide(written.bytes());
    EXPECT_THAT(texts(decisions), ElementsAre("fatal bad-relocation", "fatal bad-relocation"));
    EXPECT_THAT(decisions[0].detail, HasSubstr("no program is in its section"));
  }
}

TEST(Relocate, AccessStringBeyondTheStringsIsFatal) {
  Written written = of({{.insn_offset = kLoad}});
  written.access_offset = 0xfffff0;
  std::vector<Decision> decisions;
  const ByteVector file = written.bytes();
  const auto object = Object::open(file);
  if (!object) GTEST_SKIP() << "the object is refused: " << object.error().message;
  EXPECT_THAT(texts(decide(file)), ElementsAre("fatal bad-relocation"));
}

TEST(Relocate, WideImmediateIsOneSiteOfTwoSlots) {
  const auto decisions = decide(of({{.insn_offset = kWide}}).bytes());
  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(text(decisions[0]), "patched 8");
  ASSERT_TRUE(decisions[0].before.second);
  EXPECT_EQ(decisions[0].after.first.imm, 8);
  EXPECT_EQ(decisions[0].after.second->imm, 0);
}

/// libbpf's rules go by the order of the file: the first record decides which candidates remain.
TEST(Relocate, HandsRecordsOverInTheOrderOfTheFile) {
  BtfBytes btf;
  const TypeId i = btf.integer("int", 4);
  btf.add(Kind::kStruct, "s", 16, {"a", i, 64});
  btf.add(Kind::kStruct, "s", 16, {"b", i, 32});
  const auto target = test::open(btf);
  // b first in the file, a first in the program.
  const ByteVector file =
      of({{.insn_offset = kLoad, .access = "0:0"}, {.insn_offset = kMov, .access = "0:0"}}).bytes();
  const ByteVector reversed =
      of({{.insn_offset = kWide, .access = "0:0"}, {.insn_offset = kMov, .access = "0:0"}}).bytes();
  for (const ByteVector& bytes : {file, reversed}) {
    const auto object = must(Object::open(bytes));
    const auto decisions = must(relocate(object, {.kernel = target.view}, core::Rules::libbpf));
    ASSERT_EQ(decisions.size(), 2U);
    EXPECT_EQ(text(decisions[0]), "patched 8");
    EXPECT_EQ(text(decisions[1]), "patched 8");
    // Decided second, it sees the one that the other left.
    EXPECT_EQ(object.relocations()[0].insn, InsnIndex{0});
    EXPECT_EQ(decisions[0].considered.size(), 1U);
    EXPECT_EQ(decisions[1].considered.size(), 2U);
  }
}

TEST(Relocate, ConcatenatedBtfIsRefusedWhole) {
  const auto open = test::test_object("concatenated.bpfel.o");
  const auto target = kernel();
  const auto decisions = relocate(open.object, {.kernel = target.view});
  ASSERT_FALSE(decisions);
  EXPECT_EQ(decisions.error().code, Errc::unsupported);
  EXPECT_THAT(decisions.error().hint, HasSubstr("bpftool gen object"));
}

TEST(Relocate, AnObjectWithoutRelocationsHasNoDecisions) {
  for (const char* name : {"no_core.bpfel.o", "no_btf.bpfel.o", "legacy_maps.bpfeb.o"}) {
    const auto open = test::test_object(name);
    const auto target = kernel(open.object.order());
    EXPECT_TRUE(must(relocate(open.object, {.kernel = target.view})).empty()) << name;
  }
}

// The new file.

/// Bytes at which two files of one size differ.
std::vector<std::size_t> differences(const std::vector<std::byte>& a, const ByteVector& b) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] != b[i]) places.push_back(i);
  }
  return places;
}

std::size_t place_of(const Object& object, const ByteVector& file, std::string_view section) {
  return static_cast<std::size_t>(object.file().section(section)->bytes.data() - file.data());
}

TEST(Rewrite, ChangesTheInstructionsAndTheLengthOfTheRelocations) {
  for (const std::endian order : test::kOrders) {
    const ByteVector file =
        of({{.insn_offset = kMov}, {.insn_offset = kWide, .access = "0:1"}, {.insn_offset = kLoad}},
           order)
            .bytes();
    const auto object = must(Object::open(file));
    const auto target = kernel(order);
    const auto decisions = must(relocate(object, {.kernel = target.view}));
    const std::size_t code = place_of(object, file, "raw_tp/x");
    const std::size_t length = place_of(object, file, ".BTF.ext") + 28;

    const auto kept = rewrite(object, file, decisions, Relocations::kept);
    ASSERT_EQ(kept.size(), file.size());
    for (const std::size_t place : differences(kept, file)) {
      EXPECT_TRUE(place >= code && place < code + 32) << place;
    }
    const auto insn = [&](std::uint32_t offset) {
      return insn::decode(kept.data() + code + offset, order);
    };
    const insn::Insn poison{.opcode = 0x85, .imm = core::kPoisonImmediate};
    EXPECT_EQ(insn(kMov), (insn::Insn{.opcode = 0xb7, .imm = 8}));
    EXPECT_EQ(insn(kWide), poison);
    EXPECT_EQ(insn(kSecondHalf), poison);
    EXPECT_EQ(insn(kLoad), (insn::Insn{.opcode = 0x61, .dst = 2, .src = 1, .off = 8}));

    const auto applied = rewrite(object, file, decisions, Relocations::applied);
    ASSERT_EQ(applied.size(), file.size());
    std::vector<std::byte> expected = kept;
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(length), 4, std::byte{0});
    EXPECT_EQ(applied, expected);
    EXPECT_NE(applied, kept);
  }
}

TEST(Rewrite, LeavesWhatIsFatalOrSkippedAsItWas) {
  Written written = of({{.insn_offset = 0},
                        {.insn_offset = 16 + kWide, .kind = 13},
                        {.insn_offset = 16 + kSecondHalf},
                        {.insn_offset = 16 + kLoad, .access = "0:9"}});
  written.unnamed_slots = 2;
  const ByteVector file = written.bytes();
  const auto object = must(Object::open(file));
  const auto target = kernel();
  const auto decisions = must(relocate(object, {.kernel = target.view}));
  EXPECT_TRUE(differences(rewrite(object, file, decisions, Relocations::kept), file).empty());
  EXPECT_EQ(rewrite(object, file, decisions, Relocations::kept).size(), file.size());
}

TEST(Rewrite, GivesAnObjectThatHasNothingLeftToRelocate) {
  for (const std::string& path : test::test_objects()) {
    const auto open = test::open_object(path);
    if (open.object.btf() == nullptr) continue;
    SCOPED_TRACE(path);
    const auto decisions = must(relocate(open.object, {.kernel = *open.object.btf()}));
    const auto bytes = rewrite(open.object, open.file.bytes(), decisions, Relocations::applied);
    const auto again = must(Object::open(bytes));
    EXPECT_TRUE(again.relocations().empty());
    EXPECT_EQ(again.programs().size(), open.object.programs().size());
    EXPECT_EQ(again.ext() == nullptr, open.object.ext() == nullptr);
  }
}

/// An object relocated for the kernel that its own types describe is the same object, but for
/// bitfields, which clang may load through a larger unit than need be.
TEST(Rewrite, ForItsOwnTypesChangesNothing) {
  for (const std::string& path : test::test_objects()) {
    const auto open = test::open_object(path);
    if (open.object.btf() == nullptr || open.object.relocations().empty()) continue;
    SCOPED_TRACE(path);
    const auto decisions = must(relocate(open.object, {.kernel = *open.object.btf()}));
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const Decision& decision = decisions[i];
      // Flavors of one type are each other's candidates, so that some are not unique.
      if (decision.outcome != Outcome::patched || decision.considered.size() != 1) continue;
      if (core::is_field_based(decision.local->kind) &&
          core::value_of(*open.object.btf(), *decision.local,
                         {.order = open.object.order(), .pointer_size = {8}})
              .value()
              .is_bitfield) {
        continue;
      }
      EXPECT_EQ(decision.new_value, decision.local_value) << i;
      EXPECT_EQ(decision.after, decision.before) << i;
    }
  }
}

TEST(OptionalPrograms, ArePoisonedWhereOthersFail) {
  Written written =
      of({{.insn_offset = kMov, .kind = 17}, {.insn_offset = kLoad, .access = "0:0"}});
  written.code_section = written.record_section = "?raw_tp/x";
  const ByteVector bytes = written.bytes();
  const Object object = must(Object::open(bytes));
  const test::OpenBtf target = kernel();
  const auto decisions = must(relocate(object, {.kernel = target.view}));
  ASSERT_EQ(decisions.size(), 2U);
  EXPECT_EQ(decisions[0].outcome, Outcome::poisoned);
  EXPECT_EQ(decisions[0].reason, Reason::bad_relocation);
  EXPECT_EQ(decisions[0].after.first.imm, core::kPoisonImmediate);
  EXPECT_EQ(decisions[1].outcome, Outcome::patched);
  EXPECT_EQ(decisions[1].new_value, 8U);
}

TEST(AccessString, OfMoreThanIsReadIsFatal) {
  const ByteVector bytes =
      of({{.insn_offset = kLoad, .access = "0:" + std::string(5000, '0') + "1"}}).bytes();
  const Object object = must(Object::open(bytes));
  const test::OpenBtf target = kernel();
  const auto decisions = must(relocate(object, {.kernel = target.view}));
  EXPECT_EQ(decisions[0].outcome, Outcome::fatal);
  EXPECT_THAT(decisions[0].detail, HasSubstr("access string has 4096 bytes or more"));
}

}  // namespace
}  // namespace btfreloc::object
