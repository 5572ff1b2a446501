#pragma once

#include "base/error.h"
#include "btfreloc/history.h"

namespace btfreloc::tool {

/// Says that no kernel has what was asked for: what is named nearly like it, in which kernels, and
/// which kernels of other architectures have it. Fails where the names cannot be read.
Status print_unknown(HistoryKernels& kernels, const History& history);

}  // namespace btfreloc::tool
