#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "btf/view.h"

namespace btfreloc::kernels {

/// What each own type of a BTF is, by id, as a number that the same type has in any other BTF,
/// whatever its id there: of a named type its kind and name, of one without a name its content.
/// Types that are alike are told apart by their place among them, so that a number stands for one
/// type: where two of a BTF have the same one, their hashes collide.
///
/// Structs that only anonymous types lead back to, which no compiler makes, may have other numbers
/// in another BTF.
std::vector<std::uint64_t> type_identities(const btf::View& view);

/// The same, with those of the base's types, from id 1, which stand for others there: a type of a
/// module is never one of its kernel's.
struct Identities {
  explicit Identities(const btf::View& view);

  std::vector<std::uint64_t> base;  ///< As type_identities() of the base has them.
  std::vector<std::uint64_t> own;
};

/// What a string is, in the same sense.
std::uint64_t string_identity(std::string_view text);

/// Of a whole file, to know it by.
std::uint64_t checksum_of(Bytes file);

/// From 64-bit numbers that are hashes already to 32-bit ones. The largest value stands for none.
class IdentityMap {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// Has room for about `count` entries before it grows.
  explicit IdentityMap(std::size_t count);
  /// The value of `identity`, which is kNone when it was not there: to be read or written, until
  /// the next call.
  std::uint32_t& operator[](std::uint64_t identity);
  std::uint32_t find(std::uint64_t identity) const { return slots_[slot_of(identity)].value; }

 private:
  struct Slot {
    std::uint64_t identity = 0;  ///< 0: empty.
    std::uint32_t value = kNone;
  };
  std::size_t slot_of(std::uint64_t identity) const;
  void grow();

  std::size_t taken_ = 0;
  std::vector<Slot> slots_;  ///< A power of two, half of them empty at least.
};

}  // namespace btfreloc::kernels
