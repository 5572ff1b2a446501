#include "btf/header/endless_types.h"

#include <algorithm>
#include <utility>

// Tarjan's algorithm for strongly connected components, without recursion: chains in a file may be
// a hundred thousand types long.

namespace btfreloc::btf {

bool EndlessTypes::has(TypeId id) {
  if (is_end(id)) return false;
  if (!marks_.contains(id)) explore(id);
  return marks_.at(id).is_endless;
}

bool EndlessTypes::is_end(TypeId id) const {
  switch (view_->kind(id).value_or(Kind::kVoid)) {
    case Kind::kPtr:
    case Kind::kArray:
    case Kind::kTypedef:
    case Kind::kVolatile:
    case Kind::kConst:
    case Kind::kRestrict:
    case Kind::kTypeTag:
    case Kind::kFunc:
    case Kind::kFuncProto: return false;
    case Kind::kVoid:
    case Kind::kInt:
    case Kind::kStruct:
    case Kind::kUnion:
    case Kind::kEnum:
    case Kind::kEnum64:
    case Kind::kFwd:
    case Kind::kVar:
    case Kind::kDatasec:
    case Kind::kFloat:
    case Kind::kDeclTag: return true;
  }
  std::unreachable();
}

EndlessTypes::Step EndlessTypes::enter(TypeId id) {
  const auto order = static_cast<std::uint32_t>(marks_.size() + 1);
  marks_.emplace(id, Mark{.order = order, .lowest = order});
  open_.push_back(id);
  Step step{.type = id, .next = {}};
  view_->for_each_type_id(id, [&](TypeId to) {
    if (is_end(to)) return;
    if (to == id) marks_.at(id).is_endless = true;
    step.next.push_back(to);
  });
  return step;
}

/// All that it leads to has been seen: when none of it leads further back, what was opened since is
/// one component.
void EndlessTypes::leave(TypeId id) {
  if (marks_.at(id).lowest != marks_.at(id).order) return;
  const bool is_alone = open_.back() == id;
  TypeId member;
  do {
    member = open_.back();
    open_.pop_back();
    Mark& mark = marks_.at(member);
    mark.is_open = false;
    if (!is_alone) mark.is_endless = true;
  } while (member != id);
}

void EndlessTypes::explore(TypeId from) {
  std::vector<Step> path;
  path.push_back(enter(from));
  while (!path.empty()) {
    Step& step = path.back();
    if (step.at == step.next.size()) {
      const TypeId done = step.type;
      path.pop_back();
      leave(done);
      if (!path.empty()) {
        Mark& before = marks_.at(path.back().type);
        before.lowest = std::min(before.lowest, marks_.at(done).lowest);
      }
      continue;
    }
    const TypeId next = step.next[step.at++];
    const auto known = marks_.find(next);
    if (known == marks_.end()) {
      path.push_back(enter(next));
    } else if (known->second.is_open) {
      Mark& mark = marks_.at(step.type);
      mark.lowest = std::min(mark.lowest, known->second.order);
    }
  }
}

}  // namespace btfreloc::btf
