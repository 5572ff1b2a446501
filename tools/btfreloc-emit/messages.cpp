#include "btfreloc-emit/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <tuple>

#include "diagnostics.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/Function.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

namespace btfreloc::emit {

using namespace llvm;
using tool::Finding;
using tool::Level;
using tool::SourcePlace;

namespace {

constexpr const char* kPass = "btfreloc";

class Listener : public DiagnosticHandler {
 public:
  explicit Listener(Messages& messages) : messages_(messages) {}

  bool handleDiagnostics(const DiagnosticInfo& info) override {
    messages_.add(info);
    return true;
  }
  // Of all passes' remarks only ours are worth making.
  bool isAnalysisRemarkEnabled(StringRef) const override { return false; }
  bool isMissedOptRemarkEnabled(StringRef pass) const override { return pass == kPass; }
  bool isPassedOptRemarkEnabled(StringRef pass) const override { return pass == kPass; }
  bool isAnyRemarkEnabled() const override { return false; }

 private:
  Messages& messages_;
};

/// What the backend and the pass say in their own words: how it is called here, and what helps.
struct KnownMessage {
  const char* part;
  const char* code;
  const char* message;  ///< nullptr: their own.
  const char* help;
};
constexpr const char* kTooManyArguments =
    "more than five registers of arguments, which is all that a BPF function has";
constexpr const char* kTooLargeReturn = "a value of more than one register is returned";
constexpr const char* kNotInRegisters =
    "pass a pointer to a struct, or let the function be inlined";
constexpr KnownMessage kKnownMessages[] = {
    {"stack arguments are not supported", "too-many-arguments", kTooManyArguments, kNotInRegisters},
    {"too many arguments", "too-many-arguments", kTooManyArguments, kNotInRegisters},
    {"only small returns supported", "too-large-return", kTooLargeReturn, kNotInRegisters},
    {"aggregate returns are not supported", "too-large-return", kTooLargeReturn, kNotInRegisters},
    {"BPF stack limit", "stack-limit", "more than 512 bytes of stack",
     "keep large variables in a map"},
    {"built-in function", "library-call", nullptr,
     "BPF has no C library: copy and clear at most 1024 bytes, of a size known when compiled; "
     "128-bit products and floating point are out of reach"},
    {"signed division", "signed-division", "a signed division, which the instructions chosen lack",
     "--mcpu v4 (Linux 6.6) has it; or divide unsigned numbers"},
    {"there is no debug info", "no-debug-info", nullptr, nullptr},
    {"__btfreloc_", "bad-question", nullptr, nullptr},
};

const KnownMessage* known_message(StringRef text) {
  const auto* found =
      find_if(kKnownMessages, [&](const KnownMessage& known) { return text.contains(known.part); });
  return found == std::end(kKnownMessages) ? nullptr : found;
}

std::string without_keyword(StringRef name) {
  if (!name.consume_front("struct ")) name.consume_front("union ");
  return name.str();
}

/// "struct mm_struct.(anonymous).pgd" as all commands print it: "mm_struct.pgd".
std::string plain_path(StringRef path) {
  constexpr StringRef kAnonymous = ".(anonymous)";
  std::string plain = without_keyword(path);
  for (std::size_t at = plain.find(kAnonymous); at != std::string::npos;
       at = plain.find(kAnonymous)) {
    plain.erase(at, kAnonymous.size());
  }
  return plain;
}

/// The innermost location of an instruction of the function with that place: diagnostics lose where
/// it was inlined.
const DILocation* location_in(const Function& function,
                              const DiagnosticInfoWithLocationBase& info) {
  if (!info.isLocationAvailable()) return nullptr;
  StringRef file;
  unsigned line = 0;
  unsigned column = 0;
  info.getLocation(file, line, column);
  for (const Instruction& instruction : instructions(function)) {
    const DILocation* location = instruction.getDebugLoc().get();
    if (location && location->getLine() == line && location->getColumn() == column &&
        location->getFilename() == file) {
      return location;
    }
  }
  return nullptr;
}

bool is_same_place(const Finding& one, const Finding& other) {
  return one.source && other.source && one.source->file == other.source->file &&
         one.source->line == other.source->line && one.source->column == other.source->column;
}

auto order_of(const Finding& finding) {
  const SourcePlace place = finding.source.value_or(SourcePlace{});
  return std::tuple(finding.level == Level::error, place.file, place.line, place.column,
                    finding.code, finding.message);
}

}  // namespace

std::string readable_name(const GlobalValue& value) {
  const auto* function = dyn_cast<Function>(&value);
  const DISubprogram* subprogram = function ? function->getSubprogram() : nullptr;
  if (subprogram && !subprogram->getName().empty()) return subprogram->getName().str();
  return demangled(value.getName());
}

std::string demangled(StringRef symbol) {
  const std::string name = demangle(symbol.str());
  // rustc's older names end in a hash: "::h" and 16 digits.
  constexpr std::size_t kHashSize = 19;
  const std::size_t at = name.size() < kHashSize ? 0 : name.size() - kHashSize;
  const StringRef hash = StringRef(name).drop_front(at);
  const bool has_hash = at != 0 && hash.starts_with("::h") &&
                        all_of(hash.drop_front(3), [](char c) { return isHexDigit(c); });
  return has_hash ? name.substr(0, at) : name;
}

std::string first_line(StringRef text) { return text.split('\n').first.trim().rtrim(" .").str(); }

void Messages::listen_to(LLVMContext& context, const std::string& file, bool is_library) {
  file_ = file;
  is_library_ = is_library;
  context.setDiagnosticHandler(std::make_unique<Listener>(*this));
}

SourcePlace Messages::place(const DIScope& file, unsigned line, unsigned column) {
  SmallString<128> path(file.getFilename());
  if (!sys::path::is_absolute(path)) {
    path = file.getDirectory();
    sys::path::append(path, file.getFilename());
  }
  return {.file = file.getFilename().str(),
          .line = line,
          .column = column,
          .text = texts_.line(path.str().str(), line)};
}

SourcePlace Messages::place(const DiagnosticInfoWithLocationBase& info) {
  if (!info.isLocationAvailable()) return {};
  StringRef file;
  SourcePlace place;
  info.getLocation(file, place.line, place.column);
  place.file = file.str();
  place.text = texts_.line(info.getAbsolutePath(), place.line);
  return place;
}

void Messages::add(const DILocation* location, const Function& function, Finding finding) {
  finding.notes.push_back(fmt::format("in `{}`", readable_name(function)));
  if (location != nullptr) {
    const DILocation* const own = pass::own_frame(*location);
    finding.source = place(*own->getScope(), own->getLine(), own->getColumn());
    if (own != location) {
      finding.notes.push_back(
          fmt::format("inlined from {}:{}", location->getFilename().str(), location->getLine()));
    }
  } else if (const DISubprogram* subprogram = function.getSubprogram(); !finding.source) {
    if (subprogram != nullptr) finding.source = place(*subprogram, subprogram->getLine(), 0);
    if (subprogram == nullptr) finding.where = {.file = file_};
  }
  keep(std::move(finding), function.getName());
}

void Messages::keep(Finding finding, StringRef function) {
  findings_.push_back(std::move(finding));
  functions_.push_back(is_library_ ? function.str() : "");
}

void Messages::forget_unlinked(const Module& program) {
  const auto is_gone = [&](const std::string& function) {
    if (function.empty() || program.getFunction(function) != nullptr) return false;
    // Linking may have given an internal one a number.
    return none_of(program, [&](const Function& other) {
      return other.getName().starts_with(function + ".");
    });
  };
  for (std::size_t i = findings_.size(); i-- > 0;) {
    if (!is_gone(functions_[i])) continue;
    findings_.erase(findings_.begin() + static_cast<std::ptrdiff_t>(i));
    functions_.erase(functions_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::erase_if(relocated_,
                [&](const RelocatedAccess& access) { return is_gone(access.function); });
}

void Messages::add(const Instruction& at, Finding finding) {
  add(at.getDebugLoc().get(), *at.getFunction(), std::move(finding));
}

void Messages::add(const Function& function, Finding finding) {
  add(nullptr, function, std::move(finding));
}

void Messages::add_unsupported(const DiagnosticInfoUnsupported& info) {
  const std::string text = info.getMessage().str();
  StringRef rest = text;
  const bool is_of_pass = rest.consume_front("btfreloc: ");
  Finding finding = {.level = info.getSeverity() == DS_Error ? Level::error : Level::warning,
                     .code = is_of_pass ? "not-relocated" : "unsupported",
                     .message = first_line(rest)};
  if (const KnownMessage* known = known_message(rest)) {
    finding.code = known->code;
    if (known->message != nullptr) finding.message = known->message;
    if (known->help != nullptr) finding.help = known->help;
  }
  if (info.isLocationAvailable()) finding.source = place(info);
  if (finding.source && finding.source->line == 0) finding.source.reset();
  if (finding.code == "no-debug-info") {
    // It is about all functions, of which LLVM wants one.
    finding.where = {.file = file_};
    return add(std::move(finding));
  }
  add(location_in(info.getFunction(), info), info.getFunction(), std::move(finding));
}

void Messages::add_remark(const DiagnosticInfoOptimizationBase& remark) {
  if (remark.getPassName() != kPass) return;
  const std::string message = remark.getMsg();
  StringRef text = message;
  if (text.consume_front("relocated: ")) {
    const auto args = remark.getArgs();
    const auto* record = find_if(args, [](const auto& arg) { return arg.Key == "Record"; });
    StringRef name = record == args.end() ? StringRef() : StringRef(record->Val);
    relocated_.push_back({is_library_ ? remark.getFunction().getName().str() : "",
                          without_keyword(name), plain_path(text), place(remark)});
    return;
  }
  text.consume_front("not relocated: ");
  Finding finding = {.level = Level::warning, .code = "not-relocated", .message = text.str()};
  if (remark.isLocationAvailable()) finding.source = place(remark);
  add(nullptr, remark.getFunction(), std::move(finding));
}

/// The assembler knows a call by the number that the frontend gave it.
void Messages::add_assembly(const DiagnosticInfo& info, Finding finding) {
  uint64_t cookie = 0;
  finding.code = "assembly";
  if (const auto* source = dyn_cast<DiagnosticInfoSrcMgr>(&info)) {
    cookie = source->getLocCookie();
    const SMDiagnostic& problem = source->getSMDiag();
    finding.message =
        fmt::format("{}: `{}`", problem.getMessage().str(), problem.getLineContents().trim().str());
  } else if (const auto* assembly = dyn_cast<DiagnosticInfoInlineAsm>(&info)) {
    cookie = assembly->getLocCookie();
    if (assembly->getInstruction()) return add(*assembly->getInstruction(), std::move(finding));
  }
  if (module_ == nullptr || cookie == 0) return add(std::move(finding));
  for (const Function& function : *module_) {
    for (const Instruction& instruction : instructions(function)) {
      const MDNode* number = instruction.getMetadata("srcloc");
      if (number == nullptr) continue;
      const bool is_it = any_of(number->operands(), [&](const MDOperand& operand) {
        const auto* value = mdconst::dyn_extract<ConstantInt>(operand);
        return value && value->getZExtValue() == cookie;
      });
      if (is_it) return add(instruction, std::move(finding));
    }
  }
  add(std::move(finding));
}

void Messages::add(const DiagnosticInfo& info) {
  if (const auto* unsupported = dyn_cast<DiagnosticInfoUnsupported>(&info)) {
    return add_unsupported(*unsupported);
  }
  if (const auto* remark = dyn_cast<DiagnosticInfoOptimizationBase>(&info)) {
    return add_remark(*remark);
  }
  if (info.getSeverity() != DS_Error && info.getSeverity() != DS_Warning) return;
  std::string text;
  raw_string_ostream stream(text);
  DiagnosticPrinterRawOStream printer(stream);
  info.print(printer);
  Finding finding = {.level = info.getSeverity() == DS_Error ? Level::error : Level::warning,
                     .code = "llvm",
                     .message = first_line(stream.str()),
                     .where = {.file = file_}};
  if (info.getKind() == DK_Linker) {
    finding.code = "duplicate-symbol";
    finding.help = "an earlier input defines it, too; rename one, or give one input as --lib";
  }
  if (info.getKind() == DK_InlineAsm || info.getKind() == DK_SrcMgr) {
    return add_assembly(info, std::move(finding));
  }
  add(std::move(finding));
}

bool Messages::has_errors() const {
  return std::ranges::any_of(findings_, [](const Finding& f) { return f.level == Level::error; });
}

std::vector<Finding> Messages::take_findings() {
  std::vector<Finding> findings = std::move(findings_);
  findings_.clear();
  std::ranges::stable_sort(findings, {}, order_of);
  const auto repeated = std::ranges::unique(findings, {}, order_of);
  findings.erase(repeated.begin(), repeated.end());
  // A call of LLVM's that there is no function for, and that the result of is too large.
  std::erase_if(findings, [&](const Finding& one) {
    return one.code == "too-large-return" &&
           std::ranges::any_of(findings, [&](const Finding& other) {
             return other.code == "library-call" && is_same_place(one, other);
           });
  });
  return findings;
}

}  // namespace btfreloc::emit
