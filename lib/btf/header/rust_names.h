#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "btf/header/names.h"

// What Rust says about names, beyond what C does: its keywords, which `r#` makes names of all but a
// few, and the integers, which are no keywords but types that a type of the same name would hide.

namespace btfreloc::btf {

/// The type of C's `bool`, which a header defines itself.
inline constexpr std::string_view kRustBool = "bool_";

/// For types and enumerators, which are in the module beside what a header defines itself.
NameRules rust_type_names();

/// Names of one place, fields of a struct or methods of a type, each of them once: what clashes or
/// cannot be a name at all gets `_2`, `_3`. Those that come first keep theirs.
class RustPlace {
 public:
  RustPlace();
  /// A legal name that is like the one given and unlike the others, as it is written.
  std::string add(std::string_view name);

 private:
  std::unordered_set<std::string> taken_;
};

/// As it is written: `r#type` for a keyword.
std::string rust_spelling(std::string_view name);

/// Whether Rust has a type of this name that needs no `use`: `u32`, `bool`, `str`.
bool is_rust_primitive(std::string_view name);

}  // namespace btfreloc::btf
