#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

// The layout of a kernel set that is not in its records. docs/btfset.md is the specification.

namespace btfreloc::kernels {

/// The first bytes of every set, of whatever version. What comes behind is of kVersion.
inline constexpr std::array<char, 8> kMagic = {'B', 'T', 'F', 'S', 'E', 'T', '\n', '\0'};
inline constexpr std::uint32_t kVersion = 1;

/// Header: magic, u32 version, u32 size of the header, u64 size of the file, u64 offset, u32 size
/// and u32 unpacked size of the directory, u64 its checksum, u64 zero, u64 checksum of all before.
inline constexpr std::size_t kHeaderSize = 64;
inline constexpr std::size_t kHeaderChecked = kHeaderSize - sizeof(std::uint64_t);

/// The parts of a segment that are read in place. Offsets of strings, patterns and the like are
/// u32, one more than there are things.
enum class Part : std::uint8_t {
  string_offsets,  ///< Of strings that several records have.
  strings,
  symbols,  ///< u32 ordinals of symbols that are often referred to.
  pattern_offsets,
  patterns,     ///< Row patterns: varint number, {columns, set + 1}.
  blocks,       ///< The block index: kBlockEntrySize each.
  block_names,  ///< The first symbol's name of each, with a NUL.
  supplements,  ///< u32 ordinal, u32 block, of records that continue an older segment's.
};
inline constexpr std::size_t kParts = 8;

/// u64 offset in the file, u32 size, u32 unpacked size, u32 first record, u32 number of the first
/// new symbol in it or behind it, u32 offset of its name, u32 zero, u64 checksum.
inline constexpr std::size_t kBlockEntrySize = 40;

/// Unpacked bytes that a block has at most, unless a single record has more. Types are asked for by
/// name, one here and one there; functions are mostly read by whoever reads everything.
inline constexpr std::size_t kTypeBlockSize = std::size_t{4} << 10;
inline constexpr std::size_t kOtherBlockSize = std::size_t{64} << 10;
/// What a reader unpacks at most: a record can be long, since an enum can.
inline constexpr std::size_t kMaxBlockSize = std::size_t{64} << 20;
/// The same where there are several records, each of which takes memory of its own: a little more
/// than is written.
inline constexpr std::size_t kMaxSharedBlockSize = 2 * kOtherBlockSize;
/// All blocks of a segment together. A set of ten thousand kernels stays below.
inline constexpr std::uint64_t kMaxUnpacked = std::uint64_t{1} << 30;
inline constexpr std::size_t kMaxDirectorySize = std::size_t{16} << 20;

/// In the byte of a record that holds its SymbolKind.
inline constexpr std::uint8_t kHasTags = 0x80;
inline constexpr std::uint8_t kIsSupplement = 0x40;

}  // namespace btfreloc::kernels
