#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Defines `btfreloc diff`.
Runner add_diff(CLI::App& command);

}  // namespace btfreloc::tool
