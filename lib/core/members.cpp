#include "core/members.h"

namespace btfreloc::core {

std::optional<btf::Records<btf::Member>> members_of(const btf::View& btf, TypeId id) {
  const btf::Type type = btf.decode(id);
  if (const auto* s = std::get_if<btf::Struct>(&type)) return s->members;
  if (const auto* u = std::get_if<btf::Union>(&type)) return u->members;
  return std::nullopt;
}

btf::Enumerator enumerator_of(const btf::View& btf, TypeId id, std::uint32_t index) {
  const btf::Type type = btf.decode(id);
  if (const auto* e = std::get_if<btf::Enum>(&type)) return e->values[index];
  return std::get<btf::Enum64>(type).values[index];
}

bool is_flexible(const btf::View& btf, const Spec& spec, const btf::Array& array) {
  if (array.nr_elems != 0 || spec.path.empty() || !spec.path.back().is_member()) return false;
  return spec.path.back().index + 1 == btf.info(spec.path.back().type).vlen;
}

}  // namespace btfreloc::core
