#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/header/rust_layout.h"
#include "btf/header/rust_module.h"

namespace btfreloc::btf {

/// Structs and unions: fields, accessors of bitfields, assertions of the layout.
class RustRecords {
 public:
  /// `module` must outlive this.
  explicit RustRecords(RustModule& module) : module_(module) {}

  /// Of a STRUCT or UNION.
  void print(TypeId id);
  /// Whether the accessors of bitfields need what rust_support.h has for them.
  bool has_bits() const { return has_bits_; }

 private:
  /// A bitfield that has an accessor.
  struct Accessor {
    std::string name;   ///< Of the function that reads it.
    std::string other;  ///< Of the one that sets it, or reads it in another way.
    std::string type;
    bool is_bool = false;
    bool is_signed = false;
  };

  std::vector<std::string> name_fields(const RustLayout& layout) const;
  void print_fields(const RustLayout& layout, const std::vector<std::string>& names);
  std::vector<Accessor> accessors(const std::vector<PlacedField>& bitfields);
  void print_accessors(TypeId id, const std::string& name, const RustLayout& layout,
                       const std::vector<std::string>& fields);
  void find_bitfields(TypeId id, int depth, std::vector<PlacedField>& found);
  void print_relocated(TypeId id, const std::string& name);
  void print_asserts(const std::string& name, const RustLayout& layout,
                     const std::vector<std::string>& fields);

  RustModule& module_;
  bool has_bits_ = false;
};

}  // namespace btfreloc::btf
