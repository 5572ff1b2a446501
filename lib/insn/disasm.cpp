#include "insn/disasm.h"

#include <fmt/format.h>

#include <array>
#include <concepts>
#include <optional>
#include <string_view>

#include "insn/opcode.h"

// One function per class of instruction, and no more checks than LLVM makes: fields that an
// instruction does not use may hold anything, and most reserved bits are not looked at. The
// kernel is stricter; a disassembler has to show what is there.
// What is checked was measured on llvm-objdump 22: tests/differential/disassembly.py.

namespace btfreloc::insn {
namespace {

/// A line of text, or nothing for bytes that are no instruction.
using Text = std::optional<std::string>;

/// LLVM gives r11 a name, though no program may use it. The four above have none.
constexpr auto kRegisters64 = std::to_array<std::string_view>(
    {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11"});
constexpr auto kRegisters32 = std::to_array<std::string_view>(
    {"w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9", "w10", "w11"});

/// By AluOp. Empty: not of the form `dst op= operand`.
constexpr std::array<std::string_view, 16> kAluOperators{
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "", "s>>="};

/// By JmpOp. Empty: not a comparison.
constexpr std::array<std::string_view, 16> kComparisons{"",    "==", ">", ">=", "&",  "!=", "s>",
                                                        "s>=", "",   "",  "<",  "<=", "s<", "s<="};

/// By Size.
constexpr std::array<std::string_view, 4> kUnsignedTypes{"u32", "u16", "u8", "u64"};
constexpr std::array<std::string_view, 4> kSignedTypes{"s32", "s16", "s8", "s64"};

/// The name of a register for a value of 64 or of 32 bits. Ask named() first.
std::string_view reg(std::uint8_t number, bool wide = true) {
  return (wide ? kRegisters64 : kRegisters32)[number];
}

template <std::same_as<std::uint8_t>... Numbers>
bool named(Numbers... numbers) {
  return ((numbers < kRegisters64.size()) && ...);
}

template <class Enum>
std::string_view at(const auto& names, Enum which) {
  return names[static_cast<std::size_t>(which)];
}

/// `r1 + 0x4`. The sign stands apart, unlike that of an immediate.
std::string address(std::uint8_t base, std::int16_t off) {
  const int distance = off;
  return fmt::format("{} {} {:#x}", reg(base), distance < 0 ? '-' : '+',
                     distance < 0 ? -distance : distance);
}

/// `*(u32 *)(r1 + 0x4)`.
std::string memory(std::string_view type, std::uint8_t base, std::int16_t off) {
  return fmt::format("*({} *)({})", type, address(base, off));
}

// Arithmetic.

bool operand_named(const Insn& insn) {
  return source_of(insn.opcode) == Source::kK || named(insn.src);
}

/// The right operand of arithmetic and comparisons.
std::string operand(const Insn& insn, bool wide) {
  if (source_of(insn.opcode) == Source::kK) return fmt::format("{:#x}", insn.imm);
  return std::string(reg(insn.src, wide));
}

Text negation(const Insn& insn, bool wide) {
  if (source_of(insn.opcode) != Source::kK || !named(insn.dst)) return {};
  return fmt::format("{0} = -{0}", reg(insn.dst, wide));
}

/// `r1 = (s8)r2`.
Text sign_extension(const Insn& insn, std::string_view from, bool wide) {
  return fmt::format("{} = ({}){}", reg(insn.dst, wide), from, reg(insn.src, wide));
}

/// `r1 = addr_space_cast(r2, 0x0, 0x1)`: the new address space, then the old one.
Text addr_space_cast(const Insn& insn) {
  const auto spaces = static_cast<std::uint32_t>(insn.imm);
  return fmt::format("{} = addr_space_cast({}, {:#x}, {:#x})", reg(insn.dst), reg(insn.src),
                     spaces >> 16, spaces & 0xffff);
}

Text move(const Insn& insn, bool wide) {
  if (!named(insn.dst) || !operand_named(insn)) return {};
  const auto kind = static_cast<MovOff>(insn.off);
  if (kind == MovOff::kPlain) {
    return fmt::format("{} = {}", reg(insn.dst, wide), operand(insn, wide));
  }
  if (source_of(insn.opcode) == Source::kK) return {};
  switch (kind) {
    case MovOff::kSigned8: return sign_extension(insn, "s8", wide);
    case MovOff::kSigned16: return sign_extension(insn, "s16", wide);
    case MovOff::kSigned32: return wide ? sign_extension(insn, "s32", wide) : std::nullopt;
    case MovOff::kAddrSpaceCast: return wide ? addr_space_cast(insn) : std::nullopt;
    default: return {};
  }
}

/// `r1 = be16 r1`. The register is spelled r even where the class is that of 32 bits.
Text byte_swap(const Insn& insn, bool wide) {
  const bool to_big = source_of(insn.opcode) == Source::kX;
  const bool has_width = insn.imm == 16 || insn.imm == 32 || insn.imm == 64;
  if (!named(insn.dst) || !has_width || (wide && to_big)) return {};
  const std::string_view swap = wide ? "bswap" : to_big ? "be" : "le";
  return fmt::format("{0} = {1}{2} {0}", reg(insn.dst), swap, insn.imm);
}

Text arithmetic(const Insn& insn, bool wide) {
  const AluOp op = alu_op(insn.opcode);
  const std::string_view sign = at(kAluOperators, op);
  if (sign.empty() || !named(insn.dst) || !operand_named(insn)) return {};
  const bool may_be_signed = op == AluOp::kDiv || op == AluOp::kMod;
  const bool is_signed = may_be_signed && insn.off == kSigned;
  if (insn.off != 0 && !is_signed) return {};
  return fmt::format("{} {}{} {}", reg(insn.dst, wide), is_signed ? "s" : "", sign,
                     operand(insn, wide));
}

Text alu(const Insn& insn) {
  const bool wide = class_of(insn.opcode) == Class::kAlu64;
  switch (alu_op(insn.opcode)) {
    case AluOp::kNeg: return negation(insn, wide);
    case AluOp::kMov: return move(insn, wide);
    case AluOp::kEnd: return byte_swap(insn, wide);
    default: return arithmetic(insn, wide);
  }
}

// Jumps.

Text comparison(const Insn& insn) {
  const bool wide = class_of(insn.opcode) == Class::kJmp;
  const std::string_view sign = at(kComparisons, jmp_op(insn.opcode));
  if (sign.empty() || !named(insn.dst) || !operand_named(insn)) return {};
  return fmt::format("if {} {} {} goto {:+#x}", reg(insn.dst, wide), sign, operand(insn, wide),
                     insn.off);
}

/// What JMP32 has besides comparisons.
Text jmp32(const Insn& insn) {
  const bool is_goto = jmp_op(insn.opcode) == JmpOp::kJa;
  if (is_goto && source_of(insn.opcode) == Source::kK) return fmt::format("gotol {:+#x}", insn.imm);
  return comparison(insn);
}

Text jump_to_register(const Insn& insn, std::string_view jump) {
  if (!named(insn.dst)) return {};
  return fmt::format("{} {}", jump, reg(insn.dst));
}

Text jmp(const Insn& insn) {
  const bool direct = source_of(insn.opcode) == Source::kK;
  switch (jmp_op(insn.opcode)) {
    case JmpOp::kJa:
      return direct ? fmt::format("goto {:+#x}", insn.off) : jump_to_register(insn, "gotox");
    case JmpOp::kCall:
      return direct ? fmt::format("call {:#x}", insn.imm) : jump_to_register(insn, "callx");
    case JmpOp::kExit: return direct && insn.imm == 0 ? Text("exit") : std::nullopt;
    case JmpOp::kJcond:
      return direct ? Text(fmt::format("may_goto {:+#x}", insn.off)) : std::nullopt;
    default: return comparison(insn);
  }
}

// Loads and stores.

/// `r1 = 0x700000010 ll`, and `ld_pseudo r1, 0x2, 0x10` when src says what the value stands for.
/// LLVM leaves out next_imm then, which for a map value is the offset into it, and takes imm as
/// unsigned.
Text load_imm64(const Insn& insn, std::int32_t next_imm) {
  if (insn.off != 0 || !named(insn.dst)) return {};
  const auto low = static_cast<std::uint32_t>(insn.imm);
  if (insn.src != 0) {
    return fmt::format("ld_pseudo {}, {:#x}, {:#x}", reg(insn.dst), insn.src, low);
  }
  const auto high = static_cast<std::uint64_t>(static_cast<std::uint32_t>(next_imm)) << 32;
  return fmt::format("{} = {:#x} ll", reg(insn.dst), static_cast<std::int64_t>(high | low));
}

/// `r0 = *(u16 *)skb[0xc]`: bytes of the packet in network order, at imm or at a register.
Text load_packet(const Insn& insn, std::string_view position) {
  const Size size = size_of(insn.opcode);
  if (size == Size::kDw) return {};
  return fmt::format("r0 = *({} *)skb[{}]", at(kUnsignedTypes, size), position);
}

Text ld(const Insn& insn, std::int32_t next_imm) {
  switch (mode_of(insn.opcode)) {
    case Mode::kImm: return is_wide(insn) ? load_imm64(insn, next_imm) : std::nullopt;
    case Mode::kAbs: return load_packet(insn, fmt::format("{:#x}", insn.imm));
    case Mode::kInd: return named(insn.src) ? load_packet(insn, reg(insn.src)) : std::nullopt;
    default: return {};
  }
}

Text ldx(const Insn& insn) {
  const Size size = size_of(insn.opcode);
  if (!named(insn.dst, insn.src)) return {};
  switch (mode_of(insn.opcode)) {
    case Mode::kMem:
      return fmt::format("{} = {}", reg(insn.dst, size == Size::kDw),
                         memory(at(kUnsignedTypes, size), insn.src, insn.off));
    case Mode::kMemsx:
      if (size == Size::kDw) return {};
      return fmt::format("{} = {}", reg(insn.dst),
                         memory(at(kSignedTypes, size), insn.src, insn.off));
    default: return {};
  }
}

Text st(const Insn& insn) {
  if (mode_of(insn.opcode) != Mode::kMem || !named(insn.dst)) return {};
  return fmt::format(
      "{} = {:#x}", memory(at(kUnsignedTypes, size_of(insn.opcode)), insn.dst, insn.off), insn.imm);
}

/// Operators and names of the operations that exist with and without kFetch.
struct ReadModifyWrite {
  AtomicOp op;
  std::string_view sign, name;
};
constexpr auto kReadModifyWrites = std::to_array<ReadModifyWrite>({
    {AtomicOp::kAdd, "+=", "add"},
    {AtomicOp::kOr, "|=", "or"},
    {AtomicOp::kAnd, "&=", "and"},
    {AtomicOp::kXor, "^=", "xor"},
});

/// `r2 = atomic_fetch_add((u64 *)(r1 + 0x8), r2)` and its like, by which the old value returns.
Text atomic_fetch(const Insn& insn, std::string_view src, bool wide) {
  const std::string where = address(insn.dst, insn.off);
  const AtomicOp op = atomic_op(insn.imm);
  if (op == AtomicOp::kXchg) {
    return fmt::format("{} = {}({}, {})", src, wide ? "xchg_64" : "xchg32_32", where, src);
  }
  if (op == AtomicOp::kCmpxchg) {
    return fmt::format("{0} = {1}({2}, {0}, {3})", reg(0, wide),
                       wide ? "cmpxchg_64" : "cmpxchg32_32", where, src);
  }
  for (const ReadModifyWrite& known : kReadModifyWrites) {
    if (op != known.op) continue;
    return fmt::format("{0} = atomic_fetch_{1}(({2} *)({3}), {0})", src, known.name,
                       wide ? "u64" : "u32", where);
  }
  return {};
}

/// `lock *(u64 *)(r1 + 0x8) += r2`.
Text atomic_plain(const Insn& insn, std::string_view src) {
  for (const ReadModifyWrite& known : kReadModifyWrites) {
    if (atomic_op(insn.imm) != known.op) continue;
    return fmt::format("lock {} {} {}",
                       memory(at(kUnsignedTypes, size_of(insn.opcode)), insn.dst, insn.off),
                       known.sign, src);
  }
  return {};
}

/// LLVM looks at the low nine bits of imm, and not at all of them in each case: a word with
/// kFetch is the operation with its result whatever bit 8 says; then come the ordered load and
/// store, whatever the low four bits say; then the plain operations, whatever bits 0 to 3 and 8
/// say.
Text atomic(const Insn& insn) {
  const Size size = size_of(insn.opcode);
  const bool wide = size == Size::kDw;
  const bool is_word = wide || size == Size::kW;
  const std::string_view src = reg(insn.src, wide);

  if (is_word && (insn.imm & 0xf) == kFetch) {
    if (Text fetch = atomic_fetch(insn, src, wide)) return fetch;
  }
  if ((insn.imm & 0x1f0) == kLoadAcquire) {
    return fmt::format("{} = load_acquire(({} *)({}))", reg(insn.dst, wide),
                       at(kUnsignedTypes, size), address(insn.src, insn.off));
  }
  if ((insn.imm & 0x1f0) == kStoreRelease) {
    return fmt::format("store_release(({} *)({}), {})", at(kUnsignedTypes, size),
                       address(insn.dst, insn.off), src);
  }
  return is_word ? atomic_plain(insn, src) : std::nullopt;
}

Text stx(const Insn& insn) {
  const Size size = size_of(insn.opcode);
  if (!named(insn.dst, insn.src)) return {};
  switch (mode_of(insn.opcode)) {
    case Mode::kMem:
      return fmt::format("{} = {}", memory(at(kUnsignedTypes, size), insn.dst, insn.off),
                         reg(insn.src, size == Size::kDw));
    case Mode::kAtomic: return atomic(insn);
    default: return {};
  }
}

Text instruction(const Insn& insn, std::int32_t next_imm) {
  switch (class_of(insn.opcode)) {
    case Class::kLd: return ld(insn, next_imm);
    case Class::kLdx: return ldx(insn);
    case Class::kSt: return st(insn);
    case Class::kStx: return stx(insn);
    case Class::kAlu:
    case Class::kAlu64: return alu(insn);
    case Class::kJmp: return jmp(insn);
    case Class::kJmp32: return jmp32(insn);
  }
  return {};
}

}  // namespace

std::string disassemble(const Insn& insn, std::int32_t next_imm) {
  return instruction(insn, next_imm).value_or("<unknown>");
}

}  // namespace btfreloc::insn
