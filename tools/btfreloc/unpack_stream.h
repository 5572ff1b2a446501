#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace btfreloc::tool {

/// How a stream of bytes is packed.
enum class Packing : std::uint8_t {
  gzip,
  xz,
  zstd,
  lz4,  ///< In its legacy frame, as kernels are; `lz4 -l` writes it.
  lzma,
  bzip2,
  lzo,  ///< Recognized, to say so; nothing unpacks it.
};

/// As users call it: "xz".
std::string_view name(Packing packing);

/// A place where a stream seems to begin: what is there may also be chance.
struct StreamStart {
  Packing packing;
  std::size_t offset;  ///< In bytes.
};

/// The first such place from byte `from` on.
std::optional<StreamStart> find_stream(Bytes bytes, std::size_t from = 0);

struct UnpackedStream {
  std::vector<std::byte> bytes;  ///< Up to the end of the stream, or to where it is damaged.
  bool is_whole = false;         ///< It ended as streams do, with the right checksums.
};

/// Unpacks the one stream that `bytes` begin with, and stops after `max_size` bytes of it. What
/// follows the stream does not matter: libarchive, which reads files, takes it for damage.
UnpackedStream unpack_stream(Packing packing, Bytes bytes, std::size_t max_size);

}  // namespace btfreloc::tool
