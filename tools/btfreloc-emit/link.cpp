#include "btfreloc-emit/link.h"

#include <fmt/format.h>

#include <algorithm>

#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Demangle/Demangle.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Transforms/IPO/Internalize.h"

namespace btfreloc::emit {

using namespace llvm;
using tool::Level;

namespace {

/// What rustc wants at the end of every panic; it has a plain name in older versions.
constexpr StringRef kRustRuntime[] = {"rust_begin_unwind", "rust_eh_personality"};

std::unique_ptr<Module> module_of(const Part& part, LLVMContext& context) {
  const StringRef bytes(part.bitcode.data(), part.bitcode.size());
  // It was written a moment ago, by ourselves.
  return cantFail(parseBitcodeFile(MemoryBufferRef(bytes, part.name), context));
}

bool is_undefined(const GlobalValue& value) {
  return value.isDeclaration() && !value.getName().starts_with("llvm.");
}

/// A library, and what it could give.
class Library {
 public:
  Library(const Part& part, LLVMContext& context) : part_(part) {
    const std::unique_ptr<Module> module = module_of(part, context);
    for (const GlobalValue& value : module->global_values()) {
      if (!value.isDeclaration() && !value.hasLocalLinkage()) names_.insert(value.getName());
    }
  }

  bool defines_what_lacks(const Module& program) const {
    return any_of(program.global_values(), [&](const GlobalValue& value) {
      return is_undefined(value) && names_.contains(value.getName());
    });
  }
  const Part& part() const { return part_; }

 private:
  const Part& part_;
  StringSet<> names_;
};

/// Internal at once, since several libraries may define the same.
void make_internal(Module& program, const StringSet<>& linked) {
  internalizeModule(program, [&](const GlobalValue& value) {
    return !value.hasName() || !linked.contains(value.getName());
  });
}

/// Whether they run on machines of one byte order. Linker only warns.
bool check_byte_order(const Module& first, const Module& other, Messages& messages) {
  if (first.getDataLayout().isLittleEndian() == other.getDataLayout().isLittleEndian()) return true;
  messages.add({.level = Level::error,
                .code = "byte-order",
                .message = fmt::format("`{}` is for the other byte order than `{}`",
                                       other.getModuleIdentifier(), first.getModuleIdentifier()),
                .help = "compile all of them for bpfel, or all for bpfeb"});
  return false;
}

bool link_libraries(Linker& linker, Module& program, const std::vector<Library>& libraries,
                    Messages& messages) {
  // What one gives may need another, or itself again.
  for (bool is_changed = true; is_changed;) {
    is_changed = false;
    for (const Library& library : libraries) {
      if (!library.defines_what_lacks(program)) continue;
      is_changed = true;
      std::unique_ptr<Module> module = module_of(library.part(), program.getContext());
      if (!check_byte_order(program, *module, messages) ||
          linker.linkInModule(std::move(module), Linker::LinkOnlyNeeded, make_internal)) {
        return false;
      }
    }
  }
  return true;
}

/// Rust gives all functions and variables that nobody names such a name. C++ gives it to those that
/// others may refer to.
bool is_mangled_by_rust(StringRef name) {
  if (name.starts_with("_R")) return demangle(name.str()) != name;
  return name.starts_with("_ZN") && demangled(name) != demangle(name.str());
}

bool is_kept(const GlobalValue& value, const StringSet<>& exported) {
  if (!value.hasName() || value.isDeclaration()) return true;
  const StringRef name = value.getName();
  if (exported.contains(name) || value.hasSection()) return true;
  return !is_mangled_by_rust(name) && !is_contained(kRustRuntime, name);
}

}  // namespace

std::unique_ptr<Module> link(const std::vector<Part>& parts, const tool::EmitOptions& options,
                             LLVMContext& context, Messages& messages) {
  std::unique_ptr<Module> program;
  std::vector<Library> libraries;
  for (const Part& part : parts) {
    if (part.is_library) {
      libraries.emplace_back(part, context);
    } else if (program == nullptr) {
      program = module_of(part, context);
    }
  }
  if (program == nullptr) {
    messages.add({.level = Level::error,
                  .code = "no-program",
                  .message = "all inputs are libraries: there is no program to make an object of"});
    return nullptr;
  }
  Linker linker(*program);
  bool is_first = true;
  for (const Part& part : parts) {
    if (part.is_library || std::exchange(is_first, false)) continue;
    std::unique_ptr<Module> module = module_of(part, context);
    if (!check_byte_order(*program, *module, messages)) return nullptr;
    messages.listen_to(context, part.name);
    if (linker.linkInModule(std::move(module))) return nullptr;
  }
  if (!link_libraries(linker, *program, libraries, messages)) return nullptr;
  messages.forget_unlinked(*program);

  StringSet<> exported;
  for (const std::string& name : options.exports) {
    exported.insert(name);
    if (program->getNamedValue(name) == nullptr) {
      messages.add({.level = Level::warning,
                    .code = "no-such-export",
                    .message = fmt::format("nothing is named `{}`", name)});
    }
  }
  internalizeModule(*program, [&](const GlobalValue& value) { return is_kept(value, exported); });
  return program;
}

}  // namespace btfreloc::emit
