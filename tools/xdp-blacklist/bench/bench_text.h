#pragma once

#include "btfreloc/output.h"
#include "xdp-blacklist/bench/bench.h"

namespace xdp_blacklist {

/// A table: a row for each packet and program.
void print(btfreloc::tool::Output& out, const BenchReport& report);
void print_json(btfreloc::tool::Output& out, const BenchReport& report);

}  // namespace xdp_blacklist
