#include "core/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "support/errors.h"
#include "support/make_types.h"
#include "unit/core/resolve_case.h"

namespace btfreloc::core {
namespace {

using btf::Kind;
using testing::HasSubstr;
using enum Outcome;
using enum ReloKind;

bool is_poison(const Site& site) {
  return site.first.opcode == 0x85 && site.first.imm == kPoisonImmediate;
}

// One relocation, one candidate or none: a table of all kinds.

struct OneCase {
  std::string_view what;
  MakeType local;
  std::string_view access;
  ReloKind kind;
  Site site;
  MakeType kernel;
  std::string_view expected;
  std::string_view by_libbpf = {};  ///< Where libbpf's rules differ.

  friend void PrintTo(const OneCase& each, std::ostream* out) { *out << each.what; }
};

class One : public testing::TestWithParam<OneCase> {};

TEST_P(One, IsDecided) {
  const OneCase& each = GetParam();
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    Case one;
    const TypeId root = each.local(one.local);
    one.kernel.integer("filler", 4);
    each.kernel(one.kernel);
    one.ask(root, each.access, each.kind, each.site);
    const Decision& decision = one.resolve(rules)[0];
    const bool as_libbpf = rules == Rules::libbpf && !each.by_libbpf.empty();
    EXPECT_EQ(text(decision), as_libbpf ? each.by_libbpf : each.expected) << decision.detail;
    EXPECT_EQ(decision.before, each.site);
    EXPECT_EQ(decision.outcome == poisoned, is_poison(decision.after));
    if (decision.outcome == fatal) {
      EXPECT_EQ(decision.after, each.site) << "stays as it was";
    }
    EXPECT_EQ(decision.new_value.has_value(), decision.outcome == patched);
  }
}

MakeType with(std::string member, MakeType type = i32(), std::uint32_t offset = 0) {
  return structure("s", {{std::move(member), std::move(type), offset}});
}
MakeType bits(std::uint32_t offset, std::uint32_t count) {
  return structure("s", {{"a", u32(), offset, count}});
}
MakeType other() { return structure("other", {}); }

INSTANTIATE_TEST_SUITE_P(
    Fields, One,
    testing::ValuesIn(std::to_array<OneCase>({
        {"offset", with("a"), "0:0", field_byte_offset, load(kLoadW, 0), with("a", i32(), 64),
         "patched 8"},
        {"offset in an immediate", with("a"), "0:0", field_byte_offset, mov(0),
         with("a", i32(), 64), "patched 8"},
        {"offset in a wide immediate", with("a"), "0:0", field_byte_offset, wide(0),
         with("a", i32(), 64), "patched 8"},
        {"size", with("a"), "0:0", field_byte_size, mov(4), with("a", u64()), "patched 8"},
        {"exists", with("a"), "0:0", field_exists, mov(1), with("a"), "patched 1"},
        {"sign", with("a"), "0:0", field_signed, mov(1), with("a", u32()), "patched 0"},
        {"left shift", with("a"), "0:0", field_lshift_u64, mov(32), with("a", u8()), "patched 56"},
        {"right shift", with("a"), "0:0", field_rshift_u64, mov(32), with("a", u8()), "patched 56"},
        {"no member: offset", with("a"), "0:0", field_byte_offset, load(kLoadW, 0), with("b"),
         "poisoned missing-member"},
        {"no member: size", with("a"), "0:0", field_byte_size, mov(4), with("b"),
         "poisoned missing-member"},
        {"no member: sign", with("a"), "0:0", field_signed, mov(1), with("b"),
         "poisoned missing-member"},
        {"no member: left shift", with("a"), "0:0", field_lshift_u64, mov(32), with("b"),
         "poisoned missing-member"},
        {"no member: right shift", with("a"), "0:0", field_rshift_u64, mov(32), with("b"),
         "poisoned missing-member"},
        {"no member: exists", with("a"), "0:0", field_exists, mov(1), with("b"), "patched 0"},
        {"no type: offset", with("a"), "0:0", field_byte_offset, load(kLoadW, 0), other(),
         "poisoned missing-type"},
        {"no type: exists", with("a"), "0:0", field_exists, mov(1), other(), "patched 0"},
        {"a forward declaration is no struct", with("a"), "0:0", field_byte_offset, load(kLoadW, 0),
         fwd("s"), "poisoned missing-type"},
        {"of another type", with("a"), "0:0", field_byte_offset, load(kLoadW, 0),
         with("a", ptr(i32())), "poisoned missing-member"},
        {"an element beyond the bound", with("a", array(i32(), 4)), "0:0:3", field_byte_offset,
         load(kLoadW, 12), with("a", array(i32(), 2)), "poisoned missing-member"},
        {"a wide immediate is poisoned whole", with("a"), "0:0", field_byte_offset, wide(0),
         with("b"), "poisoned missing-member"},
        {"another old value: offset", with("a"), "0:0", field_byte_offset, load(kLoadW, 4),
         with("a"), "fatal unexpected-value"},
        {"another old value: size", with("a"), "0:0", field_byte_size, mov(8), with("a"),
         "fatal unexpected-value"},
        {"another old value: exists", with("a"), "0:0", field_exists, mov(0), with("a"),
         "fatal unexpected-value"},
        {"another old value: sign", with("a"), "0:0", field_signed, mov(0), with("a"),
         "fatal unexpected-value"},
        {"another old value: left shift", with("a"), "0:0", field_lshift_u64, mov(0), with("a"),
         "fatal unexpected-value"},
        {"another old value: right shift", with("a"), "0:0", field_rshift_u64, mov(0), with("a"),
         "fatal unexpected-value"},
        {"old values of poisoned ones do not count", with("a"), "0:0", field_byte_offset,
         load(kLoadW, 4), with("b"), "poisoned missing-member"},
        {"too far for a load", with("a"), "0:0", field_byte_offset, load(kLoadW, 0),
         structure("s", {{"a", i32(), 32768 * 8}}, 40000), "fatal value-out-of-range"},
        {"too far for a load, in an immediate", with("a"), "0:0", field_byte_offset, mov(0),
         structure("s", {{"a", i32(), 32768 * 8}}, 40000), "patched 32768"},
        {"a call",
         with("a"),
         "0:0",
         field_byte_offset,
         {.first = {.opcode = 0x85}},
         with("a"),
         "fatal unexpected-instruction"},
        {"an element has no sign", with("a", array(i32(), 2)), "0:0:1", field_signed, mov(1),
         with("a", array(i32(), 2)), "fatal no-value"},
        {"an element has no shift", with("a", array(i32(), 2)), "0:0:1", field_lshift_u64, mov(32),
         with("a", array(i32(), 2)), "fatal no-value"},
        {"an element exists", with("a", array(i32(), 2)), "0:0:1", field_exists, mov(1),
         with("a", array(i32(), 2)), "patched 1"},
    })));

INSTANTIATE_TEST_SUITE_P(
    Bitfields, One,
    testing::ValuesIn(std::to_array<OneCase>({
        {"offset, unvalidated", bits(3, 5), "0:0", field_byte_offset, load(kLoadB, 77), bits(67, 5),
         "patched 8"},
        {"size, unvalidated", bits(3, 5), "0:0", field_byte_size, mov(1), bits(30, 5), "patched 8"},
        {"left shift, unvalidated", bits(3, 5), "0:0", field_lshift_u64, mov(1), bits(0, 8),
         "patched 56"},
        {"right shift, validated", bits(3, 5), "0:0", field_rshift_u64, mov(1), bits(0, 8),
         "fatal unexpected-value"},
        {"right shift", bits(3, 5), "0:0", field_rshift_u64, mov(59), bits(0, 8), "patched 56"},
        {"sign, validated", bits(3, 5), "0:0", field_signed, mov(1), bits(0, 8),
         "fatal unexpected-value"},
        {"that became a field: right shift", bits(3, 5), "0:0", field_rshift_u64, mov(59),
         with("a", u32()), "patched 32"},
        {"that became a field: load", bits(3, 5), "0:0", field_byte_offset, load(kLoadW, 0),
         with("a", u32(), 32), "poisoned bad-access-size"},
        {"that became a field: address", bits(3, 5), "0:0", field_byte_offset, mov(0),
         with("a", u32(), 32), "patched 4"},
        {"that was a field: load", with("a", u32(), 32), "0:0", field_byte_offset, load(kLoadW, 4),
         bits(3, 5), "poisoned bad-access-size"},
        {"over the end of every load", bits(3, 5), "0:0", field_byte_offset, load(kLoadW, 0),
         structure("s", {{"a", u64(), 60, 8}}), "fatal no-value"},
        {"over the end of every load here", structure("s", {{"a", u64(), 60, 8}}), "0:0",
         field_byte_offset, load(kLoadW, 0), bits(3, 5), "fatal no-value"},
        {"over the end of every load, exists", bits(3, 5), "0:0", field_exists, mov(1),
         structure("s", {{"a", u64(), 60, 8}}), "patched 1"},
    })));

INSTANTIATE_TEST_SUITE_P(
    TypesAndEnumerators, One,
    testing::ValuesIn(std::to_array<OneCase>({
        {"local id", with("a"), "0", type_id_local, mov(2), other(), "patched 2"},
        {"local id, unvalidated", with("a"), "0", type_id_local, wide(77), other(), "patched 2"},
        {"local id of a nameless type", structure("", {}), "0", type_id_local, mov(1), other(),
         "patched 1"},
        {"target id", with("a"), "0", type_id_target, mov(2), structure("s", {}), "patched 2"},
        {"target id, unvalidated", with("a"), "0", type_id_target, mov(77), structure("s", {}),
         "patched 2"},
        {"no type: target id", with("a"), "0", type_id_target, wide(2), other(), "patched 0"},
        {"type size", structure("s", {}, 24), "0", type_size, mov(24), structure("s", {}, 40),
         "patched 40"},
        {"no type: size", structure("s", {}, 24), "0", type_size, mov(24), other(), "patched 0"},
        {"another old value: size", structure("s", {}, 24), "0", type_size, mov(23), other(),
         "fatal unexpected-value"},
        {"a type without a size here", alias("f", proto(i32(), {})), "0", type_size, mov(1),
         alias("f", proto(i32(), {})), "fatal no-value"},
        {"a type without a size there", alias("f", ptr(i32())), "0", type_size, mov(8),
         alias("f", ptr(i32())), "patched 8"},
        {"type exists", with("a"), "0", type_exists, mov(1), structure("s", {}), "patched 1"},
        {"no type: exists", with("a"), "0", type_exists, mov(1), other(), "patched 0"},
        {"another type: exists", alias("t", i32()), "0", type_exists, mov(1), alias("t", other()),
         "patched 0"},
        {"another type: id", alias("t", i32()), "0", type_id_target, mov(2), alias("t", other()),
         "patched 0"},
        {"type matches", with("a"), "0", type_matches, mov(1), with("a"), "patched 1"},
        {"type does not match", with("a"), "0", type_matches, mov(1), with("b"), "patched 0"},
        {"no type: matches", with("a"), "0", type_matches, mov(1), other(), "patched 0"},
        {"pointers too deep to tell", alias("t", nested(32, i32(), ptr)), "0", type_exists, mov(1),
         alias("t", nested(32, i32(), ptr)), "fatal no-value"},
        {"enumerator exists", enumeration("e", {{"A", 1}}), "0", enumval_exists, mov(1),
         enumeration("e", {{"A", 7}}), "patched 1"},
        {"no enumerator: exists", enumeration("e", {{"A", 1}}), "0", enumval_exists, mov(1),
         enumeration("e", {{"B", 7}}), "patched 0"},
        {"no enum: exists", enumeration("e", {{"A", 1}}), "0", enumval_exists, mov(1), other(),
         "patched 0"},
        {"enumerator", enumeration("e", {{"A", 1}}), "0", enumval_value, mov(1),
         enumeration("e", {{"A", 7}}), "patched 7"},
        {"enumerator of an enum64", enumeration("e", {{"A", 1}}), "0", enumval_value, wide(1),
         enumeration64("e", {{"A", 0x100000007}}), "patched 4294967303"},
        {"no enumerator: value", enumeration("e", {{"A", 1}}), "0", enumval_value, mov(1),
         enumeration("e", {{"B", 7}}), "poisoned missing-enumerator"},
        {"no enum: value", enumeration("e", {{"A", 1}}), "0", enumval_value, mov(1), other(),
         "poisoned missing-type"},
        {"another old value: enumerator", enumeration("e", {{"A", 1}}), "0", enumval_value, mov(2),
         enumeration("e", {{"A", 7}}), "fatal unexpected-value"},
        {"a typedef that is no enum any more", alias("t", enumeration("e", {{"A", 1}})), "0",
         enumval_value, mov(1), alias("t", i32()), "poisoned missing-enumerator"},
        {"a negative enumerator", enumeration("e", {{"A", 0xffffffff}}, 4, true), "0",
         enumval_value, mov(-1), enumeration("e", {{"A", 0xfffffffe}}, 4, true),
         "patched 18446744073709551614"},
        {"a negative enumerator, of a kernel before 6.0",
         enumeration("e", {{"A", 0xffffffff}}, 4, true), "0", enumval_value, mov(-1),
         enumeration("e", {{"A", 0xfffffffe}}), "patched 18446744073709551614"},
        {"a negative enumerator, of a compiler before clang 15",
         enumeration("e", {{"A", 0xffffffff}}), "0", enumval_value, mov(-1),
         enumeration("e", {{"A", 0xfffffffe}}, 4, true), "patched 18446744073709551614"},
        {"of a 64-bit enum before there were any", enumeration("e", {{"A", 1}}), "0", enumval_value,
         wide(1), enumeration("e", {{"A", 0xffffff80}}, 8), "patched 18446744073709551488"},
    })));

// Deliberate differences: zero-extension of unsigned enumerators, no truncation.

INSTANTIATE_TEST_SUITE_P(
    DifferentFromLibbpf, One,
    testing::ValuesIn(std::to_array<OneCase>({
        // clang puts the unsigned value in the instruction, and libbpf expects the signed one.
        {"an unsigned enumerator with its top bit", enumeration("e", {{"A", 0x80000000}}), "0",
         enumval_value, wide(0x80000000), enumeration("e", {{"A", 0x80000000}}),
         "patched 2147483648", "fatal unexpected-value"},
        {"an unsigned enumerator that gets its top bit", enumeration("e", {{"A", 1}}), "0",
         enumval_value, wide(1), enumeration("e", {{"A", 0xffffffff}}), "patched 4294967295",
         "patched 18446744073709551615"},
        {"an immediate that does not fit", enumeration("e", {{"A", 1}}), "0", enumval_value, mov(1),
         enumeration("e", {{"A", 0x80000000}}), "fatal value-out-of-range",
         "patched 18446744071562067968"},
        {"64 bits in an immediate", enumeration64("e", {{"A", 1}}), "0", enumval_value, mov(1),
         enumeration64("e", {{"A", 0x100000007}}), "fatal value-out-of-range",
         "patched 4294967303"},
        {"an enum64 is not extended by either", enumeration64("e", {{"A", 0x80000000}}), "0",
         enumval_value, wide(0x80000000), enumeration64("e", {{"A", 0x80000001}}),
         "patched 2147483649"},
    })));

TEST(Truncation, IsLibbpfsAlone) {
  Case two;
  const TypeId root = enumeration64("e", {{"A", 1}})(two.local);
  enumeration64("e", {{"A", 0x100000007}})(two.kernel);
  two.ask(root, "0", enumval_value, mov(1));
  EXPECT_EQ(two.resolve(Rules::libbpf)[0].after, mov(7));
  EXPECT_EQ(two.resolve(Rules::coherent)[0].after, mov(1));
}

TEST(LeftShift, HasTheByteOrderOfTheObjectNotOfThisMachine) {
  // 3 bits from bit 29 of a 4-byte unit.
  constexpr std::uint64_t kLittle = 64 - 32;
  constexpr std::uint64_t kBig = 32 + 29;
  for (const std::endian order : kOrders) {
    Case one(order);
    const TypeId root = bits(0, 3)(one.local);
    bits(29, 3)(one.kernel);
    one.ask(root, "0:0", field_lshift_u64, mov(0));
    EXPECT_EQ(one.resolve(Rules::coherent, order)[0].new_value,
              order == std::endian::little ? kLittle : kBig);
    EXPECT_EQ(one.resolve(Rules::libbpf, order)[0].new_value,
              std::endian::native == std::endian::little ? kLittle : kBig);
  }
}

// Records that mean nothing.

TEST(BadRelocation, IsAFatalDecisionAndTheOthersGoOn) {
  Case bad;
  const TypeId s = with("a")(bad.local);
  with("a", i32(), 64)(bad.kernel);
  bad.ask(s, "0:0", static_cast<ReloKind>(13), mov(0));
  bad.ask(s, "0:1", field_exists, mov(1));
  bad.ask(s, "", field_exists, mov(1));
  bad.ask(TypeId{99}, "0", type_exists, mov(1));
  bad.ask(s, "0", enumval_value, mov(1));
  bad.ask(s, "0:0", field_byte_offset, mov(0));
  EXPECT_THAT(
      texts(bad.resolve()),
      testing::ElementsAre("fatal bad-relocation", "fatal bad-relocation", "fatal bad-relocation",
                           "fatal bad-relocation", "fatal bad-relocation", "patched 8"));
  EXPECT_EQ(bad.decisions[0].detail, "relocation kind 13 is not known");
  EXPECT_THAT(bad.decisions[1].detail, HasSubstr("member 1 of"));
  EXPECT_EQ(bad.decisions[0].after, mov(0));
  EXPECT_FALSE(bad.decisions[1].local);
}

TEST(AnonymousRoot, IsFatalForAllButTheLocalId) {
  Case nameless;
  const TypeId s = structure("", {{"a", i32()}})(nameless.local);
  const TypeId e = enumeration("", {{"A", 1}})(nameless.local);
  structure("", {{"a", i32()}})(nameless.kernel);
  nameless.ask(s, "0:0", field_byte_offset, mov(0));
  nameless.ask(s, "0:0", field_exists, mov(1));
  nameless.ask(s, "0", type_exists, mov(1));
  nameless.ask(e, "0", enumval_value, mov(1));
  nameless.ask(s, "0", type_id_local, mov(0));
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    EXPECT_THAT(texts(nameless.resolve(rules)),
                testing::ElementsAre("fatal anonymous-root", "fatal anonymous-root",
                                     "fatal anonymous-root", "fatal anonymous-root", "patched 2"));
  }
}

