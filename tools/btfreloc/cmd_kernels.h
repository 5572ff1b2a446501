#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Defines the options of `btfreloc kernels` and its subcommands.
Runner add_kernels(CLI::App& command);

}  // namespace btfreloc::tool
