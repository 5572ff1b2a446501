#include "btf/decl_tags.h"

#include <algorithm>
#include <utility>

namespace btfreloc::btf {

std::span<const TypeId> DeclTags::on(TypeId type) {
  if (!std::exchange(is_built_, true)) build();
  const auto [first, last] = std::ranges::equal_range(targets_, type);
  return std::span(tags_).subspan(static_cast<std::size_t>(first - targets_.begin()),
                                  static_cast<std::size_t>(last - first));
}

void DeclTags::build() {
  std::vector<std::pair<TypeId, TypeId>> pairs;
  for (TypeId id{1}; id.value < view_->size(); ++id.value) {
    if (view_->kind(id) != Kind::kDeclTag) continue;
    pairs.emplace_back(TypeId{view_->third_word(id)}, id);
  }
  std::ranges::sort(pairs);
  for (const auto& [target, tag] : pairs) {
    targets_.push_back(target);
    tags_.push_back(tag);
  }
}

}  // namespace btfreloc::btf
