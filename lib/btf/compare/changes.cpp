#include "btf/compare/changes.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <unordered_map>
#include <utility>

#include "btf/compare/renames.h"

namespace btfreloc::btf {
namespace {

/// Members of nameless types inside one another.
constexpr int kMaxDepth = 8;
/// What a change costs, in steps of SameTypes, most of all for the memory that it takes.
constexpr std::uint64_t kPriceOfChange = 100;

bool is_composite(std::optional<Kind> kind) {
  return kind == Kind::kStruct || kind == Kind::kUnion;
}

bool is_enum(std::optional<Kind> kind) { return kind == Kind::kEnum || kind == Kind::kEnum64; }

bool is_nameless(const View& view, TypeId id) {
  return view.first_char(view.name_offset(id)) == '\0';
}

/// The nameless struct, union or enum that a typedef or member is declared with; void when it has a
/// name, if only that of another typedef.
TypeId nameless_behind(const View& view, TypeId id) {
  const TypeId type = view.skip_modifiers(id);
  const auto kind = view.kind(type);
  return (is_composite(kind) || is_enum(kind)) && is_nameless(view, type) ? type : TypeId{};
}

/// Numbers those of one name, so that the second `x` is matched with the second.
class Occurrences {
 public:
  std::pair<std::string_view, std::uint32_t> next(std::string_view name) {
    return {name, count_[name]++};
  }

 private:
  std::unordered_map<std::string_view, std::uint32_t> count_;
};

struct OccurrenceHash {
  std::size_t operator()(const std::pair<std::string_view, std::uint32_t>& of) const {
    return std::hash<std::string_view>()(of.first) + of.second;
  }
};

/// For each name of `after`, the index of the same one in `before`.
template <class List, class Name>
std::vector<std::optional<std::size_t>> match_names(const List& before, const List& after,
                                                    Name name) {
  std::unordered_map<std::pair<std::string_view, std::uint32_t>, std::size_t, OccurrenceHash> known;
  Occurrences seen_before;
  for (std::size_t i = 0; i < before.size(); ++i) known[seen_before.next(name(before[i]))] = i;
  Occurrences seen_after;
  std::vector<std::optional<std::size_t>> matches;
  for (const auto& one : after) {
    const auto found = known.find(seen_after.next(name(one)));
    matches.push_back(found == known.end() ? std::nullopt : std::optional(found->second));
  }
  return matches;
}

/// The other way round: for each of `count` in before, the one in after.
std::vector<std::optional<std::size_t>> inverse(
    const std::vector<std::optional<std::size_t>>& before_of, std::size_t count) {
  std::vector<std::optional<std::size_t>> after_of(count);
  for (std::size_t i = 0; i < before_of.size(); ++i) {
    if (before_of[i]) after_of[*before_of[i]] = i;
  }
  return after_of;
}

/// Where removed ones go between those of after: behind the last one before them that is still
/// there. Slot 0 is in front of all, slot i + 1 behind after[i].
std::vector<std::vector<std::size_t>> slots_of_removed(
    const std::vector<std::optional<std::size_t>>& after_of, std::size_t after_count) {
  std::vector<std::vector<std::size_t>> slots(after_count + 1);
  std::size_t slot = 0;
  for (std::size_t i = 0; i < after_of.size(); ++i) {
    if (after_of[i]) {
      slot = *after_of[i] + 1;
    } else {
      slots[slot].push_back(i);
    }
  }
  return slots;
}

/// Says how the two sides of a member that is on both differ.
void measure(SameTypes& types, FieldChange& change) {
  const Field& before = change.before[0];
  const Field& after = change.after[0];
  change.moved = before.offset != after.offset;
  change.resized = before.size() != after.size();
  change.retyped =
      before.is_bitfield() != after.is_bitfield() || !types.alike(before.type, after.type);
}

/// A member inside `outer`, seen from where that is.
void place_inside(Field& field, const Field& outer) {
  field.path = outer.path + "." + field.path;
  field.offset = field.offset + outer.offset;
}

class RecordComparison {
 public:
  RecordComparison(SameTypes& types, TypeId before, TypeId after)
      : types_(types),
        fields_{.before_type = before,
                .after_type = after,
                .before = fields_of(types.before(), before),
                .after = fields_of(types.after(), after),
                .after_of = {},
                .before_of = {}} {
    constexpr std::uint64_t kPriceOfField = 20;
    types.spend((fields_.before.size() + fields_.after.size()) * kPriceOfField);
    fields_.before_of = match_names(fields_.before, fields_.after, [](const Field& field) {
      return std::string_view(field.path);
    });
    fields_.after_of = inverse(fields_.before_of, fields_.before.size());
  }

