#include "btfreloc/history_json.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "btfreloc/history_text.h"
#include "btfreloc/json.h"

namespace btfreloc::tool {
namespace {

constexpr const char* kHistorySchema = "btfreloc.history/1";

Json size_json(const std::optional<ByteCount>& size) {
  return size ? integer(size->value) : Json(nullptr);
}

/// With bpftool's names for what is counted in bits.
Json place_json(const FieldPlace& place) {
  return {{"path", place.path},
          {"offset", integer(whole_bytes(place.offset).value)},
          {"bits_offset", integer(place.offset.value)},
          {"bitfield_size", integer(place.bitfield_size.value)},
          {"size", size_json(place.bytes)},
          {"type", place.type}};
}

Json places_json(const btf::View& btf, const std::vector<btf::Field>& fields) {
  Json array = Json::array();
  for (const btf::Field& field : fields) array.push_back(place_json(place_of(btf, field)));
  return array;
}

std::string_view name_of(Subject subject) {
  switch (subject) {
    case Subject::record: return "record";
    case Subject::enumeration: return "enum";
    case Subject::function: return "function";
    case Subject::other: break;
  }
  return "type";
}

Json entry_json(const HistoryKernels& kernels, const Timeline& timeline, const Entry& entry,
                bool has_path) {
  Json json = {{"kernel", kernels.kernels()[entry.kernel].label},
               {"has_type", entry.has_type()},
               {"module", string_or_null(entry.module)}};
  if (!entry.has_type()) return json;
  json["type"] = entry.title;
  json["type_size"] = size_json(entry.size);
  switch (timeline.subject) {
    case Subject::record: json["members"] = entry.members; break;
    case Subject::enumeration: {
      Json values = Json::array();
      for (const EnumeratorValue& value : entry.values) {
        values.push_back({{"name", value.name}, {"value", value.value}});
      }
      json["values"] = std::move(values);
      break;
    }
    case Subject::function:
    case Subject::other: json["declaration"] = entry.declaration; break;
  }
  if (!has_path || timeline.subject == Subject::enumeration) return json;
  json["has_path"] = entry.has_path;
  Json fields = Json::array();
  for (const FieldPlace& place : entry.places) fields.push_back(place_json(place));
  json["fields"] = std::move(fields);
  return json;
}

std::string_view what_of(const btf::FieldChange& change) {
  if (change.is_added()) return "added";
  if (change.is_removed()) return "removed";
  if (change.is_split()) return "split";
  if (change.is_merged()) return "merged";
  return change.is_renamed() ? "renamed" : "changed";
}

Json change_json(const btf::FieldChange& change, const btf::View& before, const btf::View& after) {
  Json evidence = Json::array();
  for (const btf::Evidence one : change.evidence) evidence.push_back(btf::name(one));
  return {{"what", what_of(change)},
          {"moved", change.moved},
          {"resized", change.resized},
          {"retyped", change.retyped},
          {"before", places_json(before, change.before)},
          {"after", places_json(after, change.after)},
          {"evidence", std::move(evidence)}};
}

Json step_json(const HistoryKernels& kernels, const Timeline& timeline, const Step& step) {
  const Entry& before = timeline.entries[step.before];
  const Entry& after = timeline.entries[step.after];
  Json json = {{"before", kernels.kernels()[before.kernel].label},
               {"after", kernels.kernels()[after.kernel].label},
               {"text", step_text(timeline, step)}};
  if (step.field) {
    json["change"] = change_json(*step.field, *before.definition->btf, *after.definition->btf);
  }
  if (step.type) {
    Json changes = Json::array();
    for (const btf::FieldChange& change : step.type->fields) {
      changes.push_back(change_json(change, *before.definition->btf, *after.definition->btf));
    }
    json["changes"] = std::move(changes);
  }
  if (!step.elsewhere.empty()) {
    Json elsewhere = Json::array();
    for (const Elsewhere& one : step.elsewhere) {
      elsewhere.push_back(
          {{"path", one.path}, {"record", one.record}, {"field", place_json(one.place)}});
    }
    json["elsewhere"] = std::move(elsewhere);
  }
  return json;
}

Json timeline_json(const HistoryKernels& kernels, const Timeline& timeline, bool has_path) {
  Json entries = Json::array();
  for (const Entry& entry : timeline.entries) {
    entries.push_back(entry_json(kernels, timeline, entry, has_path));
  }
  Json steps = Json::array();
  for (const Step& step : timeline.steps) steps.push_back(step_json(kernels, timeline, step));
  return {{"arch", string_or_null(timeline.arch)},
          {"definition", timeline.number},
          {"subject", name_of(timeline.subject)},
          {"entries", std::move(entries)},
          {"steps", std::move(steps)}};
}

}  // namespace

void print_history_json(Output& out, const HistoryKernels& kernels, const History& history) {
  const Question& question = history.question;
  const Json asked = {{"keyword", string_or_null(question.keyword)},
                      {"type", question.type},
                      {"path", string_or_null(question.path)}};
  out << fmt::format("{{\"schema\":\"{}\",\n\"question\":{},\n\"exists\":{}", kHistorySchema,
                     text_of(asked), history.exists());
  {
    JsonArray array(out, "kernels");
    for (const HistoryKernel& kernel : kernels.kernels().first(kernels.asked_for())) {
      array.add({{"label", kernel.label},
                 {"name", kernel.name},
                 {"release", string_or_null(kernel.release)},
                 {"arch", string_or_null(kernel.arch)}});
    }
  }
  {
    JsonArray array(out, "timelines");
    for (const Timeline& timeline : history.timelines) {
      array.add(timeline_json(kernels, timeline, !question.path.empty()));
    }
  }
  out << "}\n";
}

}  // namespace btfreloc::tool
