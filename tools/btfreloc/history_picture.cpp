#include "btfreloc/history_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "btf/c_text.h"
#include "btfreloc/history_text.h"

namespace btfreloc::tool {
namespace {

constexpr std::size_t kAround = 5;    ///< Rows shown above and below a member that is asked for.
constexpr std::size_t kMaxRows = 90;  ///< Of a column.
constexpr std::size_t kMaxColumns = 48;
constexpr std::size_t kShortestGap = 3;  ///< Fewer members are shown rather than left out.

/// "rlim" of "rlim[3]".
std::string_view without_index(std::string_view path) {
  while (path.ends_with(']') && path.contains('[')) path = path.substr(0, path.rfind('['));
  return path;
}

/// The path of the struct that a member is in: "se" of "se.vruntime", "" of "state".
std::string_view container_of(std::string_view path) {
  path = without_index(path);
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? "" : path.substr(0, dot);
}

/// The struct that a column shows: the type that is asked for, or one in it.
struct Container {
  const btf::View* btf;
  std::string path;
  TypeId type;
  Bits offset;
  Bits size;
  std::vector<btf::Field> fields;  ///< Paths and offsets are those in the container.

  static Container of(const Entry& entry, std::string_view path) {
    const btf::View& btf = *entry.definition->btf;
    Container container{.btf = &btf,
                        .path = std::string(path),
                        .type = entry.type,
                        .offset = {},
                        .size = entry.size ? Bits(*entry.size) : Bits{},
                        .fields = {}};
    if (!path.empty()) {
      if (const auto field = btf::find_field(btf, entry.type, path)) {
        container.type = btf.skip_modifiers_and_typedefs(field->type);
        container.offset = field->offset;
        container.size = field->size();
      } else {
        container.path.clear();
      }
    }
    container.fields = btf::fields_of(btf, container.type);
    return container;
  }

  std::string full_path(const btf::Field& field) const {
    return path.empty() ? field.path : path + "." + field.path;
  }
};

/// The rows of a column: which members are shown decides the rest.
class RowMaker {
 public:
  RowMaker(const Container& container, const std::vector<bool>& shown)
      : container_(container), shown_(shown), end_(container.offset) {}

  std::vector<PictureRow> make() {
    const std::vector<btf::Field>& fields = container_.fields;
    for (std::size_t i = 0; i < fields.size();) {
      std::size_t behind = i;
      while (behind < fields.size() && !shown_[behind]) ++behind;
      if (behind - i >= kShortestGap) {
        add_elided(i, behind);
        i = behind;
      } else {
        add_member(fields[i++]);
      }
    }
    const Bits end = container_.offset + container_.size;
    const bool is_last_shown = rows_.empty() || rows_.back().kind != PictureRow::Kind::elided;
    if (end_ < end && is_last_shown) add_gap(PictureRow::Kind::padding, end);
    return std::move(rows_);
  }

 private:
  Bits start_of(const btf::Field& field) const { return container_.offset + field.offset; }

  void add_gap(PictureRow::Kind kind, Bits to) {
    rows_.push_back({.kind = kind, .offset = end_, .size = {to.value - end_.value}});
    end_ = to;
  }

  void add_elided(std::size_t begin, std::size_t end) {
    PictureRow row{.kind = PictureRow::Kind::elided,
                   .offset = start_of(container_.fields[begin]),
                   .members = end - begin,
                   .most_members = end - begin};
    Bits last = row.offset;
    for (std::size_t i = begin; i < end; ++i) {
      const btf::Field& field = container_.fields[i];
      last = std::max(last, start_of(field) + field.size());
    }
    row.size = {last.value - row.offset.value};
    end_ = std::max(end_, last);
    rows_.push_back(std::move(row));
  }

  void add_member(const btf::Field& field) {
    const Bits start = start_of(field);
    if (start > end_) add_gap(PictureRow::Kind::hole, start);
    rows_.push_back({.kind = PictureRow::Kind::member,
                     .name = field.path,
                     .type = btf::declaration(*container_.btf, field.type, ""),
                     .offset = start,
                     .size = field.size(),
                     .is_bitfield = field.is_bitfield(),
                     .shares_bytes = start < end_ && field.size().value != 0});
    end_ = std::max(end_, start + field.size());
  }

