#include "btfreloc/unpack_stream.h"

#include <bzlib.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <memory>

namespace btfreloc::tool {
namespace {

using namespace std::string_view_literals;

/// Memory that a stream may ask for, in bytes: kernels are packed with dictionaries of up to 128
/// MiB.
constexpr std::uint64_t kMaxDecoderMemory = std::uint64_t{256} << 20;
/// The same as a power of two, for the window of zstd. Source: ZSTD_d_windowLogMax in zstd.h.
constexpr int kMaxZstdWindowLog = 27;

struct Magic {
  Packing packing;
  std::string_view start;
};

// Source: the `file` formats that scripts/extract-vmlinux of Linux tries.
constexpr auto kMagics = std::to_array<Magic>({
    {Packing::gzip, "\x1f\x8b\x08"sv},
    {Packing::xz,
     "\xfd"
     "7zXZ\0"sv},
    {Packing::zstd, "\x28\xb5\x2f\xfd"sv},
    {Packing::lz4, "\x02\x21\x4c\x18"sv},
    {Packing::lzma, "\x5d\0\0"sv},
    {Packing::bzip2, "BZh"sv},
    {Packing::lzo, "\x89LZO\0\x0d\x0a\x1a\x0a"sv},
});

/// Room that grows with what comes, up to a limit.
class Output {
 public:
  explicit Output(std::size_t limit) : limit_(limit) {}

  /// Where the next bytes go; empty at the limit.
  std::span<std::byte> room() {
    if (used_ == bytes_.size()) {
      bytes_.resize(std::min(limit_, std::max<std::size_t>(bytes_.size() * 2, 1 << 16)));
    }
    return std::span(bytes_).subspan(used_);
  }
  void took(std::size_t size) { used_ += size; }

  UnpackedStream finish(bool is_whole) && {
    bytes_.resize(used_);
    return {.bytes = std::move(bytes_), .is_whole = is_whole};
  }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
  std::vector<std::byte> bytes_;
};

template <class T>
T* as(const std::byte* bytes) {
  return reinterpret_cast<T*>(const_cast<std::byte*>(bytes));
}

UnpackedStream unpack_gzip(Bytes bytes, std::size_t max_size) {
  Output output(max_size);
  z_stream stream{};
  constexpr int kGzipHeader = 16;
  if (inflateInit2(&stream, MAX_WBITS + kGzipHeader) != Z_OK) return {};
  int result = Z_OK;
  stream.next_in = as<Bytef>(bytes.data());
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1U << 31));
  while (result == Z_OK) {
    const std::span<std::byte> room = output.room();
    if (room.empty()) break;
    stream.next_out = as<Bytef>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    result = inflate(&stream, Z_NO_FLUSH);
    output.took(room.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return std::move(output).finish(result == Z_STREAM_END);
}

UnpackedStream unpack_bzip2(Bytes bytes, std::size_t max_size) {
  Output output(max_size);
  bz_stream stream{};
  if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) return {};
  int result = BZ_OK;
  stream.next_in = as<char>(bytes.data());
  stream.avail_in = static_cast<unsigned>(std::min<std::size_t>(bytes.size(), 1U << 31));
  while (result == BZ_OK) {
    const std::span<std::byte> room = output.room();
    if (room.empty()) break;
    stream.next_out = as<char>(room.data());
    stream.avail_out = static_cast<unsigned>(room.size());
    result = BZ2_bzDecompress(&stream);
    const std::size_t got = room.size() - stream.avail_out;
    output.took(got);
    if (got == 0 && stream.avail_in == 0) break;
  }
  BZ2_bzDecompressEnd(&stream);
  return std::move(output).finish(result == BZ_STREAM_END);
}

UnpackedStream unpack_lzma(Bytes bytes, std::size_t max_size, bool is_xz) {
  Output output(max_size);
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_ret result = is_xz ? lzma_stream_decoder(&stream, kMaxDecoderMemory, 0)
                          : lzma_alone_decoder(&stream, kMaxDecoderMemory);
  stream.next_in = as<const std::uint8_t>(bytes.data());
  stream.avail_in = bytes.size();
  while (result == LZMA_OK) {
    const std::span<std::byte> room = output.room();
    if (room.empty()) break;
    stream.next_out = as<std::uint8_t>(room.data());
    stream.avail_out = room.size();
    result = lzma_code(&stream, LZMA_RUN);
    output.took(room.size() - stream.avail_out);
  }
  lzma_end(&stream);
  return std::move(output).finish(result == LZMA_STREAM_END);
}

struct FreeZstd {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

UnpackedStream unpack_zstd(Bytes bytes, std::size_t max_size) {
  Output output(max_size);
  const std::unique_ptr<ZSTD_DStream, FreeZstd> stream(ZSTD_createDStream());
  if (stream == nullptr) return {};
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kMaxZstdWindowLog);
  ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
  for (;;) {
    const std::span<std::byte> room = output.room();
    if (room.empty()) break;
    ZSTD_outBuffer out{.dst = room.data(), .size = room.size(), .pos = 0};
    const std::size_t result = ZSTD_decompressStream(stream.get(), &out, &in);
    output.took(out.pos);
    if (result == 0) return std::move(output).finish(true);
    if (ZSTD_isError(result) != 0 || (out.pos == 0 && in.pos == in.size)) break;
  }
  return std::move(output).finish(false);
}

/// A magic number, then blocks: a size of 4 bytes and so much packed data, of at most 8 MiB
/// unpacked. Nothing says where the stream ends, so that it ends where there is no such block.
/// Source: "Legacy frame" in doc/lz4_Frame_format.md of lz4.
UnpackedStream unpack_lz4(Bytes bytes, std::size_t max_size) {
  constexpr std::size_t kMagicSize = 4;
  constexpr int kBlockSize = 8 << 20;
  constexpr std::uint32_t kMaxPacked = LZ4_COMPRESSBOUND(kBlockSize);
  UnpackedStream stream;
  std::vector<std::byte> block(kBlockSize);
  std::size_t at = kMagicSize;
  while (bytes.size() >= at + sizeof(std::uint32_t)) {
    const auto size = load<std::uint32_t>(bytes.data() + at, std::endian::little);
    at += sizeof size;
    if (size == 0 || size > kMaxPacked) {
      stream.is_whole = !stream.bytes.empty();
      return stream;
    }
    if (size > bytes.size() - at) return stream;
    const int got = LZ4_decompress_safe(as<const char>(bytes.data() + at), as<char>(block.data()),
                                        static_cast<int>(size), kBlockSize);
    if (got <= 0 || static_cast<std::size_t>(got) > max_size - stream.bytes.size()) return stream;
    stream.bytes.insert(stream.bytes.end(), block.begin(), block.begin() + got);
    at += size;
    if (got < kBlockSize) {
      stream.is_whole = true;
      return stream;
    }
  }
  stream.is_whole = at == bytes.size();
  return stream;
}

/// Chance is told from streams by what follows the magic number.
bool may_begin(Packing packing, Bytes bytes) {
  const auto byte = [&](std::size_t at) {
    return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0;
  };
  switch (packing) {
    case Packing::gzip: return byte(3) < 0x20;  // flags; three bits are reserved
    case Packing::bzip2: return byte(3) >= '1' && byte(3) <= '9' && byte(4) == 0x31;
    case Packing::lzma: {
      // A dictionary of a power of two bytes, and a size that is unknown or below 1 TiB.
      if (bytes.size() < 13) return false;
      const auto dictionary = load<std::uint32_t>(bytes.data() + 1, std::endian::little);
      const auto size = load<std::uint64_t>(bytes.data() + 5, std::endian::little);
      return std::has_single_bit(dictionary) && (size == ~std::uint64_t{0} || size >> 40 == 0);
    }
    default: return true;
  }
}

}  // namespace

