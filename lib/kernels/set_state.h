#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "kernels/directory.h"
#include "kernels/set.h"

namespace btfreloc::kernels {

/// One entry of a segment's block index.
struct BlockEntry {
  std::uint64_t offset;
  std::uint32_t size;
  std::uint32_t unpacked;
  std::uint32_t first_record;
  std::uint32_t first_symbol;  ///< Number, among the segment's new symbols, of the first one.
  std::uint64_t checksum;
  std::string_view first_name;
};

/// Numbers of a segment that are read in place. Checked when they are asked for.
class Table {
 public:
  Table() = default;
  explicit Table(Bytes bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / sizeof(std::uint32_t); }
  std::uint32_t operator[](std::size_t i) const {
    return load<std::uint32_t>(bytes_.data() + i * sizeof(std::uint32_t), std::endian::little);
  }

 private:
  Bytes bytes_;
};

/// Byte strings of a segment one behind the other, with a table of where they begin.
class Pool {
 public:
  Pool() = default;
  Pool(Table offsets, Bytes bytes) : offsets_(offsets), bytes_(bytes) {}
  std::size_t size() const { return offsets_.size() == 0 ? 0 : offsets_.size() - 1; }
  /// True when each begins where the one before ends, and the last one at the end.
  bool is_sound() const {
    std::uint32_t before = 0;
    for (std::size_t i = 0; i < offsets_.size(); ++i) {
      if (offsets_[i] < before || (i == 0 && offsets_[i] != 0)) return false;
      before = offsets_[i];
    }
    return before == bytes_.size();
  }
  /// Of a number below size(). Empty where the table is damaged.
  Bytes operator[](std::size_t i) const {
    const std::uint32_t begin = offsets_[i];
    const std::uint32_t end = offsets_[i + 1];
    if (begin > end || end > bytes_.size()) return {};
    return bytes_.subspan(begin, end - begin);
  }

 private:
  Table offsets_;
  Bytes bytes_;
};

/// A segment that was opened. What is wrong with it is said by whoever needs it, so that kernels of
/// other segments stay readable.
struct Segment {
  SegmentEntry entry;
  std::optional<Error> damage;
  Pool strings;
  Table symbols;
  Pool patterns;
  std::vector<BlockEntry> blocks;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> supplements;  ///< Ordinal and block.
  std::uint32_t first_string = 0;  ///< Strings of all segments have numbers of their own.
};

struct Set::State {
  Bytes bytes;
  Directory directory;
  std::uint64_t body_end = 0;  ///< Where the directory begins.
  std::vector<Column> columns;
  std::vector<Segment> segments;

  std::uint32_t symbols() const {
    return segments.empty() ? 0
                            : segments.back().entry.first_symbol + segments.back().entry.symbols;
  }
};

/// Bytes of an extent, if its checksum is right.
Result<Bytes> checked(Bytes file, const Extent& extent, std::string_view what);

/// Unpacks zstd of a known size. `size` is checked before there is memory for it.
Result<std::vector<std::byte>> unpack(Bytes packed, std::size_t size, std::size_t most);
std::vector<std::byte> pack(Bytes bytes);

}  // namespace btfreloc::kernels
