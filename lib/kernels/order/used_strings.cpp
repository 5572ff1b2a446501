#include "kernels/order/used_strings.h"

namespace btfreloc::kernels {
UsedStrings::UsedStrings(const btf::View& view)
    : view_(view),
      numbers_(view.strings_end() + std::size_t{1}, kNone),
      by_identity_(view.own_count()) {
  for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
    for_each_string_use(view, id, [&](StrOff offset) {
      if (numbers_[offset.value] != kNone || view.first_char(offset) == '\0') return;
      const std::string_view text = view.string(offset);
      std::uint32_t& number = by_identity_[string_identity(text)];
      if (number == kNone) {
        number = size();
        texts_.push_back(text);
      }
      numbers_[offset.value] = number;
    });
  }
}

std::vector<std::uint32_t> UsedStrings::offsets_in(const btf::View& other) const {
  std::vector<std::uint32_t> offsets(size(), kNone);
  for_each_string_of(other.strings(), [&](std::uint32_t offset, std::string_view text) {
    const std::uint32_t number = find(string_identity(text));
    if (number != kNone && offsets[number] == kNone)
      offsets[number] = other.strings_start() + offset;
  });
  return offsets;
}

std::vector<std::uint32_t> UsedStrings::first_use(std::span<const std::uint32_t> types,
                                                  std::span<const std::uint32_t> elsewhere) const {
  std::vector<std::uint32_t> strings;
  std::vector<bool> seen(size());
  for (const std::uint32_t type : types) {
    for_each_string_use(view_, TypeId{view_.first_id().value + type}, [&](StrOff offset) {
      const std::uint32_t string = number(offset);
      if (string == kNone || seen[string] || elsewhere[string] != kNone) return;
      seen[string] = true;
      strings.push_back(string);
    });
  }
  return strings;
}

}  // namespace btfreloc::kernels
