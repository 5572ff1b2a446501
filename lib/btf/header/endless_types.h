#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Types that cannot be written down because they go on for ever: a pointer to itself, a function
/// that takes itself. Structs and unions end a type, since they have a name. No compiler makes such
/// types, but a file may have them.
class EndlessTypes {
 public:
  /// `view` must outlive this.
  explicit EndlessTypes(const View& view) : view_(&view) {}

  /// Whether one comes from the type back to it. Each type is looked at once, in whatever order.
  bool has(TypeId id);

 private:
  struct Mark {
    std::uint32_t order = 0;   ///< In which types were reached, from 1.
    std::uint32_t lowest = 0;  ///< Order of the first type on the way here that it leads to.
    bool is_open = true;       ///< Whether types on the way here may turn out to lead to it.
    bool is_endless = false;
  };
  struct Step {
    TypeId type;
    std::vector<TypeId> next;
    std::size_t at = 0;
  };

  void explore(TypeId from);
  Step enter(TypeId id);
  void leave(TypeId id);
  bool is_end(TypeId id) const;

  const View* view_;
  std::unordered_map<TypeId, Mark> marks_;
  std::vector<TypeId> open_;  ///< In the order in which they were reached.
};

}  // namespace btfreloc::btf
