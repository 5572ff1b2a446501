#include "xdp-blacklist/instance/pins.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

namespace xdp_blacklist {
namespace {

namespace fs = std::filesystem;
using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::fail_errno;

constexpr std::chrono::seconds kLockPatience{10};

/// The nearest directory above that is there.
std::string existing(std::string path) {
  std::error_code error;
  while (path.size() > 1 && !fs::exists(path, error)) path = fs::path(path).parent_path();
  return path;
}

Status check_bpffs(const std::string& path) {
  const std::string there = existing(path);
  struct statfs status{};
  if (::statfs(there.c_str(), &status) != 0) {
    return fail_errno(errno, "cannot ask what file system this is", {.file = there});
  }
  if (static_cast<std::uint32_t>(status.f_type) == BPF_FS_MAGIC) return {};
  return fail(Errc::not_found, "there is no bpffs, which maps and programs are kept in",
              {.file = there},
              fmt::format("mount one: `mount -t bpf bpf /sys/fs/bpf`, or let `load --mount` mount "
                          "one at {}",
                          kOwnPins));
}

Status make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  const int error = errno;
  return fail_errno(error, "cannot make the directory", {.file = path},
                    error == EACCES || error == EPERM ? "run it as root" : "");
}

/// Takes away what held the last instance.
void remove_empty(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    // The kernel puts files of its own into each bpffs, `maps.debug` and `progs.debug`.
    if (!entry.path().filename().string().ends_with(".debug")) return;
  }
  if (error) return;
  // Those who have it open keep it mounted; that is no reason to fail.
  if (directory == kOwnPins) ::umount2(kOwnPins, 0);
  fs::remove(directory, error);
}

std::unexpected<btfreloc::Error> no_instance(const Pins& pins) {
  return fail(Errc::not_found, fmt::format("no instance `{}` is loaded", pins.name()),
              {.file = pins.path()}, "load one: `xdp-blacklist load INTERFACE`");
}

/// The mode of root's directories: others pass where an owner has to, the group where it may read.
std::uint32_t directory_mode(const Ownership& ownership) {
  if (ownership.user.value_or(0) != 0) return 0755;
  return ownership.group ? 0750 : 0700;
}

/// Changes owner and mode of what a path names, and of nothing that it may link to.
Status give(const std::string& path, std::optional<std::uint32_t> user,
            std::optional<std::uint32_t> group, std::uint32_t mode) {
  const Fd fd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0 || S_ISLNK(status.st_mode)) {
    return fail(Errc::bad_format, "is no pin", {.file = path}, "`unload` takes all of it away");
  }
  if (::fchownat(fd.get(), "", user.value_or(static_cast<uid_t>(-1)),
                 group.value_or(static_cast<gid_t>(-1)), AT_EMPTY_PATH) != 0) {
    return fail_errno(errno, "cannot change the owner", {.file = path});
  }
  if (::chmod(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), mode) != 0) {
    return fail_errno(errno, "cannot change the mode", {.file = path});
  }
  return {};
}

}  // namespace

