#include "core/patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <ostream>
#include <string_view>

#include "support/print.h"

namespace btfreloc::core {

void PrintTo(const Site& site, std::ostream* out) {
  const auto print = [&](const insn::Insn& insn) {
    *out << "{op " << int{insn.opcode} << " dst " << int{insn.dst} << " src " << int{insn.src}
         << " off " << insn.off << " imm " << insn.imm << '}';
  };
  print(site.first);
  if (site.second) print(*site.second);
}

namespace {

using Why = PatchFailure::Why;

// Opcodes that carry relocations. Source: include/uapi/linux/bpf.h.
constexpr std::uint8_t kAdd64K = 0x07;
constexpr std::uint8_t kAdd64X = 0x0f;
constexpr std::uint8_t kLsh64K = 0x67;
constexpr std::uint8_t kRsh64K = 0x77;
constexpr std::uint8_t kArsh64K = 0xc7;
constexpr std::uint8_t kMov64K = 0xb7;
constexpr std::uint8_t kMov64X = 0xbf;
constexpr std::uint8_t kMov32K = 0xb4;
constexpr std::uint8_t kMov32X = 0xbc;
constexpr std::uint8_t kLdimm64 = 0x18;
constexpr std::uint8_t kLdAbsW = 0x20;
constexpr std::uint8_t kLdxW = 0x61;
constexpr std::uint8_t kLdxH = 0x69;
constexpr std::uint8_t kLdxB = 0x71;
constexpr std::uint8_t kLdxDw = 0x79;
constexpr std::uint8_t kLdxMemsxB = 0x91;
constexpr std::uint8_t kLdxMemsxW = 0x81;
constexpr std::uint8_t kStW = 0x62;
constexpr std::uint8_t kStDw = 0x7a;
constexpr std::uint8_t kStxW = 0x63;
constexpr std::uint8_t kStxB = 0x73;
constexpr std::uint8_t kStxDw = 0x7b;
constexpr std::uint8_t kAtomicW = 0xc3;
constexpr std::uint8_t kAtomicDw = 0xdb;
constexpr std::uint8_t kJa = 0x05;
constexpr std::uint8_t kJeqK = 0x15;
constexpr std::uint8_t kJeq32K = 0x16;
constexpr std::uint8_t kCall = 0x85;
constexpr std::uint8_t kExit = 0x95;

constexpr std::int32_t kLowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kHighest = std::numeric_limits<std::int32_t>::max();

Site arithmetic(std::uint8_t opcode, std::int32_t imm) {
  return {.first = {.opcode = opcode, .dst = 3, .src = 0, .off = 0, .imm = imm}};
}
/// imm is not the place of the value, and must stay.
Site memory(std::uint8_t opcode, std::int16_t off) {
  return {.first = {.opcode = opcode, .dst = 2, .src = 7, .off = off, .imm = 99}};
}
Site wide(std::uint64_t value) {
  return {.first = {.opcode = kLdimm64, .dst = 4, .imm = static_cast<std::int32_t>(value)},
          .second = insn::Insn{.imm = static_cast<std::int32_t>(value >> 32)}};
}

NewValue from(std::uint64_t old_value, std::uint64_t new_value) {
  return {.old_value = old_value,
          .new_value = new_value,
          .is_validated = true,
          .old_size = {0},
          .new_size = {0},
          .may_resize = false};
}
NewValue unvalidated(NewValue value) {
  value.is_validated = false;
  return value;
}
NewValue resized(NewValue value, std::uint64_t old_size, std::uint64_t new_size,
                 bool may_resize = true) {
  value.old_size = {old_size};
  value.new_size = {new_size};
  value.may_resize = may_resize;
  return value;
}
constexpr std::uint64_t extended(std::int64_t value) { return static_cast<std::uint64_t>(value); }

struct Patched {
  std::string_view what;
  Site before;
  NewValue value;
  Site after;
  bool as_libbpf = false;

