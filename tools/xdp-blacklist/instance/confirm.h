#pragma once

#include <string>

#include "xdp-blacklist/instance/instance.h"

namespace xdp_blacklist {

/// From after this time on the mode is block, unless confirm() comes first. Fails unless the mode
/// is allow.
Status set_confirm(Instance& instance, const std::string& duration);

/// The mode stays as it is. False when it has fallen back already.
Result<bool> confirm(Instance& instance);

}  // namespace xdp_blacklist
