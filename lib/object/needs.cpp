#include "object/needs.h"

#include <algorithm>
#include <optional>

#include "core/relo_kind.h"
#include "core/spec.h"

namespace btfreloc::object {
namespace {

void sort_unique(std::vector<std::string_view>& names) {
  std::ranges::sort(names);
  const auto repeats = std::ranges::unique(names);
  names.erase(repeats.begin(), repeats.end());
}

/// True where more than the kind of the type itself is compared with the kernel's.
bool is_compared(const btf::View& btf, const core::Spec& spec) {
  if (spec.kind == core::ReloKind::type_matches) return true;
  const bool is_of_type = spec.kind == core::ReloKind::type_exists ||
                          spec.kind == core::ReloKind::type_size ||
                          spec.kind == core::ReloKind::type_id_target;
  const auto kind = btf.kind(spec.root);
  return is_of_type && kind && !btf::is_composite(*kind) && !btf::is_enum(*kind);
}

}  // namespace

Needs needs_of(const Object& object) {
  Needs needs;
  for (const Relocation& relocation : object.relocations()) {
    const btf::View& btf = *object.btf();
    const auto kind = core::relo_kind(relocation.record.kind);
    if (!kind || !btf.has_string(relocation.record.access)) continue;
    const auto spec =
        core::parse_spec(btf, relocation.record.type, btf.string(relocation.record.access), *kind);
    if (!spec) continue;  // means nothing on any kernel
    const std::string_view name = btf.name(spec->root);
    const std::string_view essential = name.substr(0, btf::essential_length(name));
    if (essential.empty()) continue;  // no kernel can be asked for it
    (is_compared(btf, *spec) ? needs.compared_types : needs.types).push_back(essential);
    for (const core::Accessor& step : spec->path) {
      if (step.is_member()) needs.members.push_back(btf.string(step.name));
    }
  }
  for (auto* names : {&needs.types, &needs.compared_types, &needs.members}) sort_unique(*names);
  return needs;
}

}  // namespace btfreloc::object
