#include "btf/subset.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "btf/raw_text.h"
#include "support/make_types.h"

namespace btfreloc::btf {
namespace {

using namespace test;

std::string raw(const View& view) {
  TextBuffer text;
  for (std::uint32_t id = 1; id < view.size(); ++id) print_raw(text, view, TypeId{id});
  return std::string(text.view());
}

std::string subset_of(const Selection& selection, const View& view) {
  const std::vector<const View*> views = {&view};
  const auto blob = must(subset(selection, views));
  const auto small = must(View::open(blob));
  EXPECT_EQ(small.order(), view.order());
  EXPECT_EQ(small.header().header_size, 24U);
  return raw(small);
}

TEST(Subset, OfNothingIsEmpty) {
  const OneType type = make(i32());
  EXPECT_EQ(subset_of({}, type.btf()), "");
}

TEST(Subset, HasMembersInTheirOrderInEitherByteOrder) {
  for (const std::endian order : kOrders) {
    const OneType s =
        make(structure("s", {{"a", u8()}, {"b", i32(), 32}, {"c", i32(), 64}}), order);
    Selection selection;
    selection.add_record(s.btf(), s.id, 2);
    selection.add_record(s.btf(), s.id, 1);
    selection.add_record(s.btf(), s.id, 2);
    EXPECT_EQ(subset_of(selection, s.btf()),
              "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
              "[2] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
              "[3] STRUCT 's' size=64 vlen=2\n\t'b' type_id=1 bits_offset=32\n"
              "\t'c' type_id=2 bits_offset=64\n");
  }
}

TEST(Subset, HasAllRecords) {
  const OneType e = make(enumeration64("e", {{"A", 1}, {"B", 1ULL << 40}}));
  Selection selection;
  selection.add_record(e.btf(), e.id, 1);
  selection.add_records(e.btf(), e.id);
  EXPECT_EQ(subset_of(selection, e.btf()),
            "[1] ENUM64 'e' encoding=UNSIGNED size=8 vlen=2\n\t'A' val=1ULL\n"
            "\t'B' val=1099511627776ULL\n");
}

TEST(Subset, HasPointeesWhereTheyCount) {
  const OneType f = make(alias("f", ptr(proto(i32(), {ptr(structure("s", {{"x", u8()}}))}))));
  Selection selection;
  selection.add(f.btf(), f.id);
  EXPECT_EQ(subset_of(selection, f.btf()),
            "[1] PTR '(anon)' type_id=0\n[2] TYPEDEF 'f' type_id=1\n");
  selection.add_pointees(f.btf(), f.id);
  EXPECT_EQ(subset_of(selection, f.btf()),
            "[1] STRUCT 's' size=64 vlen=0\n[2] PTR '(anon)' type_id=1\n"
            "[3] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
            "[4] FUNC_PROTO '(anon)' ret_type_id=3 vlen=1\n\t'(anon)' type_id=2\n"
            "[5] PTR '(anon)' type_id=4\n[6] TYPEDEF 'f' type_id=5\n");
}

TEST(Subset, KeepsALaterMember) {
  const OneType s = make(structure("s", {{"a", u8()}, {"b", u8()}, {"c", u8()}}));
  Selection selection;
  selection.add_record_behind(s.btf(), s.id, 0);
  EXPECT_FALSE(selection.has(s.btf(), s.id));
  selection.add_record(s.btf(), s.id, 0);
  selection.add_record_behind(s.btf(), s.id, 0);
  EXPECT_NE(subset_of(selection, s.btf()).find("'b'"), std::string::npos);
}

TEST(Subset, HidesReservedNamesOfWhatOnlyComesAlong) {
  const OneType s = make(structure("s", {{"a", structure("t___x", {})}}));
  Selection selection;
  selection.add_record(s.btf(), s.id, 0);
  selection.reserve("t", {Kind::kUnion});
  EXPECT_NE(subset_of(selection, s.btf()).find("STRUCT 't___x'"), std::string::npos);
  selection.reserve("t", {Kind::kStruct});
  EXPECT_EQ(subset_of(selection, s.btf()).find("t___x"), std::string::npos);
}

/// The string that libbpf 1.1 takes for the encoding of the last type, see begin_strings().
std::string first_string(const MakeType& field, const std::string& struct_name = "foo",
                         std::endian order = std::endian::little) {
  BtfBytes bytes(order);
  // A kernel's types have others behind them, which come first.
  const TypeId id = bytes.add(Kind::kStruct, Word(struct_name), 8, {"f", TypeId{2}, 0});
  field(bytes);
  const OpenBtf kernel = open(bytes);
  Selection selection;
  selection.add_record(kernel.view, id, 0);
  const std::vector<const View*> views = {&kernel.view};
  const auto blob = must(subset(selection, views));
  return std::string(must(View::open(blob)).string(StrOff{1}));
}

/// No name that is kept is harmless there: bit 0 of the third character says "signed".
TEST(Subset, BeginsItsStringsWithOneThatIsNotSigned) {
  for (const std::endian order : kOrders) {
    EXPECT_EQ(first_string(enumeration("boo", {{"A", 1}}), "foo", order), "no");
    EXPECT_EQ(first_string(floating("float", 4), "foo", order), "no");
    EXPECT_EQ(first_string(structure("boo", {}), "foo", order), "no");
  }
}

TEST(Subset, AddsNoStringWhereOneOfItsOwnIsNotSigned) {
  EXPECT_EQ(first_string(enumeration("bar", {{"A", 1}}), "foo"), "bar");
  EXPECT_EQ(first_string(floating("float", 4), "fo"), "fo");
}

TEST(Subset, AddsNoStringBehindAnInteger) {
  EXPECT_EQ(first_string(integer("foo", 4, kIntSigned), "boo"), "boo");
}

/// Hostile chains: nothing here goes deeper because types do.
TEST(Subset, EndsOnCyclesAndLongChains) {
  BtfBytes bytes;
  constexpr std::uint32_t kLength = 100'000;
  for (std::uint32_t i = 1; i <= kLength; ++i) bytes.pointer(TypeId{i % kLength + 1});
  const TypeId root = bytes.add(Kind::kTypedef, "f", TypeId{1});
  const OpenBtf chain = open(bytes);
  Selection selection;
  selection.add(chain.view, root);
  selection.add_pointees(chain.view, root);
  const std::vector<const View*> views = {&chain.view};
  const auto blob = must(subset(selection, views));
  EXPECT_EQ(must(View::open(blob)).own_count(), kLength + 1);
}

}  // namespace
}  // namespace btfreloc::btf
