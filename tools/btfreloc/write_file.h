#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::tool {

/// Writes a whole file or nothing: into a temporary file beside it, which then takes its name.
/// Links are followed. What is no regular file, such as a device or a pipe, is written to directly.
Status write_file(const std::string& path, Bytes bytes);

}  // namespace btfreloc::tool
