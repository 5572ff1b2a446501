#include "xdp-blacklist/rules/scope_names.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>

#include "xdp-blacklist/rules/rule_parts.h"

namespace xdp_blacklist {
namespace {

using btfreloc::Errc;
using btfreloc::fail;
using btfreloc::Result;

/// Where `ip netns` mounts them.
constexpr auto kNetnsFolder = "/run/netns/";

/// The inode number of what is mounted at `path`; 0 when that is not a namespace.
std::uint32_t namespace_at(const std::string& path) {
  struct statfs file_system{};
  struct stat file{};
  if (statfs(path.c_str(), &file_system) != 0 || file_system.f_type != NSFS_MAGIC) return 0;
  if (stat(path.c_str(), &file) != 0) return 0;
  return static_cast<std::uint32_t>(file.st_ino);
}

class SystemScopeNames final : public ScopeNames {
 public:
  Result<std::uint32_t> interface_index(const std::string& name) const override {
    const unsigned index = name.find('\0') == std::string::npos ? if_nametoindex(name.c_str()) : 0;
    if (index != 0) return index;
    return fail(Errc::not_found, "there is no interface " + shown(name), {},
                "`ip -br link` lists them");
  }

  Result<std::uint32_t> netns_inode(const std::string& name) const override {
    const bool is_name = !name.empty() && name != "." && name != ".." &&
                         name.find_first_of(std::string_view("/\0", 2)) == std::string::npos;
    const std::uint32_t inode = is_name ? namespace_at(kNetnsFolder + name) : 0;
    if (inode != 0) return inode;
    return fail(Errc::not_found, "there is no network namespace " + shown(name), {},
                "`ip netns` lists those with names; others have inode numbers: `lsns -t net`");
  }

  std::string interface_name(std::uint32_t index) const override {
    std::array<char, IF_NAMESIZE> name;
    return if_indextoname(index, name.data()) != nullptr ? name.data() : fmt::to_string(index);
  }

  std::string netns_name(std::uint32_t inode) const override {
    std::error_code unused;
    for (const auto& entry : std::filesystem::directory_iterator(kNetnsFolder, unused)) {
      if (namespace_at(entry.path()) == inode) return entry.path().filename();
    }
    return fmt::to_string(inode);
  }
};

template <class Key, class Value, class Ask>
Value cached(std::map<Key, Value>& known, const Key& key, Ask ask) {
  auto place = known.find(key);
  if (place == known.end()) place = known.emplace(key, ask(key)).first;
  return place->second;
}

}  // namespace

const ScopeNames& system_scope_names() {
  static const SystemScopeNames names;
  return names;
}

Result<std::uint32_t> CachedScopeNames::interface_index(const std::string& name) const {
  return cached(indexes_, name, [&](const auto& key) { return names_.interface_index(key); });
}

Result<std::uint32_t> CachedScopeNames::netns_inode(const std::string& name) const {
  return cached(inodes_, name, [&](const auto& key) { return names_.netns_inode(key); });
}

std::string CachedScopeNames::interface_name(std::uint32_t index) const {
  return cached(interface_names_, index, [&](auto key) { return names_.interface_name(key); });
}

std::string CachedScopeNames::netns_name(std::uint32_t inode) const {
  return cached(netns_names_, inode, [&](auto key) { return names_.netns_name(key); });
}

}  // namespace xdp_blacklist
