#pragma once

#include <functional>

#include "base/error.h"
#include "btfreloc/output.h"

namespace CLI {
class App;
}

namespace btfreloc::tool {

/// Runs a subcommand whose options have been parsed; returns the exit status.
using Runner = std::function<Result<int>(Output&)>;

}  // namespace btfreloc::tool
