#include "run.h"

#include "compat.h"
#include "diagnostics.h"
#include "legalize.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"
#include "lower_access.h"
#include "preserve_access.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

/// Without debug info there is nothing to relocate by: silence would be a program that reads wrong
/// places.
bool can_be_relocated(const Module& module) {
  const bool has_code = any_of(module, [](const Function& f) { return !f.isDeclaration(); });
  if (!has_code || has_debug_info(module)) return has_code;
  Diagnostics::error(module, "there is no debug info to relocate by; compile with -g");
  return false;
}

}  // namespace

bool has_debug_info(const Module& module) {
  return any_of(module.debug_compile_units(), [](const DICompileUnit* unit) {
    return unit->getEmissionKind() == DICompileUnit::FullDebug;
  });
}

Done run(Module& module, Parts parts, const Options& options) {
  Done done;
  if (!compat::is_bpf(module)) return done;
  if (parts.preserve && !can_be_relocated(module)) return done;
  if (parts.legalize) done.changed |= legalize_debug_info(module, options);
  if (parts.preserve) preserve_accesses(module, options, done);
  const bool wants_records = options.emit == Options::Emit::kRecords;
  if (parts.lower && (wants_records || !parts.preserve)) done.changed |= lower_accesses(module);
  if (done.changed && verifyModule(module, &errs())) {
    report_fatal_error("btfreloc: the code is broken after the pass; please report it");
  }
  return done;
}

}  // namespace btfreloc::pass