  const Container& container_;
  const std::vector<bool>& shown_;
  Bits end_;  ///< Of all that has a row.
  std::vector<PictureRow> rows_;
};

void show_around(std::vector<bool>& shown, std::size_t at, std::size_t around) {
  const std::size_t begin = at < around ? 0 : at - around;
  for (std::size_t i = begin; i < std::min(shown.size(), at + around + 1); ++i) shown[i] = true;
}

std::vector<std::size_t> asked_rows(const PictureColumn& column) {
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < column.rows.size(); ++i) {
    if (column.rows[i].is_asked) rows.push_back(i);
  }
  return rows;
}

/// The column of a member that is asked for, with what is around it.
class FieldColumn {
 public:
  FieldColumn(const Entry& entry, const std::vector<std::string>& neighbours)
      : entry_(entry), neighbours_(neighbours) {}

  PictureColumn make(Run run) const {
    const std::string_view path = entry_.places.empty() ? "" : container_of(entry_.places[0].path);
    const Container container = Container::of(entry_, path);
    PictureColumn column{.run = run, .inside = container.path};
    if (!column.inside.empty()) {
      column.inside_type = btf::title(*container.btf, container.type);
    }
    std::vector<bool> shown(container.fields.size());
    std::unordered_set<std::string_view> asked;
    for (const FieldPlace& place : entry_.places) asked.insert(without_index(place.path));
    for (std::size_t i = 0; i < container.fields.size(); ++i) {
      if (asked.contains(container.full_path(container.fields[i]))) {
        show_around(shown, i, kAround);
      }
    }
    const auto gone_at = asked.empty() ? neighbour_in(container) : std::nullopt;
    if (asked.empty()) show_around(shown, gone_at.value_or(0), kAround);
    column.rows = RowMaker(container, shown).make();
    for (PictureRow& row : column.rows) {
      const std::string full = container.path.empty() ? row.name : container.path + "." + row.name;
      row.is_asked = row.kind == PictureRow::Kind::member && asked.contains(full);
    }
    if (gone_at) add_gone(column, container.fields[*gone_at].path);
    return column;
  }

 private:
  /// The member that was next to the one that is gone.
  std::optional<std::size_t> neighbour_in(const Container& container) const {
    for (const std::string& neighbour : neighbours_) {
      const auto found = std::ranges::find(container.fields, neighbour, &btf::Field::path);
      if (found != container.fields.end()) {
        return static_cast<std::size_t>(found - container.fields.begin());
      }
    }
    return std::nullopt;
  }

  static void add_gone(PictureColumn& column, std::string_view neighbour) {
    const auto at = std::ranges::find(column.rows, neighbour, &PictureRow::name);
    if (at == column.rows.end()) return;
    column.rows.insert(at + 1, {.kind = PictureRow::Kind::gone, .offset = at->offset + at->size});
  }

