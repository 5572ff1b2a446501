#pragma once

#include "base/error.h"

namespace xdp_blacklist {

/// Takes from this process all it can do but compute, and read and write `socket`, for good. It
/// must have one thread, and leave by _exit().
btfreloc::Status enter_sandbox(int socket);

}  // namespace xdp_blacklist
