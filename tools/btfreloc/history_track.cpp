#include "btfreloc/history_track.h"

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include "btf/compare/fields.h"
#include "btf/compare/same_type.h"

namespace btfreloc::tool {
namespace {

const btf::View& view_of(const Entry& entry) { return *entry.definition->btf; }

void add_unique(std::vector<btf::Field>& fields, btf::Field field) {
  if (std::ranges::find(fields, field.path, &btf::Field::path) == fields.end()) {
    fields.push_back(std::move(field));
  }
}

/// Finds in `to` what `from` has, which is the kernel before or behind.
void follow(const Entry& from, Entry& to) {
  if (from.definition == to.definition) {
    to.fields = from.fields;
    return;
  }
  btf::SameTypes types(view_of(from), view_of(to));
  for (const btf::Field& field : from.fields) {
    if (auto same = btf::find_field(view_of(to), to.type, field.path)) {
      add_unique(to.fields, *std::move(same));
      continue;
    }
    auto change = btf::follow_field(types, from.type, to.type, field.path);
    if (!change) continue;
    for (btf::Field& found : change->after) add_unique(to.fields, std::move(found));
    if (to.evidence.empty()) to.evidence = std::move(change->evidence);
  }
}

/// Each entry that lacks the path takes what the one before it in `order` has.
template <class Order>
void follow_all(Order&& order) {
  const Entry* before = nullptr;
  for (Entry& entry : order) {
    if (!entry.has_type()) continue;
    if (!entry.has_path && entry.fields.empty() && before != nullptr) follow(*before, entry);
    before = &entry;
  }
}

/// What happened to a member between two entries that have the type.
btf::FieldChange field_change(const Entry& before, const Entry& after) {
  btf::FieldChange change{.before = before.fields, .after = after.fields};
  if (before.fields.size() == 1 && after.fields.size() == 1) {
    const btf::Field& a = before.fields[0];
    const btf::Field& b = after.fields[0];
    btf::SameTypes types(view_of(before), view_of(after));
    change.moved = a.offset != b.offset;
    change.resized = a.size() != b.size();
    change.retyped = !types.alike(a.type, b.type);
  }
  const bool is_known =
      change.before.size() == change.after.size() &&
      std::ranges::equal(change.before, change.after, {}, &btf::Field::path, &btf::Field::path);
  if (!is_known) change.evidence = after.has_path ? before.evidence : after.evidence;
  return change;
}

/// What a kernel says of the whole type, compared; nullopt when nothing differs.
std::optional<Step> compare(const Timeline& timeline, std::size_t i, bool has_path) {
  const Entry& before = timeline.entries[i - 1];
  const Entry& after = timeline.entries[i];
  Step step{.before = i - 1, .after = i};
  if (before.has_type() != after.has_type()) return step;
  if (!before.has_type() || before.definition == after.definition) return std::nullopt;
  if (before.module != after.module) return step;
  if (has_path) {
    if (before.places == after.places && before.values == after.values) return std::nullopt;
    if (timeline.subject == Subject::record) step.field = field_change(before, after);
    return step;
  }
  btf::SameTypes types(view_of(before), view_of(after));
  step.type = btf::compare_types(types, before.type, after.type);
  if (!step.type->differs()) return std::nullopt;
  return step;
}

bool has_path(const Timeline& timeline) {
  return std::ranges::any_of(timeline.entries, &Entry::has_path);
}

/// Names that the member has in kernels where it is another than the path, the latest first.
std::vector<std::string> other_names(const std::vector<Timeline>& timelines) {
  std::vector<std::string> names;
  for (const Timeline& timeline : timelines) {
    for (const Entry& entry : std::views::reverse(timeline.entries)) {
      if (entry.has_path || entry.fields.size() != 1) continue;
      if (std::ranges::find(names, entry.fields[0].path) == names.end()) {
        names.push_back(entry.fields[0].path);
      }
    }
  }
  return names;
}

void add_places(Timeline& timeline) {
  for (Entry& entry : timeline.entries) {
    for (const btf::Field& field : entry.fields) {
      entry.places.push_back(place_of(view_of(entry), field));
    }
  }
}

/// Finds the member in each entry: under its path, and where a kernel lacks that, by what became of
/// it since the kernel before, or what it was before the kernel behind.
void track_field(Timeline& timeline, std::string_view path) {
  for (Entry& entry : timeline.entries) {
    if (!entry.has_type()) continue;
    auto found = btf::find_field(view_of(entry), entry.type, path);
    entry.has_path = found.has_value();
    if (found) entry.fields = {*std::move(found)};
  }
  follow_all(timeline.entries);
  follow_all(std::views::reverse(timeline.entries));
}

}  // namespace

void track_fields(std::vector<Timeline>& timelines, std::string_view path) {
  for (Timeline& timeline : timelines) track_field(timeline, path);
  const std::vector<std::string> names = other_names(timelines);
  for (Timeline& timeline : timelines) {
    for (const std::string& name : names) {
      if (has_path(timeline)) break;
      for (Entry& entry : timeline.entries) {
        if (!entry.has_type() || !entry.fields.empty()) continue;
        auto found = btf::find_field(view_of(entry), entry.type, name);
        if (found) entry.fields = {*std::move(found)};
      }
    }
    add_places(timeline);
  }
}

void add_steps(Timeline& timeline, bool has_path) {
  for (std::size_t i = 1; i < timeline.entries.size(); ++i) {
    if (auto step = compare(timeline, i, has_path)) timeline.steps.push_back(*std::move(step));
  }
}

}  // namespace btfreloc::tool
