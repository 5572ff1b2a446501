#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "support/byte_vector.h"

// A kernel set with nothing packed and no checksums, so that what is changed in it gets past them,
// to the code behind.

namespace btfreloc::test {

/// The parts of a set: one byte of switches; the directory; for each segment its parts, then its
/// blocks; what columns have for their ids.
using Chunks = std::vector<ByteVector>;

/// The first byte says what implode() leaves as it stands, to be wrong.
inline constexpr std::byte kKeepsExtents{1};        ///< Places, sizes and checksums of parts.
inline constexpr std::byte kKeepsUnpackedSizes{2};  ///< Of blocks.

/// Of a set that is whole.
Chunks explode(Bytes set);
/// A set of these chunks, in which checksums are right, and places where they can be.
ByteVector implode(const Chunks& chunks);

/// Chunks in a row, with the size of each before it; reading takes any bytes.
ByteVector joined(const Chunks& chunks);
Chunks split(Bytes joined);

/// Opens and reads everything in a set that may be anything. Says what does not hold of all that
/// was promised; "" for nothing.
std::string complaint_about(Bytes set);

}  // namespace btfreloc::test
