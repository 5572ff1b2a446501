#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/MemoryBuffer.h"

namespace btfreloc::emit {

/// One module as bitcode or IR text, not parsed yet.
struct Input {
  std::string name;  ///< Of the file; "libcore.rlib(core.o)" for a member of an archive.
  std::unique_ptr<llvm::MemoryBuffer> bytes;
  bool is_library;  ///< Only what others use of it is wanted.
};

/// Reads a file, or standard input for "-": bitcode, IR text, or an archive with members of
/// bitcode, each of which is an input. Archives are libraries wherever they are given.
Result<std::vector<Input>> read_inputs(const std::string& path, bool is_library);

/// Fails for what a newer LLVM wrote, what is broken, and what is not for BPF.
Result<std::unique_ptr<llvm::Module>> parse(const Input& input, llvm::LLVMContext& context);

}  // namespace btfreloc::emit
