#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"

namespace btfreloc::tool {

/// Bytes for a test run, as options name them: those of a file, or the hexadecimal digits behind
/// "hex:". At most 1 MiB; the kernel takes a packet of 64 KiB or so.
Result<std::vector<std::byte>> read_test_input(const std::string& input);

}  // namespace btfreloc::tool
