#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/view.h"
#include "xdp-blacklist/layout/migration.h"

// What became of a map's key or value between the program that pinned it and the one that is
// loaded now, by the BTF of both.

namespace xdp_blacklist {

/// What the type is for.
enum class LayoutPart : std::uint8_t {
  value,
  key,
  /// Of an LPM trie: prefixes count bits, so that any change gives old ones another meaning.
  prefix_key,
};

/// Whether fields that are gone may be forgotten where they are not zero.
enum class Drop : std::uint8_t { nothing, fields };

struct LayoutChange {
  /// Old bytes mean the same to the new program, but for enumerators that were added.
  bool same = false;
  /// Entries can be migrated, though some may hold what the new layout has no place for.
  bool can_migrate = false;
  /// Why not: "rule.flags was an integer and is an array".
  std::vector<std::string> refused = {};
  /// Fields that were (-) and are now (+), for people; unchanged ones are left out:
  ///   - struct rule  8 bytes
  ///   + struct rule  12 bytes
  ///   - struct rule.flags  u32 at 4, 4 bytes
  ///   + struct rule.flags  u8 at 8, 1 byte
  std::vector<std::string> diff = {};
  /// From old to new. Where can_migrate is false it is not to be used.
  Migration migration = {};
};

/// Compares a key or value type of the program that was with that of the program that will be.
///
/// Fields are told by their names, in structs within structs too, and in arrays element by element;
/// names of structs and typedefs mean nothing. Integers may become wider or narrower, signed or
/// not, as long as their values fit. Enumerators keep their names, and so may get other numbers.
/// Arrays may become longer, and shorter where nothing but zeros is cut. Unions, bitfields and
/// floats have to be as they were. New fields are zero. Distinct keys stay distinct, except where
/// Drop::fields forgets what told them apart.
///
/// Fails for types that have no size or contradict themselves (fields that overlap or lie outside),
/// of different byte orders, of more than 1 MiB, 10,000 fields and enumerators, or 32 levels.
btfreloc::Result<LayoutChange> compare_layouts(const btfreloc::btf::View& old_btf,
                                               btfreloc::TypeId old_type,
                                               const btfreloc::btf::View& new_btf,
                                               btfreloc::TypeId new_type, LayoutPart part,
                                               Drop drop = Drop::nothing);

}  // namespace xdp_blacklist
