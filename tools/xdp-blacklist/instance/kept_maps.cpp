#include "xdp-blacklist/instance/kept_maps.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <variant>

#include "xdp-blacklist/bpf/layout.h"

namespace xdp_blacklist {
namespace {

namespace btf = btfreloc::btf;
using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::TypeId;

/// The type that a pointer points to; nullopt for others.
std::optional<TypeId> pointee(const btf::View& view, TypeId id) {
  const btf::Type type = view.decode(view.skip_modifiers_and_typedefs(id));
  const auto* pointer = std::get_if<btf::Ptr>(&type);
  return pointer == nullptr ? std::nullopt : std::optional(pointer->type);
}

std::optional<TypeId> member_type(const btf::View& view, TypeId structure, std::string_view name) {
  const btf::Type type = view.decode(view.skip_modifiers_and_typedefs(structure));
  const auto* record = std::get_if<btf::Struct>(&type);
  if (record == nullptr) return std::nullopt;
  for (const btf::Member& member : record->members) {
    if (view.string(member.name) == name) return member.type;
  }
  return std::nullopt;
}

/// The type of the variable that defines a map.
std::optional<TypeId> definition_of(const btf::View& view, std::string_view map) {
  for (std::uint32_t i = 1; i < view.size(); ++i) {
    const TypeId id(i);
    if (view.kind(id) != btf::Kind::kVar || view.name(id) != map) continue;
    return std::get<btf::Var>(view.decode(id)).type;
  }
  return std::nullopt;
}

/// The definition of the maps inside: `values` is an array of pointers to it.
std::optional<TypeId> inner_definition(const btf::View& view, TypeId outer) {
  const auto values = member_type(view, outer, "values");
  if (!values) return std::nullopt;
  const btf::Type type = view.decode(view.skip_modifiers_and_typedefs(*values));
  const auto* array = std::get_if<btf::Array>(&type);
  return array == nullptr ? std::nullopt : pointee(view, array->type);
}

bool is_per_cpu(const Map& map) { return map.lookup_size() != map.shape().value_size; }

/// A value of a per-CPU map: one for each CPU.
Result<std::vector<std::byte>> migrate_value(const Map& from, Bytes value, const KeptMap& how) {
  if (!is_per_cpu(from)) return how.value.migrate(value);
  const std::size_t step = value.size() / possible_cpus();
  std::vector<std::byte> all;
  for (std::size_t at = 0; at < value.size(); at += step) {
    TRY(auto one, how.value.migrate(value.subspan(at, from.shape().value_size)));
    one.resize((one.size() + 7) / 8 * 8);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

/// Whether a rule is in either set of a list.
Result<bool> has_rules(const Pins& pins, const std::string& list) {
  bool found = false;
  for (const std::uint32_t set : {0U, 1U}) {
    if (!pins.has(pins.list(set, list))) continue;
    TRY(const Map map, Map::pinned(pins.list(set, list), Access::read));
    TRY_OK(map.for_each([&](Bytes, Bytes value) {
      found =
          found || std::ranges::any_of(value, [](std::byte byte) { return byte != std::byte{0}; });
      return !found;
    }));
  }
  return found;
}

}  // namespace

std::optional<MapTypes> map_types(const btf::View& view, std::string_view name) {
  auto definition = definition_of(view, name);
  if (!definition) return std::nullopt;
  if (const auto inner = inner_definition(view, *definition)) definition = inner;
  const auto key = member_type(view, *definition, "key");
  const auto value = member_type(view, *definition, "value");
  const auto key_type = key ? pointee(view, *key) : std::nullopt;
  const auto value_type = value ? pointee(view, *value) : std::nullopt;
  if (!key_type || !value_type) return std::nullopt;
  return MapTypes{*key_type, *value_type};
}

Result<KeptMaps> compare_maps(const Pins& pins, const btf::View& old_btf, const btf::View& new_btf,
                              Drop drop) {
  KeptMaps kept;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(pins.path(), error)) {
    const std::string name = entry.path().filename();
    const auto before = map_types(old_btf, name);
    const auto after = map_types(new_btf, name);
    if (before && !after && drop == Drop::nothing) {
      TRY(const bool is_used, has_rules(pins, name));
      if (is_used)
        kept.refused.push_back(name + ": the program has no such list, and rules are in it");
    }
    if (!before || !after) {
      // Ring buffers have no types, and no entries to keep.
      if (definition_of(new_btf, name) && !before && !after) kept.maps[name] = {};
      continue;
    }
    const bool is_trie = name == "nets4" || name == "nets6";
    TRY(LayoutChange key,
        compare_layouts(old_btf, before->key, new_btf, after->key,
                        is_trie ? LayoutPart::prefix_key : LayoutPart::key, drop));
    TRY(LayoutChange value,
        compare_layouts(old_btf, before->value, new_btf, after->value, LayoutPart::value, drop));
    for (const LayoutChange* change : {&key, &value}) {
      for (const std::string& line : change->diff) kept.diff.push_back(name + ": " + line);
      for (const std::string& line : change->refused) kept.refused.push_back(name + ": " + line);
    }
    kept.maps[name] = {.is_same = key.same && value.same,
                       .key = std::move(key.migration),
                       .value = std::move(value.migration)};
  }
  return kept;
}

Status copy_entries(const Map& from, const Map& to, const KeptMap& how) {
  std::vector<std::pair<std::vector<std::byte>, std::vector<std::byte>>> entries;
  Status status;
  TRY_OK(from.for_each([&](Bytes key, Bytes value) {
    auto new_key = how.is_same ? Result<std::vector<std::byte>>(std::vector(key.begin(), key.end()))
                               : how.key.migrate(key);
    auto new_value = how.is_same
                         ? Result<std::vector<std::byte>>(std::vector(value.begin(), value.end()))
                         : migrate_value(from, value, how);
    if (!new_key || !new_value) {
      status = std::unexpected(new_key ? new_value.error() : new_key.error());
      return false;
    }
    entries.emplace_back(*std::move(new_key), *std::move(new_value));
    return true;
  }));
  if (!status) return status;
  for (const auto& [key, value] : entries) {
    const bool is_array =
        to.shape().type == BPF_MAP_TYPE_ARRAY || to.shape().type == BPF_MAP_TYPE_PERCPU_ARRAY;
    // What does not fit a smaller array has to be empty.
    if (is_array && as<std::uint32_t>(key) >= to.shape().max_entries) {
      if (std::ranges::all_of(value, [](std::byte byte) { return byte == std::byte{0}; })) continue;
      return fail(
          Errc::out_of_range,
          fmt::format("`{}` would lose entry {}", from.shape().name, as<std::uint32_t>(key)), {},
          "keep it as large as it is: `--max-rules`");
    }
    TRY_OK(to.update(key, value));
  }
  return {};
}

Status add_counters(const Map& from, const Map& to, const KeptMap& how) {
  if (to.shape().value_size != sizeof(counter)) return copy_entries(from, to, how);
  Status status;
  std::vector<std::byte> there(to.lookup_size());
  TRY_OK(from.for_each([&](Bytes key, Bytes value) {
    const bool is_zero =
        std::ranges::all_of(value, [](std::byte byte) { return byte == std::byte{0}; });
    if (is_zero) return true;
    status = [&]() -> Status {
      std::vector<std::byte> before(value.begin(), value.end());
      if (!how.is_same) {
        TRY(before, migrate_value(from, value, how));
      }
      TRY_OK(to.lookup(key, there));
      for (std::size_t at = 0; at + sizeof(counter) <= there.size(); at += sizeof(counter)) {
        auto total = as<counter>(Bytes(there).subspan(at, sizeof(counter)));
        const auto more = as<counter>(Bytes(before).subspan(at, sizeof(counter)));
        total.packets += more.packets;
        total.bytes += more.bytes;
        std::memcpy(there.data() + at, &total, sizeof total);
      }
      return to.update(key, there);
    }();
    return status.has_value();
  }));
  return status;
}

Result<std::vector<std::byte>> pinned_btf(const Pins& pins) {
  TRY(const Map map, Map::pinned(pins.map("btf"), Access::read));
  std::vector<std::byte> bytes(map.shape().value_size);
  const std::uint32_t zero = 0;
  TRY_OK(map.lookup(std::as_bytes(std::span(&zero, 1)), bytes));
  return bytes;
}

}  // namespace xdp_blacklist
