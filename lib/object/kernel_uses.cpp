#include "object/kernel_uses.h"

#include <algorithm>
#include <optional>

#include "core/members.h"

namespace btfreloc::object {
namespace {

using btf::Kind;

/// A plain struct with so many members, those of structs in it included, comes whole.
constexpr std::uint32_t kSmall = 16;
constexpr std::uint32_t kTiny = 4;  ///< When it only lies in another.
constexpr std::uint32_t kSmallEnum = 16;
/// Anonymous structs in one another, and typedefs and arrays in a row. Compilers write a few.
constexpr int kMaxDepth = 32;

bool is_anonymous_record(const btf::View& btf, const btf::Member& member) {
  if (!btf.string(member.name).empty()) return false;
  const auto kind = btf.kind(btf.skip_modifiers(member.type));
  return kind && btf::is_composite(*kind);
}

/// Counts the members of structs that are small and plain: of integers, pointers, arrays and enums,
/// and of structs that are made of these. Others bring locks and lists with them.
class PlainMembers {
 public:
  PlainMembers(const btf::View& btf, std::uint32_t most) : btf_(btf), left_(most) {}

  bool are_all_of(TypeId record, int named_depth = 0, int depth = 0) {
    const auto members = core::members_of(btf_, record);
    if (!members || depth > kMaxDepth) return false;
    for (const btf::Member member : *members) {
      if (left_ == 0) return false;
      --left_;
      const TypeId type = record_behind(member.type);
      if (type.value == 0) continue;
      const bool is_anonymous = btf_.name_offset(type).value == 0;
      if (!is_anonymous && named_depth == 1) return false;
      if (!are_all_of(type, named_depth + (is_anonymous ? 0 : 1), depth + 1)) return false;
    }
    return true;
  }

 private:
  /// The struct or union that is a member, or which a member is an array of; void for others.
  TypeId record_behind(TypeId type) const {
    for (int depth = 0; depth < kMaxDepth; ++depth) {
      type = btf_.skip_modifiers_and_typedefs(type);
      const auto kind = btf_.kind(type);
      if (!kind || type.value == 0) return TypeId{0};
      if (btf::is_composite(*kind)) return type;
      if (kind != Kind::kArray) return TypeId{0};
      type = std::get<btf::Array>(btf_.decode(type)).type;
    }
    return TypeId{0};
  }

