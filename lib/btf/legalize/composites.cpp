#include "btf/legalize/composites.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <variant>

namespace btfreloc::btf {

void Composites::learn(TypeId id) {
  const Type type = view_.decode(id);
  const auto* const record = std::get_if<Struct>(&type);
  if (record == nullptr) return;
  const auto members = record->members;
  if (std::ranges::is_sorted(members, {}, &Member::offset)) return;
  std::vector<std::uint32_t> order(members.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return members[i].offset; });
  std::vector<std::uint32_t> places(order.size());
  for (std::uint32_t place = 0; place < order.size(); ++place) places[order[place]] = place;
  orders_.emplace(id, Order{.old_of = std::move(order), .new_of = std::move(places)});
}

std::int32_t Composites::component_of(const DeclTag& tag) const {
  const auto order = orders_.find(tag.type);
  if (order == orders_.end() || tag.component < 0) return tag.component;
  const auto index = static_cast<std::size_t>(tag.component);
  if (index >= order->second.new_of.size()) return tag.component;
  return static_cast<std::int32_t>(order->second.new_of[index]);
}

void Composites::write(const Struct& type) {
  std::vector<Member> members(type.members.begin(), type.members.end());
  bool is_changed = false;
  if (const auto order = orders_.find(rewrite_.id()); order != orders_.end()) {
    std::ranges::transform(order->second.old_of, members.begin(),
                           [&](std::uint32_t i) { return type.members[i]; });
    rewrite_.changed(ChangeKind::sorted, "has its members in the order of their offsets", true);
    is_changed = true;
  }
  const auto name = finish(type.name, members, is_changed);
  if (name) builder_.add_struct(*name, type.size, members);
}

void Composites::write(const Union& type) {
  std::vector<Member> members(type.members.begin(), type.members.end());
  const bool has_offsets =
      std::ranges::any_of(members, [](const Member& m) { return m.offset.value != 0; });
  const auto name = finish(type.name, members, has_offsets);
  if (!name) return;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].offset.value != 0) wrap(i, members[i], type.size);
  }
  builder_.add_union(*name, type.size, members);
}

/// Puts a member into a struct as large as its union, where members may have offsets.
void Composites::wrap(std::size_t index, Member& member, ByteCount size) {
  const std::string_view name = builder_.text(member.name);
  rewrite_.changed(
      ChangeKind::wrapped,
      fmt::format("member {}{}{} stands in a struct: members of unions begin at bit 0, it "
                  "begins at {}",
                  index, name.empty() ? "" : " ", name, member.offset.value),
      true);
  // Its name stays where it is found: inside, since the struct has none.
  const TypeId wrapper =
      rewrite_.extra([this, member, size] { builder_.add_struct({}, size, std::array{member}); });
  member = {.name = {}, .type = wrapper, .offset = {}, .bitfield_size = {}};
}

/// What structs and unions share: the new name, or nullopt when the type was kept as it is.
std::optional<StrOff> Composites::finish(StrOff name, std::vector<Member>& members,
                                         bool is_changed) {
  is_changed |= rewrite_.cut(members, "members");
  is_changed |= names_.make_legal(members, {.what = "member", .changes_relocations = true});
  is_changed |= lower_bitfields(members);
  const StrOff legal = names_.type_name(name, {.changes_relocations = true});
  if (is_changed || legal != name) return legal;
  rewrite_.keep();
  return std::nullopt;
}

/// Before 5.0 the width and place of a bitfield were those of an INT of its own.
bool Composites::lower_bitfields(std::vector<Member>& members) {
  if (rewrite_.takes(Feature::kind_flag) || !view_.info(rewrite_.id()).kind_flag) return false;
  bool is_changed = false;
  for (Member& member : members) {
    const Bits width = std::exchange(member.bitfield_size, Bits{});
    if (width.value == 0) continue;
    is_changed = true;
    member.type = of_width(member.type, width);
  }
  rewrite_.changed(
      ChangeKind::lowered,
      fmt::format("{}: {}",
                  is_changed ? "has bitfields by integers of their width, without kind_flag"
                             : "loses its kind_flag",
                  Rewrite::reason(Feature::kind_flag)),
      is_changed);
  return true;
}

/// An INT of that width; where a bitfield is as wide as its type, the type.
TypeId Composites::of_width(TypeId type, Bits width) {
  const TypeId whole = view_.skip_modifiers_and_typedefs(type);
  const Type decoded = view_.decode(whole);
  const auto* const integer = std::get_if<Int>(&decoded);
  if (integer != nullptr && integer->bits == width) return type;
  const ByteCount size{view_.third_word(whole)};
  const std::uint8_t encoding = integer != nullptr ? integer->encoding : std::uint8_t{0};
  return rewrite_.extra([this, whole, size, width, encoding] {
    builder_.add(Int{.name = builder_.string(std::string(view_.name(whole))),
                     .size = size,
                     .encoding = encoding,
                     .offset = {},
                     .bits = width});
  });
}

}  // namespace btfreloc::btf
