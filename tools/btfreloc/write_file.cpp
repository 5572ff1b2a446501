#include "btfreloc/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

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

/// Gives a file the owner and group of another, as far as this user may.
void copy_owner(int fd, const std::string& from) {
  struct stat status{};
  if (::stat(from.c_str(), &status) != 0) return;
  if (::fchown(fd, status.st_uid, status.st_gid) == 0) return;
  const auto same_owner = static_cast<uid_t>(-1);
  if (::fchown(fd, same_owner, status.st_gid) != 0) return;
}

/// True for what cannot be replaced: devices, pipes.
bool is_special(const std::string& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

/// Lets signals that end the program wait, so that no temporary file is left behind.
class SignalsWait {
 public:
  SignalsWait() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) sigaddset(&ending, signal);
    sigprocmask(SIG_BLOCK, &ending, &before_);
  }
  SignalsWait(const SignalsWait&) = delete;
  SignalsWait& operator=(const SignalsWait&) = delete;
  ~SignalsWait() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

/// Makes sure that a name that was given to a file survives a power cut.
void sync_directory_of(const std::string& path) {
  const std::string directory = fs::path(path).parent_path().string();
  const int fd =
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);  // not every file system can; the file itself is safe
  ::close(fd);
}

/// 0, or errno: EEXIST when there is such a file.
int rename_to_new(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot rename so: it may know hard links.
  if (::link(from.c_str(), to.c_str()) != 0) return errno;
  ::unlink(from.c_str());
  return 0;
}

struct Manner {
  bool is_durable = false;
  bool must_be_new = false;
};

/// 0, or errno. What went wrong with the temporary file is told apart by `made`.
int write_beside(const std::string& target, Bytes bytes, Manner manner, bool& made) {
  std::string temporary = target + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  made = fd >= 0;
  if (!made) return errno;
  // The mode comes after the owner, a change of which takes bits from it.
  if (manner.is_durable) copy_owner(fd, target);
  int error = ::fchmod(fd, mode_of(target)) == 0 ? write_all(fd, bytes) : errno;
  if (error == 0 && manner.is_durable && ::fsync(fd) != 0) error = errno;
  error = close_after(fd, error);
  if (error == 0 && manner.must_be_new) {
    error = rename_to_new(temporary, target);
  } else if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) ::unlink(temporary.c_str());
  if (error == 0 && manner.is_durable) sync_directory_of(target);
  return error;
}

Status written(int error, bool made, const std::string& path) {
  if (error == 0) return {};
  if (made) return fail_errno(error, "cannot write", {.file = path});
  return fail_errno(error, "cannot make a file beside it", {.file = path},
                    "name a file in a directory that exists and can be written to");
}

}  // namespace

std::string behind_links(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (real != nullptr) return real.get();
  // A link may name what is not there yet. As many as the kernel follows: MAXSYMLINKS.
  constexpr int kMaxLinks = 40;
  fs::path file = path;
  std::error_code error;
  for (int i = 0; i < kMaxLinks && fs::is_symlink(file, error); ++i) {
    file = file.parent_path() / fs::read_symlink(file, error);
  }
  return file.string();
}

Status write_file(const std::string& path, Bytes bytes) {
  if (is_special(path)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const int error = fd < 0 ? errno : close_after(fd, write_all(fd, bytes));
    if (error != 0) return fail_errno(error, "cannot write", {.file = path});
    return {};
  }
  bool made = false;
  const int error = write_beside(behind_links(path), bytes, {}, made);
  return written(error, made, path);
}

Status replace_file(const std::string& path, Bytes bytes) {
  const SignalsWait wait;
  bool made = false;
  const int error = write_beside(behind_links(path), bytes, {.is_durable = true}, made);
  return written(error, made, path);
}

Result<bool> create_file(const std::string& path, Bytes bytes) {
  const SignalsWait wait;
  bool made = false;
  const int error =
      write_beside(behind_links(path), bytes, {.is_durable = true, .must_be_new = true}, made);
  if (made && error == EEXIST) return false;
  TRY_OK(written(error, made, path));
  return true;
}

}  // namespace btfreloc::tool
