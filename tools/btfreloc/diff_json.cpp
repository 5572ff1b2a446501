#include <string>
#include <string_view>

#include "btf/c_text.h"
#include "btf/kinds.h"
#include "btfreloc/diff_report.h"

namespace btfreloc::tool {
namespace {

Json type_id_json(TypeId id, bool is_kept) { return is_kept ? Json(id.value) : Json(nullptr); }

std::string_view change_name(bool is_added, bool is_removed) {
  return is_added ? "added" : is_removed ? "removed" : "changed";
}

std::string_view change_name(const btf::FieldChange& change) {
  if (change.is_split()) return "split";
  if (change.is_merged()) return "merged";
  if (change.is_renamed()) return "renamed";
  return change_name(change.is_added(), change.is_removed());
}

class EntryJson {
 public:
  EntryJson(const DiffEntry& entry, DiffSides sides) : entry_(entry), sides_(sides) {}

  Json record() const {
    Json json = {{"name", entry_.title}, {"number", nullptr}, {"module", nullptr}};
    if (entry_.number != 0) json["number"] = entry_.number;
    if (!entry_.module.empty()) json["module"] = entry_.module;
    json["change"] = change_name(entry_.is_added(), entry_.is_removed());
    json["old"] = side(*entry_.old_btf, entry_.before, sides_.old_keeps_ids);
    json["new"] = side(*entry_.new_btf, entry_.after, sides_.new_keeps_ids);
    if (entry_.group == DiffGroup::types) {
      json["members"] = members();
      json["enumerators"] = enumerators();
    } else if (entry_.group == DiffGroup::functions) {
      json["parameters"] = parameters();
      json["return_changed"] = entry_.change.prototype.return_retyped;
    }
    if (!entry_.notes.empty()) json["notes"] = entry_.notes;
    return json;
  }

 private:
  Json side(const btf::View& view, std::optional<TypeId> id, bool keeps_ids) const {
    if (!id) return nullptr;
    const auto kind = view.kind(*id).value_or(btf::Kind::kVoid);
    const auto size = btf::size_of(view, *id, view.pointer_size());
    Json json = {{"type_id", type_id_json(*id, keeps_ids)},
                 {"kind", btf::traits(kind).name},
                 {"size", size ? Json(size->value) : Json(nullptr)}};
    if (kind == btf::Kind::kFunc || kind == btf::Kind::kVar || kind == btf::Kind::kTypedef) {
      json["declaration"] = btf::declaration(view, TypeId{view.third_word(*id)}, view.name(*id));
    }
    return json;
  }

  Json fields(const btf::View& view, const std::vector<btf::Field>& fields, bool keeps_ids) const {
    Json list = Json::array();
    for (const btf::Field& field : fields) {
      list.push_back({{"path", field.path},
                      {"type", btf::declaration(view, field.type, "")},
                      {"type_id", type_id_json(field.type, keeps_ids)},
                      {"bits_offset", integer(field.offset.value)},
                      {"bitfield_size", field.bitfield_size.value},
                      {"size", field.bytes ? integer(field.bytes->value) : Json(nullptr)}});
    }
    return list;
  }

  Json members() const {
    Json list = Json::array();
    for (const btf::FieldChange& change : entry_.change.fields) {
      Json evidence = Json::array();
      for (const btf::Evidence of : change.evidence) evidence.push_back(btf::name(of));
      list.push_back({{"change", change_name(change)},
                      {"moved", change.moved},
                      {"resized", change.resized},
                      {"retyped", change.retyped},
                      {"old", fields(*entry_.old_btf, change.before, sides_.old_keeps_ids)},
                      {"new", fields(*entry_.new_btf, change.after, sides_.new_keeps_ids)},
                      {"evidence", std::move(evidence)}});
    }
    return list;
  }

  Json enumerators() const {
    const auto value = [](std::optional<std::uint64_t> of) {
      return of ? Json(enum_value(*of, static_cast<std::int64_t>(*of) < 0)) : Json(nullptr);
    };
    Json list = Json::array();
    for (const btf::EnumeratorChange& change : entry_.change.enumerators) {
      list.push_back({{"name", change.name},
                      {"change", change_name(!change.before, !change.after)},
                      {"old", value(change.before)},
                      {"new", value(change.after)}});
    }
    return list;
  }

  Json parameters() const {
    Json list = Json::array();
    for (const btf::ParameterChange& change : entry_.change.prototype.parameters) {
      list.push_back({{"change", change_name(!change.before, !change.after)},
                      {"retyped", change.retyped},
                      {"renamed", change.renamed},
                      {"old", change.before ? Json(*change.before) : Json(nullptr)},
                      {"new", change.after ? Json(*change.after) : Json(nullptr)}});
    }
    return list;
  }

  const DiffEntry& entry_;
  DiffSides sides_;
};

constexpr std::string_view kGroups[] = {"types", "functions", "variables"};

}  // namespace

Json summary_json(const KernelDiff& diff) {
  Json json = Json::object();
  for (const DiffGroup group : {DiffGroup::types, DiffGroup::functions, DiffGroup::variables}) {
    const DiffCounts counts = counts_of(diff, group);
    json[std::string(kGroups[static_cast<std::size_t>(group)])] = {
        {"added", counts.added}, {"removed", counts.removed}, {"changed", counts.changed}};
  }
  json["modules"] = {{"added", diff.added_modules}, {"removed", diff.removed_modules}};
  return json;
}

void print_diff_arrays(Output& out, const KernelDiff& diff, DiffSides sides) {
  for (const DiffGroup group : {DiffGroup::types, DiffGroup::functions, DiffGroup::variables}) {
    JsonArray array(out, kGroups[static_cast<std::size_t>(group)]);
    for (const DiffEntry& entry : diff.entries) {
      if (entry.group == group) array.add(EntryJson(entry, sides).record());
      out.flush_if_full();
    }
  }
}

}  // namespace btfreloc::tool