// Access sizes.

struct AccessCase {
  std::string_view what;
  MakeType local;
  MakeType target;
  Site site;
  std::string_view expected;
  std::uint8_t opcode;  ///< Afterwards.
  bool field_size_changed = false;
  std::string_view access = "0:0";

  friend void PrintTo(const AccessCase& each, std::ostream* out) { *out << each.what; }
};

class AccessSize : public testing::TestWithParam<AccessCase> {};

TEST_P(AccessSize, FollowsTheFieldWhereThatIsSafe) {
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    Case one;
    const TypeId root = with("a", GetParam().local)(one.local);
    with("a", GetParam().target)(one.kernel);
    one.ask(root, GetParam().access, field_byte_offset, GetParam().site);
    const Decision& decision = one.resolve(rules)[0];
    EXPECT_EQ(text(decision), GetParam().expected) << decision.detail;
    EXPECT_EQ(decision.after.first.opcode, GetParam().opcode);
    EXPECT_EQ(decision.field_size_changed, GetParam().field_size_changed);
  }
}

constexpr std::uint8_t kMov = 0xb7;
constexpr std::uint8_t kCall = 0x85;

INSTANTIATE_TEST_SUITE_P(
    Rules, AccessSize,
    testing::ValuesIn(std::to_array<AccessCase>({
        {"u64 to u32", u64(), u32(), load(kLoadDw, 0), "patched 0", kLoadW},
        {"u8 to u64", u8(), u64(), load(kLoadB, 0), "patched 0", kLoadDw},
        {"char to u32", integer("char", 1, btf::kIntChar), u32(), load(kLoadB, 0), "patched 0",
         kLoadW},
        {"bool to u8", integer("bool", 1, btf::kIntBool), u8(), load(kLoadB, 0), "patched 0",
         kLoadB},
        {"int to long", i32(), integer("long", 8, btf::kIntSigned), load(kLoadW, 0),
         "poisoned bad-access-size", kCall},
        {"int to unsigned long", i32(), u64(), load(kLoadW, 0), "poisoned bad-access-size", kCall},
        {"unsigned int to long", u32(), integer("long", 8, btf::kIntSigned), load(kLoadW, 0),
         "poisoned bad-access-size", kCall},
        {"int to unsigned int", i32(), u32(), load(kLoadW, 0), "patched 0", kLoadW},
        {"an enum that grows", enumeration("e", {}, 1), enumeration("e", {}, 4), load(kLoadB, 0),
         "poisoned bad-access-size", kCall},
        {"an enum of its size", enumeration("e", {}), enumeration64("e", {}, 4), load(kLoadW, 0),
         "patched 0", kLoadW},
        {"a struct that grows", structure("t", {}, 4), structure("t", {}, 8), load(kLoadW, 0),
         "poisoned bad-access-size", kCall},
        {"a float that grows", floating("f", 4), floating("f", 8), load(kLoadW, 0),
         "poisoned bad-access-size", kCall},
        {"an array that grows", array(u8(), 4), array(u8(), 8), load(kLoadB, 0), "patched 0",
         kLoadB},
        {"an array whose elements grow", array(u8(), 4), array(u32(), 4), load(kLoadB, 0),
         "poisoned bad-access-size", kCall},
        {"an element that grows", array(u8(), 4), array(u32(), 4), load(kLoadB, 2), "patched 8",
         kLoadW, false, "0:0:2"},
        {"a signed element that grows", array(i32(), 4),
         array(integer("long", 8, btf::kIntSigned), 4), load(kLoadW, 4), "poisoned bad-access-size",
         kCall, false, "0:0:1"},
        {"u32 to u128", u32(), integer("u128", 16), load(kLoadW, 0), "fatal unexpected-instruction",
         kLoadW},
        {"a load of a part", u64(), u32(), load(kLoadB, 0), "fatal unexpected-instruction", kLoadB},
        {"a load of a part of what stays", u64(), u64(), load(kLoadB, 0), "patched 0", kLoadB},
        // The instruction does not load: what does reads as many bytes as before.
        {"address of u64 to u32", u64(), u32(), mov(0), "patched 0", kMov, true},
        {"address of int to long", i32(), integer("long", 8, btf::kIntSigned), mov(0), "patched 0",
         kMov, true},
        {"address of an enum that grows", enumeration("e", {}, 1), enumeration("e", {}, 4), mov(0),
         "patched 0", kMov, true},
        {"address of a float that grows", floating("f", 4), floating("f", 8), mov(0), "patched 0",
         kMov, true},
        {"address of an array whose elements grow", array(u8(), 4), array(u32(), 4), mov(0),
         "patched 0", kMov, true},
        {"address of an array that grows", array(u8(), 4), array(u8(), 8), mov(0), "patched 0",
         kMov},
        {"address of an element that grows", array(u8(), 4), array(u32(), 4), mov(2), "patched 8",
         kMov, true, "0:0:2"},
        {"address of what stays", u64(), u64(), mov(0), "patched 0", kMov},
        {"address of a struct that grows", structure("t", {}, 4), structure("t", {}, 8), mov(0),
         "patched 0", kMov},
    })));

