#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "btf/view.h"
#include "kernels/catalogue.h"

namespace btfreloc::kernels {

/// What the types of one BTF are in a catalogue, by id. For the modules that are split on it.
struct InternedTypes {
  static constexpr std::uint32_t kNone = HashIndex::kNone;

  std::vector<std::uint32_t> symbols;  ///< kNone: a type without a name.
  /// Which of those of its symbol a type is; of types without a name, which of those that are the
  /// same to the last reference.
  std::vector<std::uint32_t> nths;
  /// Types without a name, by their records; and how many there are of each first one.
  HashIndex unnamed;
  std::vector<std::uint32_t> copies;
};

/// Fails with Errc::unsupported where a BTF has what a catalogue has no words for, and what no
/// kernel has: unknown kinds, bits that mean nothing, types without names that contain themselves.
Status check_internable(const btf::View& btf);

/// Puts the own types of a BTF into the last column of a catalogue. It passed check_internable();
/// `base` is what this gave for its base.
InternedTypes intern(const btf::View& btf, const InternedTypes* base, Catalogue& catalogue);

}  // namespace btfreloc::kernels