  std::vector<FieldChange> run() {
    join_renamed();
    const auto slots = slots_of_removed(placed_at_, fields_.after.size());
    for (std::size_t i = 0; i <= fields_.after.size(); ++i) {
      if (i > 0) emit(i - 1);
      for (const std::size_t removed : slots[i]) emit_removed(removed);
    }
    return std::move(changes_);
  }

 private:
  /// Finds out which removed and added members are the same ones.
  void join_renamed() {
    renamings_ = find_renamings(types_, fields_);
    placed_at_ = fields_.after_of;
    of_after_.resize(fields_.after.size());
    of_before_.resize(fields_.before.size());
    for (std::size_t i = 0; i < renamings_.size(); ++i) {
      for (const std::size_t index : renamings_[i].before) {
        of_before_[index] = i;
        if (!renamings_[i].after.empty()) placed_at_[index] = renamings_[i].after[0];
      }
      for (const std::size_t index : renamings_[i].after) of_after_[index] = i;
    }
  }

  void emit(std::size_t after) {
    if (const auto before = fields_.before_of[after]) {
      emit_matched(change_of({fields_.before[*before]}, {fields_.after[after]}));
    } else if (const auto renaming = of_after_[after]) {
      if (renamings_[*renaming].after[0] == after) emit_renaming(renamings_[*renaming]);
    } else {
      changes_.push_back(change_of({}, {fields_.after[after]}));
    }
  }

  void emit_removed(std::size_t before) {
    if (const auto renaming = of_before_[before]) {
      emit_renaming(renamings_[*renaming]);
    } else {
      changes_.push_back(change_of({fields_.before[before]}, {}));
    }
  }

  void emit_renaming(const Renaming& renaming) {
    std::vector<Field> before;
    std::vector<Field> after;
    for (const std::size_t index : renaming.before) before.push_back(fields_.before[index]);
    for (const std::size_t index : renaming.after) after.push_back(fields_.after[index]);
    if (before.empty()) before.push_back(*renaming.nested);
    if (after.empty()) after.push_back(*renaming.nested);
    changes_.push_back(change_of(std::move(before), std::move(after)));
    changes_.back().evidence = renaming.evidence;
  }

  void emit_matched(FieldChange change) {
    const Field before = change.before[0];
    const Field after = change.after[0];
    const TypeId nameless_before = nameless_behind(types_.before(), before.type);
    const TypeId nameless_after = nameless_behind(types_.after(), after.type);
    const bool goes_inside =
        change.retyped && depth_ < kMaxDepth &&
        is_composite(types_.before().kind(nameless_before)) &&
        types_.before().kind(nameless_before) == types_.after().kind(nameless_after);
    if (goes_inside) change.retyped = false;
    if (change.moved || change.resized || change.retyped) changes_.push_back(std::move(change));
    if (!goes_inside) return;
    RecordComparison inside(types_, nameless_before, nameless_after);
    inside.depth_ = depth_ + 1;
    inside.outer_before_ = before;
    inside.outer_after_ = after;
    std::ranges::move(inside.run(), std::back_inserter(changes_));
  }