TEST(AccessSize, OfAPointerIsThatOfTheKernel) {
  for (const auto& [site, opcode, changed] :
       {std::tuple{load(kLoadDw, 8), kLoadW, false}, std::tuple{mov(8), kMov, true}}) {
    Case one;
    const TypeId root =
        structure("s", {{"p", ptr(nothing())}, {"q", ptr(nothing()), 64}})(one.local);
    integer("long", 4, btf::kIntSigned)(one.kernel);  // 32-bit
    structure("s", {{"p", ptr(nothing())}, {"q", ptr(nothing()), 32}})(one.kernel);
    one.ask(root, "0:1", field_byte_offset, site);
    one.ask(root, "0:1", field_byte_size, mov(8));
    EXPECT_THAT(texts(one.resolve()), testing::ElementsAre("patched 4", "patched 4"));
    EXPECT_EQ(one.decisions[0].after.first.opcode, opcode);
    EXPECT_EQ(one.decisions[0].field_size_changed, changed);
    EXPECT_FALSE(one.decisions[1].field_size_changed);
  }
}

// Targets whose types have other ids than in the kernel.

TEST(IdsThatAreNotKept, LeaveOpenWhatAsksForOneAndNothingElse) {
  BtfBytes local_bytes;
  const TypeId root = structure("s", {{"x", i32()}})(local_bytes);
  const TypeId absent = structure("absent", {{"x", i32()}})(local_bytes);
  BtfBytes kernel_bytes;
  structure("s", {{"x", i32(), 64}})(kernel_bytes);
  const auto local = open(local_bytes);
  const auto kernel = open(kernel_bytes);
  const Target target{.kernel = kernel.view, .keeps_ids = false};
  const std::vector<Request> requests = {
      {root, "0", static_cast<std::uint32_t>(type_id_target), mov(7)},
      {root, "0:0", static_cast<std::uint32_t>(field_byte_offset), load(kLoadW, 0)},
      {root, "0", static_cast<std::uint32_t>(type_id_local), mov(7)},
      {absent, "0", static_cast<std::uint32_t>(type_id_target), mov(7)}};
  for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
    const auto decisions = must(resolve(local.view, std::endian::little, requests, target, rules));
    EXPECT_THAT(texts(decisions),
                testing::ElementsAre("open id-not-kept", "patched 8",
                                     "patched " + std::to_string(root.value), "patched 0"));
    EXPECT_EQ(decisions[0].before, decisions[0].after);
    EXPECT_EQ(id_text(decisions[0].considered[0].candidate), "[?]");
  }
}

