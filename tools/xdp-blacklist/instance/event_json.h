#pragma once

#include <nlohmann/json.hpp>

#include "btf/value.h"

namespace xdp_blacklist {

using Json = nlohmann::ordered_json;

/// A value for readers and scripts: members by their names; the active variant of a tagged union
/// has its name as `kind`; a struct address is a text.
Json event_of(const btfreloc::btf::Value& value);

}  // namespace xdp_blacklist
