// The page: what becomes of the inputs, in order.

#include "btfreloc-emit/emit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "btfreloc-emit/atomics.h"
#include "btfreloc-emit/backend.h"
#include "btfreloc-emit/finish.h"
#include "btfreloc-emit/inputs.h"
#include "btfreloc-emit/link.h"
#include "btfreloc-emit/loadable.h"
#include "btfreloc-emit/messages.h"
#include "btfreloc-emit/panics.h"
#include "btfreloc-emit/refuse.h"
#include "btfreloc-emit/selection.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include "run.h"

namespace btfreloc::emit {

using namespace llvm;
using tool::EmitOptions;

namespace {

pass::Options pass_options(const EmitOptions& options) {
  pass::Options result;
  result.scopes = options.scopes;
  result.structs = options.structs;
  result.strict = options.strict;
  if (options.bitfields == "clang") result.bitfields = pass::Options::Bitfields::kClang;
  if (options.nested == "stop") result.nested = pass::Options::Nested::kStop;
  return result;
}

tool::Finding optimised(const std::string& file) {
  return {.level = tool::Level::warning,
          .code = "optimised",
          .message =
              "optimised already: accesses to different members may have become one, which "
              "nothing can tell then",
          .where = {.file = file},
          .help = "rustc -C no-prepopulate-passes, clang -Xclang -disable-llvm-passes"};
}

/// Each module goes through the pass by itself, in a context of its own: in a shared one, and after
/// linking, LLVM renames and merges struct types that look alike.
Result<Part> relocate(const Input& input, const pass::Options& options, Selection& selection,
                      Messages& messages) {
  LLVMContext context;
  messages.listen_to(context, input.name, input.is_library);
  TRY(const std::unique_ptr<Module> module, parse(input, context));
  if (input.is_library && !pass::has_debug_info(*module)) {
    // It is the program that reads the kernel's records. Lines without types are worse than none.
    StripDebugInfo(*module);
  } else {
    if (!input.is_library && was_optimised(*module)) messages.add(optimised(input.name));
    selection.look_at(*module);
    selection.count(pass::run(*module, {}, options));
  }
  Part part = {.name = input.name, .bitcode = {}, .is_library = input.is_library};
  raw_svector_ostream stream(part.bitcode);
  WriteBitcodeToFile(*module, stream);
  return part;
}

Result<std::vector<Part>> relocate_all(const EmitOptions& options, Selection& selection,
                                       Messages& messages) {
  std::vector<Input> inputs;
  const auto read = [&](const std::vector<std::string>& paths, bool is_library) -> Status {
    for (const std::string& path : paths) {
      TRY(std::vector<Input> some, read_inputs(path, is_library));
      std::ranges::move(some, std::back_inserter(inputs));
    }
    return {};
  };
  TRY_OK(read(options.inputs, false));
  TRY_OK(read(options.libraries, true));
  std::vector<Part> parts;
  for (const Input& input : inputs) {
    TRY(Part part, relocate(input, pass_options(options), selection, messages));
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string as_ir(const Module& module, bool is_text) {
  std::string text;
  raw_string_ostream stream(text);
  if (is_text) {
    stream << module;
  } else {
    WriteBitcodeToFile(module, stream);
  }
  return stream.str();
}

std::set<std::string> declared_in(const Module& module) {
  std::set<std::string> names;
  for (const GlobalValue& value : module.global_values()) {
    if (value.isDeclaration()) names.insert(value.getName().str());
  }
  return names;
}

tool::Finding made_up(const std::string& symbol, const EmitOptions& options) {
  return {
      .level = tool::Level::error,
      .code = "undefined",
      .message = fmt::format("`{}` is not defined", symbol),
      .where = {.file = options.inputs.front()},
      .notes = {"assembly calls it, or LLVM does for something that BPF has no instruction for"},
      .help = "--allow undefined leaves it to whoever links the object"};
}

/// The bytes of the output; "" after errors, which are in `messages`.
Result<std::string> compile(const EmitOptions& options, Messages& messages) {
  Selection selection;
  TRY(const std::vector<Part> parts, relocate_all(options, selection, messages));
  if (!messages.has_errors() && selection.is_empty() &&
      !is_contained(options.allowed, tool::kAllowNoRecords)) {
    messages.add(selection.nothing_selected(options));
  }
  if (messages.has_errors()) return "";

  LLVMContext context;
  messages.listen_to(context, parts.front().name);
  const std::unique_ptr<Module> program = link(parts, options, context, messages);
  if (program == nullptr) return "";
  TRY(const Backend backend, Backend::create(*program, options));
  if (options.panic == "exit") inline_what_may_panic(*program);
  backend.optimise(*program);
  if (options.panic == "exit") return_at_panics(*program);
  simplify_atomics(*program);
  refuse_what_bpf_lacks(*program, options, messages);
  if (messages.has_errors()) return "";
  make_loadable(*program);
  if (options.emit_llvm) return as_ir(*program, options.out.ends_with(".ll"));
  messages.set_module(program.get());
  const SmallVector<char, 0> object = backend.object(*program);
  messages.set_module(nullptr);
  if (messages.has_errors()) return "";
  std::string bytes(object.begin(), object.end());
  TRY(const std::vector<std::string> undefined, finish_object(bytes, declared_in(*program)));
  if (!is_contained(options.allowed, tool::kAllowUndefined)) {
    for (const std::string& symbol : undefined) messages.add(made_up(symbol, options));
  }
  return messages.has_errors() ? "" : bytes;
}

/// What LLVM gave up with. The handler runs in the middle of LLVM and must not return there.
std::string fatal_error;

void on_fatal_error(void*, const char* reason, bool) {
  fatal_error = reason;
  CrashRecoveryContext::GetCurrent()->HandleExit(1);
}

/// "Cannot select: 0x55d0: i32,ch = AtomicFence 0x55d1, prog.c:3:5": without the addresses, which
/// differ from run to run.
tool::Finding given_up(const std::string& reason, const std::string& file) {
  std::string text = reason.substr(0, reason.find('\n'));
  const Regex address("0x[0-9a-f]+:? ?");
  while (address.match(text)) text = address.sub("", text);
  tool::Finding finding = {.level = tool::Level::error,
                           .code = "llvm",
                           .message = "LLVM gave up: " + text,
                           .where = {.file = file}};
  SmallVector<StringRef, 5> parts;
  if (Regex("^(.*), ([^,]+):([0-9]+):([0-9]+)$").match(text, &parts)) {
    tool::SourcePlace place = {.file = parts[2].str()};
    parts[3].getAsInteger(10, place.line);
    parts[4].getAsInteger(10, place.column);
    finding.source = place;
    finding.message = "LLVM gave up: " + parts[1].str();
  }
  finding.help = "BPF has no instruction for it; --emit-llvm shows what LLVM compiles";
  return finding;
}

}  // namespace

bool Emission::has_errors() const {
  return std::ranges::any_of(findings, [](const auto& f) { return f.level == tool::Level::error; });
}

Result<Emission> emit(const EmitOptions& options) {
  // Not destroyed when LLVM crashes: nothing it holds can be trusted then.
  auto* const messages = new Messages;
  auto* const bytes = new Result<std::string>;
  CrashRecoveryContext::Enable();
  install_fatal_error_handler(on_fatal_error);
  CrashRecoveryContext recovery;
  const bool has_returned = recovery.RunSafely([&] { *bytes = compile(options, *messages); });
  if (!has_returned && fatal_error.empty()) {
    return fail(Errc::unsupported, "LLVM crashed; nothing is written",
                {.file = options.inputs.front()},
                "the input may be damaged; --emit-llvm shows what LLVM compiles");
  }
  if (!has_returned) {
    messages->add(given_up(fatal_error, options.inputs.front()));
    return Emission{.bytes = {}, .findings = messages->take_findings()};
  }
  if (!*bytes) return std::unexpected(std::move(*bytes).error());
  Emission emission = {.bytes = std::move(**bytes), .findings = messages->take_findings()};
  for (const RelocatedAccess& access : messages->relocated()) {
    emission.accesses.push_back(
        {access.record, access.path, access.source.file, access.source.line, access.source.column});
  }
  std::ranges::stable_sort(emission.accesses, {}, [](const Access& access) {
    return std::tie(access.file, access.line, access.column, access.path);
  });
  delete bytes;
  delete messages;
  return emission;
}

}  // namespace btfreloc::emit
