#include "object/own_types.h"

#include "core/members.h"

namespace btfreloc::object {

using btf::Kind;

void OwnTypes::add_all() {
  add_roots();
  std::vector<std::uint8_t> seen(local_.size());  // by id: a bit for each How
  while (!todo_.empty()) {
    const auto [id, how] = todo_.back();
    todo_.pop_back();
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(how));
    if (id.value == 0 || (seen[id.value] & bit) != 0) continue;
    seen[id.value] |= bit;
    step(id, how);
  }
}

void OwnTypes::add_roots() {
  std::vector<bool> is_of_map(local_.size());
  for (TypeId id{1}; id.value < local_.size(); ++id.value) {
    if (local_.kind(id) != Kind::kDatasec || local_.name(id) != ".maps") continue;
    const auto maps = std::get<btf::Datasec>(local_.decode(id));
    for (const btf::SectionVar variable : maps.vars) {
      is_of_map[variable.type.value] = true;
    }
  }
  for (TypeId id{1}; id.value < local_.size(); ++id.value) {
    const auto kind = local_.kind(id);
    if (kind == Kind::kFunc) push(TypeId{local_.third_word(id)}, How::value);
    if (kind != Kind::kVar) continue;
    const auto variable = std::get<btf::Var>(local_.decode(id));
    // An extern one is the kernel's, and may be as large as its run queues.
    const How how = is_of_map[id.value]                           ? How::map
                    : variable.linkage == btf::Linkage::is_extern ? How::pointed_to
                                                                  : How::value;
    push(variable.type, how);
  }
}

void OwnTypes::step(TypeId id, How how) {
  const auto kernel = names_.find_declared(id);
  if (!kernel) return enter(id, how);
  const Kind kind = *local_.kind(id);
  if (kind == Kind::kFwd) return uses_.declare(names_.kernel(), *kernel);
  if (kind == Kind::kTypedef) return add_typedef(id, *kernel, how);
  if (btf::is_composite(kind)) return add_record(id, *kernel, how);
  uses_.add(names_.kernel(), *kernel, Portion::named);
}

/// A type of the program's own: the kernel's may be in it.
void OwnTypes::enter(TypeId id, How how) {
  const auto kind = local_.kind(id);
  if (!kind) return;
  if (btf::is_modifier(*kind)) return push(TypeId{local_.third_word(id)}, how);
  if (kind == Kind::kPtr) {
    push(TypeId{local_.third_word(id)}, how == How::map ? How::value : How::pointed_to);
  } else if (kind == Kind::kArray) {
    enter_array(std::get<btf::Array>(local_.decode(id)), how);
  } else if (const auto members = core::members_of(local_, id)) {
    for (const btf::Member member : *members) {
      push(member.type, how == How::map ? how : How::value);
    }
  } else if (kind == Kind::kFuncProto) {
    const auto function = std::get<btf::FuncProto>(local_.decode(id));
    push(function.return_type, How::value);
    for (const btf::Param param : function.params) push(param.type, How::value);
  }
}

/// In a map, an array of pointers says what its entries point to: maps or programs.
void OwnTypes::enter_array(const btf::Array& array, How how) {
  const TypeId element = local_.skip_modifiers(array.type);
  const bool is_of_maps = how == How::map && local_.kind(element) == Kind::kPtr;
  push(is_of_maps ? TypeId{local_.third_word(element)} : array.type, how);
}

/// A struct or union of the kernel: as much of it as the program declares, when objects of it are
/// the program's.
void OwnTypes::add_record(TypeId local, TypeId kernel, How how) {
  uses_.add(names_.kernel(), kernel, Portion::named);
  if (how == How::pointed_to) return;
  std::size_t seen = 0;
  add_members(kernel, member_names(local_, local), seen, 0);
}

bool OwnTypes::add_members(TypeId kernel, const std::unordered_set<std::string_view>& names,
                           std::size_t& seen, int depth) {
  constexpr std::size_t kMostMembers = 4096;  // of one struct, and as deep in one another
  constexpr int kMaxDepth = 32;
  const btf::View& btf = names_.kernel();
  const auto members = core::members_of(btf, kernel);
  if (!members || depth > kMaxDepth) return false;
  bool has_any = false;
  std::uint32_t index = 0;
  for (const btf::Member member : *members) {
    if (++seen > kMostMembers) break;
    const std::string_view name = btf.string(member.name);
    const bool is_used = name.empty()
                             ? add_members(btf.skip_modifiers(member.type), names, seen, depth + 1)
                             : names.contains(name);
    if (is_used) uses_.add_record(btf, kernel, index);
    has_any = has_any || is_used;
    ++index;
  }
  return has_any;
}

/// What a typedef of the kernel stands for is the kernel's, too.
void OwnTypes::add_typedef(TypeId local, TypeId kernel, How how) {
  uses_.add(names_.kernel(), kernel, how == How::pointed_to ? Portion::named : Portion::whole);
  const TypeId to{local_.third_word(local)};
  const auto kind = local_.kind(to);
  const bool is_named = kind && btf::is_composite(*kind) && local_.name_offset(to).value != 0;
  if (is_named) push(to, how);
}

}  // namespace btfreloc::object
