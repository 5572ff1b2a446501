#include "btf/header/rust_header.h"

#include <fmt/format.h>

#include <string>
#include <unordered_set>
#include <utility>

#include "base/printable.h"
#include "btf/header/rust_enums.h"
#include "btf/header/rust_module.h"
#include "btf/header/rust_names.h"
#include "btf/header/rust_records.h"
#include "btf/header/rust_support.h"

namespace btfreloc::btf {
namespace {

class RustPrinter {
 public:
  RustPrinter(const HeaderSelection& selection, const RustHeaderOptions& options)
      : module_(selection, options), records_(module_), enums_(module_) {}

  std::vector<HeaderNote> print(TextBuffer& out);

 private:
  void print_type(TypeId id);
  void print_with_parts(TypeId id);
  void print_alias(TypeId id);
  void print_names_alone();
  void print_head(TextBuffer& out) const;

  RustModule module_;
  RustRecords records_;
  RustEnums enums_;
  std::unordered_set<std::string> declared_;  ///< Structs and unions.
};

/// A struct or union, and those without a name that are in it, and in these.
void RustPrinter::print_with_parts(TypeId id) {
  module_.owner = id;
  declared_.insert(module_.types.name(id));
  records_.print(id);
  for (auto parts = module_.types.take_unnamed(); !parts.empty();
       parts = module_.types.take_unnamed()) {
    for (const TypeId part : parts) records_.print(part);
  }
}

void RustPrinter::print_alias(TypeId id) {
  const std::string name = module_.types.typedef_name(id);
  const TypeId target = module_.view.skip_modifiers(TypeId{module_.view.third_word(id)});
  if (name.empty()) {
    // The typedef gave its name to a struct without one.
    const auto kind = module_.view.kind(target);
    if (kind && is_composite(*kind) && module_.view.name_offset(target).value == 0) {
      print_with_parts(target);
    }
    return;
  }
  module_.types.enter(name);
  const bool is_function =
      module_.view.kind(module_.view.skip_modifiers_and_typedefs(target)) == Kind::kFuncProto;
  const bool is_nothing = module_.types.is_endless(id) && !is_function && !module_.layouts.of(id);
  const std::string type =
      is_nothing ? "::core::ffi::c_void" : module_.types.spell(TypeId{module_.view.third_word(id)});
  module_.body << "    pub type " << name << " = " << type << ";\n";
  for (const TypeId part : module_.types.take_unnamed()) print_with_parts(part);
}

void RustPrinter::print_type(TypeId id) {
  switch (module_.view.kind(id).value_or(Kind::kVoid)) {
    case Kind::kStruct:
    case Kind::kUnion:
      if (module_.view.name_offset(id).value == 0) break;  // part of others
      if (module_.selection.extent(id) != Extent::declared) print_with_parts(id);
      break;
    case Kind::kEnum:
    case Kind::kEnum64: enums_.print(id); break;
    case Kind::kTypedef: print_alias(id); break;
    case Kind::kVoid:
    case Kind::kInt:
    case Kind::kPtr:
    case Kind::kArray:
    case Kind::kFwd:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kFunc:
    case Kind::kFuncProto:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kFloat:
    case Kind::kDeclTag:
    case Kind::kTypeTag: break;
  }
}

/// Structs and unions of which only pointers are known.
void RustPrinter::print_names_alone() {
  for (const TypeId id : module_.selection.types()) {
    const Kind kind = module_.view.kind(id).value_or(Kind::kVoid);
    if (kind != Kind::kFwd && !is_composite(kind)) continue;
    if (kind != Kind::kFwd && module_.selection.extent(id) != Extent::declared) continue;
    if (module_.view.name_offset(id).value == 0) continue;
    const std::string name = module_.types.name(id);
    if (!declared_.insert(name).second) continue;
    module_.body << "\n    #[repr(C)]\n    pub struct " << name << " {\n"
                 << "        _private: [u8; 0],\n    }\n";
  }
}

void RustPrinter::print_head(TextBuffer& out) const {
  const bool is_little = module_.view.order() == std::endian::little;
  const auto pointer_bits = module_.pointer_bits();
  out << "// The kernel's types in Rust" << (module_.options.origin.empty() ? "" : ", of ")
      << printable(module_.options.origin) << ": " << (is_little ? "little" : "big")
      << "-endian, pointers of " << fmt::format("{}", pointer_bits)
      << " bits. Written by btfreloc header.\n";
  out << "#[allow(\n    clippy::all, dead_code, improper_ctypes, improper_ctypes_definitions,\n"
         "    non_camel_case_types, non_snake_case, non_upper_case_globals, "
         "unsafe_op_in_unsafe_fn,\n"
         "    unused_macros\n)]\n"
         "pub mod vmlinux {\n";
  // Elsewhere nothing would be where the kernel has it.
  if (pointer_bits == 64) {
    out << "    #[cfg(not(target_pointer_width = \"64\"))]\n"
           "    compile_error!(\"pointers of this kernel have 64 bits, those of the target have "
           "not\");\n";
  } else {
    out << "    // For BPF, where pointers have 64 bits, only relocations tell where members are.\n"
           "    #[cfg(not(any(target_pointer_width = \"32\", target_arch = \"bpf\")))]\n"
           "    compile_error!(\"pointers of this kernel have 32 bits, those of the target have "
           "not\");\n";
  }
  if (module_.types.has_bool()) {
    out << "\n    /// C's bool: 0 is false. Rust's may be 0 and 1 only, and memory may hold "
           "others.\n    pub type "
        << kRustBool << " = u8;\n";
  }
  if (records_.has_bits()) {
    out << (module_.options.co_re ? rust_relocated_bits() : rust_bits_module(module_.view.order()));
  }
}

std::vector<HeaderNote> RustPrinter::print(TextBuffer& out) {
  for (const TypeId id : module_.selection.types()) print_type(id);
  print_names_alone();
  enums_.finish();
  print_head(out);
  out << module_.body.view();
  out << module_.asserts.view();
  out << "}\n";
  return std::move(module_.notes);
}

}  // namespace

std::vector<HeaderNote> print_rust_header(TextBuffer& out, const HeaderSelection& selection,
                                          const RustHeaderOptions& options) {
  return RustPrinter(selection, options).print(out);
}

}  // namespace btfreloc::btf