  const Entry& entry_;
  const std::vector<std::string>& neighbours_;
};

/// Names of the members around the one that is asked for, the nearest first, those before it
/// before those behind it.
std::vector<std::string> neighbours_of(const PictureColumn& column) {
  std::vector<std::string> names;
  const auto asked = asked_rows(column);
  if (asked.empty()) return names;
  const auto add = [&](std::size_t row) {
    if (column.rows[row].kind == PictureRow::Kind::member) names.push_back(column.rows[row].name);
  };
  for (std::size_t away = 1; away < column.rows.size(); ++away) {
    if (asked[0] >= away) add(asked[0] - away);
    if (asked.back() + away < column.rows.size()) add(asked.back() + away);
  }
  return names;
}

bool look_the_same(const PictureColumn& a, const PictureColumn& b) {
  return a.has_type == b.has_type && a.inside == b.inside &&
         std::ranges::equal(a.rows, b.rows, [](const PictureRow& x, const PictureRow& y) {
           return x.shows_same(y);
         });
}

/// Adds the next kernel to a column that it looks like.
void merge(PictureColumn& column, const PictureColumn& next) {
  column.run.end = next.run.end;
  for (std::size_t i = 0; i < column.rows.size(); ++i) {
    PictureRow& row = column.rows[i];
    row.members = std::min(row.members, next.rows[i].members);
    row.most_members = std::max(row.most_members, next.rows[i].most_members);
    row.size = std::max(row.size, next.rows[i].size);
  }
}

std::vector<PictureColumn> field_columns(const Timeline& timeline) {
  std::vector<PictureColumn> columns;
  std::vector<std::string> neighbours;
  const FoundTypes::Definition* before = nullptr;
  for (const Run run : timeline.runs()) {
    for (std::size_t i = run.begin; i < run.end; ++i) {
      const Entry& entry = timeline.entries[i];
      const bool is_known = i > run.begin && entry.definition == before;
      before = entry.definition;
      if (is_known) {
        columns.back().run.end = i + 1;
        continue;
      }
      PictureColumn column{.run = {i, i + 1}, .has_type = false};
      if (entry.has_type()) column = FieldColumn(entry, neighbours).make({i, i + 1});
      if (i > run.begin && look_the_same(columns.back(), column)) {
        merge(columns.back(), column);
        continue;
      }
      if (auto around = neighbours_of(column); !around.empty()) neighbours = std::move(around);
      columns.push_back(std::move(column));
    }
  }
  return columns;
}

bool is_pure_move(const btf::FieldChange& change) {
  return change.before.size() == 1 && change.after.size() == 1 && !change.resized &&
         !change.retyped && !change.is_renamed();
}

/// The member of the outermost struct that a path leads into: a struct without a name shows what is
/// in it.
std::string_view outermost(std::string_view path) { return path.substr(0, path.find('.')); }

/// Names of members that change at a step: all of them, or those at the sides of one run.
using Names = std::unordered_set<std::string_view>;

void add_changed(const Step& step, bool before, bool after, Names& names) {
  if (!step.type) return;
  for (const btf::FieldChange& change : step.type->fields) {
    if (is_pure_move(change)) continue;
    if (before) {
      for (const btf::Field& field : change.before) names.insert(outermost(field.path));
    }
    if (after) {
      for (const btf::Field& field : change.after) names.insert(outermost(field.path));
    }
  }
}

/// Which members of a whole type have rows: all if they are few, else those that change at any
/// step, so that they can be followed through all columns; where even these are too many, those
/// that change at this one's sides.
class Choice {
 public:
  explicit Choice(const Timeline& timeline) : timeline_(timeline) {
    for (const Entry& entry : timeline.entries) most_ = std::max(most_, entry.members);
    for (const Step& step : timeline.steps) add_changed(step, true, true, changed_);
  }

  std::vector<bool> shown(const std::vector<btf::Field>& fields, std::size_t run) const {
    if (most_ <= kFew) return std::vector<bool>(fields.size(), true);
    if (changed_.size() <= kMaxRows / 2) return shown(fields, changed_, fields.size());
    Names names;
    if (run > 0) add_changed(timeline_.steps[run - 1], false, true, names);
    if (run < timeline_.steps.size()) add_changed(timeline_.steps[run], true, false, names);
    return shown(fields, names, kMaxRows);
  }

 private:
  static constexpr std::size_t kFew = 45;

  static std::vector<bool> shown(const std::vector<btf::Field>& fields, const Names& names,
                                 std::size_t most) {
    std::vector<bool> shown(fields.size());
    for (std::size_t i = 0; i < fields.size() && most > 0; ++i) {
      shown[i] = names.contains(fields[i].path);
      if (shown[i]) --most;
    }
    if (!fields.empty()) shown.front() = shown.back() = true;
    return shown;
  }

