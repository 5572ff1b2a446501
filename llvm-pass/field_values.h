#pragma once

#include "access_chain.h"

namespace btfreloc::pass {

/// The bytes that a bitfield is read and written with, in bits from the beginning of its record.
struct StorageUnit {
  uint64_t begin;
  uint64_t end;
};

/// The unit that LLVM's own pass names for a bitfield of a record with that alignment (in bytes):
/// as large as the alignment allows. Where it has none and gives up, the smallest of 1, 2, 4 or 8
/// bytes that holds the bitfield, as libbpf has it; a bitfield that none holds gets 8.
StorageUnit storage_unit(const llvm::DIDerivedType& bitfield, uint64_t alignment);

/// What this program's own layout says of a member or element: the value that stands in the code
/// until it is relocated. `offset` is that of the member from the root, in bytes.
uint64_t local_field_info(FieldInfo kind, const Step& last, uint64_t offset, uint64_t alignment,
                          bool is_little_endian);

}  // namespace btfreloc::pass
