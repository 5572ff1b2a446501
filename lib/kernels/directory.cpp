#include "kernels/directory.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <string>

#include "kernels/varint.h"

namespace btfreloc::kernels {
namespace {

constexpr std::array<std::string Column::*, 8> kTexts = {
    &Column::label, &Column::module,       &Column::release, &Column::version,
    &Column::arch,  &Column::distribution, &Column::flavour, &Column::build_id};

// Bits of a column's flags.
constexpr std::uint8_t kIsBig = 1;
constexpr std::uint8_t kTellsSigns = 2;

void write(ByteWriter& out, const Extent& extent) {
  out.varint(extent.offset);
  out.varint(extent.size);
  out.fixed(extent.checksum);
}

void write(ByteWriter& out, const SegmentEntry& segment) {
  for (const std::uint32_t number : {segment.first_symbol, segment.symbols, segment.records,
                                     segment.versions, segment.type_blocks, segment.columns}) {
    out.varint(number);
  }
  for (const Extent& part : segment.parts) write(out, part);
}

void write(ByteWriter& out, const ColumnEntry& entry) {
  for (const auto text : kTexts) out.sized(entry.column.*text);
  out.byte((entry.column.order == std::endian::big ? kIsBig : 0) |
           (entry.column.tells_signs ? kTellsSigns : 0));
  out.byte(entry.column.pointer_size);
  out.varint(entry.column.types);
  out.varint(entry.kernel);
  out.varint(entry.segment);
  out.varint(entry.local);
  out.varint(entry.parent ? *entry.parent + std::uint64_t{1} : 0);
  out.varint(entry.reference ? *entry.reference + std::uint64_t{1} : 0);
  write(out, entry.ids);
}

class DirectoryReader {
 public:
  DirectoryReader(Bytes bytes, std::uint64_t end) : in_(bytes), end_(end) {}

  Result<Directory> read() {
    Directory directory;
    directory.segments.resize(in_.count(kLeastSegment));
    for (SegmentEntry& segment : directory.segments) read(segment);
    directory.columns.resize(in_.count(kLeastColumn));
    for (ColumnEntry& column : directory.columns) read(column, directory);
    if (in_.failed() || !in_.at_end()) return damaged("it ends elsewhere than it says");
    TRY_OK(check_segments(directory));
    TRY_OK(check_columns(directory));
    return directory;
  }

 private:
  // No entry is shorter, in bytes.
  static constexpr std::size_t kLeastExtent = 10;
  static constexpr std::size_t kLeastSegment = 6 + kParts * kLeastExtent;
  static constexpr std::size_t kLeastColumn = kTexts.size() + 8 + kLeastExtent;

  static std::unexpected<Error> damaged(std::string why) {
    return fail(Errc::bad_format, fmt::format("the directory of the set is damaged: {}", why),
                {.section = "directory"}, kMakeAnew);
  }

  void read(Extent& extent) {
    extent.offset = in_.varint();
    extent.size = in_.varint();
    extent.checksum = in_.fixed<std::uint64_t>();
    if (extent.size > end_ || extent.offset > end_ - extent.size) in_.fail();
  }

  void read(SegmentEntry& segment) {
    for (std::uint32_t* number : {&segment.first_symbol, &segment.symbols, &segment.records,
                                  &segment.versions, &segment.type_blocks, &segment.columns}) {
      *number = in_.varint32();
    }
    for (Extent& part : segment.parts) read(part);
  }

  /// A column's number, or none.
  std::optional<std::uint32_t> number_of(const Directory& directory) {
    const std::uint64_t number = in_.varint();
    if (number == 0) return std::nullopt;
    if (number > directory.columns.size()) in_.fail();
    return static_cast<std::uint32_t>(number - 1);
  }

  void read(ColumnEntry& entry, const Directory& directory) {
    for (const auto text : kTexts) entry.column.*text = in_.sized();
    const std::uint8_t flags = in_.byte();
    if (flags > (kIsBig | kTellsSigns)) in_.fail();
    entry.column.order = (flags & kIsBig) != 0 ? std::endian::big : std::endian::little;
    entry.column.tells_signs = (flags & kTellsSigns) != 0;
    entry.column.pointer_size = in_.byte();
    entry.column.types = in_.varint32();
    entry.kernel = in_.varint32();
    entry.segment = in_.varint32();
    entry.local = in_.varint32();
    entry.parent = number_of(directory);
    entry.reference = number_of(directory);
    read(entry.ids);
    entry.column.keeps_ids = entry.ids.size != 0;
  }

  static Status check_segments(const Directory& directory) {
    std::uint64_t symbols = 0;
    for (const SegmentEntry& segment : directory.segments) {
      if (segment.first_symbol != symbols) return damaged("symbols are not numbered in order");
      symbols += segment.symbols;
      if (symbols > std::numeric_limits<std::uint32_t>::max() / 2) {
        return damaged("there are too many symbols");
      }
    }
    return {};
  }

  static Status check_columns(const Directory& directory) {
    const auto& columns = directory.columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const ColumnEntry& entry = columns[i];
      const auto wrong = [&](std::string_view what) {
        return damaged(fmt::format("{} of column {} is none", what, i));
      };
      if (entry.segment >= directory.segments.size() ||
          entry.local >= directory.segments[entry.segment].columns) {
        return wrong("the place");
      }
      if (entry.kernel >= columns.size() || columns[entry.kernel].column.is_module() ||
          (entry.kernel == i) == entry.column.is_module()) {
        return wrong("the kernel");
      }
      if (entry.parent && columns[*entry.parent].segment >= entry.segment)
        return wrong("the parent");
      // Whoever follows them counts, so that a circle comes to an end, too.
      if (entry.reference && (*entry.reference == i || columns[*entry.reference].ids.size == 0 ||
                              columns[*entry.reference].column.is_module())) {
        return wrong("the reference");
      }
    }
    return {};
  }

  Cursor in_;
  std::uint64_t end_;
};

}  // namespace

std::vector<std::byte> encode(const Directory& directory) {
  ByteWriter out;
  out.varint(directory.segments.size());
  for (const SegmentEntry& segment : directory.segments) write(out, segment);
  out.varint(directory.columns.size());
  for (const ColumnEntry& column : directory.columns) write(out, column);
  return out.take();
}

Result<Directory> decode_directory(Bytes bytes, std::uint64_t end) {
  return DirectoryReader(bytes, end).read();
}

}  // namespace btfreloc::kernels
