#include "kernels/set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "kernels/hash.h"
#include "kernels/set_reader.h"
#include "kernels/set_state.h"
#include "kernels/varint.h"

namespace btfreloc::kernels {
namespace {

std::unexpected<Error> damaged(std::string what, std::uint64_t offset = 0) {
  return fail(Errc::bad_format, std::move(what), {.section = {}, .offset = offset}, kMakeAnew);
}

struct FileHeader {
  std::uint64_t directory_offset;
  std::uint32_t directory_size;
  std::uint32_t directory_unpacked;
  std::uint64_t directory_checksum;
};

Result<FileHeader> read_header(Bytes bytes) {
  if (!Set::is_set(bytes)) {
    return fail(Errc::bad_format, "no kernel set: it does not begin like one", {.offset = 0},
                "`btfreloc kernels add` makes one");
  }
  Cursor in(bytes.subspan(kMagic.size()));
  const auto version = in.fixed<std::uint32_t>();
  if (!in.failed() && version != kVersion) {
    return fail(Errc::unsupported,
                fmt::format("a kernel set of version {}, and this program knows version {}",
                            version, kVersion),
                {.offset = kMagic.size()},
                "use a newer btfreloc, or make the set anew with this one");
  }
  if (bytes.size() < kHeaderSize) return damaged("the kernel set is cut short");
  const auto header_size = in.fixed<std::uint32_t>();
  const auto file_size = in.fixed<std::uint64_t>();
  FileHeader header{};
  header.directory_offset = in.fixed<std::uint64_t>();
  header.directory_size = in.fixed<std::uint32_t>();
  header.directory_unpacked = in.fixed<std::uint32_t>();
  header.directory_checksum = in.fixed<std::uint64_t>();
  in.fixed<std::uint64_t>();
  if (in.fixed<std::uint64_t>() != hash64(bytes.first(kHeaderChecked))) {
    return damaged("the header of the kernel set is damaged");
  }
  if (header_size != kHeaderSize) return damaged("the header of the kernel set has another size");
  if (file_size != bytes.size()) {
    return damaged(fmt::format("the kernel set has {} bytes, and its header says {}", bytes.size(),
                               file_size));
  }
  if (header.directory_offset < kHeaderSize || header.directory_offset > bytes.size() ||
      header.directory_size > bytes.size() - header.directory_offset) {
    return damaged("the directory of the kernel set lies outside of it");
  }
  return header;
}

/// A few bytes can stand for any number of records: what these take is bounded before they are
/// read.
Status check_sizes(std::span<const BlockEntry> blocks, std::uint32_t records) {
  std::uint64_t unpacked = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::uint32_t end = i + 1 < blocks.size() ? blocks[i + 1].first_record : records;
    const bool has_several = end - blocks[i].first_record > 1;
    if (has_several && blocks[i].unpacked > kMaxSharedBlockSize) {
      return damaged(fmt::format("block {} of the kernel set is too large for its records", i));
    }
    unpacked += blocks[i].unpacked;
  }
  if (unpacked > kMaxUnpacked) {
    return damaged(
        fmt::format("the blocks of the kernel set unpack to {} bytes, and {} are the most",
                    unpacked, kMaxUnpacked));
  }
  return {};
}

Result<std::vector<BlockEntry>> read_blocks(Bytes file, const SegmentEntry& segment, Bytes index,
                                            Bytes names) {
  std::vector<BlockEntry> blocks;
  if (index.size() % kBlockEntrySize != 0) return damaged("a block index has another size");
  for (Cursor in(index); !in.at_end();) {
    BlockEntry block{};
    block.offset = in.fixed<std::uint64_t>();
    block.size = in.fixed<std::uint32_t>();
    block.unpacked = in.fixed<std::uint32_t>();
    block.first_record = in.fixed<std::uint32_t>();
    block.first_symbol = in.fixed<std::uint32_t>();
    const auto name = in.fixed<std::uint32_t>();
    in.fixed<std::uint32_t>();
    block.checksum = in.fixed<std::uint64_t>();
    Cursor text(name < names.size() ? names.subspan(name) : Bytes());
    block.first_name = text.text();
    const bool ascends = blocks.empty() || (blocks.back().first_record < block.first_record &&
                                            blocks.back().first_symbol <= block.first_symbol);
    if (text.failed() || !ascends || block.size > file.size() ||
        block.offset > file.size() - block.size || block.unpacked > kMaxBlockSize ||
        block.first_record >= segment.records || block.first_symbol > segment.symbols) {
      return damaged("a block index says what cannot be");
    }
    blocks.push_back(block);
  }
  if (segment.type_blocks > blocks.size() || (blocks.empty() != (segment.records == 0)) ||
      (!blocks.empty() && (blocks[0].first_record != 0 || blocks[0].first_symbol != 0))) {
    return damaged("a block index says what cannot be");
  }
  TRY_OK(check_sizes(blocks, segment.records));
  return blocks;
}

Status open_segment(Bytes file, Segment& segment) {
  const auto part = [&](Part which) {
    static constexpr std::array<std::string_view, kParts> kNames = {
        "string offsets", "strings", "symbols",     "pattern offsets",
        "patterns",       "blocks",  "block names", "supplements"};
    const auto number = static_cast<std::size_t>(which);
    return checked(file, segment.entry.parts[number], kNames[number]);
  };
  TRY(const Bytes string_offsets, part(Part::string_offsets));
  TRY(const Bytes strings, part(Part::strings));
  TRY(const Bytes symbols, part(Part::symbols));
  TRY(const Bytes pattern_offsets, part(Part::pattern_offsets));
  TRY(const Bytes patterns, part(Part::patterns));
  TRY(const Bytes blocks, part(Part::blocks));
  TRY(const Bytes block_names, part(Part::block_names));
  TRY(const Bytes supplements, part(Part::supplements));
  segment.strings = Pool(Table(string_offsets), strings);
  segment.symbols = Table(symbols);
  segment.patterns = Pool(Table(pattern_offsets), patterns);
  if (!segment.strings.is_sound() || !segment.patterns.is_sound()) {
    return damaged("a table of strings or patterns says what cannot be");
  }
  TRY(segment.blocks, read_blocks(file, segment.entry, blocks, block_names));
  const Table pairs(supplements);
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const bool ascends = i == 0 || segment.supplements.back().first < pairs[i];
    if (!ascends || pairs[i] >= segment.entry.first_symbol ||
        pairs[i + 1] >= segment.blocks.size()) {
      return damaged("the supplements of a segment say what cannot be");
    }
    segment.supplements.emplace_back(pairs[i], pairs[i + 1]);
  }
  // Of its records, all but those of new symbols continue older ones.
  const std::uint64_t continued =
      std::uint64_t{segment.entry.records} - std::min(segment.entry.symbols, segment.entry.records);
  if (supplements.size() != 2 * sizeof(std::uint32_t) * continued) {
    return damaged("the supplements of a segment are too few or too many");
  }
  return {};
}

}  // namespace

