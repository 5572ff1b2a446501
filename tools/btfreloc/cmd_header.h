#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc header`.
Runner add_header(CLI::App& command);

}  // namespace btfreloc::tool
