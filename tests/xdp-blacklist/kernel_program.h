#pragma once

#include <bpf/libbpf.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "xdp-blacklist/reference.h"

// The program in the kernel, asked about packets with BPF_PROG_TEST_RUN.

namespace xdp_blacklist::test {

using btfreloc::Bytes;

/// What the program in an object does; the Rust one does less.
enum class Features : std::uint8_t {
  core,  ///< Hosts, prefixes and ports; scopes any and group.
  all,
};

/// A file descriptor that is closed.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }

 private:
  int release();
  int fd_;
};

/// How a frame reaches the program.
struct Arrival {
  std::uint32_t interface;   ///< Index, in the network namespace of this process.
  std::size_t metadata = 0;  ///< In bytes, in front of the frame; a multiple of 4, at most 32.
  std::size_t linear = 0;    ///< Bytes of the frame in the first buffer; 0: as many as fit.
};

/// What has been counted, on all CPUs.
struct Counted {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Counted&, const Counted&) = default;
};

/// How long `KernelProgram` has sources banned, in seconds.
inline constexpr std::uint32_t kBanSeconds = 600;

/// The value that the program returned in place of an action.
struct Explained {
  std::uint32_t verdict;
  std::uint32_t detail;
};

/// A map that rules are written to and taken out of again. Throws std::runtime_error.
class RuleMap {
 public:
  RuleMap() = default;
  RuleMap(Descriptor owned, ::bpf_map_type type, std::uint32_t value_size)
      : owned_(std::move(owned)), fd_(owned_.get()), type_(type), value_size_(value_size) {}
  explicit RuleMap(int fd) : fd_(fd) {}

  template <class Key, class Value>
  void put(const Key& key, const Value& value) {
    write(&key, &value);
    const auto* bytes = reinterpret_cast<const std::byte*>(&key);
    written_.emplace_back(bytes, bytes + sizeof key);
  }
  /// Takes out all that was put in.
  void clear();
  /// The same for a hash that others write to, too.
  void clear_all();
  int fd() const { return fd_; }

 private:
  void write(const void* key, const void* value) const;

  Descriptor owned_;
  int fd_ = -1;
  ::bpf_map_type type_ = BPF_MAP_TYPE_HASH;
  std::uint32_t value_size_ = 0;
  std::vector<std::vector<std::byte>> written_;  ///< The keys.
};

/// A loaded object. Everything here throws std::runtime_error.
class KernelProgram {
 public:
  /// Relocates the object for the running kernel with our own relocator, and loads it.
  /// `feature_bits` are enum feature, for the variable `features` where the object has one.
  /// `explains` sets the variable `explain`.
  KernelProgram(const std::string& object, Features features, std::uint32_t feature_bits,
                bool explains);

  /// Puts the rules into one of the two sets and makes it the active one.
  void install(const reference::Rules& rules, std::uint32_t set);

  /// For a program that explains.
  Explained explain(Bytes frame, const Arrival& arrival) const;
  /// What the program returns: enum xdp_action for one that does not explain.
  std::uint32_t run(Bytes frame, const Arrival& arrival) const;
  /// The first `count` values of the map `verdicts` or `counters`, which are 0 then.
  std::vector<Counted> take_counted(const std::string& map, std::size_t count);
  /// False when the kernel does not take the frame: how short or long it may be is up to it.
  bool takes(Bytes frame, const Arrival& arrival) const;

 private:
  /// What the maps of a list are like.
  struct InnerMap {
    ::bpf_map_type type;
    std::uint32_t key_size, value_size, max_entries, flags;
  };
  struct Close {
    void operator()(::bpf_object* object) const { ::bpf_object__close(object); }
  };

  void find_inner_maps();
  void set_variable(const std::string& name, std::uint32_t value);
  int map(const std::string& name) const;
  /// The empty map in slot `set` of the list.
  RuleMap& emptied(const std::string& list, std::uint32_t set);
  void install_addresses(const reference::Rules& rules, std::uint32_t set);
  void install_ports(const reference::Rules& rules, std::uint32_t set);
  void install_names(const reference::Rules& rules, std::uint32_t set);
  void install_agents(const reference::Rules& rules, std::uint32_t set);
  void install_sources(const reference::Rules& rules);
  void write_config(const reference::Rules& rules, std::uint32_t set);
  /// The error number of the test run; 0: it ran.
  int test_run(Bytes frame, const Arrival& arrival, std::uint32_t& returned) const;

  Features features_;
  std::unique_ptr<::bpf_object, Close> object_;
  int program_ = -1;
  ::config config_ = {};
  std::map<std::string, InnerMap> lists_;
  std::map<std::pair<std::string, std::uint32_t>, RuleMap> inner_maps_;
  RuleMap cookies_, bans_;
};

/// USED_BIT of every rule.
std::uint32_t used_bits(const reference::Rules& rules);

}  // namespace xdp_blacklist::test
