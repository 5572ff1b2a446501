#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "kernels/column.h"
#include "kernels/format.h"

namespace btfreloc::kernels {

/// What to do about a damaged set; ends hints.
inline constexpr const char* kMakeAnew = "make the set anew, or take it from a backup";

/// Bytes of the file, and what their hash64() was when they were written.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t checksum = 0;
};

/// What one writing put into the file: records of symbols, in blocks, and what they share.
struct SegmentEntry {
  std::uint32_t first_symbol = 0;  ///< Ordinal of its first new symbol.
  std::uint32_t symbols = 0;       ///< New ones.
  std::uint32_t records = 0;
  std::uint32_t versions = 0;
  std::uint32_t type_blocks = 0;  ///< Of the blocks, the first so many are of types.
  std::uint32_t columns = 0;
  std::array<Extent, kParts> parts = {};
};

struct ColumnEntry {
  Column column;
  std::uint32_t kernel = 0;   ///< Its own number, or that of its kernel for modules.
  std::uint32_t segment = 0;  ///< Which one has what it does not share with its parent.
  std::uint32_t local = 0;    ///< Its number in the patterns of that segment.
  std::optional<std::uint32_t> parent = {};  ///< A column of an older segment.
  Extent ids = {};                           ///< Size 0: not kept.
  std::optional<std::uint32_t> reference =
      {};  ///< The kernel whose order `ids` is written against.
};

/// What a set consists of.
struct Directory {
  std::vector<SegmentEntry> segments;
  std::vector<ColumnEntry> columns;  ///< As goes_before() says.
};

/// As the file has it, unpacked.
std::vector<std::byte> encode(const Directory& directory);
/// Checks that everything it names is there: extents lie before `end`, parents and kernels are
/// columns that can be such, and numbers are numbers of something.
Result<Directory> decode_directory(Bytes bytes, std::uint64_t end);

}  // namespace btfreloc::kernels
