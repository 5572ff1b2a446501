#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "kernels/column.h"

namespace btfreloc::kernels {

/// A kernel set that was opened: the header and the directory are checked, blocks of types when
/// they are read. Does not own the bytes. docs/btfset.md has the format.
///
/// Constant, and safe from several threads: what readers keep is in Slicer and Extracted.
class Set {
 public:
  /// Fails with Errc::unsupported for a set of a newer version, which it names.
  static Result<Set> open(Bytes bytes);
  static bool is_set(Bytes bytes);  ///< True when they begin like one, of whatever version.

  Set(Set&&) noexcept;
  Set& operator=(Set&&) noexcept;
  ~Set();

  /// Kernels, then modules, as goes_before() says.
  const std::vector<Column>& columns() const;
  std::optional<std::size_t> find(std::string_view label, std::string_view module = {}) const;
  /// The column of a module's kernel.
  std::size_t kernel_of(std::size_t module) const;
  /// Of a kernel, ascending.
  std::vector<std::size_t> modules_of(std::size_t kernel) const;

  struct Size {
    std::uint32_t version;  ///< Of the format.
    std::size_t segments;   ///< 1 when nothing was added since it was packed.
    std::size_t symbols;    ///< Names with a kind.
    std::size_t versions;   ///< Different contents of all symbols.
    std::size_t blocks;
    std::uint64_t bytes;      ///< Of the file.
    std::uint64_t ids_bytes;  ///< Of them, for ids and the order of strings.
  };
  Size size() const;

  /// One thing that is wrong with a set, and whom it concerns.
  struct Damage {
    Error error;                       ///< Names the block.
    std::vector<std::string> kernels;  ///< address() of each that cannot be read; all, if empty.
  };
  /// Reads and checks everything.
  std::vector<Damage> verify() const;

 private:
  friend class SetReader;
  struct State;
  explicit Set(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace btfreloc::kernels
