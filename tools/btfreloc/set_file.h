#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/mapped_file.h"
#include "kernels/set.h"

namespace btfreloc::tool {

/// How the set that is installed with this program is named.
inline constexpr std::string_view kShipped = "@shipped";

/// A kernel set that is open for reading. What others do to the file meanwhile does not show.
class SetFile {
 public:
  /// Opens a set once in the life of a process: later calls for the same path get the same. The
  /// path kShipped is that of shipped_set().
  static Result<std::shared_ptr<const SetFile>> open(const std::string& path);

  const std::string& path() const { return path_; }  ///< As given to open().
  const kernels::Set& set() const { return set_; }
  const kernels::Column& column(std::size_t number) const { return set_.columns()[number]; }
  /// An error about the set, with its file.
  Error in_file(Error error) const;

 private:
  SetFile(std::string path, MappedFile file, kernels::Set set)
      : path_(std::move(path)), file_(std::move(file)), set_(std::move(set)) {}

  std::string path_;
  MappedFile file_;
  kernels::Set set_;
};

/// The set that is installed with this program: what BTFRELOC_SHIPPED names, or
/// ../share/btfreloc/shipped.btfset from where the program is.
std::string shipped_set();

/// True when the file is there, and begins like a set.
bool is_set_file(const std::string& path);

/// What is done to a set: gets the one that is there, null when there is none, and returns the
/// bytes of the new one, or nothing when it stays as it is. May be called again, when another
/// process made the file meanwhile.
using SetChange =
    std::function<Result<std::optional<std::vector<std::byte>>>(const kernels::Set* set)>;

/// Changes the set of a file, while no other process does: that one waits, and sees the outcome.
/// The file changes as a whole or stays as it is. Links are followed; mode and owner stay.
Status change_set(const std::string& path, const SetChange& change);

}  // namespace btfreloc::tool
