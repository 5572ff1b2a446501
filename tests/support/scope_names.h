#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>

#include "xdp-blacklist/rules/rule.h"

namespace btfreloc::test {

/// A machine with interfaces eth0 (2), eth1 (3) and one that is called 9 (4), and the network
/// namespaces blue and "two words".
class FakeScopeNames final : public xdp_blacklist::ScopeNames {
 public:
  Result<std::uint32_t> interface_index(const std::string& name) const override {
    return find(kInterfaces, name, "interface");
  }
  Result<std::uint32_t> netns_inode(const std::string& name) const override {
    return find(kNamespaces, name, "network namespace");
  }
  std::string interface_name(std::uint32_t index) const override {
    return find_name(kInterfaces, index);
  }
  std::string netns_name(std::uint32_t inode) const override {
    return find_name(kNamespaces, inode);
  }

 private:
  using Numbers = std::map<std::string, std::uint32_t>;
  inline static const Numbers kInterfaces = {{"eth0", 2}, {"eth1", 3}, {"9", 4}};
  inline static const Numbers kNamespaces = {{"blue", 4026532000}, {"two words", 4026532001}};

  static Result<std::uint32_t> find(const Numbers& numbers, const std::string& name,
                                    const char* what) {
    if (const auto place = numbers.find(name); place != numbers.end()) return place->second;
    return fail(Errc::not_found, fmt::format("there is no {} `{}`", what, name));
  }
  static std::string find_name(const Numbers& numbers, std::uint32_t number) {
    for (const auto& [name, value] : numbers) {
      if (value == number) return name;
    }
    return fmt::to_string(number);
  }
};

}  // namespace btfreloc::test
