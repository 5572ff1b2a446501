#include "btf/header/rust_enums.h"

#include <fmt/format.h>

#include <cstdint>
#include <unordered_set>

#include "btf/header/rust_support.h"

namespace btfreloc::btf {
namespace {

/// The value as the integer has it; enumerators of a file may be wider than their enum.
template <class Enumeration>
std::string value_text(const Enumeration& type, std::uint64_t value) {
  const unsigned unused = 64 - static_cast<unsigned>(type.size.value) * 8;
  if (type.is_signed) {
    return fmt::format("{}", static_cast<std::int64_t>(value << unused) >> unused);
  }
  return fmt::format("{}", value << unused >> unused);
}

}  // namespace

void RustEnums::print(TypeId id) {
  const Type type = module_.view.decode(id);
  if (const auto* e = std::get_if<Enum>(&type)) print(id, *e);
  if (const auto* e = std::get_if<Enum64>(&type)) print(id, *e);
}

template <class Enumeration>
void RustEnums::print(TypeId id, const Enumeration& type) {
  const std::string integer = module_.types.enum_integer(id);
  const bool has_values = !integer.starts_with('[');  // of a size that integers have
  std::string name = integer;
  module_.body << "\n";
  if (type.name.value != 0) {
    name = module_.types.name(id);
    module_.body << "    pub type " << name << " = " << integer << ";\n";
  }
  if (!has_values) return;
  std::uint32_t index = 0;
  for (const auto enumerator : type.values) {
    if (module_.selection.has_record(id, index)) {
      module_.body << "    pub const "
                   << rust_spelling(module_.names.of_enumerator(id, index, enumerator.name)) << ": "
                   << name << " = " << value_text(type, enumerator.value) << ";\n";
    }
    ++index;
  }
  if (module_.options.co_re && type.name.value != 0) print_relocatable(id, type, integer);
}

/// Names are the kernel's, by which CO-RE finds enumerators. Of several with one value Rust takes
/// only one.
template <class Enumeration>
void RustEnums::print_relocatable(TypeId id, const Enumeration& type, const std::string& integer) {
  const std::string name = module_.types.name(id);
  relocatable_ << "\n        #[repr(" << integer << ")]\n        #[derive(Clone, Copy)]\n"
               << "        pub enum " << name << " {\n";
  std::unordered_set<std::string> values;
  std::uint32_t index = 0;
  for (const auto enumerator : type.values) {
    const std::string value = value_text(type, enumerator.value);
    if (module_.selection.has_record(id, index) && values.insert(value).second) {
      relocatable_ << "            "
                   << rust_spelling(module_.names.of_enumerator(id, index, enumerator.name))
                   << " = " << value << ",\n";
    }
    ++index;
  }
  if (values.empty()) relocatable_ << "            none_ = 0,\n";  // a `repr` needs one
  relocatable_ << "        }\n        impl Enum for " << name
               << " {\n            type Value = " << integer << ";\n        }\n";
}

void RustEnums::finish() {
  if (!module_.options.co_re) return;
  const auto& unnamed = module_.types.unnamed_enums();
  if (relocatable_.size() == 0 && unnamed.empty()) return;
  module_.body << rust_enum_wrapper() << "\n    pub mod enums_ {\n"
               << "        pub trait Enum: Copy {\n            type Value: Copy;\n        }\n"
               << relocatable_.view();
  for (const std::string& integer : unnamed) {
    // What has no name in the kernel is compatible with any, `unnamed_u32` included.
    module_.body << "\n        #[repr(" << integer << ")]\n        #[derive(Clone, Copy)]\n"
                 << "        pub enum unnamed_" << integer << " {\n            none_ = 0,\n"
                 << "        }\n        impl Enum for unnamed_" << integer
                 << " {\n            type Value = " << integer << ";\n        }\n";
  }
  module_.body << "    }\n";
}

}  // namespace btfreloc::btf
