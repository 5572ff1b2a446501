#pragma once

#include <string>

#include "base/error.h"
#include "btfreloc/history.h"

namespace btfreloc::tool {

/// A picture of the layouts, as SVG: a column for each run of kernels, members as boxes, what was
/// asked for followed from column to column. Fails for what has no layout: enums and functions.
Result<std::string> draw_history(const HistoryKernels& kernels, const History& history);

}  // namespace btfreloc::tool
