#pragma once

#include "btf/view.h"

namespace btfreloc::tool {

/// True when every name of a module starts where a string does. Names of a module count on from the
/// strings of its kernel, so that with another kernel nearly all of them start within one.
bool is_split_on(const btf::View& module, const btf::View& kernel);

}  // namespace btfreloc::tool
