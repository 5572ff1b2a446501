#include "object/legalize.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "core/relo_kind.h"
#include "core/spec.h"
#include "object/loader_btf.h"
#include "object/relocate.h"

namespace btfreloc::object {
namespace {

/// Changes by type: one for each.
using ChangeOf = std::unordered_map<TypeId, std::size_t>;

/// The types from which a changed one can be reached, with the change. Whether types match, or are
/// compatible, depends on everything behind them.
ChangeOf spread(const btf::View& btf, const ChangeOf& changed) {
  std::vector<std::pair<TypeId, TypeId>> references;  // to a type, from a type
  for (TypeId id = btf.first_id(); id.value < btf.size(); ++id.value) {
    btf.for_each_type_id(id, [&](TypeId to) { references.emplace_back(to, id); });
  }
  std::ranges::sort(references);
  ChangeOf reaching = changed;
  std::vector<TypeId> pending;
  for (const auto& [type, change] : changed) pending.push_back(type);
  std::ranges::sort(pending);  // for the same answer everywhere
  while (!pending.empty()) {
    const TypeId to = pending.back();
    pending.pop_back();
    auto at = std::ranges::lower_bound(references, to, {}, [](const auto& r) { return r.first; });
    for (; at != references.end() && at->first == to; ++at) {
      if (reaching.try_emplace(at->second, reaching.at(to)).second) pending.push_back(at->second);
    }
  }
  return reaching;
}

/// The types whose kind, name or members decide what a relocation of a field or enumerator asks
/// for.
class TypesOfRelocation {
 public:
  explicit TypesOfRelocation(const btf::View& btf) : btf_(btf) {}

  std::unordered_set<TypeId> of(const btf::CoreRelo& record, core::ReloKind kind) {
    types_.clear();
    const auto spec = core::parse_spec(btf_, record.type, btf_.string(record.access), kind);
    if (!spec) return {};
    add_path(*spec);
    return std::move(types_);
  }

 private:
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

/// Whether it changes by what loaders look for sections and symbols.
bool changes_variables(const btf::View& btf, const btf::Legalized& legal) {
  return std::ranges::any_of(legal.changes, [&](const btf::Change& change) {
    const auto kind = btf.kind(change.type);
    return kind == btf::Kind::kVar || kind == btf::Kind::kDatasec;
  });
}

/// Loaders find the sizes of sections and the places of variables by their names. Where these
/// change, the numbers have to be in the BTF.
Result<btf::Legalized> legalize_btf(const Object& object, const btf::LegalizeOptions& options) {
  TRY(btf::Legalized legal, btf::legalize(*object.btf(), options));
  if (!changes_variables(*object.btf(), legal)) return legal;
  const LoaderBtf loaded = loader_btf(object.file(), *object.btf());
  TRY(const btf::View view, btf::View::open(loaded.bytes));
  return btf::legalize(view, options);
}

/// The change that a relocation goes through; nullptr when there is none.
const std::size_t* obstacle(const btf::View& btf, const btf::CoreRelo& record,
                            const ChangeOf& changed, const ChangeOf& reaching) {
  const auto kind = core::relo_kind(record.kind);
  if (!kind || !btf.contains(record.type)) return nullptr;
  if (core::is_type_based(*kind)) {
    const auto found = reaching.find(record.type);
    return found == reaching.end() ? nullptr : &found->second;
  }
  for (const TypeId type : TypesOfRelocation(btf).of(record, *kind)) {
    if (const auto found = changed.find(type); found != changed.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace

Result<LegalizedObject> legalize(const Object& object, btf::KernelVersion kernel) {
  if (object.parts().empty()) {
    return fail(Errc::not_found, "there is no BTF in the object", {}, "compile it with -g");
  }
  TRY_OK(check_one_btf(object));
  const btf::View& btf = *object.btf();
  TRY(btf::Legalized legal, legalize_btf(object, {.kernel = kernel, .is_object = true}));
  LegalizedObject result{.btf = std::move(legal), .obstacles = {}};
  ChangeOf changed;
  for (std::size_t i = 0; i < result.btf.changes.size(); ++i) {
    const btf::Change& change = result.btf.changes[i];
    if (change.changes_relocations) changed.try_emplace(change.type, i);
  }
  if (changed.empty() || object.relocations().empty()) return result;
  const ChangeOf reaching = spread(btf, changed);
  for (std::size_t i = 0; i < object.relocations().size(); ++i) {
    const std::size_t* const change =
        obstacle(btf, object.relocations()[i].record, changed, reaching);
    if (change != nullptr) result.obstacles.push_back({.relocation = i, .change = *change});
  }
  return result;
}

}  // namespace btfreloc::object