Result<Bytes> checked(Bytes file, const Extent& extent, std::string_view what) {
  const Bytes bytes = file.subspan(extent.offset, extent.size);
  if (hash64(bytes) != extent.checksum) {
    return damaged(fmt::format("the {} of the kernel set are damaged", what), extent.offset);
  }
  return bytes;
}

Set::Set(std::unique_ptr<State> state) : state_(std::move(state)) {}
Set::Set(Set&&) noexcept = default;
Set& Set::operator=(Set&&) noexcept = default;
Set::~Set() = default;

bool Set::is_set(Bytes bytes) {
  return as_chars(bytes).starts_with(std::string_view(kMagic.data(), kMagic.size()));
}

Result<Set> Set::open(Bytes bytes) {
  TRY(const FileHeader header, read_header(bytes));
  const Bytes packed = bytes.subspan(header.directory_offset, header.directory_size);
  if (hash64(packed) != header.directory_checksum) {
    return damaged("the directory of the kernel set is damaged", header.directory_offset);
  }
  TRY(const auto unpacked, unpack(packed, header.directory_unpacked, kMaxDirectorySize));
  auto state = std::make_unique<State>();
  state->bytes = bytes;
  state->body_end = header.directory_offset;
  TRY(state->directory, decode_directory(unpacked, header.directory_offset));
  for (const ColumnEntry& entry : state->directory.columns) state->columns.push_back(entry.column);
  std::uint64_t strings = 0;
  for (const SegmentEntry& entry : state->directory.segments) {
    Segment segment{.entry = entry,
                    .damage = std::nullopt,
                    .strings = {},
                    .symbols = {},
                    .patterns = {},
                    .blocks = {},
                    .supplements = {},
                    .first_string = static_cast<std::uint32_t>(strings)};
    if (const Status status = open_segment(bytes, segment); !status)
      segment.damage = status.error();
    strings += segment.strings.size();
    state->segments.push_back(std::move(segment));
  }
  if (strings > SetReader::kMaxShared) return damaged("the kernel set has too many strings");
  return Set(std::move(state));
}

const std::vector<Column>& Set::columns() const { return state_->columns; }

std::optional<std::size_t> Set::find(std::string_view label, std::string_view module) const {
  const auto& columns = state_->columns;
  const auto found = std::ranges::find_if(columns, [&](const Column& column) {
    return column.label == label && column.module == module;
  });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::size_t Set::kernel_of(std::size_t module) const {
  return state_->directory.columns[module].kernel;
}

std::vector<std::size_t> Set::modules_of(std::size_t kernel) const {
  std::vector<std::size_t> modules;
  for (std::size_t i = 0; i < state_->columns.size(); ++i) {
    if (state_->columns[i].is_module() && kernel_of(i) == kernel) modules.push_back(i);
  }
  return modules;
}

Set::Size Set::size() const {
  Size size{.version = kVersion,
            .segments = state_->segments.size(),
            .symbols = state_->symbols(),
            .versions = 0,
            .blocks = 0,
            .bytes = state_->bytes.size(),
            .ids_bytes = 0};
  for (const Segment& segment : state_->segments) {
    size.versions += segment.entry.versions;
    size.blocks += segment.blocks.size();
  }
  for (const ColumnEntry& column : state_->directory.columns) size.ids_bytes += column.ids.size;
  return size;
}

}  // namespace btfreloc::kernels