  friend void PrintTo(const Patched& each, std::ostream* out) { *out << each.what; }
};

class Patches : public testing::TestWithParam<Patched> {};

TEST_P(Patches, PutsTheValueWhereItBelongs) {
  const auto patched = patch(GetParam().before, GetParam().value, GetParam().as_libbpf);
  ASSERT_TRUE(patched) << patched.error().detail;
  EXPECT_EQ(*patched, GetParam().after);
}

INSTANTIATE_TEST_SUITE_P(
    Immediates, Patches,
    testing::ValuesIn(std::to_array<Patched>({
        {"add", arithmetic(kAdd64K, 8), from(8, 24), arithmetic(kAdd64K, 24)},
        {"mov", arithmetic(kMov64K, 8), from(8, 24), arithmetic(kMov64K, 24)},
        {"mov32", arithmetic(kMov32K, 8), from(8, 24), arithmetic(kMov32K, 24)},
        {"lsh", arithmetic(kLsh64K, 56), from(56, 3), arithmetic(kLsh64K, 3)},
        {"rsh", arithmetic(kRsh64K, 56), from(56, 3), arithmetic(kRsh64K, 3)},
        {"arsh", arithmetic(kArsh64K, 56), from(56, 3), arithmetic(kArsh64K, 3)},
        {"the same value", arithmetic(kMov64K, 8), from(8, 8), arithmetic(kMov64K, 8)},
        {"a yes that becomes a no", arithmetic(kMov64K, 1), from(1, 0), arithmetic(kMov64K, 0)},
        {"a negative old value", arithmetic(kMov64K, -1), from(extended(-1), 5),
         arithmetic(kMov64K, 5)},
        {"a negative new value", arithmetic(kMov64K, 5), from(5, extended(-2)),
         arithmetic(kMov64K, -2)},
        {"not validated", arithmetic(kMov64K, 77), unvalidated(from(8, 24)),
         arithmetic(kMov64K, 24)},
        {"the highest", arithmetic(kMov64K, 0), from(0, extended(kHighest)),
         arithmetic(kMov64K, kHighest)},
        {"the lowest", arithmetic(kMov64K, 0), from(0, extended(kLowest)),
         arithmetic(kMov64K, kLowest)},
        {"one above the highest, truncated", arithmetic(kMov64K, 0), from(0, 0x80000000),
         arithmetic(kMov64K, kLowest), true},
        {"one below the lowest, truncated", arithmetic(kMov64K, 0),
         from(0, extended(std::int64_t{kLowest} - 1)), arithmetic(kMov64K, kHighest), true},
        {"64 bits, truncated", arithmetic(kMov64K, 0), from(0, 0x1234567800000005),
         arithmetic(kMov64K, 5), true},
        {"sizes do not count", arithmetic(kMov64K, 8), resized(from(8, 24), 4, 8, false),
         arithmetic(kMov64K, 24)},
    })));

INSTANTIATE_TEST_SUITE_P(
    LoadsAndStores, Patches,
    testing::ValuesIn(std::to_array<Patched>({
        {"load", memory(kLdxW, 8), from(8, 24), memory(kLdxW, 24)},
        {"sign-extending load", memory(kLdxMemsxB, 8), from(8, 24), memory(kLdxMemsxB, 24)},
        {"store of an immediate", memory(kStW, 8), from(8, 24), memory(kStW, 24)},
        {"store of a register", memory(kStxDw, 8), from(8, 24), memory(kStxDw, 24)},
        {"atomic", memory(kAtomicDw, 8), from(8, 24), memory(kAtomicDw, 24)},
        {"the farthest", memory(kLdxW, 8), from(8, 32767), memory(kLdxW, 32767)},
        {"from the farthest", memory(kLdxW, 32767), from(32767, 0), memory(kLdxW, 0)},
        {"not validated", memory(kLdxW, 77), unvalidated(from(8, 24)), memory(kLdxW, 24)},
        {"truncation is for immediates", memory(kLdxW, 8), from(8, 32767), memory(kLdxW, 32767),
         true},
        {"sizes that agree", memory(kLdxW, 8), resized(from(8, 24), 4, 4, false),
         memory(kLdxW, 24)},
        {"sizes that agree, of a struct", memory(kLdxW, 8), resized(from(8, 24), 12, 12, false),
         memory(kLdxW, 24)},
        {"u32 to u64", memory(kLdxW, 8), resized(from(8, 24), 4, 8), memory(kLdxDw, 24)},
        {"u64 to u32", memory(kLdxDw, 8), resized(from(8, 24), 8, 4), memory(kLdxW, 24)},
        {"u8 to u16", memory(kLdxB, 8), resized(from(8, 24), 1, 2), memory(kLdxH, 24)},
        {"u16 to u8", memory(kLdxH, 8), resized(from(8, 24), 2, 1), memory(kLdxB, 24)},
        {"store of an immediate, to u32", memory(kStDw, 8), resized(from(8, 8), 8, 4),
         memory(kStW, 8)},
        {"store of a register, to u8", memory(kStxW, 8), resized(from(8, 8), 4, 1),
         memory(kStxB, 8)},
        // The mode stays, as in libbpf.
        {"sign-extending, u8 to u32", memory(kLdxMemsxB, 8), resized(from(8, 8), 1, 4),
         memory(kLdxMemsxW, 8), true},
        {"atomic, u64 to u32", memory(kAtomicDw, 8), resized(from(8, 8), 8, 4), memory(kAtomicW, 8),
         true},
        {"store of a register, to u64, as libbpf", memory(kStxW, 8), resized(from(8, 8), 4, 8),
         memory(kStxDw, 8), true},
    })));

INSTANTIATE_TEST_SUITE_P(
    WideImmediates, Patches,
    testing::ValuesIn(std::to_array<Patched>({
        {"both halves", wide(0x1111111122222222), from(0x1111111122222222, 0x8333333394444444),
         wide(0x8333333394444444)},
        {"the lower half is not extended", wide(0x80000000), from(0x80000000, 0xffffffff),
         wide(0xffffffff)},
        {"zero", wide(5), from(5, 0), wide(0)},
        {"all bits", wide(5), from(5, ~std::uint64_t{0}), wide(~std::uint64_t{0})},
        {"not validated", wide(6), unvalidated(from(5, 7)), wide(7)},
        {"nothing is truncated", wide(5), from(5, 0x500000000), wide(0x500000000), true},
    })));

struct Refused {
  std::string_view what;
  Site before;
  NewValue value;
  Why why;
  std::string_view detail;
  bool as_libbpf = false;

