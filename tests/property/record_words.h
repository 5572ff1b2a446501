#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace btfreloc::test {

/// Where a well-formed file keeps its structure, as the places of 32-bit words, in bytes from the
/// start of the file.
struct RecordWords {
  std::vector<std::uint32_t> headers;  ///< Every word of the ELF, BTF and .BTF.ext headers.
  std::vector<std::uint32_t> records;  ///< One word of every other record, or several.
};

/// Of a 64-bit ELF file or a raw BTF blob, in either byte order. Shares nothing with the readers
/// but the numbers of the kinds, and trusts the file. `every_word`: of records too; otherwise a
/// different word of each record in turn, and the info word of every type.
RecordWords record_words(Bytes file, bool every_word);

/// The bytes of .BTF; empty when the object has none.
Bytes btf_section(Bytes object);

}  // namespace btfreloc::test
