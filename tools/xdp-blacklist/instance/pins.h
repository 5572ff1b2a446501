#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "xdp-blacklist/instance/map.h"

// Where an instance keeps itself: a directory of a bpffs.
//
//   DIR/NAME/program        the program
//   DIR/NAME/links/eth0     its link to an interface; blue@eth0 in the namespace `blue`
//   DIR/NAME/config ...     maps by their names
//   DIR/NAME/rules0, rules1 the lists of either set of rules
//   DIR/NAME/btf            a map with the BTF of the program, for readers who may not ask the
//   kernel
//
// A bpffs takes no dots in names, so what is no letter, digit, _ or - is written %2e.

namespace xdp_blacklist {

inline constexpr const char* kDefaultPins = "/sys/fs/bpf/xdp-blacklist";
/// Where `load --mount` mounts a bpffs of its own, because that of the system is root's alone.
inline constexpr const char* kOwnPins = "/run/xdp-blacklist";

/// Who may use the pins. Directories stay root's: who could rename pins could make root's commands
/// take one map for another.
struct Ownership {
  std::optional<std::uint32_t> user = {};  ///< Owner; may change rules.
  std::optional<std::uint32_t> group = {};
  std::uint32_t mode = 0600;  ///< Of the files.
};

class Pins {
 public:
  Pins(std::string directory, std::string name);
  /// The instance where it is: below `directory`, or, when that is "", below kDefaultPins, or
  /// kOwnPins where only that has it.
  static Result<Pins> find(const std::string& directory, const std::string& name);

  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }
  std::string map(const std::string& map) const { return path_ + "/" + map; }
  std::string program() const { return path_ + "/program"; }
  std::string rules(std::uint32_t set) const { return path_ + "/rules" + std::to_string(set); }
  std::string list(std::uint32_t set, const std::string& list) const {
    return rules(set) + "/" + list;
  }
  std::string links() const { return path_ + "/links"; }
  /// What writers lock: readers cannot open it, and so cannot keep them waiting.
  std::string lock() const { return path_ + "/lock"; }
  std::string link(const std::string& netns, const std::string& interface) const;

  bool exist() const;
  bool has(const std::string& path) const;

  /// Makes the directories. Says what to do where there is no bpffs.
  Status create() const;
  /// Whose the rules are.
  Result<Ownership> ownership() const;
  /// Gives everything to its users.
  Status hand_over(const Ownership& ownership) const;
  /// The interfaces that have a link, as they are named there.
  Result<std::vector<std::string>> linked() const;
  /// Takes away what is pinned, and the directories. `keep_maps`: only program and links.
  Status remove(bool keep_maps) const;

 private:
  std::string directory_;
  std::string name_;
  std::string path_;
};

/// Keeps others from changing the same instance, until it goes.
class Lock {
 public:
  /// Waits up to ten seconds. Fails where there is no instance, or not for this user.
  static Result<Lock> take(const Pins& pins);

 private:
  explicit Lock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// Mounts a bpffs that others may enter at kOwnPins.
Status mount_own();

/// A name that a bpffs takes, and back.
std::string to_pin_name(const std::string& name);
std::string from_pin_name(const std::string& name);

}  // namespace xdp_blacklist
