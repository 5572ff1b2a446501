#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "btfreloc-emit/messages.h"
#include "btfreloc/cmd_emit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"

namespace btfreloc::emit {

/// A module that the pass is done with, as bitcode: each was in a context of its own, where its
/// struct types keep their names.
struct Part {
  std::string name;
  llvm::SmallVector<char, 0> bitcode;
  bool is_library;
};

/// Links the parts, and of libraries what is used. What nothing outside needs becomes internal, so
/// that optimisation may inline and drop it: all but what stands in a section of its own (programs,
/// maps, the license), what has a name that its author chose rather than one that rustc made up,
/// and what the options export. Null after errors, which are in `messages`.
std::unique_ptr<llvm::Module> link(const std::vector<Part>& parts, const tool::EmitOptions& options,
                                   llvm::LLVMContext& context, Messages& messages);

}  // namespace btfreloc::emit
