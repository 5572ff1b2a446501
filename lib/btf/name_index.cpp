#include "btf/name_index.h"

#include <bit>
#include <functional>

#include "btf/view.h"

namespace btfreloc::btf {

std::span<const TypeId> NameIndex::find(const View& view, std::string_view essential_name) {
  std::call_once(built_, [&] { build(view); });
  if (table_.empty()) return {};
  const std::uint32_t entry = table_[slot_of(view, essential_name)];
  if (entry == 0) return {};
  const std::size_t start = groups_[entry - 1].start;
  const std::size_t end = entry < groups_.size() ? groups_[entry].start : ids_.size();
  return std::span(ids_).subspan(start, end - start);
}

// A counting sort by group: number the groups and count their ids, turn counts into starts,
// then put every id in its place. Ids of a group come out ascending.
void NameIndex::build(const View& view) {
  const std::uint32_t first = view.first_id().value;
  const std::uint32_t own = view.own_count();
  if (own == 0) return;
  table_.assign(std::bit_ceil(std::size_t{own} * 2), 0);
  std::vector<std::uint32_t> group_of(own, 0);  // plus one; 0: no name
  std::vector<std::uint32_t> counts;
  for (std::uint32_t i = 0; i < own; ++i) {
    const StrOff offset = view.name_offset(TypeId{first + i});
    if (offset.value == 0) continue;
    const std::string_view full = view.string(offset);
    const std::string_view name = full.substr(0, essential_length(full));
    std::uint32_t& entry = table_[slot_of(view, name)];
    if (entry == 0) {
      groups_.push_back({offset, static_cast<std::uint32_t>(name.size()), 0});
      counts.push_back(0);
      entry = static_cast<std::uint32_t>(groups_.size());
    }
    group_of[i] = entry;
    ++counts[entry - 1];
  }

  std::uint32_t total = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    groups_[g].start = total;
    total += counts[g];
    counts[g] = groups_[g].start;  // from here on: where the group's next id goes
  }
  ids_.resize(total);
  for (std::uint32_t i = 0; i < own; ++i) {
    if (group_of[i] != 0) ids_[counts[group_of[i] - 1]++] = TypeId{first + i};
  }
}

std::size_t NameIndex::slot_of(const View& view, std::string_view essential_name) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(essential_name)&mask;
  for (; table_[slot] != 0; slot = (slot + 1) & mask) {
    const Group& group = groups_[table_[slot] - 1];
    if (group.length == essential_name.size() &&
        view.string(group.name).starts_with(essential_name)) {
      break;
    }
  }
  return slot;
}

}  // namespace btfreloc::btf
