#include "object/maps.h"

#include <libelf.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "btf/types.h"

namespace btfreloc::object {
namespace {

constexpr auto kMapTypes = std::to_array<std::string_view>({"unspec",
                                                            "hash",
                                                            "array",
                                                            "prog_array",
                                                            "perf_event_array",
                                                            "percpu_hash",
                                                            "percpu_array",
                                                            "stack_trace",
                                                            "cgroup_array",
                                                            "lru_hash",
                                                            "lru_percpu_hash",
                                                            "lpm_trie",
                                                            "array_of_maps",
                                                            "hash_of_maps",
                                                            "devmap",
                                                            "sockmap",
                                                            "cpumap",
                                                            "xskmap",
                                                            "sockhash",
                                                            "cgroup_storage",
                                                            "reuseport_sockarray",
                                                            "percpu_cgroup_storage",
                                                            "queue",
                                                            "stack",
                                                            "sk_storage",
                                                            "devmap_hash",
                                                            "struct_ops",
                                                            "ringbuf",
                                                            "inode_storage",
                                                            "task_storage",
                                                            "bloom_filter",
                                                            "user_ringbuf",
                                                            "cgrp_storage",
                                                            "arena",
                                                            "insn_array"});
constexpr std::uint32_t kArray = 2;
constexpr std::uint32_t kStructOps = 26;
constexpr ByteCount kPointerSize{8};

/// Members of a map definition that are looked at. libbpf knows a dozen, and refuses others.
constexpr std::uint32_t kMaxDefinitionMembers = 64;

/// What the BTF says about the variables of sections, by section name.
class Datasecs {
 public:
  explicit Datasecs(const btf::View* btf) : btf_(btf) {
    for (std::uint32_t id = 1; btf != nullptr && id < btf->size(); ++id) {
      if (btf->kind(TypeId{id}) == btf::Kind::kDatasec) {
        by_name_.emplace(btf->name(TypeId{id}), TypeId{id});
      }
    }
  }

  /// The section's variables, if there is a DATASEC of that name. Only the first section of a name
  /// gets them.
  btf::Records<btf::SectionVar> take(std::string_view section) {
    const auto found = by_name_.find(section);
    if (found == by_name_.end()) return {};
    const TypeId id = found->second;
    by_name_.erase(found);
    return std::get<btf::Datasec>(btf_->decode(id)).vars;
  }