std::string to_pin_name(const std::string& name) {
  std::string pin;
  for (const char c : name) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '@';
    if (is_plain) {
      pin += c;
    } else {
      pin += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return pin;
}

std::string from_pin_name(const std::string& pin) {
  std::string name;
  for (std::size_t i = 0; i < pin.size(); ++i) {
    unsigned value = 0;
    if (pin[i] == '%' && i + 2 < pin.size() &&
        std::from_chars(pin.data() + i + 1, pin.data() + i + 3, value, 16).ptr ==
            pin.data() + i + 3) {
      name += static_cast<char>(value);
      i += 2;
    } else {
      name += pin[i];
    }
  }
  return name;
}

Pins::Pins(std::string directory, std::string name)
    : directory_(std::move(directory)), name_(std::move(name)), path_(directory_ + "/" + name_) {}

Result<Pins> Pins::find(const std::string& directory, const std::string& name) {
  for (const char c : name) {
    if (to_pin_name(std::string(1, c)).size() == 1 && c != '@') continue;
    return fail(Errc::bad_format, fmt::format("`{}` is no name of an instance", name), {},
                "use letters, digits, _ and -");
  }
  if (name.empty() || name.size() > 60) {
    return fail(Errc::bad_format, "the name of an instance has 1 to 60 letters", {}, "shorten it");
  }
  if (!directory.empty()) return Pins(directory, name);
  Pins pins(kDefaultPins, name);
  Pins own(kOwnPins, name);
  return !pins.exist() && own.exist() ? own : pins;
}

std::string Pins::link(const std::string& netns, const std::string& interface) const {
  return links() + "/" + to_pin_name(netns.empty() ? interface : netns + "@" + interface);
}

bool Pins::has(const std::string& path) const { return ::access(path.c_str(), F_OK) == 0; }
bool Pins::exist() const { return has(path_ + "/config"); }

Status Pins::create() const {
  TRY_OK(check_bpffs(directory_));
  // Others get to an instance that is theirs; they do not see into those that are not.
  if (!has(directory_)) {
    TRY_OK(make_directory(directory_));
    TRY_OK(give(directory_, std::nullopt, std::nullopt, 0711));
  }
  for (const std::string& path : {path_, lock(), rules(0), rules(1), links()}) {
    TRY_OK(make_directory(path));
  }
  return {};
}

Result<Ownership> Pins::ownership() const {
  struct stat status{};
  if (::stat(map("config").c_str(), &status) != 0) {
    return fail_errno(errno, "cannot ask whose this is", {.file = map("config")});
  }
  return Ownership{.user = status.st_uid, .group = status.st_gid, .mode = status.st_mode & 0777};
}

Status Pins::hand_over(const Ownership& ownership) const {
  const std::uint32_t directories = directory_mode(ownership);
  TRY_OK(give(path_, std::nullopt, ownership.group, directories));
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(path_, error)) {
    // Who has the program or a link could take the filter away; that stays root's.
    const std::string path = entry.path();
    const bool is_roots = path == program() || path.starts_with(links() + "/");
    if (is_roots) continue;
    if (path == lock()) {
      TRY_OK(give(path, ownership.user, std::nullopt, 0700));
    } else if (entry.is_directory(error)) {
      TRY_OK(give(path, std::nullopt, ownership.group, directories));
    } else {
      TRY_OK(give(path, ownership.user, ownership.group, ownership.mode));
    }
  }
  if (error) return fail_errno(error.value(), "cannot list", {.file = path_});
  return {};
}

Result<std::vector<std::string>> Pins::linked() const {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(links(), error)) {
    names.push_back(from_pin_name(entry.path().filename()));
  }
  if (error && error.value() != ENOENT) {
    return fail_errno(error.value(), "cannot list", {.file = links()},
                      "run it as root: the program stays root's");
  }
  return names;
}

Status Pins::remove(bool keep_maps) const {
  std::error_code error;
  if (keep_maps) {
    fs::remove_all(links(), error);
    if (!error) fs::remove(program(), error);
    if (!error) return make_directory(links());
  } else {
    fs::remove_all(path_, error);
    if (!error) remove_empty(directory_);
  }
  if (error) {
    return fail_errno(error.value(), "cannot take away", {.file = path_},
                      error.value() == EACCES || error.value() == EPERM ? "run it as root" : "");
  }
  return {};
}

Result<Lock> Lock::take(const Pins& pins) {
  Fd fd(::open(pins.lock().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    const int error = errno;
    if (error == ENOENT) return no_instance(pins);
    return fail_errno(error, "cannot open", {.file = pins.lock()},
                      "run it as root, or as the owner that `load --owner` gave the rules to");
  }
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      return fail_errno(errno, "cannot lock", {.file = pins.lock()});
    }
    if (std::chrono::steady_clock::now() > deadline) {
      return fail(Errc::io, "another xdp-blacklist is changing this instance",
                  {.file = pins.path()}, "try again when it is done");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Somebody may have unloaded it meanwhile; this would be the lock of nothing.
  struct stat locked{};
  struct stat there{};
  const bool is_there = ::fstat(fd.get(), &locked) == 0 &&
                        ::stat(pins.lock().c_str(), &there) == 0 && locked.st_ino == there.st_ino;
  if (!is_there) return no_instance(pins);
  return Lock(std::move(fd));
}

Status mount_own() {
  if (::mkdir(kOwnPins, 0755) != 0 && errno != EEXIST) {
    return fail_errno(errno, "cannot make the directory", {.file = kOwnPins});
  }
  if (check_bpffs(kOwnPins)) return {};
  if (::mount("bpf", kOwnPins, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0711") != 0) {
    return fail_errno(errno, "cannot mount a bpffs", {.file = kOwnPins}, "run it as root");
  }
  return {};
}

}  // namespace xdp_blacklist
