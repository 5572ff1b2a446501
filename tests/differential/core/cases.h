#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/resolve.h"
#include "support/btf_bytes.h"
#include "support/choices.h"

namespace btfreloc::test {

inline constexpr std::size_t kKinds = core::kReloKindNames.size();

/// A relocation to compare, with the access string, which must outlive the request.
struct Case {
  std::string access;
  core::Request request;
};

/// Random relocations of an object's types, most of which mean something.
struct Cases {
  std::vector<Case> cases;
  std::vector<std::uint32_t> access_offsets;  ///< Beside them: of access strings in `local`.
  OpenBtf local;

  /// The requests, which point into this.
  std::vector<core::Request> requests() const;
};

/// As many random relocations, whose access strings become part of the types' BTF.
Cases make_cases(BtfBytes types, std::size_t count, Choices& choices);

std::string insn_text(const core::Site& site);

}  // namespace btfreloc::test
