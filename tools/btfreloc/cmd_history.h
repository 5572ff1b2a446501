#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Defines the options of `btfreloc history`.
Runner add_history(CLI::App& command);

}  // namespace btfreloc::tool
