#pragma once

#include <span>
#include <vector>

#include "base/error.h"
#include "kernels/catalogue.h"
#include "kernels/set.h"

namespace btfreloc::kernels {

/// What a file is made of.
struct SetContent {
  const Catalogue& catalogue;
  /// Of columns that keep their ids, by the catalogue's number: the bytes as they were added. Empty
  /// where the old set has them.
  std::span<const std::vector<std::byte>> originals;
  /// The set that was read; its columns are the catalogue's first ones. Null for none.
  const Set* old;
  bool appends;  ///< Keeps the bytes of the old set, and puts the other columns into a segment.
};

/// The bytes of the file. The same columns give the same bytes, unless it appends.
Result<std::vector<std::byte>> write_set(const SetContent& content);

}  // namespace btfreloc::kernels
