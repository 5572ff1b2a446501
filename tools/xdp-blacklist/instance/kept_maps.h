#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "btf/view.h"
#include "xdp-blacklist/instance/map.h"
#include "xdp-blacklist/instance/pins.h"
#include "xdp-blacklist/layout/layout_change.h"

namespace xdp_blacklist {

/// Key and value of a map that an object defines, by its BTF. Of a map of maps, those of the maps
/// inside.
struct MapTypes {
  btfreloc::TypeId key;
  btfreloc::TypeId value;
};
std::optional<MapTypes> map_types(const btfreloc::btf::View& btf, std::string_view name);

/// What becomes of a pinned map.
struct KeptMap {
  bool is_same = true;
  Migration key;  ///< Unless it is the same.
  Migration value;
};

/// What becomes of the pinned maps of an instance when a program with other types takes over.
struct KeptMaps {
  std::map<std::string, KeptMap> maps;  ///< By name; only those that the new program has, too.
  std::vector<std::string> diff;
  std::vector<std::string> refused;  ///< Why entries cannot be migrated.
};

/// Compares what is pinned with a new program.
Result<KeptMaps> compare_maps(const Pins& pins, const btfreloc::btf::View& old_btf,
                              const btfreloc::btf::View& new_btf, Drop drop);

/// Copies entries of one map to another, in new clothes. Those that do not fit name their field,
/// and nothing is copied.
Status copy_entries(const Map& from, const Map& to, const KeptMap& how);

/// Adds what one map of counters has counted to another, that a program counts in already.
Status add_counters(const Map& from, const Map& to, const KeptMap& how);

/// The BTF that the program of an instance was loaded with.
Result<std::vector<std::byte>> pinned_btf(const Pins& pins);

}  // namespace xdp_blacklist
