#pragma once

#include <string>

#include "btfreloc/json.h"
#include "btfreloc/kernel.h"
#include "btfreloc/kernel_diff.h"
#include "btfreloc/output.h"

// What a comparison of two kernels looks like: as text, and as JSON.

namespace btfreloc::tool {

struct DiffTextOptions {
  bool every_member = false;  ///< A line for each, also where many moved by the same distance.
  bool summary = false;       ///< Ends with how much there is of each.
  bool only_summary = false;
};

/// Prints types, functions and variables that differ: a line for those that one side lacks, a
/// heading and lines for others.
void print_diff(Output& out, const KernelDiff& diff, const DiffTextOptions& options);

/// Prints what happened to the members of one type, a line for each; many that moved together share
/// one.
void print_members(Output& out, const DiffEntry& entry);

/// The records of "types", "functions" and "variables" in btfreloc.diff/1. `keeps_ids`: whether
/// ids on each side are the kernel's.
struct DiffSides {
  bool old_keeps_ids;
  bool new_keeps_ids;
};
void print_diff_arrays(Output& out, const KernelDiff& diff, DiffSides sides);
/// How many were added, removed and changed, in each group.
Json summary_json(const KernelDiff& diff);

}  // namespace btfreloc::tool
