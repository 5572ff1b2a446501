#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "btf/rules.h"
#include "support/btf_bytes.h"

namespace btfreloc::test {

/// A blob of a program and the one rule that it breaks; none when a new kernel takes it.
struct BtfCase {
  std::string name;
  std::optional<btf::Rule> rule;
  ByteVector blob;
};

/// Blobs for every rule of .BTF, on both sides of it, by what Linux 6.18 says.
std::vector<BtfCase> btf_cases();

}  // namespace btfreloc::test
