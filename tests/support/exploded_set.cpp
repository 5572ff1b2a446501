#include "support/exploded_set.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/directory.h"
#include "kernels/editor.h"
#include "kernels/extract.h"
#include "kernels/format.h"
#include "kernels/hash.h"
#include "kernels/set.h"
#include "kernels/slice.h"

namespace btfreloc::test {
namespace {

// Bytes from the start of the header. Source: docs/btfset.md.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kHeaderSizeAt = 12;
constexpr std::size_t kFileSizeAt = 16;
constexpr std::size_t kDirectoryOffsetAt = 24;
constexpr std::size_t kDirectorySizeAt = 32;
constexpr std::size_t kDirectoryUnpackedAt = 36;
constexpr std::size_t kDirectoryChecksumAt = 40;
constexpr std::size_t kChecksumAt = 56;

// Bytes from the start of an entry of the block index.
constexpr std::size_t kBlockOffsetAt = 0;
constexpr std::size_t kBlockSizeAt = 8;
constexpr std::size_t kBlockUnpackedAt = 12;
constexpr std::size_t kBlockChecksumAt = 32;

void expect(bool condition) {
  if (!condition) std::abort();
}

template <std::unsigned_integral U>
U get(Bytes bytes, std::size_t at) {
  expect(at + sizeof(U) <= bytes.size());
  return load<U>(bytes.data() + at, std::endian::little);
}

ByteVector copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

ByteVector unpack(Bytes packed, std::size_t size) {
  ByteVector bytes(size);
  expect(ZSTD_decompress(bytes.data(), size, packed.data(), packed.size()) == size);
  return bytes;
}

ByteVector pack(Bytes bytes) {
  ByteVector packed(ZSTD_compressBound(bytes.size()));
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 1));
  return packed;
}

/// Writes a set of chunks that come one after the other.
class Imploder {
 public:
  explicit Imploder(const Chunks& chunks) : chunks_(chunks) {}

  ByteVector implode() {
    file_.resize(kernels::kHeaderSize);
    const Bytes first = next();
    switches_ = first.empty() ? std::byte{0} : first[0];
    const Bytes directory = next();
    auto decoded = kernels::decode_directory(directory, std::uint64_t{1} << 40);
    const bool is_placed = decoded && (switches_ & kKeepsExtents) == std::byte{0};
    if (is_placed) {
      place(*decoded);
    } else {
      while (at_ < chunks_.size()) append(next());
    }
    finish(is_placed ? Bytes(encoded_) : directory);
    return std::move(file_);
  }

 private:
  Bytes next() { return at_ < chunks_.size() ? Bytes(chunks_[at_++]) : Bytes(); }

  kernels::Extent append(Bytes bytes) {
    const std::uint64_t offset = file_.size();
    file_.insert(file_.end(), bytes.begin(), bytes.end());
    return {.offset = offset, .size = bytes.size(), .checksum = kernels::hash64(bytes)};
  }

  void place(kernels::Directory& directory) {
    for (kernels::SegmentEntry& segment : directory.segments) {
      std::array<Bytes, kernels::kParts> parts;
      for (Bytes& part : parts) part = next();
      ByteVector index = copy_of(parts[static_cast<std::size_t>(kernels::Part::blocks)]);
      for (std::size_t at = 0; at + kernels::kBlockEntrySize <= index.size();
           at += kernels::kBlockEntrySize) {
        place_block(std::span(index).subspan(at, kernels::kBlockEntrySize));
      }
      parts[static_cast<std::size_t>(kernels::Part::blocks)] = index;
      for (std::size_t i = 0; i < parts.size(); ++i) segment.parts[i] = append(parts[i]);
    }
    for (kernels::ColumnEntry& column : directory.columns) {
      if (column.ids.size != 0) column.ids = append(next());
    }
    encoded_ = kernels::encode(directory);
  }

  void place_block(std::span<std::byte> entry) {
    const Bytes bytes = next();
    const kernels::Extent extent = append(pack(bytes));
    const auto little = std::endian::little;
    store(entry.data() + kBlockOffsetAt, extent.offset, little);
    store(entry.data() + kBlockSizeAt, static_cast<std::uint32_t>(extent.size), little);
    if ((switches_ & kKeepsUnpackedSizes) == std::byte{0}) {
      store(entry.data() + kBlockUnpackedAt, static_cast<std::uint32_t>(bytes.size()), little);
    }
    store(entry.data() + kBlockChecksumAt, extent.checksum, little);
  }

  void finish(Bytes directory) {
    const kernels::Extent extent = append(pack(directory));
    const auto put_at = [&](std::size_t at, auto value) {
      put(file_, at, value, std::endian::little);
    };
    std::ranges::transform(kernels::kMagic, file_.begin(), [](char c) { return std::byte(c); });
    put_at(kVersionAt, kernels::kVersion);
    put_at(kHeaderSizeAt, static_cast<std::uint32_t>(kernels::kHeaderSize));
    put_at(kFileSizeAt, std::uint64_t{file_.size()});
    put_at(kDirectoryOffsetAt, extent.offset);
    put_at(kDirectorySizeAt, static_cast<std::uint32_t>(extent.size));
    put_at(kDirectoryUnpackedAt, static_cast<std::uint32_t>(directory.size()));
    put_at(kDirectoryChecksumAt, extent.checksum);
    put_at(kChecksumAt, kernels::hash64(Bytes(file_).first(kernels::kHeaderChecked)));
  }

