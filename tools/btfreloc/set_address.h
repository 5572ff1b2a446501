#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "btfreloc/set_file.h"

// How kernels and modules of a set are named: SET.btfset, SET.btfset:GLOB, @shipped, @shipped:GLOB,
// and LABEL, which is looked up in @shipped.

namespace btfreloc::tool {

/// An address, taken apart.
struct SetAddress {
  std::string set;        ///< For SetFile::open().
  std::string pattern;    ///< What follows the colon; "" when nothing does.
  bool is_label = false;  ///< Without a set: maybe the user meant a file.
};

/// Nothing for addresses that name no set, and for files and directories that are there and are
/// none.
std::optional<SetAddress> parse_set_address(const std::string& address);

/// A label, or a pattern for labels as fnmatch(3) has them, and the same for a module.
struct ColumnPattern {
  std::string label;
  std::string module;  ///< "" for kernels.

  /// "6.1*", "6.1.0-56-amd64/veth".
  static ColumnPattern parse(std::string_view text);
  /// A column whose label is the pattern to the letter, or which it matches.
  bool matches(const kernels::Column& column) const;
};

/// The columns of a set that a pattern names: the one that is called so to the letter, or all that
/// it matches. Fails when there is none, with the nearest labels.
Result<std::vector<std::size_t>> find_columns(std::span<const kernels::Column> columns,
                                              const std::string& pattern, const std::string& set);

/// Kernels that an address names, in the order of the set.
struct SetKernels {
  std::shared_ptr<const SetFile> file;
  std::vector<std::size_t> columns;
};
Result<SetKernels> find_kernels(const SetAddress& address);

/// "name one: a, b, ...", for a hint.
std::string name_one_of(const std::vector<std::string>& labels);

}  // namespace btfreloc::tool