// Modules.

TEST(Modules, AnswerWithTheIdsOfTheirOwnBtf) {
  BtfBytes local_bytes;
  const TypeId root = structure("m", {{"x", i32()}})(local_bytes);
  BtfBytes kernel_bytes;
  fwd("m")(kernel_bytes);
  BtfBytes module_bytes(std::endian::little, &kernel_bytes);
  const TypeId in_module = structure("m", {{"x", i32(), 64}})(module_bytes);
  const auto local = open(local_bytes);
  const auto kernel = open(kernel_bytes);
  const auto module = open(module_bytes, &kernel.view);
  const std::vector<Module> modules = {{"veth", &module.view}};
  const Target target{.kernel = kernel.view, .modules = [&]() -> Result<std::span<const Module>> {
                        return std::span(modules);
                      }};
  const std::vector<Request> requests = {
      {root, "0:0", static_cast<std::uint32_t>(field_byte_offset), load(kLoadW, 0)},
      {root, "0", static_cast<std::uint32_t>(type_id_target), mov(0)}};
  const auto decisions = must(resolve(local.view, std::endian::little, requests, target));
  EXPECT_THAT(texts(decisions),
              testing::ElementsAre("patched 8", "patched " + std::to_string(in_module.value)));
  ASSERT_NE(decisions[0].answer(), nullptr);
  EXPECT_EQ(decisions[0].considered[0].candidate.module, "veth");
}

