#pragma once

#include <cstdint>

#include "base/units.h"

// The parts of an opcode byte. The class, in its low three bits, says what the rest is:
//
//    7   6   5   4   3   2   1   0
//   +-----------+-------+-----------+
//   |   mode    | size  |   class   |   loads and stores
//   +-----------+---+---+-----------+
//   |   operation   | s |   class   |   arithmetic and jumps; s is the source
//   +---------------+---+-----------+
//
// Enumerators hold the value of their own bits, as the tables of RFC 9669 do, not the value of
// the byte, as include/uapi/linux/bpf.h does. They are spelled k... because `and`, `or` and
// `xor` are keywords.
// Source: RFC 9669 (BPF ISA), sections 3 to 5; what it lacks is marked.

namespace btfreloc::insn {

enum class Class : std::uint8_t {
  kLd,     ///< 64-bit immediates, and packet access of classic BPF.
  kLdx,    ///< Memory to register.
  kSt,     ///< Immediate to memory.
  kStx,    ///< Register to memory, and everything atomic.
  kAlu,    ///< 32-bit arithmetic; clears the upper half of dst.
  kJmp,    ///< Jumps on 64-bit values, calls, exit.
  kJmp32,  ///< Jumps on 32-bit values, and `gotol`.
  kAlu64,
};

enum class Mode : std::uint8_t {
  kImm = 0,  ///< Only {kLd, kDw}: LDIMM64.
  kAbs = 1,  ///< Only kLd.
  kInd = 2,  ///< Only kLd.
  kMem = 3,
  kMemsx = 4,  ///< Only kLdx: sign-extending load.
  kAtomic = 6,
};

enum class Size : std::uint8_t { kW, kH, kB, kDw };

/// The right operand of arithmetic and of a comparison.
enum class Source : std::uint8_t {
  kK,  ///< imm.
  kX,  ///< Register src.
};

enum class AluOp : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,  ///< Signed when off is kSigned.
  kOr,
  kAnd,
  kLsh,
  kRsh,
  kNeg,
  kMod,  ///< Signed when off is kSigned.
  kXor,
  kMov,  ///< What off other than 0 makes of it: see MovOff.
  kArsh,
  kEnd,  ///< Byte swap of imm bits. Source is kK for little endian, kX for big.
};

/// The off of a signed kDiv or kMod.
inline constexpr std::int16_t kSigned = 1;

/// The off of {kMov, kX}.
enum class MovOff : std::int16_t {
  kPlain = 0,
  kAddrSpaceCast = 1,  ///< Only kAlu64; imm is the new address space << 16 | the old one. Not in
                       ///< the RFC: include/uapi/linux/bpf.h (in v6.9), bpf_addr_space_cast.
  kSigned8 = 8,
  kSigned16 = 16,
  kSigned32 = 32,  ///< Only kAlu64.
};

enum class JmpOp : std::uint8_t {
  kJa,  ///< {kJmp, kK} `goto` off, {kJmp32, kK} `gotol` imm, {kJmp, kX} `gotox` dst.
        ///< The last is not in the RFC: LLVM 22 emits it for jump tables.
  kJeq,
  kJgt,
  kJge,
  kJset,
  kJne,
  kJsgt,
  kJsge,
  kCall,  ///< kK: src is a CallKind. kX, `callx` dst: LLVM emits it, Linux refuses it.
  kExit,
  kJlt,
  kJle,
  kJslt,
  kJsle,
  kJcond,  ///< Only {kJmp, kK}: `may_goto` off. Not in the RFC: include/uapi/linux/bpf.h
           ///< (in v6.9), bpf_cond_pseudo_jmp.
};

/// The src of {kJmp, kK, kCall}. Source: include/uapi/linux/bpf.h, BPF_PSEUDO_*CALL.
enum class CallKind : std::uint8_t {
  kHelper,  ///< imm is the number of the helper.
  kLocal,   ///< imm is a distance in slots, counted from the next instruction.
  kKfunc,   ///< imm is the BTF id of a kernel function.
};

/// Bits 4 to 7 of the imm of {kStx, kAtomic}.
enum class AtomicOp : std::uint8_t {
  kAdd = 0x0,
  kOr = 0x4,
  kAnd = 0x5,
  kXor = 0xa,
  kXchg = 0xe,     ///< Always with kFetch.
  kCmpxchg = 0xf,  ///< Always with kFetch; compares with r0 and returns in r0.
};

/// In the imm of an atomic operation: the old value comes back in src.
inline constexpr std::int32_t kFetch = 0x01;
/// The imm of an atomic load and of an atomic store, which exist for every Size. Not in the RFC:
/// include/uapi/linux/bpf.h (in v6.15), BPF_LOAD_ACQ and BPF_STORE_REL.
inline constexpr std::int32_t kLoadAcquire = 0x100;
inline constexpr std::int32_t kStoreRelease = 0x110;

constexpr Class class_of(std::uint8_t opcode) { return static_cast<Class>(opcode & 7); }

/// Of a load or store.
constexpr Mode mode_of(std::uint8_t opcode) { return static_cast<Mode>(opcode >> 5); }
/// Of a load or store.
constexpr Size size_of(std::uint8_t opcode) { return static_cast<Size>(opcode >> 3 & 3); }

/// Of an arithmetic operation or jump.
constexpr Source source_of(std::uint8_t opcode) { return static_cast<Source>(opcode >> 3 & 1); }
constexpr AluOp alu_op(std::uint8_t opcode) { return static_cast<AluOp>(opcode >> 4); }
constexpr JmpOp jmp_op(std::uint8_t opcode) { return static_cast<JmpOp>(opcode >> 4); }

constexpr AtomicOp atomic_op(std::int32_t imm) { return static_cast<AtomicOp>(imm >> 4 & 0xf); }

/// Bytes that a load or store of this size moves.
constexpr ByteCount bytes_of(Size size) {
  switch (size) {
    case Size::kB: return {1};
    case Size::kH: return {2};
    case Size::kW: return {4};
    case Size::kDw: return {8};
  }
  return {0};
}

}  // namespace btfreloc::insn
