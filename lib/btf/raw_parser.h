#pragma once

#include <bit>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "btf/builder.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// What is wrong with a text, and where.
struct TextError {
  std::size_t line;    ///< From 1.
  std::size_t column;  ///< In bytes, from 1.
  std::string message;
  std::string hint = {};
};

/// Reads types in the raw notation that print_raw() and bpftool write, ids in order from 1, or from
/// the base's size. Members stand on lines of their own:
///
///   [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
///   [2] STRUCT 'task' size=8 vlen=1
///           'pid' type_id=1 bits_offset=0
///
/// What print_raw() writes comes back as the same types; but in place of control characters it
/// prints
/// `?`, and the notation does not say which structs without bitfields have kind_flag, nor which
/// tags. Here `kind_flag=1` behind a tag says so. What older versions of bpftool leave out
/// (encoding of an ENUM, linkage of a FUNC, the variable's name in a DATASEC) may be missing. Empty
/// lines and those that begin with # are skipped.
///
/// References to types that are not there, counts that are not those of the lines, and numbers that
/// have no room are errors; whether a kernel would take the types is validate()'s question.
std::expected<Builder, TextError> parse_raw(std::string_view text,
                                            std::endian order = std::endian::native,
                                            const View* base = nullptr);

}  // namespace btfreloc::btf
