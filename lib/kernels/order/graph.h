#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "btf/view.h"

namespace btfreloc::kernels {

/// Which own types of a BTF refer to which: types are counted from 0 here, own ones only.
class TypeGraph {
 public:
  explicit TypeGraph(const btf::View& view);

  std::uint32_t size() const { return static_cast<std::uint32_t>(sorts_.size()); }
  /// A type's kind, and whether it has a name: below kSorts.
  static constexpr std::uint32_t kSorts = 64;
  std::uint32_t sort(std::uint32_t type) const { return sorts_[type]; }
  bool is_anonymous(std::uint32_t type) const { return (sorts_[type] & 1) == 0; }

  /// Types it refers to, in the order of its record, repeats included.
  std::span<const std::uint32_t> references(std::uint32_t type) const {
    return std::span(references_).subspan(reference_ends_[type], count(reference_ends_, type));
  }
  /// Types without a name, or with one, that refer to it, ascending.
  std::span<const std::uint32_t> anonymous_users(std::uint32_t type) const {
    return std::span(users_).subspan(user_ends_[2 * type], count(user_ends_, 2 * type));
  }
  std::span<const std::uint32_t> named_users(std::uint32_t type) const {
    return std::span(users_).subspan(user_ends_[2 * type + 1], count(user_ends_, 2 * type + 1));
  }

 private:
  static std::uint32_t count(const std::vector<std::uint32_t>& ends, std::uint32_t at) {
    return ends[at + 1] - ends[at];
  }

  std::vector<std::uint8_t> sorts_;
  std::vector<std::uint32_t> reference_ends_;  ///< From 0, where those of each type begin and end.
  std::vector<std::uint32_t> references_;
  std::vector<std::uint32_t> user_ends_;  ///< The same, in turn anonymous and named.
  std::vector<std::uint32_t> users_;
};

}  // namespace btfreloc::kernels
