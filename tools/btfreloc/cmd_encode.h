#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc encode`.
Runner add_encode(CLI::App& command);

}  // namespace btfreloc::tool