  /// A change of members of these types, as seen from the outermost ones.
  FieldChange change_of(std::vector<Field> before, std::vector<Field> after) {
    if (outer_before_ && outer_after_) {
      for (Field& field : before) place_inside(field, *outer_before_);
      for (Field& field : after) place_inside(field, *outer_after_);
    }
    FieldChange change{.before = std::move(before), .after = std::move(after)};
    if (change.before.size() == 1 && change.after.size() == 1) measure(types_, change);
    types_.spend(kPriceOfChange);
    return change;
  }

  SameTypes& types_;
  MatchedFields fields_;
  /// The members that the types are those of; nothing for the outermost types.
  std::optional<Field> outer_before_;
  std::optional<Field> outer_after_;
  int depth_ = 0;
  std::vector<Renaming> renamings_;
  /// Beside before: where the same member is in after, renamed ones included.
  std::vector<std::optional<std::size_t>> placed_at_;
  std::vector<std::optional<std::size_t>> of_after_;   ///< Index of its renaming.
  std::vector<std::optional<std::size_t>> of_before_;  ///< Likewise.
  std::vector<FieldChange> changes_;
};

/// Takes the first component, "se" or "[3]", off a path that find_field() returned.
std::string take_component(std::string& path) {
  const std::size_t end = std::min(path.find_first_of(".[", 1), path.size());
  std::string component = path.substr(0, end);
  path.erase(0, end + (end < path.size() && path[end] == '.' ? 1 : 0));
  return component;
}

/// Looks for a member of before in after, one component of its path after the other.
class FieldPursuit {
 public:
  FieldPursuit(SameTypes& types, TypeId before, TypeId after)
      : types_(types), root_(after), before_(before), after_(after) {}

  std::optional<FieldChange> follow(std::string_view path) {
    const auto old = find_field(types_.before(), before_, path);
    if (!old) return std::nullopt;
    change_.before = {*old};
    std::string rest = old->path;
    while (!rest.empty()) {
      if (!step(take_component(rest), rest)) return std::move(change_);
    }
    if (const auto now = find_field(types_.after(), root_, path_)) {
      change_.after = {*now};
      measure(types_, change_);
    }
    return std::move(change_);
  }

 private:
  /// Goes on to a component of the old path, and to what it is now. False when it is nothing, or
  /// several members, which are then the answer.
  bool step(const std::string& component, std::string& rest) {
    const auto found = find_field(types_.before(), before_, component);
    if (!found) return false;
    const Field& old = *found;
    const auto now = find_field(types_.after(), after_, component);
    if (now) {
      enter(old, *now);
      return true;
    }
    if (now.error().why != NoField::Why::no_member) return false;
    for (FieldChange& change : compare_records(types_, before_, after_)) {
      const bool is_it = std::ranges::any_of(
          change.before, [&](const Field& field) { return field.path == component; });
      if (!is_it || change.is_removed()) continue;
      change_.evidence = change.evidence;
      if (!change.is_split()) {
        enter(old, change.after[0]);
        return true;
      }
      if (const Field* part = part_of(change, rest)) {
        rest.clear();
        enter(old, *part);
        return true;
      }
      for (const Field& field : change.after) {
        const auto part = find_field(types_.after(), root_, path_to(field));
        if (part) change_.after.push_back(*part);
      }
      return false;
    }
    return false;
  }

  void enter(const Field& old, const Field& now) {
    path_ = path_to(now);
    before_ = old.type;
    after_ = now.type;
  }

  std::string path_to(const Field& field) const {
    return path_ + (path_.empty() || field.path.starts_with('[') ? "" : ".") + field.path;
  }

  /// Which part of a split member has what is behind the dot: "tv_sec" is in i_ctime_sec.
  static const Field* part_of(const FieldChange& change, std::string_view rest) {
    const std::string_view last = rest.substr(rest.rfind('_') + 1);
    if (last.empty()) return nullptr;
    const auto found = std::ranges::find_if(
        change.after, [&](const Field& field) { return field.path.ends_with(last); });
    return found == change.after.end() ? nullptr : &*found;
  }

