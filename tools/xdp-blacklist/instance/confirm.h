#pragma once

#include <string>

#include "xdp-blacklist/instance/instance.h"

namespace xdp_blacklist {

/// Sets the mode. With a duration that is not "", it is block again after that time, unless
/// confirm() comes first; only allow has to be confirmed. One write: allow never holds without its
/// end.
Status set_mode(Instance& instance, Mode mode, const std::string& confirm_within);

/// The mode stays as it is. False when it has fallen back already.
Result<bool> confirm(Instance& instance);

}  // namespace xdp_blacklist
