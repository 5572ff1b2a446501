#pragma once

#include <span>
#include <vector>

#include "btf/view.h"

namespace btfreloc::btf {

/// The declaration tags of a view and its base, by what they are on. The view must outlive this.
class DeclTags {
 public:
  explicit DeclTags(const View& view) : view_(&view) {}

  /// Ids of the DECL_TAGs on a type, its members and its parameters, ascending. The first call goes
  /// over all types.
  std::span<const TypeId> on(TypeId type);

 private:
  void build();

  const View* view_;
  bool is_built_ = false;
  std::vector<TypeId> targets_;  ///< Ascending, one for each tag.
  std::vector<TypeId> tags_;
};

}  // namespace btfreloc::btf
