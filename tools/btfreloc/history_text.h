#pragma once

#include <string>
#include <vector>

#include "btfreloc/history.h"
#include "btfreloc/output.h"

namespace btfreloc::tool {

/// "6.12.43-cloud…6.18.15-cloud", or one name. Printable.
std::string run_name(const HistoryKernels& kernels, const Timeline& timeline, Run run);

/// "8", "2 bits"; "-" for a type without a size.
std::string size_text(const FieldPlace& place);
/// "24"; "80:3" for a bitfield: byte and bit.
std::string offset_text(const FieldPlace& place);

/// What happened at a step, without when: "`state` (volatile long int, byte 16) became `__state`
/// (unsigned int, byte 24): same name but for underscores". One clause. Printable.
std::string step_text(const Timeline& timeline, const Step& step);
/// Of a whole type, only sizes and numbers: "128 → 136 bytes and 15 → 16 members"; "" when these
/// are the same.
std::string size_step_text(const Timeline& timeline, const Step& step);
/// "between 5.10.0-46-cloud and 6.1.0-47-cloud"
std::string between(const HistoryKernels& kernels, const Timeline& timeline, const Step& step);

/// The table, and what happened from row to row.
void print_history(Output& out, const HistoryKernels& kernels, const History& history);

}  // namespace btfreloc::tool
