#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::elf {

/// A section, by name, and what it is to hold.
struct NewSection {
  std::string_view name;
  Bytes bytes;
};

/// The file with these sections holding other bytes, of any size, or added where it has none of
/// that name (PROGBITS, aligned to 4 bytes). All other sections keep their bytes, headers and
/// numbers, and those that lie before the first change their place; the table of section names
/// grows when one is added.
///
/// For files that a linker still takes. Where segments map the file into memory (vmlinux), a
/// section may only be replaced by as many bytes.
Result<std::vector<std::byte>> rewrite(Bytes file, std::span<const NewSection> sections);

}  // namespace btfreloc::elf
