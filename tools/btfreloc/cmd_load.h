#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc load`.
Runner add_load(CLI::App& command);

}  // namespace btfreloc::tool
