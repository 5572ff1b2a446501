#pragma once

#include <string>

#include "insn/insn.h"

namespace btfreloc::insn {

/// The instruction in llvm-objdump's spelling, without addresses or symbols:
/// `r0 = *(u32 *)(r6 + 0x4)`, `if r1 == 0x0 goto +0x5`, `r1 = 0x700000010 ll`.
///
/// `next_imm` is the imm of the second slot, read for LDIMM64 only. Bytes that are no
/// instruction give "<unknown>", as there.
/// Source: llvm/lib/Target/BPF/BPFInstrInfo.td and BPFInstPrinter.cpp, LLVM 22.
std::string disassemble(const Insn& insn, std::int32_t next_imm = 0);

}  // namespace btfreloc::insn