  const Chunks& chunks_;
  std::size_t at_ = 0;
  std::byte switches_{0};
  ByteVector file_;
  ByteVector encoded_;
};

}  // namespace

Chunks explode(Bytes set) {
  Chunks chunks = {{std::byte{0}}};
  const Bytes packed = set.subspan(get<std::uint64_t>(set, kDirectoryOffsetAt),
                                   get<std::uint32_t>(set, kDirectorySizeAt));
  chunks.push_back(unpack(packed, get<std::uint32_t>(set, kDirectoryUnpackedAt)));
  const auto directory = kernels::decode_directory(chunks.back(), set.size());
  expect(directory.has_value());
  for (const kernels::SegmentEntry& segment : directory->segments) {
    for (const kernels::Extent& part : segment.parts) {
      chunks.push_back(copy_of(set.subspan(part.offset, part.size)));
    }
    const kernels::Extent& blocks = segment.parts[static_cast<std::size_t>(kernels::Part::blocks)];
    const Bytes index = set.subspan(blocks.offset, blocks.size);
    for (std::size_t at = 0; at < index.size(); at += kernels::kBlockEntrySize) {
      const Bytes block = set.subspan(get<std::uint64_t>(index, at + kBlockOffsetAt),
                                      get<std::uint32_t>(index, at + kBlockSizeAt));
      chunks.push_back(unpack(block, get<std::uint32_t>(index, at + kBlockUnpackedAt)));
    }
  }
  for (const kernels::ColumnEntry& column : directory->columns) {
    if (column.ids.size != 0) {
      chunks.push_back(copy_of(set.subspan(column.ids.offset, column.ids.size)));
    }
  }
  return chunks;
}

ByteVector implode(const Chunks& chunks) { return Imploder(chunks).implode(); }

ByteVector joined(const Chunks& chunks) {
  ByteVector bytes;
  for (const ByteVector& chunk : chunks) {
    put(bytes, bytes.size(), static_cast<std::uint32_t>(chunk.size()), std::endian::little);
    bytes.insert(bytes.end(), chunk.begin(), chunk.end());
  }
  return bytes;
}

Chunks split(Bytes joined) {
  Chunks chunks;
  while (joined.size() >= sizeof(std::uint32_t)) {
    const std::size_t size = get<std::uint32_t>(joined, 0);
    joined = joined.subspan(sizeof(std::uint32_t));
    const Bytes chunk = joined.first(std::min(size, joined.size()));
    chunks.push_back(copy_of(chunk));
    joined = joined.subspan(chunk.size());
  }
  return chunks;
}

namespace {

/// What is wrong with extracting a column; "" when that is as the set says.
std::string examine_column(const kernels::Set& set, std::size_t column, bool is_whole) {
  using kernels::Extracted;
  for (const auto ids : {Extracted::Ids::any, Extracted::Ids::original}) {
    std::optional<Extracted> kernel;
    if (set.columns()[column].is_module()) {
      auto base = Extracted::from(set, set.kernel_of(column), ids);
      if (!base) continue;
      kernel.emplace(*std::move(base));
    }
    const auto own = Extracted::from(set, column, ids, kernel ? &*kernel : nullptr);
    const bool is_kept = ids == Extracted::Ids::any || set.columns()[column].keeps_ids;
    if (!own && is_whole && is_kept) return "is whole, but: " + own.error().message;
    if (!own && own.error().message.empty()) return "an error says nothing";
    if (own && kernel && own->btf().base() != &kernel->btf()) return "a module has another base";
  }
  return "";
}

/// Whole sets are whole when they are packed again.
std::string examine_packed(const kernels::Set& set) {
  const auto editor = kernels::Editor::of(set);
  if (!editor) return "cannot be edited: " + editor.error().message;
  const auto packed = editor->packed();
  if (!packed) return "cannot be packed: " + packed.error().message;
  const auto again = kernels::Set::open(*packed);
  if (!again) return "cannot be opened when packed: " + again.error().message;
  if (again->columns().size() != set.columns().size()) return "loses columns when packed";
  const auto damages = again->verify();
  if (!damages.empty()) return "is damaged when packed: " + damages[0].error.message;
  return "";
}

}  // namespace

std::string complaint_about(Bytes bytes) {
  const auto set = kernels::Set::open(bytes);
  if (!set) return set.error().message.empty() ? "open() fails without a message" : "";
  const bool is_whole = set->verify().empty();
  (void)set->size();
  kernels::Slicer slicer(*set);
  constexpr std::string_view kNames[] = {"task", "inode", "nf_conn",  "class_t",  "a",
                                         "int",  "",      "vfs_read", "list_head"};
  for (std::size_t i = 0; i < set->columns().size(); ++i) {
    if (set->kernel_of(i) >= set->columns().size()) return "has a kernel that is none";
    for (const std::size_t module : set->modules_of(i)) {
      if (set->kernel_of(module) != i) return "has modules of other kernels";
    }
    const auto slice =
        slicer.slice(i, {.types = kNames, .compared_types = kNames, .functions = kNames});
    if (!slice && is_whole) return "is whole, but cannot be sliced: " + slice.error().message;
    std::string complaint = examine_column(*set, i, is_whole);
    if (!complaint.empty()) return complaint;
  }
  if (is_whole) return examine_packed(*set);
  if (const auto editor = kernels::Editor::of(*set)) (void)editor->packed();
  return "";
}

}  // namespace btfreloc::test
