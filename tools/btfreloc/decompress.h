#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::tool {

/// True when the bytes start like an xz, zstd or gzip file.
bool is_compressed(Bytes bytes);

/// The content of an xz, zstd or gzip file. Fails with Errc::bad_format on damage, and with
/// Errc::out_of_range when there is more than kMaxDecompressed.
Result<std::vector<std::byte>> decompress(Bytes bytes);

/// Bytes. The largest vmlinux with debug information is below this.
inline constexpr std::size_t kMaxDecompressed = std::size_t{1} << 30;

}  // namespace btfreloc::tool
