#pragma once

#include "btfreloc/history.h"
#include "btfreloc/output.h"

namespace btfreloc::tool {

/// Prints a history as a document of the schema btfreloc.history/1: docs/history.md has the fields.
void print_history_json(Output& out, const HistoryKernels& kernels, const History& history);

}  // namespace btfreloc::tool
