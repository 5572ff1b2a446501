#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace btfreloc::btf {

class View;

/// Type ids by essential name: one array of ids, grouped by name, and a hash table of the groups.
class NameIndex {
 public:
  /// Own types of `view` with that essential name, ascending. Builds the index on the first call.
  std::span<const TypeId> find(const View& view, std::string_view essential_name);

 private:
  struct Group {
    StrOff name;
    std::uint32_t length;  ///< Of the essential name, in bytes.
    std::uint32_t start;   ///< Index into ids_; the group ends where the next one starts.
  };

  void build(const View& view);
  /// The slot of the table that holds the group of this name, or the empty one it belongs in.
  std::size_t slot_of(const View& view, std::string_view essential_name) const;

  std::once_flag built_;
  std::vector<Group> groups_;
  std::vector<TypeId> ids_;
  std::vector<std::uint32_t> table_;  ///< Group numbers plus one; 0 is empty. A power of two.
};

}  // namespace btfreloc::btf
