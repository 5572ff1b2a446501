#pragma once

#include <string>

#include "base/text_buffer.h"
#include "base/units.h"
#include "btf/header/rust_module.h"

namespace btfreloc::btf {

/// Enums as integers and constants: Rust's own may hold the values alone that they name, and memory
/// of the kernel holds any. For CO-RE there are Rust's enums beside them, in a module `enums_`, for
/// the types of members and for what btfreloc.rs asks.
class RustEnums {
 public:
  /// `module` must outlive this.
  explicit RustEnums(RustModule& module) : module_(module) {}

  /// Of an ENUM or ENUM64.
  void print(TypeId id);
  /// Adds `enums_` to the module's body.
  void finish();

 private:
  template <class Enumeration>
  void print(TypeId id, const Enumeration& type);
  template <class Enumeration>
  void print_relocatable(TypeId id, const Enumeration& type, const std::string& integer);

  RustModule& module_;
  TextBuffer relocatable_;
};

}  // namespace btfreloc::btf
