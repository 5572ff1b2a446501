#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>

#include "base/bytes.h"

namespace btfreloc::kernels {

/// XXH3 with 64 bits: what checksums of a set are, and what tables go by.
inline std::uint64_t hash64(Bytes bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace btfreloc::kernels
