#pragma once

#include <cstdint>

#include "btf/view.h"

namespace btfreloc::btf {

/// True when some enum of the BTF, or of its base, is signed or has 64 bits: then the others are
/// what they say. BTF from before Linux 6.0 and clang 15 does not say which enums are signed.
inline bool tells_signs(const View& btf) {
  const View& whole = btf.base() != nullptr ? *btf.base() : btf;
  for (std::uint32_t id = 1; id < whole.size(); ++id) {
    const auto kind = whole.kind(TypeId{id});
    if (kind == Kind::kEnum64) return true;
    if (kind == Kind::kEnum && whole.info(TypeId{id}).kind_flag) return true;
  }
  return false;
}

}  // namespace btfreloc::btf