 private:
  const btf::View* btf_;
  std::unordered_map<std::string_view, TypeId> by_name_;
};

ByteCount size_or_zero(const btf::View& btf, TypeId id) {
  return btf::size_of(btf, id, kPointerSize).value_or(ByteCount{0});
}

/// The number in `__uint(name, number)`, which is `int (*name)[number]`, or in `__ulong`, which is
/// an enum with that one enumerator. Source: get_map_field_long() in libbpf, src/libbpf.c.
std::optional<std::uint64_t> number_in(const btf::View& btf, TypeId id) {
  const btf::Type type = btf.decode(btf.skip_modifiers_and_typedefs(id));
  if (const auto* e = std::get_if<btf::Enum>(&type)) {
    return e->values.empty() ? std::nullopt : std::optional(e->values[0].value);
  }
  if (const auto* e = std::get_if<btf::Enum64>(&type)) {
    return e->values.empty() ? std::nullopt : std::optional(e->values[0].value);
  }
  const auto* ptr = std::get_if<btf::Ptr>(&type);
  if (ptr == nullptr) return std::nullopt;
  const btf::Type array = btf.decode(btf.skip_modifiers(ptr->type));
  if (const auto* a = std::get_if<btf::Array>(&array)) return a->nr_elems;
  return std::nullopt;
}

std::optional<TypeId> pointee(const btf::View& btf, TypeId id) {
  const btf::Type ptr = btf.decode(btf.skip_modifiers(id));
  if (const auto* p = std::get_if<btf::Ptr>(&ptr)) return p->type;
  return std::nullopt;
}

std::optional<btf::Struct> struct_behind(const btf::View& btf, TypeId id) {
  const btf::Type type = btf.decode(btf.skip_modifiers_and_typedefs(id));
  if (const auto* s = std::get_if<btf::Struct>(&type)) return *s;
  return std::nullopt;
}

/// The type of the maps inside: `values` is an array of pointers to their definition.
std::optional<std::uint32_t> inner_map_type(const btf::View& btf, TypeId values) {
  const btf::Type array = btf.decode(btf.skip_modifiers(values));
  if (!std::holds_alternative<btf::Array>(array)) return std::nullopt;
  const auto inner = pointee(btf, std::get<btf::Array>(array).type);
  const auto definition = inner ? struct_behind(btf, *inner) : std::nullopt;
  if (!definition) return std::nullopt;
  const std::uint32_t count = std::min(definition->members.size(), kMaxDefinitionMembers);
  for (std::uint32_t i = 0; i < count; ++i) {
    const btf::Member member = definition->members[i];
    if (btf.string(member.name) == "type") {
      return static_cast<std::uint32_t>(number_in(btf, member.type).value_or(0));
    }
  }
  return std::nullopt;
}

void read_definition(const btf::View& btf, const btf::Struct& definition, Map& map) {
  const std::uint32_t count = std::min(definition.members.size(), kMaxDefinitionMembers);
  for (std::uint32_t i = 0; i < count; ++i) {
    const btf::Member member = definition.members[i];
    const std::string_view name = btf.string(member.name);
    const std::uint64_t number = number_in(btf, member.type).value_or(0);
    if (name == "type") map.type = static_cast<std::uint32_t>(number);
    if (name == "max_entries") map.max_entries = static_cast<std::uint32_t>(number);
    if (name == "map_flags") map.flags = static_cast<std::uint32_t>(number);
    if (name == "map_extra") map.extra = number;
    if (name == "pinning") map.pinned_by_name = number == 1;
    if (name == "key_size") map.key_size = {number};
    if (name == "value_size") map.value_size = {number};
    if (name == "values") map.inner_type = inner_map_type(btf, member.type);
    if (name == "key") map.key_type = pointee(btf, member.type);
    if (name == "value") map.value_type = pointee(btf, member.type);
  }
  if (map.key_type) map.key_size = size_or_zero(btf, *map.key_type);
  if (map.value_type) map.value_size = size_or_zero(btf, *map.value_type);
}

void add_btf_defined(const btf::View* btf, const elf::Section& section, Datasecs& datasecs,
                     std::vector<Map>& maps) {
  for (const btf::SectionVar entry : datasecs.take(section.name)) {
    auto map = find_map(*btf, entry.type);
    if (!map) continue;
    map->section = section.name;
    maps.push_back(*map);
  }
}

void add_struct_ops(const btf::View* btf, const elf::Section& section, Datasecs& datasecs,
                    std::vector<Map>& maps) {
  for (const btf::SectionVar entry : datasecs.take(section.name)) {
    const btf::Type type = btf->decode(entry.type);
    const auto* var = std::get_if<btf::Var>(&type);
    if (var == nullptr) continue;
    maps.push_back({.name = btf->string(var->name),
                    .section = section.name,
                    .origin = MapOrigin::struct_ops,
                    .type = kStructOps,
                    .value_type = var->type,
                    .key_size = {4},
                    .value_size = size_or_zero(*btf, var->type),
                    .max_entries = 1});
  }
}

/// struct bpf_map_def { u32 type, key_size, value_size, max_entries, map_flags; ... }
void add_legacy(const elf::File& file, const elf::Section& section, std::vector<Map>& maps) {
  constexpr std::uint64_t kDefSize = 20;
  std::vector<const elf::Symbol*> definitions;
  for (const elf::Symbol& symbol : file.symbols()) {
    if (symbol.section == section.index && !symbol.name.empty() && symbol.type != STT_SECTION &&
        symbol.value <= section.bytes.size() && section.bytes.size() - symbol.value >= kDefSize) {
      definitions.push_back(&symbol);
    }
  }
  std::ranges::stable_sort(definitions, {}, &elf::Symbol::value);
  for (const elf::Symbol* symbol : definitions) {
    const auto word = [&](std::size_t i) {
      return load<std::uint32_t>(section.bytes.data() + symbol->value + i * 4, file.order());
    };
    maps.push_back({.name = symbol->name,
                    .section = section.name,
                    .origin = MapOrigin::legacy,
                    .type = word(0),
                    .key_size = {word(1)},
                    .value_size = {word(2)},
                    .max_entries = word(3),
                    .flags = word(4)});
  }
}

bool is_or_below(std::string_view name, std::string_view section) {
  return name.starts_with(section) &&
         (name.size() == section.size() || name[section.size()] == '.');
}

void add_variables(const elf::Section& section, Datasecs& datasecs, std::vector<Map>& maps) {
  constexpr std::uint32_t kReadOnlyForPrograms = 1U << 7;  // BPF_F_RDONLY_PROG
  maps.push_back({.name = section.name,
                  .section = section.name,
                  .origin = MapOrigin::variables,
                  .type = kArray,
                  .key_size = {4},
                  .value_size = section.size,
                  .max_entries = 1,
                  .flags = is_or_below(section.name, ".rodata") ? kReadOnlyForPrograms : 0,
                  .variables = datasecs.take(section.name).size()});
}

}  // namespace

std::string_view map_type_name(std::uint32_t type) {
  return type < kMapTypes.size() ? kMapTypes[type] : std::string_view();
}

std::optional<Map> find_map(const btf::View& btf, TypeId variable) {
  const btf::Type type = btf.decode(variable);
  const auto* var = std::get_if<btf::Var>(&type);
  if (var == nullptr) return std::nullopt;
  Map map{.name = btf.string(var->name), .section = ".maps", .origin = MapOrigin::btf_defined};
  if (const auto definition = struct_behind(btf, var->type)) read_definition(btf, *definition, map);
  return map;
}

std::vector<Map> find_maps(const elf::File& file, const btf::View* btf) {
  std::vector<Map> maps;
  Datasecs datasecs(btf);
  for (const elf::Section& section : file.sections()) {
    const std::string_view name = section.name;
    if (section.size.value == 0) continue;
    if (name == ".maps") add_btf_defined(btf, section, datasecs, maps);
    if (name == "maps") add_legacy(file, section, maps);
    if (name == ".struct_ops" || name == ".struct_ops.link") {
      add_struct_ops(btf, section, datasecs, maps);
    }
    if (is_or_below(name, ".rodata") || is_or_below(name, ".data") || is_or_below(name, ".bss")) {
      add_variables(section, datasecs, maps);
    }
  }
  return maps;
}

}  // namespace btfreloc::object
