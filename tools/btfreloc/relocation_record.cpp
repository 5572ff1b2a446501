#include "btfreloc/relocation_record.h"

#include <fmt/format.h>

#include "btf/c_text.h"
#include "btfreloc/output.h"
#include "core/field.h"
#include "core/spec.h"

namespace btfreloc::tool {
namespace {

using core::ReloKind;

/// The path with its root in front, the way a C programmer would write it.
std::string full_path(const btf::View& btf, TypeId root, ReloKind kind, const std::string& path) {
  if (core::is_type_based(kind)) return btf::title(btf, root);
  const std::string_view name = btf.name(root);
  std::string text = printable(name.empty() ? "(anon)" : name);
  if (core::is_enumval_based(kind)) return text + "::" + path;
  return text + (path.empty() || path[0] == '[' ? "" : ".") + path;
}

bool is_signed_enum(const btf::View& btf, TypeId id) { return btf.info(id).kind_flag; }

}  // namespace

bool RelocationRecord::answers_yes_or_no() const {
  return kind.ends_with("_exists") || kind == "type_matches" || kind == "signed";
}

std::string RelocationRecord::value_text(std::uint64_t value) const {
  if (answers_yes_or_no()) return value != 0 ? "yes" : "no";
  return is_signed ? fmt::format("{}", static_cast<std::int64_t>(value)) : fmt::format("{}", value);
}

std::string RelocationRecord::local_text() const { return local ? value_text(*local) : "?"; }

RelocationRecord describe(const btf::View& btf, const btf::CoreRelo& relocation, std::endian order,
                          std::string id) {
  RelocationRecord record;
  record.id = std::move(id);
  const bool has_root = btf.contains(relocation.type) && relocation.type.value != 0;
  record.root = has_root ? printable(btf::title(btf, relocation.type))
                         : fmt::format("[{}]", relocation.type.value);
  record.access = printable(btf.string(relocation.access));
  record.full_path = record.root;
  const auto kind = core::relo_kind(relocation.kind);
  record.kind = kind ? std::string(core::name(*kind)) : fmt::format("kind {}", relocation.kind);
  if (!kind) {
    record.problem = "a relocation kind that is not known";
    return record;
  }
  if (!btf.has_string(relocation.access)) {
    record.problem = "its access string is beyond the end of the strings";
    return record;
  }
  const auto spec = core::parse_spec(btf, relocation.type, btf.string(relocation.access), *kind);
  if (!spec) {
    record.problem = printable(spec.error().reason);
    return record;
  }
  record.path = printable(core::access_path(btf, *spec));
  record.full_path = printable(full_path(btf, relocation.type, *kind, record.path));
  record.is_enum_value = *kind == ReloKind::enumval_value;
  record.is_signed = record.is_enum_value && is_signed_enum(btf, spec->enum_type);
  const auto local = core::local_value(btf, *spec, order);
  if (!local) {
    record.problem = printable(local.error().reason);
    return record;
  }
  record.local = *local;
  return record;
}

RelocationRecord describe(const object::Object& object, const object::Relocation& relocation) {
  std::string id = relocation.program != nullptr
                       ? fmt::format("{}#{}", printable(relocation.program->name), relocation.index)
                       : fmt::format("{}+{:#x}", printable(relocation.section),
                                     relocation.record.insn_offset.value);
  return describe(*object.btf(), relocation.record, object.order(), std::move(id));
}

}  // namespace btfreloc::tool
