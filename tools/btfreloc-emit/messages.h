#pragma once

#include <string>
#include <vector>

#include "btfreloc-emit/source_text.h"
#include "btfreloc/diagnostics.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/Instruction.h"
#include "llvm/IR/LLVMContext.h"

namespace btfreloc::emit {

/// An access that the pass relocated.
struct RelocatedAccess {
  std::string function;  ///< The symbol, when it is of a library; else "".
  std::string record;    ///< Its name, without keyword.
  std::string path;      ///< "task_struct.pid"
  tool::SourcePlace source;
};

/// What LLVM, its BPF backend and the pass say of a program, in our shape and with source lines.
class Messages {
 public:
  /// From now on all that the context says comes here; `file` is where, as long as nothing else is
  /// known. Messages must outlive the context.
  void listen_to(llvm::LLVMContext& context, const std::string& file, bool is_library = false);
  /// The module that assembly is in, whose errors name a call by a number only.
  void set_module(const llvm::Module* module) { module_ = module; }

  /// An error, or a warning, about an instruction or a function.
  void add(const llvm::Instruction& at, tool::Finding finding);
  void add(const llvm::Function& function, tool::Finding finding);
  /// About something else, with a place of its own.
  void add(tool::Finding finding) { keep(std::move(finding), ""); }
  /// What the context said; told by listen_to().
  void add(const llvm::DiagnosticInfo& info);

  /// Leaves out what is said of functions of libraries that are not linked in.
  void forget_unlinked(const llvm::Module& program);

  bool has_errors() const;
  /// By place, each once, errors last.
  std::vector<tool::Finding> take_findings();
  const std::vector<RelocatedAccess>& relocated() const { return relocated_; }

 private:
  void add(const llvm::DILocation* location, const llvm::Function& function, tool::Finding finding);
  tool::SourcePlace place(const llvm::DIScope& file, unsigned line, unsigned column);
  tool::SourcePlace place(const llvm::DiagnosticInfoWithLocationBase& info);
  void keep(tool::Finding finding, llvm::StringRef function);
  void add_assembly(const llvm::DiagnosticInfo& info, tool::Finding finding);
  void add_unsupported(const llvm::DiagnosticInfoUnsupported& info);
  void add_remark(const llvm::DiagnosticInfoOptimizationBase& remark);

  SourceTexts texts_;
  std::string file_;
  bool is_library_ = false;
  const llvm::Module* module_ = nullptr;
  std::vector<tool::Finding> findings_;
  /// Of findings_: the symbol, when it is about a function of a library; else "".
  std::vector<std::string> functions_;
  std::vector<RelocatedAccess> relocated_;
};

/// As its author wrote it: `on_exit`, `Queue<T>::pop`.
std::string readable_name(const llvm::GlobalValue& value);
std::string demangled(llvm::StringRef symbol);

/// Of what LLVM says, the first line, without a full stop: the rest is for those who develop LLVM.
std::string first_line(llvm::StringRef text);

}  // namespace btfreloc::emit
