#include "btfreloc/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace btfreloc::tool {
namespace {

/// 0, or errno.
int write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return 0;
}

int close_after(int fd, int error) {
  if (::close(fd) != 0 && error == 0) error = errno;
  return error;
}

/// The permissions of the file that is there, or those that a new one gets.
mode_t mode_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) return status.st_mode & 07777;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

/// The file behind symbolic links, which are to stay links; `path` when there is none yet.
std::string behind_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real != nullptr ? real.get() : path;
}

/// True for what cannot be replaced: devices, pipes.
bool is_special(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

}  // namespace

Status write_file(const std::string& path, Bytes bytes) {
  if (is_special(path)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const int error = fd < 0 ? errno : close_after(fd, write_all(fd, bytes));
    if (error != 0) return fail_errno(error, "cannot write", {.file = path});
    return {};
  }
  const std::string target = behind_links(path);
  std::string temporary = target + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) {
    return fail_errno(errno, "cannot make a file beside it", {.file = path},
                      "name a file in a directory that exists and can be written to");
  }
  int error = ::fchmod(fd, mode_of(target)) == 0 ? write_all(fd, bytes) : errno;
  error = close_after(fd, error);
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(temporary.c_str());
  return fail_errno(error, "cannot write", {.file = path});
}

}  // namespace btfreloc::tool
