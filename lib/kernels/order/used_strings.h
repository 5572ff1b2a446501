#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "btf/view.h"
#include "kernels/order/identities.h"

namespace btfreloc::kernels {

/// The strings that a BTF's own types use, each once, by number; the empty one has none. The view
/// must outlive them.
class UsedStrings {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit UsedStrings(const btf::View& view);

  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }
  std::string_view text(std::uint32_t string) const { return texts_[string]; }
  /// Of what a type has at `offset`; kNone for the empty string.
  std::uint32_t number(StrOff offset) const { return numbers_[offset.value]; }
  std::uint32_t find(std::uint64_t identity) const { return by_identity_.find(identity); }

  /// Where each lies in another blob's own strings; kNone where it does not. The first place, if
  /// there are several.
  std::vector<std::uint32_t> offsets_in(const btf::View& other) const;

  /// Those not in `elsewhere` (kNone in it), as own types of `types` use them, counted from 0.
  std::vector<std::uint32_t> first_use(std::span<const std::uint32_t> types,
                                       std::span<const std::uint32_t> elsewhere) const;

 private:
  const btf::View& view_;
  std::vector<std::uint32_t> numbers_;  ///< By string offset.
  std::vector<std::string_view> texts_;
  IdentityMap by_identity_;
};

/// Calls f(offset, text) for each string of a section, offsets from its start.
template <class F>
void for_each_string_of(Bytes section, F&& f) {
  const std::string_view all = as_chars(section);
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\0', at), all.size());
    f(static_cast<std::uint32_t>(at), all.substr(at, end - at));
    at = end + 1;
  }
}

/// Calls f(StrOff) for every string that a type uses, repeats included.
template <class F>
void for_each_string_use(const btf::View& view, TypeId id, F&& f) {
  const btf::Info info = view.info(id);
  btf::for_each_reference(
      view.record(id).data(), btf::traits_or_unknown(info.kind), info.vlen, view.order(),
      [](std::size_t, std::uint32_t) {},
      [&](std::size_t, std::uint32_t offset) { f(StrOff{offset}); });
}

}  // namespace btfreloc::kernels
