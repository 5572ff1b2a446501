#include "btfreloc-emit/inputs.h"

#include <fmt/format.h>

#include "btfreloc-emit/messages.h"
#include "compat.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Object/Archive.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/raw_ostream.h"

namespace btfreloc::emit {

using namespace llvm;

namespace {

constexpr const char* kWhatItTakes =
    "emit takes LLVM bitcode, IR text and archives of bitcode; rustc and clang write it with "
    "--emit=llvm-bc and -emit-llvm";

std::string text_of(llvm::Error error) { return first_line(toString(std::move(error))); }

bool is_bitcode(StringRef bytes) { return identify_magic(bytes) == file_magic::bitcode; }

std::unexpected<btfreloc::Error> newer(const Input& input, unsigned major, StringRef writer) {
  return fail(Errc::unsupported,
              fmt::format("written by {}, and this is LLVM {}, which cannot read what a newer one "
                          "writes",
                          first_line(writer), LLVM_VERSION_STRING),
              {.file = input.name},
              fmt::format("--llvm {0} (the program btfreloc-emit-{0}) reads it", major));
}

/// The number in "LLVM22.1.8" or "clang version 22.1.8"; 0 when there is none.
unsigned major_after(StringRef text, StringRef prefix) {
  const std::size_t at = text.find(prefix);
  unsigned major = 0;
  if (at != StringRef::npos) text.drop_front(at + prefix.size()).consumeInteger(10, major);
  return major;
}

/// Who wrote IR text says so in !llvm.ident; rustc does not say with which LLVM.
std::string identity_of(const Module& module) {
  const NamedMDNode* node = module.getNamedMetadata("llvm.ident");
  if (node == nullptr || node->getNumOperands() == 0) return "";
  const MDNode* first = node->getOperand(0);
  const auto* text = first->getNumOperands() != 0
                         ? dyn_cast_or_null<MDString>(first->getOperand(0).get())
                         : nullptr;
  return text != nullptr ? text->getString().str() : "";
}

Result<std::unique_ptr<Module>> parse_bitcode(const Input& input, LLVMContext& context) {
  const MemoryBufferRef bytes = *input.bytes;
  Expected<std::string> producer = getBitcodeProducerString(bytes);
  if (producer) {
    const unsigned major = major_after(*producer, "LLVM");
    if (major > LLVM_VERSION_MAJOR) return newer(input, major, *producer);
  } else {
    consumeError(producer.takeError());
  }
  Expected<std::unique_ptr<Module>> module = parseBitcodeFile(bytes, context);
  if (!module) {
    return fail(Errc::bad_format, "broken bitcode: " + text_of(module.takeError()),
                {.file = input.name});
  }
  return std::move(*module);
}

Result<std::unique_ptr<Module>> parse_text(const Input& input, LLVMContext& context) {
  SMDiagnostic problem;
  std::unique_ptr<Module> module = parseAssembly(*input.bytes, problem, context);
  if (module == nullptr) {
    const unsigned major = major_after(input.bytes->getBuffer(), "clang version ");
    if (major > LLVM_VERSION_MAJOR) {
      return newer(input, major, fmt::format("clang {}", major));
    }
    return fail(Errc::bad_format,
                fmt::format("line {}: {}", problem.getLineNo(), problem.getMessage().str()),
                {.file = input.name},
                fmt::format("this is LLVM {}, and IR text changes between versions; {}",
                            LLVM_VERSION_MAJOR, kWhatItTakes));
  }
  const std::string identity = identity_of(*module);
  const unsigned major = major_after(identity, "clang version ");
  if (major > LLVM_VERSION_MAJOR) return newer(input, major, identity);
  return module;
}

Status check_target(const Module& module, const Input& input) {
  if (pass::compat::is_bpf(module)) return {};
  const std::string triple = Triple(module.getTargetTriple()).str();
  return fail(Errc::unsupported,
              fmt::format("it is for `{}`, not for BPF", triple.empty() ? "no target" : triple),
              {.file = input.name},
              "compile for bpfel or bpfeb: clang --target=bpf, rustc --target bpfel-unknown-none");
}

Result<std::vector<Input>> members_of(const std::string& path, MemoryBufferRef bytes) {
  auto archive = object::Archive::create(bytes);
  if (!archive) {
    return fail(Errc::bad_format, "broken archive: " + text_of(archive.takeError()),
                {.file = path});
  }
  std::vector<Input> inputs;
  llvm::Error problem = llvm::Error::success();
  for (const object::Archive::Child& child : (*archive)->children(problem)) {
    Expected<MemoryBufferRef> member = child.getMemoryBufferRef();
    if (!member) return fail(Errc::bad_format, text_of(member.takeError()), {.file = path});
    if (!is_bitcode(member->getBuffer())) continue;  // rustc's metadata
    const StringRef name = member->getBufferIdentifier();
    inputs.push_back({.name = fmt::format("{}({})", path, name.str()),
                      .bytes = MemoryBuffer::getMemBufferCopy(member->getBuffer(), name),
                      .is_library = true});
  }
  if (problem) {
    return fail(Errc::bad_format, "broken archive: " + text_of(std::move(problem)), {.file = path});
  }
  if (inputs.empty()) {
    return fail(Errc::bad_format, "an archive without bitcode", {.file = path}, kWhatItTakes);
  }
  return inputs;
}

}  // namespace

Result<std::vector<Input>> read_inputs(const std::string& path, bool is_library) {
  auto file = MemoryBuffer::getFileOrSTDIN(path);
  if (!file) return fail_errno(file.getError().value(), "cannot open", {.file = path});
  const StringRef bytes = (*file)->getBuffer();
  if (bytes.trim().empty()) {
    return fail(Errc::bad_format, "an empty file", {.file = path}, kWhatItTakes);
  }
  switch (identify_magic(bytes)) {
    case file_magic::archive: return members_of(path, **file);
    case file_magic::bitcode: break;
    case file_magic::unknown:
      if (bytes.take_front(4096).find('\0') == StringRef::npos) break;
      [[fallthrough]];
    default:
      return fail(Errc::bad_format, "neither bitcode nor IR text", {.file = path}, kWhatItTakes);
  }
  std::vector<Input> inputs;
  inputs.push_back({.name = path, .bytes = std::move(*file), .is_library = is_library});
  return inputs;
}

Result<std::unique_ptr<Module>> parse(const Input& input, LLVMContext& context) {
  TRY(std::unique_ptr<Module> module, is_bitcode(input.bytes->getBuffer())
                                          ? parse_bitcode(input, context)
                                          : parse_text(input, context));
  TRY_OK(check_target(*module, input));
  std::string problem;
  raw_string_ostream stream(problem);
  if (verifyModule(*module, &stream)) {
    return fail(Errc::bad_format, "broken IR: " + first_line(stream.str()), {.file = input.name});
  }
  return module;
}

}  // namespace btfreloc::emit