  const btf::View& btf_;
  std::uint32_t left_;
};

}  // namespace

const btf::View& KernelUses::owner(const btf::View& btf, TypeId id) {
  const btf::View* view = &btf;
  while (view->base() != nullptr && id < view->first_id()) view = view->base();
  return *view;
}

KernelUses::Key KernelUses::find(const btf::View& btf, TypeId id) const {
  const auto view = std::ranges::find(views_, &owner(btf, id));
  return {static_cast<std::size_t>(view - views_.begin()), id.value};
}

KernelUses::Use& KernelUses::use(const btf::View& btf, TypeId id) {
  const Key key = find(btf, id);
  if (key.first == views_.size()) views_.push_back(&owner(btf, id));
  return uses_[key];
}

void KernelUses::define(const btf::View& btf, TypeId id, Portion portion) {
  Use& defined = use(btf, id);
  if (!defined.is_queued) todo_.push_back(find(btf, id));
  defined.is_queued = true;
  defined.is_defined = true;
  defined.portion = std::max(defined.portion, portion);
}

void KernelUses::add(const btf::View& btf, TypeId id, Portion portion) {
  for (int depth = 0; depth < kMaxDepth && id.value != 0; ++depth) {
    const auto kind = btf.kind(id);
    if (!kind) return;
    if (kind == Kind::kArray) {
      id = std::get<btf::Array>(btf.decode(id)).type;
      continue;
    }
    const bool is_named = kind == Kind::kTypedef || kind == Kind::kFwd || kind == Kind::kFunc;
    if (is_named || btf::is_composite(*kind) || btf::is_enum(*kind)) define(btf, id, portion);
    if (!btf::is_modifier(*kind)) return;
    id = TypeId{btf.third_word(id)};
  }
}

void KernelUses::add_record(const btf::View& btf, TypeId id, std::uint32_t index) {
  use(btf, id).records.insert(index);
  // Of an anonymous struct, a part: what it lies in decides about the rest.
  if (btf.name_offset(id).value != 0 || btf::is_enum(*btf.kind(id))) {
    define(btf, id, Portion::contained);
  } else {
    use(btf, id).is_defined = true;
  }
}

std::vector<UsedType> KernelUses::close() {
  while (!todo_.empty()) {
    const Key key = todo_.back();
    todo_.pop_back();
    const btf::View& btf = *views_[key.first];
    const TypeId id{key.second};
    const auto kind = btf.kind(id);
    if (btf::is_composite(*kind)) close_struct(btf, id);
    if (btf::is_enum(*kind)) close_enum(btf, id);
  }
  std::vector<UsedType> types;
  for (const auto& [key, use] : uses_) {
    const btf::View& btf = *views_[key.first];
    const bool is_nothing = !use.is_defined && btf.name_offset(TypeId{key.second}).value == 0;
    if (is_nothing) continue;  // an anonymous part of which no member is used
    types.push_back({.btf = &btf,
                     .type = TypeId{key.second},
                     .is_defined = use.is_defined,
                     .records = {use.records.begin(), use.records.end()}});
  }
  return types;
}

void KernelUses::close_struct(const btf::View& btf, TypeId id) {
  const Portion portion = use(btf, id).portion;
  const std::uint32_t most = portion == Portion::named ? kSmall : kTiny;
  const bool is_whole = portion == Portion::whole || PlainMembers(btf, most).are_all_of(id);
  select_members(btf, id, is_whole, 0);
}

/// Adds the members that are used, and what they consist of. False when there is none.
bool KernelUses::select_members(const btf::View& btf, TypeId id, bool is_whole, int depth) {
  const auto members = core::members_of(btf, id);
  if (!members || depth > kMaxDepth) return false;
  Use& chosen = use(btf, id);  // stays where it is: a map
  const auto closed = is_whole ? Use::Closed::whole : Use::Closed::partially;
  if (chosen.closed >= closed) return !chosen.records.empty();
  chosen.closed = closed;
  std::uint32_t index = 0;
  for (const btf::Member member : *members) {
    const std::uint32_t i = index++;
    if (is_anonymous_record(btf, member)) {
      const TypeId inner = btf.skip_modifiers(member.type);
      if (select_members(btf, inner, is_whole, depth + 1)) chosen.records.insert(i);
      continue;
    }
    if (is_whole || words_.may_be_member(btf.string(member.name))) chosen.records.insert(i);
    if (chosen.records.contains(i)) add(btf, member.type, Portion::contained);
  }
  if (!chosen.records.empty()) chosen.is_defined = true;
  return !chosen.records.empty();
}

/// A part of an enum keeps what makes its size and sign: negative enumerators, and large ones.
void KernelUses::close_enum(const btf::View& btf, TypeId id) {
  Use& chosen = use(btf, id);
  const std::uint32_t count = btf.info(id).vlen;
  const bool is_named = btf.name_offset(id).value != 0;
  const bool is_whole = is_named && count <= kSmallEnum;
  const bool is_packed = btf.third_word(id) < 4;  // bytes
  std::pair<std::int64_t, std::uint32_t> least{0, 0};
  std::pair<std::int64_t, std::uint32_t> greatest{is_packed ? 0 : INT32_MAX, 0};
  for (std::uint32_t i = 0; i < count; ++i) {
    if (is_whole) chosen.records.insert(i);
    const auto value = static_cast<std::int64_t>(core::enumerator_of(btf, id, i).value);
    if (value < least.first) least = {value, i};
    if (value > greatest.first) greatest = {value, i};
  }
  if (!is_named || count == 0) return;
  if (least.first < 0) chosen.records.insert(least.second);
  const bool has_greatest = greatest.first > (is_packed ? 0 : INT32_MAX);
  if (has_greatest) chosen.records.insert(greatest.second);
  if (chosen.records.empty()) chosen.records.insert(0);
}

}  // namespace btfreloc::object
