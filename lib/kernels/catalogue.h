#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/column.h"
#include "kernels/content.h"
#include "kernels/string_table.h"

namespace btfreloc::kernels {

/// Everything that a set says, in memory, while it is changed: which symbol says what in which
/// column.
///
/// Numbers of columns are those of arrival; writers put columns into their order. What is no longer
/// of any column stays until the set is written.
class Catalogue {
 public:
  /// Columns in a row that say the same.
  struct Run {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t set;  ///< Index into Symbol::sets, plus 1.
  };
  struct Version {
    std::uint64_t hash;
    std::size_t begin;  ///< In words.
    std::uint32_t size;
  };
  struct Symbol {
    std::uint32_t name = 0;  ///< A string.
    SymbolKind kind = 0;
    std::vector<Version> versions = {};
    /// What columns have of it: versions of its types, in the order of ids.
    std::vector<std::vector<std::uint32_t>> sets = {};
    std::vector<Run> row = {};  ///< Ascending; columns in no run do not have it.
    /// Of versions and sets, those that the set had when it was read; they keep their numbers.
    std::uint32_t old_versions = 0;
    std::uint32_t old_sets = 0;
  };

  StringTable strings;
  std::vector<Column> columns;
  /// Of each column, that of its kernel; its own number for kernels.
  std::vector<std::uint32_t> kernels;
  std::vector<bool> is_live;  ///< False for columns that were taken away.

  std::vector<Symbol>& symbols() { return symbols_; }
  const std::vector<Symbol>& symbols() const { return symbols_; }
  /// Its number; adds it where there is none.
  std::uint32_t symbol(SymbolKind kind, std::uint32_t name);
  /// The number of a version with that content; adds it where there is none.
  std::uint32_t version(std::uint32_t symbol, std::span<const Word> content);
  std::span<const Word> content(const Version& version) const {
    return std::span(words_).subspan(version.begin, version.size);
  }

  /// A column at the end, without types.
  std::uint32_t add_column(Column column, std::optional<std::uint32_t> kernel);
  /// Says that the last column has these versions of a symbol, in the order of ids.
  void set_row(std::uint32_t symbol, std::span<const std::uint32_t> versions);
  /// The set plus 1 that a column has of a symbol; 0: none.
  static std::uint32_t set_in(const Symbol& symbol, std::uint32_t column);
  /// True when both columns have the same of every symbol.
  bool are_equal(std::uint32_t a, std::uint32_t b) const;

 private:
  std::vector<Symbol> symbols_;
  HashIndex symbol_index_;
  std::vector<Word> words_;
};

}  // namespace btfreloc::kernels
