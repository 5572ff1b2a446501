#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/view.h"
#include "elf/file.h"

namespace btfreloc::object {

enum class MapOrigin : std::uint8_t {
  btf_defined,  ///< A variable in .maps, described by its type.
  legacy,       ///< A struct bpf_map_def in `maps`; libbpf 1.0 and later refuse those.
  variables,    ///< .rodata, .data, .bss and their subsections: one map of one value.
  struct_ops,   ///< A variable in .struct_ops or .struct_ops.link.
};

/// A map the object defines, as far as its definition tells.
struct Map {
  std::string_view name;
  std::string_view section;
  MapOrigin origin;
  std::uint32_t type = 0;  ///< BPF_MAP_TYPE_*
  std::optional<TypeId> key_type = {};
  std::optional<TypeId> value_type = {};
  ByteCount key_size = {};
  ByteCount value_size = {};
  std::uint32_t max_entries = 0;
  std::uint32_t flags = 0;
  bool pinned_by_name = false;
  std::uint64_t extra = 0;
  std::optional<std::uint32_t> inner_type = {};  ///< BPF_MAP_TYPE_* of the maps inside.
  std::uint32_t variables = 0;                   ///< How many variables share the one value.
};

/// "hash", "lpm_trie", ..., as bpftool prints them; "" for a number not known here.
/// Source: enum bpf_map_type, include/uapi/linux/bpf.h.
std::string_view map_type_name(std::uint32_t type);

/// Every map of the file: by section in file order, by place in each. `btf` may be null.
std::vector<Map> find_maps(const elf::File& file, const btf::View* btf);

/// The map that a variable of .maps defines, or, when it is an extern one, that another object
/// does. nullopt for what is no variable.
std::optional<Map> find_map(const btf::View& btf, TypeId variable);

}  // namespace btfreloc::object