std::string_view name(Packing packing) {
  switch (packing) {
    case Packing::gzip: return "gzip";
    case Packing::xz: return "xz";
    case Packing::zstd: return "zstd";
    case Packing::lz4: return "lz4";
    case Packing::lzma: return "lzma";
    case Packing::bzip2: return "bzip2";
    case Packing::lzo: return "lzo";
  }
  return {};
}

std::optional<StreamStart> find_stream(Bytes bytes, std::size_t from) {
  // One pass over the bytes, in steps so small that finding all of a packing's starts in each is
  // no work done in vain.
  constexpr std::size_t kStep = 1 << 16;
  constexpr std::size_t kLongestMagic = 9;
  for (std::size_t step = from; step < bytes.size(); step += kStep) {
    const std::string_view chars = as_chars(bytes).substr(step, kStep + kLongestMagic - 1);
    std::optional<StreamStart> first;
    for (const Magic& magic : kMagics) {
      std::size_t at = chars.find(magic.start);
      while (at != std::string_view::npos && at < kStep &&
             !may_begin(magic.packing, bytes.subspan(step + at))) {
        at = chars.find(magic.start, at + 1);
      }
      if (at < kStep && (!first || step + at < first->offset)) {
        first = StreamStart{.packing = magic.packing, .offset = step + at};
      }
    }
    if (first) return first;
  }
  return std::nullopt;
}

UnpackedStream unpack_stream(Packing packing, Bytes bytes, std::size_t max_size) {
  switch (packing) {
    case Packing::gzip: return unpack_gzip(bytes, max_size);
    case Packing::xz: return unpack_lzma(bytes, max_size, true);
    case Packing::zstd: return unpack_zstd(bytes, max_size);
    case Packing::lz4: return unpack_lz4(bytes, max_size);
    case Packing::lzma: return unpack_lzma(bytes, max_size, false);
    case Packing::bzip2: return unpack_bzip2(bytes, max_size);
    case Packing::lzo: return {};
  }
  return {};
}

}  // namespace btfreloc::tool
