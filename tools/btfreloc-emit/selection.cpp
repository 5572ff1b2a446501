#include "btfreloc-emit/selection.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "debug_types.h"
#include "llvm/IR/InstIterator.h"

namespace btfreloc::emit {

using namespace llvm;

namespace {

constexpr std::size_t kMostNamed = 12;  // records in a message

/// Of a language's own library, which nobody means.
bool is_of_library(StringRef name) {
  for (const StringRef scope : {"core::", "alloc::", "std::", "__", "compiler_builtins::"}) {
    if (name.starts_with(scope)) return true;
  }
  // Rust's own: `&[u8]`, `*const str`, `(u32, u64)`, `dyn Shape`.
  return name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:.") !=
         StringRef::npos;
}

std::string list(const std::set<std::string>& records) {
  std::vector<std::string> names;
  for (const std::string& name : records) {
    if (names.size() == kMostNamed) break;
    names.push_back(fmt::format("`{}`", name));
  }
  std::string text = fmt::format("{}", fmt::join(names, ", "));
  if (records.size() > names.size()) {
    text += fmt::format(" and {} more", records.size() - names.size());
  }
  return text;
}

}  // namespace

bool was_optimised(const Module& module) {
  return any_of(module, [](const Function& function) {
    if (function.hasFnAttribute("btfreloc")) return false;  // the pass was there before
    return any_of(instructions(function), [](const Instruction& instruction) {
      return any_of(filterDbgVars(instruction.getDbgRecordRange()), [](DbgVariableRecord& record) {
        return record.isDbgValue() && record.getNumVariableLocationOps() == 1 &&
               isa_and_nonnull<Argument>(record.getVariableLocationOp(0)) &&
               record.getVariable()->isParameter() && record.getExpression()->getNumElements() == 0;
      });
    });
  });
}

void Selection::look_at(const Module& module) {
  // What a compiler or an earlier run has relocated is no longer annotated.
  selected_ +=
      static_cast<std::size_t>(count_if(module.globals(), [](const GlobalVariable& global) {
        return global.hasAttribute("btf_ama") || global.hasAttribute("btf_type_id");
      }));
  const pass::DebugNodes nodes(module);
  for (MDNode* node : nodes.all()) {
    auto* record = dyn_cast<DICompositeType>(node);
    if (record == nullptr || record->getName().empty() || pass::as_record(record) == nullptr) {
      continue;
    }
    const std::string name = pass::qualified_name(record);
    if (!is_of_library(name)) records_.insert(name);
  }
}

tool::Finding Selection::nothing_selected(const tool::EmitOptions& options) const {
  tool::Finding finding = {.level = tool::Level::error,
                           .code = "no-records",
                           .message = "no record is said to be laid out by the kernel",
                           .where = {.file = options.inputs.front()}};
  finding.notes.push_back(fmt::format(
      "tried: records in a namespace or module named {}; {}btf_decl_tag(\"btfreloc\"); markers",
      fmt::join(options.scopes, " or "),
      options.structs.empty()
          ? std::string()
          : fmt::format("names like {}; ", fmt::join(options.structs, " or "))));
  finding.notes.push_back(records_.empty() ? std::string("the debug info has no records")
                                           : "the debug info has " + list(records_));
  finding.help =
      "put them into `mod vmlinux` or `namespace vmlinux`, or name them with --structs; "
      "--allow no-records if the program reads none";
  return finding;
}

}  // namespace btfreloc::emit
