#pragma once

#include "btfreloc/command.h"

namespace btfreloc::tool {

Runner add_validate(CLI::App& command);

}  // namespace btfreloc::tool
