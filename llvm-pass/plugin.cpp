// The passes, by the names that -passes= takes, and the plugin's entry point.

#include <cstdlib>
#include <memory>
#include <string>

#include "compat.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"
#include "options.h"
#include "run.h"

namespace {

using namespace llvm;
using namespace btfreloc;
using namespace btfreloc::pass;

constexpr const char* kVariable = "BTFRELOC_PASS";

struct NamedParts {
  const char* name;
  Parts parts;
};
constexpr NamedParts kPasses[] = {
    {"btfreloc", {true, true, true}},
    {"btfreloc-legalize-di", {true, false, false}},
    {"btfreloc-preserve-access", {false, true, false}},
    {"btfreloc-lower-access", {false, false, true}},
};

/// Options while they are read: a pipeline is cut at commas, also those between the names of a
/// list.
struct Request {
  Options options;
  std::string text;  ///< What has been read of them so far.
  bool is_open = false;
};

class Pass : public PassInfoMixin<Pass> {
 public:
  Pass(Parts parts, std::shared_ptr<const Request> request)
      : parts_(parts), request_(std::move(request)) {}

  // LLVM asks for it by this name.
  static bool isRequired() { return true; }  // NOLINT(readability-identifier-naming)

  PreservedAnalyses run(Module& module, ModuleAnalysisManager&) {
    if (request_->is_open) {
      report_fatal_error(Twine("btfreloc<") + request_->text + ": the options do not end in `>`",
                         /*gen_crash_diag=*/false);
    }
    const Done done = pass::run(module, parts_, request_->options);
    return done.changed ? PreservedAnalyses::none() : PreservedAnalyses::all();
  }

 private:
  Parts parts_;
  std::shared_ptr<const Request> request_;
};

/// Takes the passes and the pieces of their options out of a pipeline's text, one after another.
class Parser {
 public:
  bool operator()(StringRef name, ModulePassManager& passes,
                  ArrayRef<PassBuilder::PipelineElement>) {
    if (pending_ && pending_->is_open && !is_ours(name))
      return take_options(*pending_, "," + name.str());
    for (const NamedParts& named : kPasses) {
      StringRef rest = name;
      if (!rest.consume_front(named.name) || (!rest.empty() && rest.front() != '<')) continue;
      pending_ = std::make_shared<Request>();
      if (rest.consume_front("<")) {
        pending_->is_open = true;
        if (!take_options(*pending_, rest.str())) return false;
      }
      passes.addPass(Pass(named.parts, pending_));
      return true;
    }
    return false;
  }

 private:
  static bool is_ours(StringRef name) { return compat::starts_with(name, "btfreloc"); }

  static bool take_options(Request& request, const std::string& piece) {
    request.text += piece;
    if (request.text.back() != '>') return true;
    request.is_open = false;
    const std::string problem = parse_options(StringRef(request.text).drop_back(), request.options);
    if (!problem.empty()) errs() << "btfreloc: " << problem << "\n";
    return problem.empty();
  }

  std::shared_ptr<Request> pending_;
};

/// Where nobody names the pass, its options come from the environment.
void add_at_start(ModulePassManager& passes) {
  auto request = std::make_shared<Request>();
  if (const char* text = std::getenv(kVariable)) {
    const std::string problem = parse_options(text, request->options);
    if (!problem.empty()) {
      report_fatal_error(Twine(kVariable) + ": " + problem, /*gen_crash_diag=*/false);
    }
  }
  passes.addPass(Pass({true, true, true}, request));
}

void register_passes(PassBuilder& builder) {
  builder.registerPipelineParsingCallback(Parser());
  builder.registerPipelineStartEPCallback(
      [](ModulePassManager& passes, OptimizationLevel) { add_at_start(passes); });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) PassPluginLibraryInfo llvmGetPassPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "btfreloc", BTFRELOC_VERSION, register_passes};
}
