#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc legalize`.
Runner add_legalize(CLI::App& command);

}  // namespace btfreloc::tool
