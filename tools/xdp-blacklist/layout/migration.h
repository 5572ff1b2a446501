#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/units.h"

// Values of an old layout turned into values of a new one. compare_layouts() makes the steps.

namespace xdp_blacklist {

/// What an enumerator of the old type is in the new one. Both as the bits that lie in memory.
struct MovedEnumerator {
  std::uint64_t before;
  std::uint64_t after;
  std::string problem = {};  ///< Why it is none: "is DROP, which enum verdict does not have".
};

/// How a part of an old value becomes a part of a new one. Offsets count from the start of the
/// value; within `each`, from the start of an element.
struct MigrationStep {
  enum class Op : std::uint8_t {
    copy,         ///< from_size bits as they are.
    number,       ///< An integer, which may have another size.
    enumerator,   ///< A number that stands for a name.
    elements,     ///< `each` for `count` elements, which are from_size and to_size apart.
    expect_zero,  ///< from_size bits that have no place in the new value.
  };
  Op op;
  std::string field = {};  ///< For errors: "rule.id"
  btfreloc::Bits from = {};
  btfreloc::Bits to = {};
  btfreloc::Bits from_size = {};
  btfreloc::Bits to_size = {};
  bool from_signed = false;
  bool to_signed = false;
  btfreloc::Bits to_digits = {};  ///< Of a number: bits that may be used, 1 for a bool.
  std::string why = {};           ///< Of the new type, or of what is missing.
  std::uint32_t count = 0;
  std::vector<MigrationStep> each = {};
  std::vector<MovedEnumerator> enumerators = {};  ///< By `before`, ascending.
};

/// Turns keys or values of one layout into those of another. What no field of the old layout says
/// is zero, padding included.
class Migration {
 public:
  Migration() = default;
  Migration(std::vector<MigrationStep> steps, btfreloc::ByteCount old_size,
            btfreloc::ByteCount new_size, std::endian order)
      : steps_(std::move(steps)), old_size_(old_size), new_size_(new_size), order_(order) {}

  btfreloc::ByteCount old_size() const { return old_size_; }
  btfreloc::ByteCount new_size() const { return new_size_; }

  /// The new form of a value, or the name of the field that has none. Time is in proportion to the
  /// sizes of both.
  btfreloc::Result<std::vector<std::byte>> migrate(btfreloc::Bytes old_value) const;

 private:
  std::vector<MigrationStep> steps_;
  btfreloc::ByteCount old_size_;
  btfreloc::ByteCount new_size_;
  std::endian order_ = std::endian::native;
};

}  // namespace xdp_blacklist
