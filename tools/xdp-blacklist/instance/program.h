#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "xdp-blacklist/instance/lists.h"
#include "xdp-blacklist/instance/map.h"

struct bpf_object;

namespace xdp_blacklist {

/// What is chosen when a program is loaded. What it leaves out is no code in the kernel.
struct ProgramOptions {
  std::string object;               ///< File; "": default_object().
  std::string kernel = "@running";  ///< A kernel address: which BTF relocations are for.
  std::uint32_t lists = ~0U;        ///< USED_BIT of lists that may ever be used.
  std::uint32_t features = FEATURE_KERNEL_CONTEXT | FEATURE_EVENTS | FEATURE_STRNSTR;
  bool explain = false;              ///< It changes nothing, and says what it would do.
  std::uint32_t max_rules = 131072;  ///< Of all lists together; each takes 16 bytes a CPU.
};

/// FEATURE_NO_LIST of what ProgramOptions::lists leaves out, and back.
std::uint32_t features_without(std::uint32_t lists);
std::uint32_t lists_of(std::uint32_t features);

/// The object that comes with the tool: of BLACKLIST_OBJECT, or where it is installed or built
/// beside the program.
Result<std::string> default_object();

/// A program in the kernel with its maps, which are gone with it unless they are pinned.
class Program {
 public:
  /// Relocates the object with btfreloc, and lets libbpf make the system calls. Maps in `reuse`, by
  /// name, take the place of new ones. Features that this kernel lacks are left out.
  static Result<Program> load(const ProgramOptions& options,
                              const std::map<std::string, const Map*>& reuse);

  int fd() const { return fd_; }
  /// The features that it has: those that were asked for, and the object and the kernel know;
  /// FEATURE_NO_LIST of lists that it was loaded without, FEATURE_NO_SCOPE of scopes that it does
  /// not know.
  std::uint32_t features() const { return features_; }
  /// The raw BTF of the object.
  Bytes btf() const { return btf_; }

  struct MapInObject {
    std::string name;
    int fd;
    bool is_list;  ///< A map of maps, with the lists of both sets.
  };
  /// Those that its rules and counters are in, without the variables.
  const std::vector<MapInObject>& maps() const { return maps_; }
  bool has_list(ListMap list) const;
  /// What to create the maps of a list like.
  Result<Map::Shape> list_shape(ListMap list) const;

 private:
  struct Close {
    void operator()(bpf_object* object) const;
  };
  Program() = default;

  std::unique_ptr<bpf_object, Close> object_;
  int fd_ = -1;
  std::uint32_t features_ = 0;
  std::vector<std::byte> btf_;
  std::vector<MapInObject> maps_;
  std::map<std::string, Map::Shape> list_shapes_;
};

/// The verdict on one packet, by a program with ProgramOptions::explain: EXPLAIN(verdict, detail).
/// `interface`: index of the one it comes from; 0: lo.
Result<std::uint32_t> explain_packet(const Program& program, Bytes packet, std::uint32_t interface);

}  // namespace xdp_blacklist
