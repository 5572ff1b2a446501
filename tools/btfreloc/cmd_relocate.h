#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc relocate`.
Runner add_relocate(CLI::App& command);

}  // namespace btfreloc::tool
