#pragma once

#include <string>

#include "btfreloc/cmd_emit.h"
#include "llvm/IR/Instruction.h"
#include "llvm/IR/Module.h"

namespace btfreloc::emit {

/// Before code generation: atomic operations become what BPF's instructions do in any case.
///
/// - A relaxed load or store of up to 8 bytes at a multiple of its size is one instruction: a plain
///   one, that must stay (volatile).
/// - A relaxed update whose old value is used is raised to an ordered one: LLVM 22 drops the value
///   otherwise, and reads what was added in its place. There is one instruction for both.
/// - A fence between a program and itself is nothing.
void simplify_atomics(llvm::Module& module);

/// The atomic operation that the instructions of `options.cpu` do not have, as "an atomic nand"; ""
/// when they have it. For modules that simplify_atomics() has been over.
std::string missing_atomic(const llvm::Instruction& instruction, const tool::EmitOptions& options);

}  // namespace btfreloc::emit
