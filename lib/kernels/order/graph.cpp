#include "kernels/order/graph.h"

#include <algorithm>

namespace btfreloc::kernels {

TypeGraph::TypeGraph(const btf::View& view)
    : sorts_(view.own_count()),
      reference_ends_(view.own_count() + std::size_t{1}),
      user_ends_(view.own_count() * std::size_t{2} + 2) {
  const std::uint32_t first = view.first_id().value;
  for (std::uint32_t type = 0; type < size(); ++type) {
    const TypeId id{first + type};
    const bool is_named = view.first_char(view.name_offset(id)) != '\0';
    sorts_[type] = static_cast<std::uint8_t>(
        std::min<unsigned>(view.info(id).kind, kSorts / 2 - 1) << 1 | unsigned{is_named});
    view.for_each_type_id(id, [&](TypeId to) {
      if (to.value >= first) references_.push_back(to.value - first);
    });
    reference_ends_[type + 1] = static_cast<std::uint32_t>(references_.size());
  }
  // Counted first, one place further on; then each type fills its own.
  const auto slot = [&](std::uint32_t to, std::uint32_t user) {
    return 2 * std::size_t{to} + (is_anonymous(user) ? 0 : 1);
  };
  for (std::uint32_t type = 0; type < size(); ++type) {
    for (const std::uint32_t to : references(type)) ++user_ends_[slot(to, type) + 1];
  }
  for (std::size_t i = 1; i < user_ends_.size(); ++i) user_ends_[i] += user_ends_[i - 1];
  users_.resize(references_.size());
  std::vector<std::uint32_t> next(user_ends_.begin(), user_ends_.end() - 1);
  for (std::uint32_t type = 0; type < size(); ++type) {
    for (const std::uint32_t to : references(type)) users_[next[slot(to, type)]++] = type;
  }
}

}  // namespace btfreloc::kernels