  SameTypes& types_;
  TypeId root_;    ///< Of after.
  TypeId before_;  ///< Where the pursuit is.
  TypeId after_;
  std::string path_;  ///< From root_ to after_.
  FieldChange change_;
};

/// Whether two values are the same number. Compilers that do not know of signed enums write -1 as
/// 0xffffffff.
bool same_value(std::uint64_t a, std::uint64_t b) {
  if (a == b) return true;
  const auto low = static_cast<std::uint32_t>(a);
  if (low != static_cast<std::uint32_t>(b)) return false;
  const auto extended = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(low)});
  return (a == low || a == extended) && (b == low || b == extended);
}

struct NamedValue {
  std::string_view name;
  std::uint64_t value;
};

std::vector<NamedValue> named_values(const View& view, TypeId id) {
  std::vector<NamedValue> values;
  for (const Enumerator& of : enumerators_of(view, id)) {
    values.push_back({view.string(of.name), of.value});
  }
  return values;
}

std::vector<EnumeratorChange> compare_values(const std::vector<NamedValue>& before,
                                             const std::vector<NamedValue>& after) {
  const auto before_of =
      match_names(before, after, [](const NamedValue& value) { return value.name; });
  const auto slots = slots_of_removed(inverse(before_of, before.size()), after.size());
  std::vector<EnumeratorChange> changes;
  for (std::size_t i = 0; i <= after.size(); ++i) {
    if (i > 0) {
      const NamedValue& value = after[i - 1];
      const auto old = before_of[i - 1];
      if (!old) {
        changes.push_back({.name = std::string(value.name), .before = {}, .after = value.value});
      } else if (!same_value(before[*old].value, value.value)) {
        changes.push_back(
            {.name = std::string(value.name), .before = before[*old].value, .after = value.value});
      }
    }
    for (const std::size_t removed : slots[i]) {
      changes.push_back({.name = std::string(before[removed].name),
                         .before = before[removed].value,
                         .after = {}});
    }
  }
  return changes;
}

/// The prototype of a FUNC, or a FUNC_PROTO itself; nullopt for other types.
std::optional<FuncProto> prototype_of(const View& view, TypeId id) {
  if (view.kind(id) == Kind::kFunc) id = TypeId{view.third_word(id)};
  const Type type = view.decode(id);
  if (const auto* proto = std::get_if<FuncProto>(&type)) return *proto;
  return std::nullopt;
}

struct NamedParam {
  std::string_view name;
  TypeId type;
};

std::vector<NamedParam> named_params(const View& view, const FuncProto& proto) {
  std::vector<NamedParam> params;
  for (const Param param : proto.params) params.push_back({view.string(param.name), param.type});
  return params;
}

/// The usual case: nothing differs, names of parameters included.
bool prototypes_equal(SameTypes& types, const FuncProto& before, const FuncProto& after) {
  if (before.params.size() != after.params.size()) return false;
  for (std::uint32_t i = 0; i < before.params.size(); ++i) {
    const Param old_param = before.params[i];
    const Param new_param = after.params[i];
    if (!types.before().string_is(old_param.name, types.after().string(new_param.name)) ||
        !types.alike(old_param.type, new_param.type)) {
      return false;
    }
  }
  return types.alike(before.return_type, after.return_type);
}

/// Kinds that are told from one another under one name; enums of both widths are one.
Kind kind_class(const View& view, TypeId id) {
  const Kind kind = view.kind(id).value_or(Kind::kVoid);
  return kind == Kind::kEnum64 ? Kind::kEnum : kind;
}

bool sizes_differ(const SameTypes& types, TypeId before, TypeId after) {
  return size_of(types.before(), before, types.before().pointer_size()) !=
         size_of(types.after(), after, types.after().pointer_size());
}