TEST(Modules, ThatCannotBeReadFailTheWhole) {
  BtfBytes local_bytes;
  const TypeId root = structure("m", {{"x", i32()}})(local_bytes);
  BtfBytes kernel_bytes;
  other()(kernel_bytes);
  const auto local = open(local_bytes);
  const auto kernel = open(kernel_bytes);
  const Target target{.kernel = kernel.view, .modules = []() -> Result<std::span<const Module>> {
                        return fail(Errc::io, "cannot open");
                      }};
  const std::vector<Request> requests = {
      {root, "0:0", static_cast<std::uint32_t>(field_byte_offset), load(kLoadW, 0)}};
  EXPECT_THAT(resolve(local.view, std::endian::little, requests, target),
              FailsWith(Errc::io, std::nullopt, "cannot open"));
}

// Hostile input.

/// 3000 structs of one name and 3000 relocations would be 9 million comparisons.
TEST(Resolve, StopsComparingTypesOfOneNameAfterAMillion) {
  Case many;
  const TypeId root = structure("s", {{"x", i32()}})(many.local);
  for (int n = 0; n < 3000; ++n) many.kernel.add(Kind::kStruct, "s", 4);
  for (int n = 0; n < 3000; ++n) many.ask(root, "0:0", field_exists, mov(1));
  const auto& decisions = many.resolve();
  EXPECT_EQ(text(decisions.front()), "patched 0");
  EXPECT_EQ(text(decisions.back()), "fatal ambiguous");
  EXPECT_THAT(decisions.back().detail, HasSubstr("more types have this name"));
}

TEST(Resolve, OfNothingIsNothing) {
  Case none;
  none.local.integer("int", 4);
  none.kernel.integer("int", 4);
  EXPECT_TRUE(none.resolve().empty());
  EXPECT_TRUE(none.resolve(Rules::libbpf).empty());
}

}  // namespace
}  // namespace btfreloc::core
