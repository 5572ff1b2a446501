#include "insn/insn.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <array>
#include <limits>

#include "insn/opcode.h"

namespace btfreloc::insn {
namespace {

constexpr std::array<std::byte, 8> slot(std::array<std::uint8_t, 8> values) {
  return std::bit_cast<std::array<std::byte, 8>>(values);
}

// The example of RFC 9669, section 3.1: `r1 += 0x11223344` in both byte orders.
TEST(Decode, ReadsTheExampleOfTheStandard) {
  const Insn expected{.opcode = 0x07, .dst = 1, .src = 0, .off = 0, .imm = 0x11223344};
  const auto little = slot({0x07, 0x01, 0x00, 0x00, 0x44, 0x33, 0x22, 0x11});
  const auto big = slot({0x07, 0x10, 0x00, 0x00, 0x11, 0x22, 0x33, 0x44});
  EXPECT_EQ(decode(little.data(), std::endian::little), expected);
  EXPECT_EQ(decode(big.data(), std::endian::big), expected);
}

TEST(Decode, KeepsEveryFieldApart) {
  const Insn expected{.opcode = 0x61, .dst = 3, .src = 12, .off = 0x0102, .imm = 0x05060708};
  const auto little = slot({0x61, 0xc3, 0x02, 0x01, 0x08, 0x07, 0x06, 0x05});
  const auto big = slot({0x61, 0x3c, 0x01, 0x02, 0x05, 0x06, 0x07, 0x08});
  EXPECT_EQ(decode(little.data(), std::endian::little), expected);
  EXPECT_EQ(decode(big.data(), std::endian::big), expected);
}

TEST(Decode, SignExtendsOffAndImm) {
  const auto lowest = slot({0x05, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, 0x80});
  EXPECT_EQ(decode(lowest.data(), std::endian::little),
            (Insn{.opcode = 0x05,
                  .off = std::numeric_limits<std::int16_t>::min(),
                  .imm = std::numeric_limits<std::int32_t>::min()}));
  const auto minus_two = slot({0x05, 0x00, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfe});
  EXPECT_EQ(decode(minus_two.data(), std::endian::big),
            (Insn{.opcode = 0x05, .off = -2, .imm = -2}));
}

// A record may sit at any address.
TEST(Decode, ReadsUnalignedSlots) {
  std::array<std::byte, 9> bytes{};
  const auto exit = slot({0x95, 0, 0, 0, 0, 0, 0, 0});
  std::ranges::copy(exit, bytes.begin() + 1);
  EXPECT_EQ(decode(bytes.data() + 1, std::endian::little), (Insn{.opcode = 0x95}));
}

TEST(IsWide, OnlyForLdimm64) {
  for (int opcode = 0; opcode < 256; opcode++) {
    const Insn insn{.opcode = static_cast<std::uint8_t>(opcode)};
    EXPECT_EQ(is_wide(insn), opcode == (BPF_LD | BPF_IMM | BPF_DW)) << opcode;
  }
}

// The kernel composes opcodes from its own constants; we take them apart again.

struct MemoryCase {
  int opcode;
  Class klass;
  Mode mode;
  Size size;
};

TEST(Opcode, OfLoadsAndStoresComesApartAsInTheKernelHeader) {
  for (const MemoryCase& expected : std::to_array<MemoryCase>({
           {BPF_LD | BPF_IMM | BPF_DW, Class::kLd, Mode::kImm, Size::kDw},
           {BPF_LD | BPF_ABS | BPF_H, Class::kLd, Mode::kAbs, Size::kH},
           {BPF_LD | BPF_IND | BPF_B, Class::kLd, Mode::kInd, Size::kB},
           {BPF_LDX | BPF_MEM | BPF_W, Class::kLdx, Mode::kMem, Size::kW},
           {BPF_ST | BPF_MEM | BPF_DW, Class::kSt, Mode::kMem, Size::kDw},
           {BPF_STX | BPF_MEM | BPF_B, Class::kStx, Mode::kMem, Size::kB},
           {BPF_STX | BPF_ATOMIC | BPF_W, Class::kStx, Mode::kAtomic, Size::kW},
           // BPF_MEMSX of newer headers. Source: RFC 9669, section 5.
           {BPF_LDX | 0x80 | BPF_H, Class::kLdx, Mode::kMemsx, Size::kH},
       })) {
    const auto opcode = static_cast<std::uint8_t>(expected.opcode);
    EXPECT_EQ(class_of(opcode), expected.klass) << expected.opcode;
    EXPECT_EQ(mode_of(opcode), expected.mode) << expected.opcode;
    EXPECT_EQ(size_of(opcode), expected.size) << expected.opcode;
  }
}

TEST(Opcode, SizesAreThoseOfTheAccess) {
  EXPECT_EQ(bytes_of(Size::kB), ByteCount{1});
  EXPECT_EQ(bytes_of(Size::kH), ByteCount{2});
  EXPECT_EQ(bytes_of(Size::kW), ByteCount{4});
  EXPECT_EQ(bytes_of(Size::kDw), ByteCount{8});
}

struct AluCase {
  int operation;
  AluOp op;
};

TEST(Opcode, OfArithmeticComesApartAsInTheKernelHeader) {
  for (const AluCase& expected : std::to_array<AluCase>({
           {BPF_ADD, AluOp::kAdd},
           {BPF_SUB, AluOp::kSub},
           {BPF_MUL, AluOp::kMul},
           {BPF_DIV, AluOp::kDiv},
           {BPF_OR, AluOp::kOr},
           {BPF_AND, AluOp::kAnd},
           {BPF_LSH, AluOp::kLsh},
           {BPF_RSH, AluOp::kRsh},
           {BPF_NEG, AluOp::kNeg},
           {BPF_MOD, AluOp::kMod},
           {BPF_XOR, AluOp::kXor},
           {BPF_MOV, AluOp::kMov},
           {BPF_ARSH, AluOp::kArsh},
           {BPF_END, AluOp::kEnd},
       })) {
    const auto immediate = static_cast<std::uint8_t>(BPF_ALU64 | expected.operation | BPF_K);
    EXPECT_EQ(alu_op(immediate), expected.op) << expected.operation;
    EXPECT_EQ(class_of(immediate), Class::kAlu64) << expected.operation;
    EXPECT_EQ(source_of(immediate), Source::kK) << expected.operation;
    const auto register_32 = static_cast<std::uint8_t>(BPF_ALU | expected.operation | BPF_X);
    EXPECT_EQ(alu_op(register_32), expected.op) << expected.operation;
    EXPECT_EQ(class_of(register_32), Class::kAlu) << expected.operation;
    EXPECT_EQ(source_of(register_32), Source::kX) << expected.operation;
  }
}

struct JmpCase {
  int operation;
  JmpOp op;
};

TEST(Opcode, OfJumpsComesApartAsInTheKernelHeader) {
  for (const JmpCase& expected : std::to_array<JmpCase>({
           {BPF_JA, JmpOp::kJa},
           {BPF_JEQ, JmpOp::kJeq},
           {BPF_JGT, JmpOp::kJgt},
           {BPF_JGE, JmpOp::kJge},
           {BPF_JSET, JmpOp::kJset},
           {BPF_JNE, JmpOp::kJne},
           {BPF_JSGT, JmpOp::kJsgt},
           {BPF_JSGE, JmpOp::kJsge},
           {BPF_CALL, JmpOp::kCall},
           {BPF_EXIT, JmpOp::kExit},
           {BPF_JLT, JmpOp::kJlt},
           {BPF_JLE, JmpOp::kJle},
           {BPF_JSLT, JmpOp::kJslt},
           {BPF_JSLE, JmpOp::kJsle},
       })) {
    const auto wide = static_cast<std::uint8_t>(BPF_JMP | expected.operation | BPF_X);
    EXPECT_EQ(jmp_op(wide), expected.op) << expected.operation;
    EXPECT_EQ(class_of(wide), Class::kJmp) << expected.operation;
    EXPECT_EQ(source_of(wide), Source::kX) << expected.operation;
    const auto narrow = static_cast<std::uint8_t>(BPF_JMP32 | expected.operation | BPF_K);
    EXPECT_EQ(jmp_op(narrow), expected.op) << expected.operation;
    EXPECT_EQ(class_of(narrow), Class::kJmp32) << expected.operation;
  }
}

TEST(Opcode, CallKindsAndAtomicOperationsAreThoseOfTheKernelHeader) {
  EXPECT_EQ(static_cast<int>(CallKind::kLocal), BPF_PSEUDO_CALL);
  EXPECT_EQ(static_cast<int>(CallKind::kKfunc), BPF_PSEUDO_KFUNC_CALL);
  EXPECT_EQ(kFetch, BPF_FETCH);
  EXPECT_EQ(atomic_op(BPF_ADD), AtomicOp::kAdd);
  EXPECT_EQ(atomic_op(BPF_OR | BPF_FETCH), AtomicOp::kOr);
  EXPECT_EQ(atomic_op(BPF_AND), AtomicOp::kAnd);
  EXPECT_EQ(atomic_op(BPF_XOR | BPF_FETCH), AtomicOp::kXor);
  EXPECT_EQ(atomic_op(BPF_XCHG), AtomicOp::kXchg);
  EXPECT_EQ(atomic_op(BPF_CMPXCHG), AtomicOp::kCmpxchg);
}

}  // namespace
}  // namespace btfreloc::insn
