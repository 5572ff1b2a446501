#include "base/mapped_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace btfreloc {
namespace {

/// Closes a descriptor when it goes out of scope.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Reads until the end. `expected` is only a first guess at the size: /proc/kcore claims 128 TiB.
Result<std::vector<std::byte>> read_all(int fd, const std::string& path, std::size_t expected) {
  constexpr std::size_t kMaxFirstGuess = std::size_t{16} << 20;
  // One byte more than expected, so that the usual file ends with one short read.
  std::vector<std::byte> bytes(std::min(expected, kMaxFirstGuess) + 1);
  std::size_t used = 0;
  for (;;) {
    if (used == bytes.size()) {
      if (used >= MappedFile::kMaxReadSize) {
        return fail(Errc::io, fmt::format("cannot read more than {} bytes", used), {.file = path},
                    "write it to a regular file first");
      }
      bytes.resize(used < 32768 ? 65536 : used * 2);
    }
    const ssize_t got = ::read(fd, bytes.data() + used, bytes.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "cannot read", {.file = path});
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  bytes.resize(used);
  return bytes;
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail_errno(errno, "cannot open", {.file = path});
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "cannot stat", {.file = path});
  if (S_ISDIR(status.st_mode)) {
    return fail_errno(EISDIR, "cannot read", {.file = path}, "name a file inside it");
  }

  MappedFile file;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (S_ISREG(status.st_mode) && size > 0) {
    void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (at != MAP_FAILED) {
      file.bytes_ = {static_cast<const std::byte*>(at), size};
      file.mapped_ = true;
      return file;
    }
  }
  TRY(file.owned_, read_all(fd.get(), path, S_ISREG(status.st_mode) ? size : 0));
  file.bytes_ = file.owned_;
  return file;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      owned_(std::move(other.owned_)),
      mapped_(std::exchange(other.mapped_, false)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  std::swap(owned_, other.owned_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

MappedFile::~MappedFile() {
  if (mapped_) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

}  // namespace btfreloc
