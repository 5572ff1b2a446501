#include "btf/header/c_words.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace btfreloc::btf {
namespace {

// ISO C23 and the GNU keywords, without those that begin with __builtin_. Sorted.
constexpr auto kKeywords = std::to_array<std::string_view>({
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_BitInt",
    "_Bool",
    "_Complex",
    "_Decimal128",
    "_Decimal32",
    "_Decimal64",
    "_Float128",
    "_Float16",
    "_Float32",
    "_Float32x",
    "_Float64",
    "_Float64x",
    "_Generic",
    "_Imaginary",
    "_Noreturn",
    "_Static_assert",
    "_Thread_local",
    "__FUNCTION__",
    "__PRETTY_FUNCTION__",
    "__alignof",
    "__alignof__",
    "__asm",
    "__asm__",
    "__attribute",
    "__attribute__",
    "__auto_type",
    "__bf16",
    "__complex",
    "__complex__",
    "__const",
    "__const__",
    "__extension__",
    "__float128",
    "__float80",
    "__fp16",
    "__func__",
    "__ibm128",
    "__imag",
    "__imag__",
    "__inline",
    "__inline__",
    "__int128",
    "__label__",
    "__null",
    "__real",
    "__real__",
    "__restrict",
    "__restrict__",
    "__signed",
    "__signed__",
    "__thread",
    "__typeof",
    "__typeof__",
    "__typeof_unqual",
    "__typeof_unqual__",
    "__volatile",
    "__volatile__",
    "alignas",
    "alignof",
    "asm",
    "auto",
    "break",
    "case",
    "char",
    "const",
    "constexpr",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "nullptr",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "struct",
    "switch",
    "thread_local",
    "typedef",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
});
static_assert(std::ranges::is_sorted(kKeywords));

constexpr std::size_t kLongestKeyword = 20;

/// Of the first characters and the length; nearly no name shares it with a keyword.
constexpr std::size_t mix(std::string_view word) {
  const auto character = [&](std::size_t i) { return static_cast<unsigned char>(word[i]); };
  return (character(0) * 31U ^ character(1) * 131U ^ word.size() * 577U) % 4096;
}
constexpr auto kMayBeKeyword = [] {
  std::array<bool, 4096> may{};
  for (const std::string_view word : kKeywords) may[mix(word)] = true;
  return may;
}();
static_assert(std::ranges::all_of(kKeywords, [](std::string_view word) {
  return word.size() <= kLongestKeyword;
}));

struct Integer {
  std::string_view name;
  std::uint8_t size;  ///< In bytes; 0: that of a pointer.
};
// As gcc and clang spell them in debug info. INT is also what `double` was before there was FLOAT.
constexpr auto kIntegers = std::to_array<Integer>({
    {"int", 4},
    {"unsigned int", 4},
    {"char", 1},
    {"unsigned char", 1},
    {"signed char", 1},
    {"_Bool", 1},
    {"long int", 0},
    {"long unsigned int", 0},
    {"long long int", 8},
    {"long long unsigned int", 8},
    {"short int", 2},
    {"short unsigned int", 2},
    {"__int128", 16},
    {"__int128 unsigned", 16},
    {"unsigned long", 0},
    {"unsigned long long", 8},
    {"unsigned short", 2},
    {"unsigned __int128", 16},
    {"long", 0},
    {"long long", 8},
    {"short", 2},
    {"double", 8},
    {"float", 4},
});

}  // namespace

bool is_c_keyword(std::string_view word) {
  if (word.size() < 2 || word.size() > kLongestKeyword) return false;
  if (kMayBeKeyword[mix(word)]) return std::ranges::binary_search(kKeywords, word);
  return word == kBuiltinVaList;
}

std::string_view c_integer(const Int& type, std::string_view name, ByteCount pointer_size) {
  for (const Integer& integer : kIntegers) {
    if (integer.name != name) continue;
    const std::uint64_t size = integer.size != 0 ? integer.size : pointer_size.value;
    if (size == type.size.value) return integer.name;
  }
  if ((type.encoding & kIntBool) != 0 && type.size.value == 1) return "_Bool";
  return c_integer(type.size, (type.encoding & kIntSigned) != 0);
}

std::string_view c_integer(ByteCount size, bool is_signed) {
  switch (size.value) {
    case 1: return is_signed ? "signed char" : "unsigned char";
    case 2: return is_signed ? "short" : "unsigned short";
    case 4: return is_signed ? "int" : "unsigned int";
    case 8: return is_signed ? "long long" : "unsigned long long";
    case 16: return is_signed ? "__int128" : "unsigned __int128";
    default: std::unreachable();
  }
}

std::string_view c_float(ByteCount size) {
  switch (size.value) {
    case 4: return "float";
    case 8: return "double";
    case 12: return "long double";
    default: return c_integer(size, /*is_signed=*/false);
  }
}

}  // namespace btfreloc::btf
