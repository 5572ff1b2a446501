#pragma once

#include "base/error.h"
#include "btfreloc-emit/emit.h"
#include "btfreloc/output.h"

namespace btfreloc::emit {

/// What was relocated, record by record: accesses as the source has them, relocations as the object
/// has them. Optimisation drops and copies accesses, and some take several relocations.
Status print_report(tool::Output& out, const tool::EmitOptions& options, const Emission& emission);

}  // namespace btfreloc::emit
