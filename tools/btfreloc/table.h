#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btfreloc/output.h"

namespace btfreloc::tool {

/// Text of the file for a column of a table: safe for a terminal, and cut at a size that no name of
/// a compiler has, so that one hostile name does not make every row as long.
std::string cell(std::string_view text);

/// A table whose columns are as wide as their widest cell; the last is not padded.
class Table {
 public:
  explicit Table(std::vector<bool> right_aligned) : right_(std::move(right_aligned)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  void print(Output& out) const;
  /// The rows as they would be printed, for callers who colour them.
  std::vector<std::string> lines() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace btfreloc::tool
