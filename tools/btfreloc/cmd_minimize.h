#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc minimize`.
Runner add_minimize(CLI::App& command);

}  // namespace btfreloc::tool