/// True for a typedef of a struct, union or enum with a name, which says itself what its size is.
bool stands_for_named(const View& view, TypeId id) {
  const TypeId type = view.skip_modifiers_and_typedefs(id);
  const auto kind = view.kind(type);
  return (is_composite(kind) || is_enum(kind)) && !is_nameless(view, type);
}

/// What is compared of structs, unions and enums, and of typedefs of nameless ones.
void compare_contents(SameTypes& types, TypeId before, TypeId after, TypeChange& change) {
  if (is_composite(types.before().kind(before))) {
    if (types.members_equal(before, after)) return;
    change.fields = compare_records(types, before, after);
  } else if (is_enum(types.before().kind(before))) {
    change.enumerators = compare_enumerators(types.before(), before, types.after(), after);
  }
}

void compare_typedefs(SameTypes& types, TypeId before, TypeId after, TypeChange& change) {
  const TypeId old_type{types.before().third_word(before)};
  const TypeId new_type{types.after().third_word(after)};
  const TypeId old_nameless = nameless_behind(types.before(), old_type);
  const TypeId new_nameless = nameless_behind(types.after(), new_type);
  const bool same_kind =
      old_nameless.value != 0 && new_nameless.value != 0 &&
      kind_class(types.before(), old_nameless) == kind_class(types.after(), new_nameless);
  if (same_kind) {
    compare_contents(types, old_nameless, new_nameless, change);
  } else {
    change.retyped = !types.alike(old_type, new_type);
  }
}

}  // namespace

std::string_view name(Evidence evidence) {
  switch (evidence) {
    case Evidence::same_name: return "same-name";
    case Evidence::same_stem: return "same-stem";
    case Evidence::contained_name: return "contained-name";
    case Evidence::shared_word: return "shared-word";
    case Evidence::shared_prefix: return "shared-prefix";
    case Evidence::same_type: return "same-type";
    case Evidence::same_value_type: return "same-value-type";
    case Evidence::wrapped_type: return "wrapped-type";
    case Evidence::same_predecessor: return "same-predecessor";
    case Evidence::same_successor: return "same-successor";
    case Evidence::same_place: return "same-place";
    case Evidence::parts: return "parts";
  }
  return {};
}

std::string_view text(Evidence evidence) {
  switch (evidence) {
    case Evidence::same_name: return "same name";
    case Evidence::same_stem: return "same name but for underscores";
    case Evidence::contained_name: return "one name contains the other";
    case Evidence::shared_word: return "names share a word";
    case Evidence::shared_prefix: return "names begin alike";
    case Evidence::same_type: return "same type";
    case Evidence::same_value_type: return "same type behind typedefs";
    case Evidence::wrapped_type: return "one type holds the other";
    case Evidence::same_predecessor: return "behind the same member";
    case Evidence::same_successor: return "before the same member";
    case Evidence::same_place: return "same place";
    case Evidence::parts: return "named like the members it had";
  }
  return {};
}

std::vector<FieldChange> compare_records(SameTypes& types, TypeId before, TypeId after) {
  if (types.gave_up()) return {};
  RecordComparison comparison(types, before, after);
  return comparison.run();
}

std::optional<FieldChange> follow_field(SameTypes& types, TypeId before, TypeId after,
                                        std::string_view path) {
  return FieldPursuit(types, before, after).follow(path);
}

std::vector<Enumerator> enumerators_of(const View& view, TypeId id) {
  std::vector<Enumerator> values;
  const Type type = view.decode(id);
  if (const auto* narrow = std::get_if<Enum>(&type)) {
    for (const Enumerator32 value : narrow->values) values.push_back(value);
  } else if (const auto* wide = std::get_if<Enum64>(&type)) {
    for (const Enumerator64 value : wide->values) values.push_back(value);
  }
  return values;
}

