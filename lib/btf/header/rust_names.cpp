#include "btf/header/rust_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "btf/legal_names.h"

namespace btfreloc::btf {
namespace {

using std::operator""sv;

// Those of all editions up to 2024, reserved ones included. Source: The Rust Reference, "Keywords".
constexpr auto kKeywords = std::to_array<std::string_view>({
    "abstract"sv, "as"sv,       "async"sv,   "await"sv, "become"sv, "box"sv,    "break"sv,
    "const"sv,    "continue"sv, "do"sv,      "dyn"sv,   "else"sv,   "enum"sv,   "extern"sv,
    "false"sv,    "final"sv,    "fn"sv,      "for"sv,   "gen"sv,    "if"sv,     "impl"sv,
    "in"sv,       "let"sv,      "loop"sv,    "macro"sv, "match"sv,  "mod"sv,    "move"sv,
    "mut"sv,      "override"sv, "priv"sv,    "pub"sv,   "ref"sv,    "return"sv, "static"sv,
    "struct"sv,   "trait"sv,    "true"sv,    "try"sv,   "type"sv,   "typeof"sv, "unsafe"sv,
    "unsized"sv,  "use"sv,      "virtual"sv, "where"sv, "while"sv,  "yield"sv,
});
static_assert(std::ranges::is_sorted(kKeywords));

// Of the keywords, those that no `r#` helps.
constexpr auto kNeverNames =
    std::to_array<std::string_view>({"Self"sv, "_"sv, "crate"sv, "self"sv, "super"sv});
static_assert(std::ranges::is_sorted(kNeverNames));

constexpr auto kPrimitives = std::to_array<std::string_view>({
    "bool"sv, "char"sv, "f128"sv, "f16"sv, "f32"sv,   "f64"sv, "i128"sv,
    "i16"sv,  "i32"sv,  "i64"sv,  "i8"sv,  "isize"sv, "str"sv, "u128"sv,
    "u16"sv,  "u32"sv,  "u64"sv,  "u8"sv,  "usize"sv,
});
static_assert(std::ranges::is_sorted(kPrimitives));

bool is_never_a_name(std::string_view name) {
  return std::ranges::binary_search(kNeverNames, name);
}

// What rust_support.h has, in the namespace of types.
constexpr auto kOwnNames = std::to_array<std::string_view>({
    "Enum"sv,
    "bits_"sv,
    "enum_"sv,
    "enums_"sv,
    "unnamed_i16"sv,
    "unnamed_i32"sv,
    "unnamed_i64"sv,
    "unnamed_i8"sv,
    "unnamed_u16"sv,
    "unnamed_u32"sv,
    "unnamed_u64"sv,
    "unnamed_u8"sv,
});

bool is_taken_among_types(std::string_view name) {
  return is_never_a_name(name) || is_rust_primitive(name) || name == kRustBool ||
         std::ranges::find(kOwnNames, name) != kOwnNames.end();
}

}  // namespace

NameRules rust_type_names() {
  return {.one_namespace_of_types = true, .is_reserved = is_taken_among_types};
}

RustPlace::RustPlace() {
  for (const std::string_view name : kNeverNames) taken_.emplace(name);
}

std::string RustPlace::add(std::string_view name) {
  const std::string first = legal_name(name);
  std::string unique = first;
  for (int number = 2; !taken_.insert(unique).second; ++number) {
    unique = fmt::format("{}_{}", first, number);
  }
  return rust_spelling(unique);
}

std::string rust_spelling(std::string_view name) {
  const bool is_keyword = std::ranges::binary_search(kKeywords, name);
  return (is_keyword ? "r#" : "") + std::string(name);
}

bool is_rust_primitive(std::string_view name) {
  return std::ranges::binary_search(kPrimitives, name);
}

}  // namespace btfreloc::btf
