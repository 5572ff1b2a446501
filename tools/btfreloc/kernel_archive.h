#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc::tool {

/// True when the bytes are a package (.deb, .rpm) or a .tar archive, packed or not.
bool is_archive(Bytes bytes);

/// A file in an archive, read when asked for.
class ArchiveEntry {
 public:
  /// Its name in the archive, without "./" and "/" in front. It may have any characters, and "..":
  /// it is only compared and, made printable, shown.
  const std::string& path() const { return path_; }
  /// Once. Fails when there is more of it than a vmlinux with debug information has.
  Result<std::vector<std::byte>> read();

 private:
  friend class ArchiveReader;
  ArchiveEntry(std::string path, std::function<Result<std::vector<std::byte>>()> read)
      : path_(std::move(path)), read_(std::move(read)) {}

  std::string path_;
  std::function<Result<std::vector<std::byte>>()> read_;
};

struct ArchiveCalls {
  /// A regular file. Links, devices and folders are passed over. An error ends the walk.
  std::function<Status(ArchiveEntry&)> entry;
  /// Bytes of the archive that were read so far.
  std::function<void(std::uint64_t)> progress = {};
};

/// Walks through an archive, and the archives in it that hold the files of a package (data.tar of
/// .deb) or BTF (NAME.btf.tar.xz), in memory: nothing is written. The number of entries and what
/// they unpack to is bounded. Errors name the entry.
Status for_each_entry(Bytes archive, const ArchiveCalls& calls);

}  // namespace btfreloc::tool
