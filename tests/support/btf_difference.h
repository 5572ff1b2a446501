#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace btfreloc::test {

/// Raw BTF; of split BTF, with what it is split on.
struct RawBtf {
  Bytes blob;
  Bytes base = {};
};

/// What counts as a difference among types that are equal in everything and have no name.
enum class Copies : std::uint8_t {
  counted,  ///< One more or less is a difference.
  merged,   ///< One stands for all.
};

/// Says what the first type is that one of two BTFs has and the other has not; "" when the two are
/// isomorphic: there is a one-to-one map between their types, under which records are equal but for
/// the ids in them, and types of one kind and name have the same order.
///
/// Ids, the order of types otherwise, and the place of strings do not count; nor do strings that no
/// type has, and what the header says. Throws when the bytes are no BTF.
///
/// Shares no code with the library: what it knows of BTF is in its own source.
std::string difference(const RawBtf& a, const RawBtf& b, Copies copies = Copies::counted);

}  // namespace btfreloc::test
