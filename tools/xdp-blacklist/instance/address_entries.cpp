#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "xdp-blacklist/instance/list_entries.h"

namespace xdp_blacklist::addresses {
namespace {

/// A key of any of the four maps, as bytes.
template <class Key>
std::vector<std::byte> bytes_of(const Key& key) {
  const auto bytes = std::as_bytes(std::span(&key, 1));
  return {bytes.begin(), bytes.end()};
}

std::uint32_t ipv4_of(const Address& address) {
  std::uint32_t value = 0;
  std::memcpy(&value, address.bytes.data(), sizeof value);
  return value;
}

std::vector<std::byte> key_of(const Rule& rule) {
  const auto& net = std::get<NetRule>(rule.what);
  const auto kind = static_cast<std::uint32_t>(rule.scope.kind);
  switch (list_of(rule)) {
    case ListMap::hosts4: return bytes_of(host4_key{kind, rule.scope.value, ipv4_of(net.address)});
    case ListMap::nets4:
      return bytes_of(net4_key{NET_SCOPE_BITS + std::uint32_t{net.prefix}, kind, rule.scope.value,
                               ipv4_of(net.address)});
    case ListMap::hosts6: {
      host6_key key{kind, rule.scope.value, {}};
      std::ranges::copy(net.address.bytes, key.address);
      return bytes_of(key);
    }
    default: {
      net6_key key{NET_SCOPE_BITS + std::uint32_t{net.prefix}, kind, rule.scope.value, {}};
      std::ranges::copy(net.address.bytes, key.address);
      return bytes_of(key);
    }
  }
}

Rule rule_of(std::uint32_t kind, std::uint32_t value, bool is_v6, const void* address,
             std::uint32_t prefix) {
  NetRule net{.address = {.is_v6 = is_v6, .bytes = {}},
              .prefix = static_cast<std::uint8_t>(prefix)};
  std::memcpy(net.address.bytes.data(), address, is_v6 ? 16 : 4);
  return {.what = net, .scope = {.kind = static_cast<ScopeKind>(kind), .value = value}};
}

Rule rule_of(ListMap kind, Bytes bytes) {
  switch (kind) {
    case ListMap::hosts4: {
      const auto key = as<host4_key>(bytes);
      return rule_of(key.scope, key.scope_value, false, &key.address_be, 32);
    }
    case ListMap::nets4: {
      const auto key = as<net4_key>(bytes);
      return rule_of(key.scope, key.scope_value, false, &key.address_be,
                     key.prefixlen - NET_SCOPE_BITS);
    }
    case ListMap::hosts6: {
      const auto key = as<host6_key>(bytes);
      return rule_of(key.scope, key.scope_value, true, key.address, 128);
    }
    default: {
      const auto key = as<net6_key>(bytes);
      return rule_of(key.scope, key.scope_value, true, key.address, key.prefixlen - NET_SCOPE_BITS);
    }
  }
}

/// An LPM trie answers with the longest prefix that holds the key; only this one is meant.
Result<bool> is_exactly(const Map& map, const std::vector<std::byte>& key) {
  bool found = false;
  TRY_OK(map.for_each([&](Bytes other, Bytes) {
    found = std::ranges::equal(other, key);
    return !found;
  }));
  return found;
}

}  // namespace

Result<std::optional<rule>> find(const Map& map, const Rule& rule) {
  const auto key = key_of(rule);
  struct rule entry{};
  if (map.shape().key_size != key.size() || map.lookup_size() != sizeof entry) {
    return btfreloc::fail(btfreloc::Errc::bad_format,
                          fmt::format("the map `{}` is no list", map.shape().name));
  }
  TRY(const bool found, map.lookup(key, std::as_writable_bytes(std::span(&entry, 1))));
  if (!found) return std::nullopt;
  const ListMap list = list_of(rule);
  if (list == ListMap::nets4 || list == ListMap::nets6) {
    TRY(const bool exactly, is_exactly(map, key));
    if (!exactly) return std::nullopt;
  }
  return entry;
}

Status put(const Map& map, const ActiveRule& active) {
  const rule entry = entry_of(active);
  return map.update(key_of(active.rule), std::as_bytes(std::span(&entry, 1)));
}

Status put_all(const Map& map, std::span<const ActiveRule* const> rules) {
  std::vector<std::byte> keys;
  std::vector<rule> values;
  keys.reserve(rules.size() * map.shape().key_size);
  values.reserve(rules.size());
  for (const ActiveRule* active : rules) {
    const auto key = key_of(active->rule);
    keys.insert(keys.end(), key.begin(), key.end());
    values.push_back(entry_of(*active));
  }
  return map.update_all(keys, std::as_bytes(std::span(values)));
}

Status remove(const Map& map, const Rule& rule) {
  TRY_OK(map.erase(key_of(rule)));
  return {};
}

Status list(const Map& map, ListMap kind, std::vector<ActiveRule>& rules) {
  return map.for_each([&](Bytes key, Bytes value) {
    const auto entry = as<rule>(value);
    rules.push_back({rule_of(kind, key), entry.id, entry.expires});
    return true;
  });
}

}  // namespace xdp_blacklist::addresses
