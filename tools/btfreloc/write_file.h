#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::tool {

/// Writes a whole file or nothing: into a temporary file beside it, which then takes its name.
/// Links are followed. What is no regular file, such as a device or a pipe, is written to directly.
Status write_file(const std::string& path, Bytes bytes);

/// The same for a regular file that somebody may be reading: its owner stays, the bytes are on the
/// disk before they take its place, and signals that end the program wait until they have.
Status replace_file(const std::string& path, Bytes bytes);

/// The same for a file that must be new. False, and nothing is written, when there is one.
Result<bool> create_file(const std::string& path, Bytes bytes);

/// The file behind symbolic links, whether there is one or not.
std::string behind_links(const std::string& path);

}  // namespace btfreloc::tool
