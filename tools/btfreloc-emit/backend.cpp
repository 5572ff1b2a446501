#include "btfreloc-emit/backend.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/PassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/OptimizationLevel.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetOptions.h"

namespace btfreloc::emit {

using namespace llvm;

namespace {

void initialize_bpf() {
  LLVMInitializeBPFTargetInfo();
  LLVMInitializeBPFTarget();
  LLVMInitializeBPFTargetMC();
  LLVMInitializeBPFAsmParser();
  LLVMInitializeBPFAsmPrinter();
}

OptimizationLevel optimization_level(const std::string& level) {
  switch (level.front()) {
    case '0': return OptimizationLevel::O0;
    case '1': return OptimizationLevel::O1;
    case '3': return OptimizationLevel::O3;
    case 's': return OptimizationLevel::Os;
    case 'z': return OptimizationLevel::Oz;
    default: return OptimizationLevel::O2;
  }
}

CodeGenOptLevel codegen_level(const std::string& level) {
  switch (level.front()) {
    // Without any optimisation the backend leaves a load of the number that a relocation replaces.
    case '0':
    case '1': return CodeGenOptLevel::Less;
    case '3': return CodeGenOptLevel::Aggressive;
    default: return CodeGenOptLevel::Default;
  }
}

/// LLVM itself only prints what it does not know, and goes on.
Status check_features(const TargetMachine& machine, StringRef features) {
  SmallVector<StringRef, 4> names;
  features.split(names, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef name : names) {
    const StringRef bare = name.drop_while([](char c) { return c == '+' || c == '-'; });
    const auto known = machine.getMCSubtargetInfo()->getAllProcessorFeatures();
    if (any_of(known, [&](const SubtargetFeatureKV& one) { return bare == one.Key; })) continue;
    std::vector<std::string> all;
    for (const SubtargetFeatureKV& one : known) all.emplace_back(one.Key);
    return fail(Errc::not_found, fmt::format("no feature is named `{}`", bare.str()), {},
                fmt::format("there are {}", fmt::join(all, ", ")));
  }
  return {};
}

// Until LLVM 20 a target is looked up by a string.
#if LLVM_VERSION_MAJOR >= 21
const Triple& triple_of(const Module& module) { return module.getTargetTriple(); }
#else
const std::string& triple_of(const Module& module) { return module.getTargetTriple(); }
#endif

}  // namespace

Result<Backend> Backend::create(const Module& module, const tool::EmitOptions& options) {
  initialize_bpf();
  std::string problem;
  const Target* target = TargetRegistry::lookupTarget(triple_of(module), problem);
  if (target == nullptr) {
    return fail(Errc::unsupported, "this LLVM is built without BPF: " + problem);
  }
  std::unique_ptr<TargetMachine> machine(
      target->createTargetMachine(triple_of(module), options.cpu, options.features, TargetOptions(),
                                  Reloc::PIC_, std::nullopt, codegen_level(options.optimization)));
  TRY_OK(check_features(*machine, options.features));
  return Backend(std::move(machine), options.optimization);
}

void Backend::optimise(Module& module) const {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder builder(machine_.get());
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(components);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, components, modules);
  const OptimizationLevel level = optimization_level(level_);
  ModulePassManager passes = level == OptimizationLevel::O0
                                 ? builder.buildO0DefaultPipeline(level)
                                 : builder.buildPerModuleDefaultPipeline(level);
  passes.run(module, modules);
}

SmallVector<char, 0> Backend::object(Module& module) const {
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  passes.add(new TargetLibraryInfoWrapperPass(Triple(module.getTargetTriple())));
  if (machine_->addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::ObjectFile)) {
    report_fatal_error("the BPF backend writes no object files");
  }
  passes.run(module);
  return bytes;
}

}  // namespace btfreloc::emit
