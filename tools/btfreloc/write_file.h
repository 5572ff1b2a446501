#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::tool {

/// Writes a whole file or nothing: into a temporary file beside it, which then takes its name. What
/// is no regular file, such as /dev/stdout, is written to directly.
Status write_file(const std::string& path, Bytes bytes);

}  // namespace btfreloc::tool
