#pragma once

#include <string>
#include <string_view>

#include "kernels/column.h"

// What is known of a kernel by where it was found.

namespace btfreloc::tool {

/// Where the bytes of a kernel or module are: a file, or an entry of an archive.
struct Place {
  std::string file;
  std::string entry;  ///< "" when it is the file.

  /// What folders and names tell is in this.
  std::string_view path() const { return entry.empty() ? file : entry; }
  /// For messages. Printable.
  std::string text() const;
  /// The key of a kernel that is in there: the keys of different archives differ.
  std::string inside(std::string_view key) const;
};

/// What the running kernel tells of itself. Another one may be named after a path.
kernels::Column facts_of_running();

/// Adds what the name and the folders of the file tell.
void add_facts_of_place(const Place& place, kernels::Column& column);

/// What a kernel is called whose release is unknown.
std::string label_of_place(const Place& place);

/// Longer than the label of the column: see KernelSource.
std::string longer_label(const kernels::Column& column, const Place& place);

}  // namespace btfreloc::tool
