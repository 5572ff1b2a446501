#pragma once

#include <string_view>
#include <vector>

#include "btfreloc/history.h"

namespace btfreloc::tool {

/// Finds a member in each entry: under its path, and where a kernel lacks that, by what became of
/// it since the kernel before, or what it was before the kernel behind. Where no kernel of an
/// architecture has the path, by the names that the member has in those of others.
void track_fields(std::vector<Timeline>& timelines, std::string_view path);

/// Adds a step wherever an entry says something else than the one before.
void add_steps(Timeline& timeline, bool has_path);

}  // namespace btfreloc::tool
