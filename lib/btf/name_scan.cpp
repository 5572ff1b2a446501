#include <algorithm>
#include <array>
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

constexpr auto kForeign =
    std::endian::native == std::endian::little ? std::endian::big : std::endian::little;

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

/// Comparisons that take less time than making the tables that save them.
constexpr std::size_t kFewComparisons = 64;

}  // namespace

std::vector<NamedType> View::find_named(std::span<const std::string_view> essential_names,
                                        KindSet kinds) const {
  if (own_count() * essential_names.size() <= kFewComparisons) {
    return find_named_by_comparing(essential_names, kinds);
  }
  return header_.order == std::endian::native
             ? find_named_in<std::endian::native>(essential_names, kinds)
             : find_named_in<kForeign>(essential_names, kinds);
}

std::vector<NamedType> View::find_named_by_comparing(
    std::span<const std::string_view> essential_names, KindSet kinds) const {
  std::vector<NamedType> found;
  for (TypeId id = first_id_; id.value < size(); ++id.value) {
    if (!kinds.has(info(id).kind)) continue;
    const std::string_view full = name(id);
    if (full.empty()) continue;
    const auto number = std::ranges::find(essential_names, full.substr(0, essential_length(full)));
    if (number == essential_names.end()) continue;
    found.push_back(
        {.type = id, .name = static_cast<std::uint32_t>(number - essential_names.begin())});
  }
  return found;
}

// Once per byte order, because the first lines of the loop run for every type of a kernel.
template <std::endian kOrder>
std::vector<NamedType> View::find_named_in(std::span<const std::string_view> essential_names,
                                           KindSet kinds) const {
  std::vector<NamedType> found;
  const PrefixFilter filter(essential_names);
  std::unordered_map<std::string_view, std::uint32_t> numbers;
  for (std::uint32_t i = 0; i < essential_names.size(); ++i) numbers.emplace(essential_names[i], i);
  // By the upper byte of the info word: the kind, and kind_flag.
  std::array<bool, 256> is_wanted{};
  for (std::uint32_t byte = 0; byte < is_wanted.size(); ++byte) {
    is_wanted[byte] = kinds.has(Info::unpack(byte << 24).kind);
  }

  const std::byte* const types = blob_.data() + header_.types_offset;
  const std::byte* const strings = blob_.data() + header_.strings_offset;
  // Up to here four characters can be read without leaving the strings.
  const std::uint32_t readable =
      header_.strings_size < sizeof(Prefix) ? 0 : header_.strings_size - sizeof(Prefix) + 1;
  const std::uint32_t* const first = offsets_.data();
  const std::uint32_t* const end = first + offsets_.size();
#pragma GCC unroll 4
  for (const std::uint32_t* offset = first; offset != end; ++offset) {
    const std::byte* const type = types + *offset;
    if (!is_wanted[load<std::uint32_t>(type + 4, kOrder) >> 24]) continue;
    const StrOff name{load<std::uint32_t>(type, kOrder)};
    if (name.value == 0) continue;
    const std::uint32_t own = name.value - strings_start_;
    if (name.value >= strings_start_ && own < readable &&
        !filter.may_have(cut_at_zero(load<Prefix>(strings + own, std::endian::little)))) {
      continue;
    }
    const std::string_view full = string(name);
    const auto number = numbers.find(full.substr(0, essential_length(full)));
    if (number == numbers.end()) continue;
    const auto index = static_cast<std::uint32_t>(offset - first);
    found.push_back({.type = TypeId{first_id_.value + index}, .name = number->second});
  }
  return found;
}

}  // namespace btfreloc::btf