  const Timeline& timeline_;
  std::size_t most_ = 0;  ///< Members of the largest.
  Names changed_;
};

std::vector<PictureColumn> type_columns(const Timeline& timeline) {
  std::vector<PictureColumn> columns;
  const Choice choice(timeline);
  const std::vector<Run> runs = timeline.runs();
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const Entry& entry = timeline.entries[runs[r].begin];
    PictureColumn column{.run = runs[r], .has_type = entry.has_type()};
    if (entry.has_type()) {
      const Container container = Container::of(entry, "");
      column.rows = RowMaker(container, choice.shown(container.fields, r)).make();
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

/// Says which row of a column is which of the next, and what came and went between them.
class Linker {
 public:
  Linker(const Timeline& timeline, PictureColumn& left, PictureColumn& right)
      : left_(left),
        right_(right),
        before_(timeline.entries[left.run.end - 1]),
        after_(timeline.entries[right.run.begin]) {}

  void link() {
    if (!left_.has_type || !right_.has_type) return;
    const Container before = Container::of(before_, left_.inside);
    const Container after = Container::of(after_, right_.inside);
    btf::SameTypes types(*before.btf, *after.btf);
    const bool are_alike = left_.inside.empty() == right_.inside.empty();
    if (are_alike) link_members(btf::compare_records(types, before.type, after.type));
    link_asked();
  }

 private:
  using Rows = std::unordered_map<std::string_view, std::size_t>;

  static Rows rows_by_name(const PictureColumn& column) {
    Rows rows;
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      if (column.rows[i].kind == PictureRow::Kind::member) rows.emplace(column.rows[i].name, i);
    }
    return rows;
  }

  void link_members(const std::vector<btf::FieldChange>& changes) {
    const Rows from = rows_by_name(left_);
    const Rows to = rows_by_name(right_);
    std::unordered_set<std::string_view> told;
    for (const btf::FieldChange& change : changes) {
      for (const btf::Field& field : change.before) told.insert(field.path);
      mark(change, from, to);
      for (const btf::Field& a : change.before) {
        for (const btf::Field& b : change.after) add(from, a.path, to, b.path);
      }
    }
    for (const auto& [name, row] : from) {
      if (!told.contains(name)) add(from, name, to, name);
    }
    std::ranges::sort(left_.links, {},
                      [](const PictureLink& l) { return std::pair(l.from, l.to); });
  }

  void mark(const btf::FieldChange& change, const Rows& from, const Rows& to) {
    for (const btf::Field& field : change.before) {
      const auto row = from.find(field.path);
      if (row != from.end() && change.is_removed()) left_.rows[row->second].is_leaving = true;
    }
    for (const btf::Field& field : change.after) {
      const auto row = to.find(field.path);
      if (row == to.end()) continue;
      right_.rows[row->second].is_new = change.is_added();
      right_.rows[row->second].is_changed = !change.is_added() && !is_pure_move(change);
    }
  }

  void add(const Rows& from, std::string_view a, const Rows& to, std::string_view b) {
    const auto left = from.find(a);
    const auto right = to.find(b);
    if (left == from.end() || right == to.end()) return;
    if (left_.rows[left->second].is_asked || right_.rows[right->second].is_asked) return;
    left_.links.push_back({.from = left->second, .to = right->second});
  }

  void link_asked() {
    const auto from = asked_rows(left_);
    auto to = asked_rows(right_);
    if (to.empty()) {
      const auto gone = std::ranges::find(right_.rows, PictureRow::Kind::gone, &PictureRow::kind);
      if (gone != right_.rows.end()) {
        to.push_back(static_cast<std::size_t>(gone - right_.rows.begin()));
      }
    }
    bool is_first = true;
    for (const std::size_t a : from) {
      for (const std::size_t b : to) {
        const bool are_pairs = from.size() > 1 && to.size() > 1;
        if (are_pairs && left_.rows[a].name != right_.rows[b].name) continue;
        left_.links.push_back({.from = a, .to = b, .is_asked = true});
        if (std::exchange(is_first, false)) left_.links.back().labels = labels();
      }
    }
  }

  std::vector<std::string> labels() const {
    if (after_.places.empty()) return {"gone"};
    if (before_.places.size() < after_.places.size()) return {"split"};
    if (before_.places.size() > after_.places.size()) return {"merged"};
    std::vector<std::string> labels;
    const FieldPlace& a = before_.places[0];
    const FieldPlace& b = after_.places[0];
    if (a.path != b.path) labels.emplace_back("renamed");
    if (a.offset != b.offset) {
      labels.push_back(fmt::format("{} → {}", offset_text(a), offset_text(b)));
    }
    if (size_text(a) != size_text(b)) {
      labels.push_back(fmt::format("{} → {} bytes", size_text(a), size_text(b)));
    } else if (a.type != b.type) {
      labels.emplace_back("other type");
    }
    return labels;
  }

  PictureColumn& left_;
  PictureColumn& right_;
  const Entry& before_;
  const Entry& after_;
};

}  // namespace

Picture make_picture(const Timeline& timeline, const std::string& path) {
  Picture picture{.columns = path.empty() ? type_columns(timeline) : field_columns(timeline)};
  if (picture.columns.size() > kMaxColumns) {
    picture.left_out = picture.columns.size() - kMaxColumns;
    picture.columns.resize(kMaxColumns);
  }
  for (std::size_t i = 0; i + 1 < picture.columns.size(); ++i) {
    Linker(timeline, picture.columns[i], picture.columns[i + 1]).link();
  }
  return picture;
}

}  // namespace btfreloc::tool
