#include "object/legalize.h"

#include <unordered_map>
#include <unordered_set>
#include <variant>

#include "core/relo_kind.h"
#include "core/spec.h"

namespace btfreloc::object {
namespace {

/// The types whose kind, name or members decide what a relocation asks for.
class TypesOfRelocation {
 public:
  explicit TypesOfRelocation(const btf::View& btf) : btf_(btf) {}

  std::unordered_set<TypeId> of(const btf::CoreRelo& record) {
    types_.clear();
    const auto kind = core::relo_kind(record.kind);
    if (!kind || !btf_.contains(record.type)) return {};
    const auto spec = core::parse_spec(btf_, record.type, btf_.string(record.access), *kind);
    if (!spec) return {};
    if (core::is_type_based(*kind)) {
      add_all(record.type);
    } else {
      add_path(*spec);
    }
    return std::move(types_);
  }

 private:
  /// Everything that can be reached: whether types match depends on it.
  void add_all(TypeId root) {
    std::vector<TypeId> pending = {root};
    while (!pending.empty()) {
      const TypeId id = pending.back();
      pending.pop_back();
      if (types_.insert(id).second) {
        btf_.for_each_type_id(id, [&](TypeId to) { pending.push_back(to); });
      }
    }
  }

  /// The types on the way of an access string, and what the field is made of.
  void add_path(const core::Spec& spec) {
    TypeId id = add_chain(spec.root);
    for (std::size_t step = 1; step < spec.access.size(); ++step) {
      const btf::Type type = btf_.decode(id);
      const std::uint32_t index = spec.access[step];
      if (const auto* composite = std::get_if<btf::Struct>(&type)) {
        id = add_chain(composite->members[index].type);
      } else if (const auto* one_of = std::get_if<btf::Union>(&type)) {
        id = add_chain(one_of->members[index].type);
      } else if (const auto* array = std::get_if<btf::Array>(&type)) {
        id = add_chain(array->type);
      }
    }
    add_elements(id);
  }

  /// A type and what its modifiers stand for, which is returned.
  TypeId add_chain(TypeId id) {
    const TypeId end = btf_.skip_modifiers_and_typedefs(id);
    for (int depth = 0; depth <= btf::kMaxModifiers && id != end; ++depth) {
      types_.insert(id);
      id = TypeId{btf_.third_word(id)};
    }
    types_.insert(end);
    return end;
  }

  void add_elements(TypeId id) {
    for (int depth = 0; depth <= btf::kMaxModifiers; ++depth) {
      const btf::Type type = btf_.decode(id);
      const auto* array = std::get_if<btf::Array>(&type);
      if (array == nullptr) return;
      id = add_chain(array->type);
    }
  }

  const btf::View& btf_;
  std::unordered_set<TypeId> types_;
};

}  // namespace

Result<LegalizedObject> legalize(const Object& object, btf::KernelVersion kernel) {
  if (object.parts().empty()) {
    return fail(Errc::not_found, "there is no BTF in the object", {}, "compile it with -g");
  }
  if (object.parts().size() > 1) {
    return fail(Errc::unsupported, "several BTF blobs, which no kernel takes",
                {.section = ".BTF", .offset = object.parts()[1].offset},
                "link with `bpftool gen object OUT.o A.o B.o`, which merges BTF");
  }
  const btf::View& btf = *object.btf();
  TRY(btf::Legalized legal, btf::legalize(btf, {.kernel = kernel, .is_object = true}));
  LegalizedObject result{.btf = std::move(legal), .obstacles = {}};
  std::unordered_map<TypeId, std::size_t> changed;
  for (std::size_t i = 0; i < result.btf.changes.size(); ++i) {
    const btf::Change& change = result.btf.changes[i];
    if (change.changes_relocations) changed.try_emplace(change.type, i);
  }
  if (changed.empty()) return result;
  TypesOfRelocation types(btf);
  for (std::size_t i = 0; i < object.relocations().size(); ++i) {
    for (const TypeId type : types.of(object.relocations()[i].record)) {
      const auto found = changed.find(type);
      if (found == changed.end()) continue;
      result.obstacles.push_back({.relocation = i, .change = found->second});
      break;
    }
  }
  return result;
}

}  // namespace btfreloc::object
