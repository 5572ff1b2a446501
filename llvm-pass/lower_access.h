#pragma once

#include "llvm/IR/Module.h"

namespace btfreloc::pass {

/// The pass `btfreloc-lower-access`: llvm.preserve.*.access.index, llvm.bpf.preserve.* and
/// llvm.bpf.btf.type.id become what LLVM's own BPFAbstractMemberAccess and BPFPreserveDIType leave
/// behind, and a BPF backend writes records for: a global named `llvm.TYPE:KIND:LOCAL$ACCESS`, a
/// load of it, and a llvm.bpf.passthrough that keeps optimisations from merging what they give.
/// Returns whether anything changed.
bool lower_accesses(llvm::Module& module);

}  // namespace btfreloc::pass
