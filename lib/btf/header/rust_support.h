#pragma once

#include <bit>
#include <string_view>

// What the declarations of a Rust header need beside them, as text of the module.

namespace btfreloc::btf {

/// `mod bits_` with `get`, `get_signed` and `set`: bitfields in bytes, in the byte order of the
/// kernel, whatever that of the program.
std::string_view rust_bits_module(std::endian order);

/// The macros `load_bits_!` and `probe_bits_!`: bitfields where the running kernel has them.
std::string_view rust_relocated_bits();

/// `enum_<T>`, the type of members that are enums. T is an enum of `mod enums_`, whose trait `Enum`
/// says which integer it is.
std::string_view rust_enum_wrapper();

}  // namespace btfreloc::btf
