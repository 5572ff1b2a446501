#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/units.h"
#include "btf/header/endless_types.h"
#include "btf/header/names.h"
#include "btf/header/selection.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Types as Rust writes them: `*const [u8; 16]`.
///
/// Integers are Rust's by size and sign. C's bool is a u8, of which Rust's bool would only allow
/// two values. A pointer to a function is an Option of one, and so is the name of a function type.
/// What has no name in C gets one as bindgen gives it, `task_struct__bindgen_ty_1`, where it is
/// found first; the pass knows these names.
///
/// What a hostile file nests too deep, repeats too often, or in itself, is a pointer to c_void.
class RustTypes {
 public:
  /// All must outlive it.
  RustTypes(const HeaderSelection& selection, const HeaderNames& names);

  /// A type as it is written in a declaration that has been named by enter().
  std::string spell(TypeId id);
  /// The same of a member that CO-RE is to find: as it compares kinds and names of types, an enum
  /// is no integer there but `enum_<enums_::bpf_map_type>`.
  std::string spell_relocatable(TypeId id);
  /// The integer that an ENUM or ENUM64 is: "u32".
  std::string enum_integer(TypeId id) const;
  /// What a struct, union or forward declaration is declared as, or an enum with a name. Ready to
  /// be written, with `r#` where it takes that.
  std::string name(TypeId id);
  /// The same of a typedef; "" of one that stands for a type of that name, and is not declared.
  std::string typedef_name(TypeId id);

  /// What is spelled from here on is part of `declaration`, and so are types without a name.
  void enter(std::string declaration);
  /// Structs and unions without a name that were spelled since the last call, in that order.
  std::vector<TypeId> take_unnamed();
  /// Whether C's bool was spelled.
  bool has_bool() const { return has_bool_; }
  /// Whether a type leads back to itself.
  bool is_endless(TypeId id) { return endless_.has(id); }
  /// The integers of enums without a name that were spelled in spell_relocatable().
  const std::set<std::string>& unnamed_enums() const { return unnamed_enums_; }

 private:
  std::string spell(TypeId id, int depth);
  std::string spell_pointer(TypeId to, int depth);
  std::string spell_function(TypeId id, int depth);
  std::string spell_relocatable(TypeId id, int depth);
  std::string integer(TypeId id);
  std::string unnamed(TypeId id);
  void name_after_typedefs();
  bool may_go_on(int depth);

  const HeaderSelection& selection_;
  const View& view_;
  const HeaderNames& names_;
  EndlessTypes endless_;
  std::uint64_t steps_;  ///< That may still be taken into pointers and functions.
  std::unordered_map<TypeId, std::string> unnamed_;
  std::unordered_set<std::string> taken_;  ///< Names of the BTF that look like made up ones.
  std::vector<TypeId> found_;
  std::string declaration_;
  std::uint32_t parts_ = 0;  ///< Of the declaration, that were named.
  bool has_bool_ = false;
  std::set<std::string> unnamed_enums_;
};

}  // namespace btfreloc::btf
