#include <algorithm>
#include <bitset>
#include <cstring>
#include <string>
#include <unordered_map>

#include "btf/view.h"

// Types by name without an index: one pass over all types, in which a filter on the first four
// characters turns nearly all of them away. For a kernel's 100,000 types that costs a small part
// of what building the index does.

namespace btfreloc::btf {
namespace {

/// The first four characters of a name, the first in the lowest byte; zero behind its end.
using Prefix = std::uint32_t;

Prefix prefix_of(std::string_view name) {
  char first[sizeof(Prefix)] = {};
  std::memcpy(first, name.data(), std::min(name.size(), sizeof first));
  return load<Prefix>(reinterpret_cast<const std::byte*>(first), std::endian::little);
}

/// Clears what follows the first zero byte.
Prefix cut_at_zero(Prefix prefix) {
  const Prefix zeros = (prefix - 0x01010101U) & ~prefix & 0x80808080U;
  const Prefix lowest = zeros & (~zeros + 1);
  return zeros == 0 ? prefix : prefix & (lowest - 1);
}

/// Knows for certain when a name is none of those asked for.
class PrefixFilter {
 public:
  explicit PrefixFilter(std::span<const std::string_view> essential_names) {
    for (const std::string_view name : essential_names) {
      bits_.set(hash(prefix_of(name)));
      // With a flavor behind it, a short name is followed by underscores.
      if (name.size() < sizeof(Prefix)) bits_.set(hash(prefix_of(std::string(name) + "___")));
    }
  }
  bool may_have(Prefix prefix) const { return bits_[hash(prefix)]; }

 private:
  static constexpr unsigned kBits = 13;
  /// The upper bits of the product with a prime near 2^32 divided by the golden ratio.
  static std::size_t hash(Prefix prefix) { return prefix * 2654435761U >> (32 - kBits); }

  std::bitset<std::size_t{1} << kBits> bits_;
};

}  // namespace

std::vector<NamedType> View::find_named(std::span<const std::string_view> essential_names,
                                        KindSet kinds) const {
  std::vector<NamedType> found;
  const PrefixFilter filter(essential_names);
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < essential_names.size(); ++i) numbers.emplace(essential_names[i], i);

  const std::byte* const types = blob_.data() + header_.types_offset;
  const std::byte* const strings = blob_.data() + header_.strings_offset;
  // Up to here four characters can be read without leaving the strings.
  const std::uint32_t readable =
      header_.strings_size < sizeof(Prefix) ? 0 : header_.strings_size - sizeof(Prefix) + 1;
  for (std::uint32_t i = 0; i < offsets_.size(); ++i) {
    const std::byte* const type = types + offsets_[i];
    const Info info = Info::unpack(load<std::uint32_t>(type + 4, header_.order));
    if (!kinds.has(info.kind)) continue;
    const StrOff name{load<std::uint32_t>(type, header_.order)};
    if (name.value == 0) continue;
    const std::uint32_t own = name.value - strings_start_;
    if (name.value >= strings_start_ && own < readable &&
        !filter.may_have(cut_at_zero(load<Prefix>(strings + own, std::endian::little)))) {
      continue;
    }
    const std::string_view full = string(name);
    const auto number = numbers.find(full.substr(0, essential_length(full)));
    if (number == numbers.end()) continue;
    found.push_back({.type = TypeId{first_id_.value + i}, .name = number->second});
  }
  return found;
}

}  // namespace btfreloc::btf
