#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace btfreloc {

/// The bytes of a file, mapped read-only where the kernel allows it and read otherwise (pipes,
/// and /sys/kernel/btf before Linux 6.16). Moves, does not copy; the bytes stay where they are.
class MappedFile {
 public:
  /// Fails with Errc::io when the file cannot be opened, is a directory, or has to be
  /// read into memory and is larger than kMaxReadSize.
  static Result<MappedFile> open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  Bytes bytes() const { return bytes_; }

  /// What a pipe may hold at most: the largest vmlinux with debug information is below 1 GiB.
  static constexpr std::size_t kMaxReadSize = std::size_t{2} << 30;

 private:
  MappedFile() = default;

  Bytes bytes_;
  std::vector<std::byte> owned_;  ///< Empty when mapped.
  bool mapped_ = false;
};

}  // namespace btfreloc