  friend void PrintTo(const Refused& each, std::ostream* out) { *out << each.what; }
};

class Refuses : public testing::TestWithParam<Refused> {};

TEST_P(Refuses, SaysWhy) {
  const auto patched = patch(GetParam().before, GetParam().value, GetParam().as_libbpf);
  ASSERT_FALSE(patched) << testing::PrintToString(*patched);
  EXPECT_EQ(patched.error().why, GetParam().why);
  EXPECT_THAT(patched.error().detail, testing::HasSubstr(std::string(GetParam().detail)));
}

INSTANTIATE_TEST_SUITE_P(
    OldValues, Refuses,
    testing::ValuesIn(std::to_array<Refused>({
        {"add", arithmetic(kAdd64K, 9), from(8, 24), Why::value,
         "the instruction holds 9, and the compiler's types say 8"},
        {"an immediate is extended", arithmetic(kMov64K, -1), from(0xffffffff, 24), Why::value,
         "the instruction holds -1, and the compiler's types say 4294967295"},
        {"load", memory(kLdxW, 9), from(8, 24), Why::value, "the instruction holds 9"},
        {"a negative offset", memory(kLdxW, -8), from(8, 24), Why::value,
         "the instruction holds -8"},
        // What LLVM before 2026 makes of offset 32768.
        {"an offset that wrapped", memory(kLdxW, -32768), from(32768, 24), Why::value,
         "the instruction holds -32768"},
        {"store", memory(kStW, 0), from(8, 24), Why::value, "the instruction holds 0"},
        {"wide", wide(9), from(8, 24), Why::value, "the instruction holds 9"},
        {"wide, upper half", wide(0x100000008), from(8, 24), Why::value,
         "the instruction holds 4294967304"},
        {"an old value comes before the new one", memory(kLdxW, 9), from(8, 40000), Why::value,
         "the instruction holds 9"},
    })));

INSTANTIATE_TEST_SUITE_P(
    Ranges, Refuses,
    testing::ValuesIn(std::to_array<Refused>({
        {"one above the highest immediate", arithmetic(kMov64K, 0), from(0, 0x80000000), Why::range,
         "2147483648 does not fit an immediate of 32 bits"},
        {"one below the lowest", arithmetic(kMov64K, 0),
         from(0, extended(std::int64_t{kLowest} - 1)), Why::range, "-2147483649 does not fit"},
        {"64 bits", arithmetic(kMov32K, 0), from(0, 0x1234567800000005), Why::range,
         "does not fit"},
        {"one beyond the farthest load", memory(kLdxW, 8), from(8, 32768), Why::range,
         "offset 32768 does not fit a load or store"},
        {"a store", memory(kStW, 8), from(8, 32768), Why::range, "offset 32768"},
        {"a store of a register", memory(kStxW, 8), from(8, 65536), Why::range, "offset 65536"},
        {"truncation is for immediates", memory(kLdxW, 8), from(8, 32768), Why::range,
         "offset 32768", true},
        {"a negative offset", memory(kLdxW, 8), from(8, extended(-8)), Why::range, "offset"},
    })));

INSTANTIATE_TEST_SUITE_P(
    AccessSizes, Refuses,
    testing::ValuesIn(std::to_array<Refused>({
        {"of what may not be resized", memory(kLdxW, 8), resized(from(8, 24), 4, 8, false),
         Why::access_size, "4 bytes in the object, 8 there"},
        {"of a store", memory(kStW, 8), resized(from(8, 24), 4, 2, false), Why::access_size,
         "4 bytes in the object, 2 there"},
        {"of a sign-extending load", memory(kLdxMemsxB, 8), resized(from(8, 8), 1, 4),
         Why::access_size, "would move another number"},
        {"of an atomic operation", memory(kAtomicDw, 8), resized(from(8, 8), 8, 4),
         Why::access_size, "would move another number"},
        {"of a store of a register, to more bytes", memory(kStxW, 8), resized(from(8, 8), 4, 8),
         Why::access_size, "would move another number"},
        {"of a bitfield that became a field", memory(kLdxW, 8), resized(from(8, 24), 0, 4, false),
         Why::access_size, "0 bytes in the object, 4 there"},
        {"of an instruction that accesses fewer", memory(kLdxB, 8), resized(from(8, 24), 4, 8),
         Why::instruction, "it accesses 1 bytes of a field of 4"},
        {"that no instruction has", memory(kLdxDw, 8), resized(from(8, 24), 8, 3), Why::instruction,
         "no load or store accesses 3 bytes"},
        {"of 16 bytes", memory(kLdxDw, 8), resized(from(8, 24), 8, 16), Why::instruction,
         "no load or store accesses 16 bytes"},
        {"of nothing", memory(kLdxDw, 8), resized(from(8, 24), 8, 0), Why::instruction,
         "no load or store accesses 0 bytes"},
        {"the offset comes first", memory(kLdxW, 8), resized(from(8, 32768), 4, 8, false),
         Why::range, "offset 32768"},
    })));

Site changed(Site site, auto change) {
  change(site);
  return site;
}

INSTANTIATE_TEST_SUITE_P(
    Instructions, Refuses,
    testing::ValuesIn(std::to_array<Refused>({
        {"add of a register", arithmetic(kAdd64X, 8), from(8, 24), Why::instruction,
         "without an immediate"},
        {"mov of a register", arithmetic(kMov64X, 8), from(8, 24), Why::instruction,
         "without an immediate"},
        {"mov32 of a register", arithmetic(kMov32X, 8), from(8, 24), Why::instruction,
         "without an immediate"},
        {"goto", memory(kJa, 8), from(8, 24), Why::instruction, "a jump or call"},
        {"a comparison", arithmetic(kJeqK, 8), from(8, 24), Why::instruction, "a jump or call"},
        {"a 32-bit comparison", arithmetic(kJeq32K, 8), from(8, 24), Why::instruction,
         "a jump or call"},
        {"a call", arithmetic(kCall, 8), from(8, 24), Why::instruction, "a jump or call"},
        {"exit", arithmetic(kExit, 0), from(0, 24), Why::instruction, "a jump or call"},
        {"a load of a packet", arithmetic(kLdAbsW, 8), from(8, 24), Why::instruction,
         "neither a load nor a plain 64-bit immediate"},
        {"wide, of a map", changed(wide(8), [](Site& s) { s.first.src = 1; }), from(8, 24),
         Why::instruction, "neither"},
        {"wide, with an offset", changed(wide(8), [](Site& s) { s.first.off = 1; }), from(8, 24),
         Why::instruction, "neither"},
        {"wide, cut", changed(wide(8), [](Site& s) { s.second.reset(); }), from(8, 24),
         Why::instruction, "neither"},
        {"wide, an opcode in the second slot",
         changed(wide(8), [](Site& s) { s.second->opcode = kMov64K; }), from(8, 24),
         Why::instruction, "neither"},
        {"wide, a dst in the second slot", changed(wide(8), [](Site& s) { s.second->dst = 1; }),
         from(8, 24), Why::instruction, "neither"},
        {"wide, a src in the second slot", changed(wide(8), [](Site& s) { s.second->src = 1; }),
         from(8, 24), Why::instruction, "neither"},
        {"wide, an offset in the second slot", changed(wide(8), [](Site& s) { s.second->off = 1; }),
         from(8, 24), Why::instruction, "neither"},
    })));

// Poison.

TEST(Poison, IsACallThatNoVerifierAccepts) {
  // Source: bpf_core_poison_insn() in libbpf, src/relo_core.c.
  const insn::Insn call{.opcode = kCall, .dst = 0, .src = 0, .off = 0, .imm = 0x0bad2310};
  for (const Site& site : {arithmetic(kMov64K, 8), memory(kLdxW, 8), memory(kStxDw, 8)}) {
    EXPECT_EQ(poison(site), (Site{.first = call, .second = std::nullopt}));
  }
}

TEST(Poison, TakesBothSlotsOfAWideImmediate) {
  const Site poisoned = poison(wide(8));
  ASSERT_TRUE(poisoned.second);
  EXPECT_EQ(poisoned.first, *poisoned.second);
  EXPECT_EQ(poisoned.second->opcode, kCall);
  EXPECT_EQ(poisoned.second->imm, kPoisonImmediate);
}

TEST(AccessesMemory, IsTrueForLoadsAndStoresOnly) {
  for (int opcode = 0; opcode < 256; ++opcode) {
    const int klass = opcode & 7;
    EXPECT_EQ(accesses_memory({.opcode = static_cast<std::uint8_t>(opcode)}),
              klass == 1 || klass == 2 || klass == 3)
        << opcode;
  }
}

}  // namespace
}  // namespace btfreloc::core
