#pragma once

#include <memory>

#include "base/error.h"
#include "btfreloc/cmd_emit.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Module.h"
#include "llvm/Target/TargetMachine.h"

namespace btfreloc::emit {

/// LLVM's optimisation and code generation for BPF.
class Backend {
 public:
  static Result<Backend> create(const llvm::Module& module, const tool::EmitOptions& options);

  void optimise(llvm::Module& module) const;

  /// The object file. What the backend cannot compile goes to the context's diagnostics; the
  /// object means nothing then.
  llvm::SmallVector<char, 0> object(llvm::Module& module) const;

 private:
  Backend(std::unique_ptr<llvm::TargetMachine> machine, std::string level)
      : machine_(std::move(machine)), level_(std::move(level)) {}

  std::unique_ptr<llvm::TargetMachine> machine_;
  std::string level_;
};

}  // namespace btfreloc::emit
