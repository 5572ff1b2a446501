#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// Adds the options of `btfreloc explain`.
Runner add_explain(CLI::App& command);

}  // namespace btfreloc::tool
