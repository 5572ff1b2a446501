#pragma once

#include <string_view>

#include "base/units.h"
#include "btf/types.h"

namespace btfreloc::btf {

/// Whether C and GNU C have a use of their own for the word, so that it names nothing else. `bool`,
/// `true` and `false`, which C23 has reserved, are names: kernels declare them.
bool is_c_keyword(std::string_view word);

/// The type that clang and gcc have built in, and headers may name but not define.
inline constexpr std::string_view kBuiltinVaList = "__builtin_va_list";

/// How C names an integer type, by its name if C has that for its size, else by its size. The size
/// is one that C has: 1, 2, 4, 8 or 16 bytes.
std::string_view c_integer(const Int& type, std::string_view name, ByteCount pointer_size);
std::string_view c_integer(ByteCount size, bool is_signed);
/// Of 2, 4, 8, 12 or 16 bytes. BPF has no long double of 16 bytes, nor have all targets types of 2:
/// integers stand for them.
std::string_view c_float(ByteCount size);

}  // namespace btfreloc::btf
