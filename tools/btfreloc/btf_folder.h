#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::tool {

/// A directory of BTF files in which equal ones are stored once. Of what it wrote, it keeps names
/// and hashes in memory.
class BtfFolder {
 public:
  struct File {
    std::string name;
    std::size_t bytes;
    std::size_t types;
    std::size_t kernels;  ///< How many share it.
  };

  /// Makes the directory unless it is there.
  static Result<BtfFolder> open(const std::string& path);

  /// Writes the BTF of a kernel to LABEL.btf unless it is there already; the index into files().
  Result<std::size_t> add(const std::string& label, Bytes btf, std::size_t types);

  /// Names of the .btf files that are there and not of this run, sorted.
  std::vector<std::string> stale_files() const;

  const std::string& path() const { return path_; }
  const std::vector<File>& files() const { return files_; }

 private:
  explicit BtfFolder(std::string path) : path_(std::move(path)) {}
  std::string unused_name(const std::string& label) const;

  std::string path_;
  std::vector<File> files_;
  std::set<std::string> names_;
  std::unordered_multimap<std::size_t, std::size_t> by_hash_;  ///< Indices into files_.
};

}  // namespace btfreloc::tool
