#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "xdp-blacklist/rules/rule.h"

namespace xdp_blacklist {

/// Asks for every name once. For whole files, whose rules name few interfaces in many lines, and
/// which should not be read half before and half after one was renamed.
class CachedScopeNames final : public ScopeNames {
 public:
  /// `names` must outlive it.
  explicit CachedScopeNames(const ScopeNames& names) : names_(names) {}

  btfreloc::Result<std::uint32_t> interface_index(const std::string& name) const override;
  btfreloc::Result<std::uint32_t> netns_inode(const std::string& name) const override;
  std::string interface_name(std::uint32_t index) const override;
  std::string netns_name(std::uint32_t inode) const override;

 private:
  const ScopeNames& names_;
  mutable std::map<std::string, btfreloc::Result<std::uint32_t>> indexes_, inodes_;
  mutable std::map<std::uint32_t, std::string> interface_names_, netns_names_;
};

}  // namespace xdp_blacklist
