#pragma once

#include "debug_types.h"
#include "llvm/IR/Module.h"

namespace btfreloc::pass {

/// Markers are how a frontend without attributes annotates a record: a field of a type named
/// Relocatable, a global whose type is Relocatable or Relocatable<Record>, or a global pointer to
/// the record named __btfreloc_*. They become marks on the record (annotation.h), and go: the
/// field out of the member list, the global out of the module. Returns whether there were any.
bool replace_markers(llvm::Module& module, const DebugNodes& nodes);

}  // namespace btfreloc::pass
