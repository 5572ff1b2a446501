#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/view.h"

// Extraction gives types in an order of its own. What is kept here is the way back: which id each
// type had, where each string lay, and what else a kernel's file has that its types do not say. It
// is a fraction of the types themselves, since kernels of a series are laid out alike.

namespace btfreloc::kernels {

/// The types and strings of one BTF by what they are, in the order they have in it. Kernels are
/// compared by it: a number here means the same type, or string, in all of them.
struct Sequence {
  std::vector<std::uint64_t> types;    ///< Of own types, by id.
  std::vector<std::uint64_t> strings;  ///< Of own strings, by offset.
};

/// Of any BTF, split BTF included.
Sequence sequence_of(const btf::View& btf);

/// What restore() needs to make `original` of `canonical`, which has the same types in another
/// order. Of split BTF, both are split: on the kernel's original, and on its canonical BTF.
/// `reference` is a kernel that may be alike, best of the nearest release, whatever its
/// architecture; null for none. Small, compressed. Whatever the original is like, restore() gives
/// its bytes: this was tried before it returns.
Result<std::vector<std::byte>> encode_order(const btf::View& original, Bytes original_bytes,
                                            const btf::View& canonical, const Sequence* reference);

/// The bytes of the original. `base` is the kernel's original for split BTF, null otherwise.
/// Fails with Errc::bad_format on bytes that encode_order() did not write for `canonical`.
Result<std::vector<std::byte>> restore(const btf::View& canonical, const btf::View* base,
                                       Bytes order, const Sequence* reference);

}  // namespace btfreloc::kernels
