#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

// The bytes of an order:
//
//   u8 form: 1 an order, 2 the file itself, as it is
//   u64 XXH3 of the file
//   order: varint size of `bits`; bits; one zstd frame of the rest
//   file: one zstd frame
//
// Integers are little endian, varints LEB128.

namespace btfreloc::kernels {

/// No BTF is longer, in bytes; the kernel takes 16 MiB.
inline constexpr std::uint64_t kMaxFileSize = std::uint64_t{256} << 20;

/// What is kept of a BTF file besides its types. Bytes are those of the file.
struct StoredOrder {
  /// Bytes that differ from what comes of the rest.
  struct Patch {
    std::uint64_t offset;  ///< In bytes from the start of the file.
    std::vector<std::byte> bytes;
  };

  std::vector<std::byte> bits;                   ///< The orders of types and strings.
  std::array<std::vector<std::byte>, 3> around;  ///< Before, between and behind types and strings.
  bool big_endian = false;
  std::uint32_t strings = 0;   ///< How many the section has.
  std::string other_texts;     ///< Those that no type uses, each with its NUL.
  std::vector<Patch> patches;  ///< Ascending.
};

/// An error about bytes of an order.
std::unexpected<Error> fail_order(std::string message);

std::vector<std::byte> pack(const StoredOrder& order, std::uint64_t checksum);
std::vector<std::byte> pack_file(Bytes file, std::uint64_t checksum);

/// What packed bytes begin with.
struct Packed {
  bool is_file;
  std::uint64_t checksum;
  Bytes content;  ///< For unpack() or unpack_file().
};
Result<Packed> open_packed(Bytes bytes);

/// `most` bounds what is kept besides the bits, in bytes.
Result<StoredOrder> unpack(Bytes content, std::uint64_t most);
Result<std::vector<std::byte>> unpack_file(Bytes content);

}  // namespace btfreloc::kernels
