#include "btfreloc/set_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "btfreloc/write_file.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

/// Bytes in which Set::is_set() finds what it looks for.
constexpr std::size_t kStartSize = 64;

Result<kernels::Set> open_set(Bytes bytes, const std::string& path) {
  if (!kernels::Set::is_set(bytes)) {
    return fail(Errc::bad_format, "not a kernel set", {.file = path},
                "`btfreloc kernels add SET FILE...` makes one");
  }
  auto set = kernels::Set::open(bytes);
  if (set) return set;
  Error error = std::move(set).error();
  error.where.file = path;
  if (error.hint.empty() && error.code != Errc::unsupported) {
    error.hint = "the file is damaged: make it again, or get it from where it came";
  }
  return std::unexpected(std::move(error));
}

Result<MappedFile> map_set(const std::string& path, bool is_shipped) {
  auto file = MappedFile::open(path);
  if (!file && is_shipped) {
    return fail_errno(file.error().os_errno, "cannot open the set that comes with btfreloc",
                      {.file = path}, "set BTFRELOC_SHIPPED to where shipped.btfset is");
  }
  return file;
}

/// The lock on a set, which goes with it. A set that is replaced takes its lock along: whoever
/// waited for that has to look again.
class SetLock {
 public:
  /// Waits for others. Nothing, when there is no such file.
  static Result<std::optional<SetLock>> take(const std::string& path) {
    for (;;) {
      const int fd = open_to_lock(path);
      if (fd < 0 && errno == ENOENT) return std::nullopt;
      if (fd < 0) return fail_errno(errno, "cannot open", {.file = path});
      SetLock lock(fd);
      if (const int error = wait_for(fd, path); error != 0) {
        return fail_errno(error, "cannot lock", {.file = path});
      }
      if (is_file_at(fd, path)) return lock;
    }
  }

  SetLock(SetLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  SetLock& operator=(SetLock&&) = delete;
  ~SetLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit SetLock(int fd) : fd_(fd) {}

  /// Network file systems lock only what is open for writing; a set without that right can be
  /// replaced all the same, in a directory with it.
  static int open_to_lock(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (fd >= 0 || (errno != EACCES && errno != EROFS && errno != EPERM)) return fd;
    return ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }

  /// 0, or errno.
  static int wait_for(int fd, const std::string& path) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return 0;
    if (errno == EWOULDBLOCK && ::isatty(STDERR_FILENO) == 1) {
      std::fprintf(stderr, "waiting for another program that changes %s\n", path.c_str());
    }
    while (::flock(fd, LOCK_EX) != 0) {
      if (errno != EINTR) return errno;
    }
    return 0;
  }

  static bool is_file_at(int fd, const std::string& path) {
    struct stat locked{};
    struct stat named{};
    return ::fstat(fd, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
           locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
  }

  int fd_;
};

/// False when there is such a file by now.
Result<bool> make_set(const std::string& target, const SetChange& change) {
  TRY(const auto bytes, change(nullptr));
  if (!bytes) return true;
  return create_file(target, *bytes);
}

Status change_locked(const std::string& target, const std::string& path, const SetChange& change) {
  TRY(const MappedFile file, MappedFile::open(target));
  TRY(const kernels::Set set, open_set(file.bytes(), path));
  auto bytes = change(&set);
  if (!bytes) {
    Error error = std::move(bytes).error();
    if (error.where.file.empty()) error.where.file = path;
    return std::unexpected(std::move(error));
  }
  if (!*bytes) return {};
  return replace_file(target, **bytes);
}

}  // namespace

std::string shipped_set() {
  if (const char* path = std::getenv("BTFRELOC_SHIPPED"); path != nullptr && *path != '\0') {
    return path;
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "share/btfreloc/shipped.btfset").string();
}

bool is_set_file(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  std::array<char, kStartSize> start{};
  std::ifstream stream(path, std::ios::binary);
  stream.read(start.data(), start.size());
  const auto size = static_cast<std::size_t>(stream.gcount());
  return kernels::Set::is_set(as_bytes(std::string_view(start.data(), size)));
}

Result<std::shared_ptr<const SetFile>> SetFile::open(const std::string& path) {
  // Only one thread of the tool opens sets.
  static std::map<std::string, std::shared_ptr<const SetFile>> opened;
  const bool is_shipped = path == kShipped;
  const std::string real = is_shipped ? shipped_set() : path;
  std::shared_ptr<const SetFile>& known = opened[path];
  if (known != nullptr) return known;
  TRY(MappedFile file, map_set(real, is_shipped));
  TRY(kernels::Set set, open_set(file.bytes(), real));
  known.reset(new SetFile(path, std::move(file), std::move(set)));
  return known;
}

Error SetFile::in_file(Error error) const {
  if (error.where.file.empty()) error.where.file = path_;
  return error;
}

Status change_set(const std::string& path, const SetChange& change) {
  if (path.starts_with('@')) {
    return fail(Errc::unsupported, "the set that comes with btfreloc is not to be changed",
                {.file = path}, "copy it, and change the copy");
  }
  const std::string target = behind_links(path);
  for (;;) {
    TRY(const auto lock, SetLock::take(target));
    if (lock) return change_locked(target, path, change);
    TRY(const bool is_made, make_set(target, change));
    if (is_made) return {};
  }
}

}  // namespace btfreloc::tool