std::vector<EnumeratorChange> compare_enumerators(const View& before, TypeId before_enum,
                                                  const View& after, TypeId after_enum) {
  return compare_values(named_values(before, before_enum), named_values(after, after_enum));
}

std::vector<EnumeratorChange> compare_nameless_enums(const View& before, const View& after) {
  const auto all = [](const View& view) {
    std::vector<NamedValue> values;
    std::vector<bool> has_typedef(view.size());
    for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
      if (view.kind(id) == Kind::kTypedef) has_typedef[view.third_word(id)] = true;
    }
    for (TypeId id = view.first_id(); id.value < view.size(); ++id.value) {
      if (!is_enum(view.kind(id)) || !is_nameless(view, id) || has_typedef[id.value]) continue;
      std::ranges::copy(named_values(view, id), std::back_inserter(values));
    }
    // Which enum comes first is chance.
    std::ranges::sort(values, {},
                      [](const NamedValue& of) { return std::pair(of.name, of.value); });
    return values;
  };
  return compare_values(all(before), all(after));
}

bool PrototypeChange::differs() const {
  return return_retyped || std::ranges::any_of(parameters, [](const ParameterChange& parameter) {
           return parameter.before != parameter.after || parameter.retyped;
         });
}

PrototypeChange compare_prototypes(SameTypes& types, TypeId before, TypeId after) {
  const auto old_proto = prototype_of(types.before(), before);
  const auto new_proto = prototype_of(types.after(), after);
  PrototypeChange change;
  if (!old_proto || !new_proto || prototypes_equal(types, *old_proto, *new_proto)) return change;
  change.return_retyped = !types.alike(old_proto->return_type, new_proto->return_type);
  const auto olds = named_params(types.before(), *old_proto);
  const auto news = named_params(types.after(), *new_proto);
  auto before_of = match_names(olds, news, [](const NamedParam& param) { return param.name; });
  auto after_of = inverse(before_of, olds.size());
  for (std::size_t i = 0; i < std::min(olds.size(), news.size()); ++i) {
    if (before_of[i] || after_of[i]) continue;
    before_of[i] = after_of[i] = i;  // another name in the same place
  }
  for (std::uint32_t i = 0; i < news.size(); ++i) {
    ParameterChange parameter{.before = {}, .after = i};
    if (const auto old = before_of[i]) {
      parameter.before = static_cast<std::uint32_t>(*old);
      parameter.retyped = !types.alike(olds[*old].type, news[i].type);
      parameter.renamed = olds[*old].name != news[i].name;
      if (*old == i && !parameter.retyped && !parameter.renamed) continue;
    }
    change.parameters.push_back(parameter);
  }
  for (std::uint32_t i = 0; i < olds.size(); ++i) {
    if (!after_of[i]) change.parameters.push_back({.before = i, .after = {}});
  }
  return change;
}

bool TypeChange::differs() const {
  return kind_changed || size_changed || retyped || !fields.empty() || !enumerators.empty() ||
         prototype.differs();
}

TypeChange compare_types(SameTypes& types, TypeId before, TypeId after) {
  TypeChange change;
  const Kind kind = kind_class(types.before(), before);
  if (kind != kind_class(types.after(), after)) {
    change.kind_changed = true;
    return change;
  }
  switch (kind) {
    case Kind::kFunc: change.prototype = compare_prototypes(types, before, after); return change;
    case Kind::kVar:
      change.retyped = !types.alike(TypeId{types.before().third_word(before)},
                                    TypeId{types.after().third_word(after)});
      break;
    case Kind::kTypedef: compare_typedefs(types, before, after, change); break;
    default: compare_contents(types, before, after, change); break;
  }
  change.size_changed = sizes_differ(types, before, after);
  if (kind == Kind::kTypedef && stands_for_named(types.after(), after)) change.size_changed = false;
  return change;
}

}  // namespace btfreloc::btf
