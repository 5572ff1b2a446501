#pragma once

#include "base/error.h"

namespace xdp_blacklist {

/// Takes from this process all it can do but compute, and read and write `socket`, for good. It
/// must have one thread, and leave by _exit().
btfreloc::Status enter_sandbox(int socket);

/// False in builds with sanitizers, which make system calls of their own, and on machines whose
/// calls the filter does not know: then what is left is no files, no capabilities and the timer.
bool sandbox_limits_calls();

}  // namespace xdp_blacklist
