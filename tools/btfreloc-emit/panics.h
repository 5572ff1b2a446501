#pragma once

#include "llvm/IR/Module.h"

namespace btfreloc::emit {

/// Rust's panics as the end of the program (--panic exit): a BPF program can return from itself and
/// from nowhere deeper. So functions that may panic are inlined, and what then remains in programs
/// returns 0 in place of the call. Panics in functions that cannot be inlined stay calls, which are
/// refused when nothing defines them.

/// Before optimisation.
void inline_what_may_panic(llvm::Module& module);

/// After optimisation: the calls in programs, which are the functions in sections of their own.
void return_at_panics(llvm::Module& module);

/// Whether a function, by its name, is one of core's that only panic, or abort() itself.
bool is_panic(const llvm::Function& function);

}  // namespace btfreloc::emit
