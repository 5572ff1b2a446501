#include "btf/compare/renames.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>
#include <utility>

// Kernels rename members for a reason: `state` became `__state` so that users of the old name would
// not compile. So most new names hold the old one, and most renamed members stay where they are,
// between the same neighbours. Each such observation has a weight. A renaming is told when the
// weights come to kEnough, and when neither side has another candidate within kMargin.
//
//   state    → __state            stem 6 + predecessor 2
//   f_count  → f_ref              prefix 1 + wrapped in a type that is new 6
//   cpu      → thread_info.cpu    name 6 + value type 2 + thread_info is in both 2
//
// Something in the names is always needed, and more than a prefix for what every struct has:
// integers, counters. What was put between the same neighbours is not what had been there.

namespace btfreloc::btf {
namespace {

constexpr int kEnough = 7;
constexpr int kMargin = 2;
/// Pairs of members that are compared; structs that lost and gained a thousand have no story.
constexpr std::size_t kMaxPairs = 100'000;
/// Pairs that have something in common. A struct with more has no unique one.
constexpr std::size_t kMaxCandidates = 2'000;
/// Members of a struct that may be one wrapped member with something beside it.
constexpr std::size_t kMaxWrapping = 4;
/// Members of a struct that may have been split.
constexpr std::size_t kMaxParts = 8;
constexpr std::size_t kShortestContained = 3;  // characters
constexpr std::size_t kShortestWord = 4;       // characters

struct Score {
  int total = 0;
  std::vector<Evidence> evidence = {};

  void add(Evidence what, int weight) {
    total += weight;
    evidence.push_back(what);
  }
};

/// The name without underscores at its ends.
std::string_view stem(std::string_view name) {
  const std::size_t first = name.find_first_not_of('_');
  if (first == std::string_view::npos) return name;
  return name.substr(first, name.find_last_not_of('_') - first + 1);
}

/// Calls visit(word) for the words of a name, which underscores separate, until it says true.
template <class Visit>
bool any_word(std::string_view name, Visit visit) {
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('_'), name.size());
    if (end > 0 && visit(name.substr(0, end))) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

/// True for names of room that is kept free: whatever lies there later is something else.
bool names_room(std::string_view name) {
  constexpr auto kRoom =
      std::to_array<std::string_view>({"reserved", "rsvd", "unused", "pad", "kabi", "dummy"});
  return any_word(name, [&](std::string_view word) {
    return std::ranges::any_of(kRoom, [&](auto room) { return word.starts_with(room); });
  });
}

/// True when the words of `part` follow each other in `whole`.
bool contains_words(std::string_view whole, std::string_view part) {
  if (part.size() < kShortestContained) return false;
  for (std::size_t at = whole.find(part); at != std::string_view::npos;
       at = whole.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if ((at == 0 || whole[at - 1] == '_') && (end == whole.size() || whole[end] == '_')) {
      return true;
    }
  }
  return false;
}

bool share_word(std::string_view a, std::string_view b) {
  return any_word(a, [&](std::string_view word) {
    return word.size() >= kShortestWord &&
           any_word(b, [&](std::string_view other) { return other == word; });
  });
}

/// The part of a stem before its first underscore, which is that of all members of many structs:
/// "f" of f_count, "sk".
std::string_view prefix(std::string_view stem) {
  const std::size_t end = stem.find('_');
  return end == std::string_view::npos ? std::string_view() : stem.substr(0, end);
}

/// Integers, enums and the like, which every struct is full of.
bool is_plain(const View& view, TypeId type) {
  switch (view.kind(view.skip_modifiers_and_typedefs(type)).value_or(Kind::kVoid)) {
    case Kind::kPtr:
    case Kind::kArray:
    case Kind::kStruct:
    case Kind::kUnion: return false;
    default: return true;
  }
}

/// Those, and structs around one of them: atomic_t.
bool is_common(const View& view, TypeId type) {
  for (int depth = 0; depth < kMaxModifiers; ++depth) {
    if (is_plain(view, type)) return true;
    const Records<Member> members = member_list(view, view.skip_modifiers_and_typedefs(type));
    if (members.size() != 1) return false;
    type = members[0].type;
  }
  return false;
}

std::string_view last_name(const Field& field) {
  return std::string_view(field.path).substr(field.path.rfind('.') + 1);
}

class RenamingSearch {
 public:
  RenamingSearch(SameTypes& types, const MatchedFields& fields) : types_(types), fields_(fields) {
    for (std::size_t i = 0; i < fields.before.size(); ++i) {
      if (!fields.after_of[i] && !names_room(fields.before[i].path)) removed_.push_back(i);
    }
    for (std::size_t i = 0; i < fields.after.size(); ++i) {
      if (!fields.before_of[i] && !names_room(fields.after[i].path)) added_.push_back(i);
    }
  }

  std::vector<Renaming> run() {
    find_splits();
    find_merges();
    find_candidates();
    choose();
    return std::move(found_);
  }

 private:
  /// What a member that is gone, or new, may have been or become.
  struct Candidate {
    std::optional<std::size_t> before;
    std::optional<std::size_t> after;
    std::optional<Field> nested;
    Score score;
  };

  void find_splits() {
    for (const std::size_t whole : std::vector(removed_)) {
      auto parts = parts_of(types_.before(), fields_.before[whole], fields_.after, added_);
      if (parts.empty()) continue;
      for (const std::size_t part : parts) std::erase(added_, part);
      std::erase(removed_, whole);
      found_.push_back({.before = {whole},
                        .after = std::move(parts),
                        .nested = {},
                        .evidence = {Evidence::parts, Evidence::contained_name}});
    }
  }

  void find_merges() {
    for (const std::size_t whole : std::vector(added_)) {
      auto parts = parts_of(types_.after(), fields_.after[whole], fields_.before, removed_);
      if (parts.empty()) continue;
      for (const std::size_t part : parts) std::erase(removed_, part);
      std::erase(added_, whole);
      found_.push_back({.before = std::move(parts),
                        .after = {whole},
                        .nested = {},
                        .evidence = {Evidence::parts, Evidence::contained_name}});
    }
  }

  /// The members among `indices` that the members of a struct became: i_ctime_sec and i_ctime_nsec
  /// of `struct timespec64 i_ctime`, whose members are tv_sec and tv_nsec. Empty when one lacks.
  static std::vector<std::size_t> parts_of(const View& view, const Field& whole,
                                           const std::vector<Field>& fields,
                                           const std::vector<std::size_t>& indices) {
    const Records<Member> members = member_list(view, view.skip_modifiers_and_typedefs(whole.type));
    if (members.size() < 2 || members.size() > kMaxParts) return {};
    const std::string start = std::string(stem(whole.path)) + "_";
    std::vector<std::size_t> parts;
    for (const Member member : members) {
      const std::string_view name = view.string(member.name);
      const auto part = std::ranges::find_if(indices, [&](std::size_t index) {
        const std::string_view candidate = stem(fields[index].path);
        if (!candidate.starts_with(start)) return false;
        const std::string_view rest = candidate.substr(start.size());
        return name == rest || (name.size() > rest.size() && name.ends_with(rest) &&
                                name[name.size() - rest.size() - 1] == '_');
      });
      if (part == indices.end() || std::ranges::find(parts, *part) != parts.end()) return {};
      parts.push_back(*part);
    }
    std::ranges::sort(parts);
    return parts;
  }

  void find_candidates() {
    const std::size_t pairs = removed_.size() * added_.size();
    constexpr std::uint64_t kPriceOfPair = 40;
    if (pairs <= kMaxPairs && types_.spend(pairs * kPriceOfPair)) {
      for (const std::size_t removed : removed_) {
        for (const std::size_t added : added_) {
          add({.before = removed,
               .after = added,
               .nested = {},
               .score = score(fields_.before[removed], fields_.after[added], removed, added)});
        }
      }
    }
    find_moved_inside();
    find_moved_outside();
  }

  /// Members that are gone, and are in a struct inside now, where they had not been.
  void find_moved_inside() {
    const auto names = names_of(fields_.before, removed_);
    if (names.empty() || types_.gave_up()) return;
    NestedFields nested = find_nested(types_.after(), fields_.after_type, names);
    types_.spend(nested.seen);
    for (Field& inside : nested.found) {
      if (find_field(types_.before(), fields_.before_type, inside.path)) continue;
      for (const std::size_t removed : removed_) {
        if (fields_.before[removed].path != last_name(inside)) continue;
        const bool around = has_outer(types_.before(), fields_.before_type, inside);
        Score score = nested_score(fields_.before[removed], inside, inside, around);
        add({.before = removed, .after = {}, .nested = inside, .score = std::move(score)});
      }
    }
  }

  /// Members that are new, and were in a struct inside, where they are no longer.
  void find_moved_outside() {
    const auto names = names_of(fields_.after, added_);
    if (names.empty() || types_.gave_up()) return;
    NestedFields nested = find_nested(types_.before(), fields_.before_type, names);
    types_.spend(nested.seen);
    for (Field& inside : nested.found) {
      if (find_field(types_.after(), fields_.after_type, inside.path)) continue;
      for (const std::size_t added : added_) {
        if (fields_.after[added].path != last_name(inside)) continue;
        const bool around = has_outer(types_.after(), fields_.after_type, inside);
        Score score = nested_score(inside, fields_.after[added], inside, around);
        add({.before = {}, .after = added, .nested = inside, .score = std::move(score)});
      }
    }
  }

  /// Whether the member that holds `nested` on one side is on the other, too.
  static bool has_outer(const View& other, TypeId type, const Field& nested) {
    return find_field(other, type, nested.path.substr(0, nested.path.rfind('.'))).has_value();
  }

  static std::unordered_set<std::string_view> names_of(const std::vector<Field>& fields,
                                                       const std::vector<std::size_t>& indices) {
    std::unordered_set<std::string_view> names;
    for (const std::size_t index : indices) names.insert(fields[index].path);
    return names;
  }

  void add(Candidate candidate) {
    if (candidate.score.total >= kEnough - kMargin) candidates_.push_back(std::move(candidate));
  }

  Score score(const Field& before, const Field& after, std::size_t before_index,
              std::size_t after_index) {
    Score score;
    // A mark between members (`__u32 headers_end[0]`) does not become one of them.
    if ((before.size().value == 0) != (after.size().value == 0)) return score;
    add_name(score, stem(before.path), stem(after.path));
    if (score.total == 0) return score;
    add_type(score, before, after);
    if (same_neighbour(before_index, after_index, -1)) score.add(Evidence::same_predecessor, 2);
    if (same_neighbour(before_index, after_index, +1)) score.add(Evidence::same_successor, 2);
    if (before.offset == after.offset) score.add(Evidence::same_place, 1);
    return score;
  }

  /// Neighbours say little of a member that has others now. Deeper is less likely.
  /// `around` is whether what holds the nested one is on both sides: that it gained or lost a
  /// member is likelier than that all of something else is the same by chance.
  Score nested_score(const Field& before, const Field& after, const Field& nested, bool around) {
    const auto depth = static_cast<int>(std::ranges::count(nested.path, '.'));
    Score score;
    score.add(Evidence::same_name, 6 - 2 * (depth - 1));
    add_type(score, before, after);
    if (score.evidence.size() == 1) return {};
    if (around) score.total += 2;
    if (before.offset == after.offset) score.add(Evidence::same_place, 1);
    return score;
  }

  static void add_name(Score& score, std::string_view before, std::string_view after) {
    if (before == after) {
      score.add(Evidence::same_stem, 6);
    } else if (contains_words(before, after) || contains_words(after, before)) {
      score.add(Evidence::contained_name, 4);
    } else if (share_word(before, after)) {
      score.add(Evidence::shared_word, 2);
    } else if (!prefix(before).empty() && prefix(before) == prefix(after)) {
      score.add(Evidence::shared_prefix, 1);
    }
  }

  void add_type(Score& score, const Field& before, const Field& after) {
    if (before.bitfield_size != after.bitfield_size) return;
    // The less the names say, the less it means that both are integers.
    const int common = std::clamp(score.total - 1, 0, 2);
    const bool is_rare = !is_common(types_.before(), before.type);
    if (types_.alike(before.type, after.type)) {
      score.add(Evidence::same_type, is_rare ? 3 : common);
    } else if (types_.alike_underneath(before.type, after.type)) {
      score.add(Evidence::same_value_type, is_rare ? 2 : common);
    } else if (wraps(types_.after(), after.type,
                     [&](TypeId inner) { return types_.alike_underneath(before.type, inner); })) {
      score.add(Evidence::wrapped_type, wrapping(types_.after(), after.type, types_.before()));
    } else if (wraps(types_.before(), before.type,
                     [&](TypeId inner) { return types_.alike_underneath(inner, after.type); })) {
      score.add(Evidence::wrapped_type, wrapping(types_.before(), before.type, types_.after()));
    }
  }

  /// How much it means that `type` of `view` wraps the other: a type around that one alone, which
  /// the other side does not know, was made for it.
  static int wrapping(const View& view, TypeId type, const View& other) {
    if (small_struct(view, type).size() > 1) return 2;
    return is_known(other, view, type) ? 3 : 6;
  }

  /// True when `type` is a small struct with a member of the other type.
  template <class IsOther>
  static bool wraps(const View& view, TypeId type, IsOther is_other) {
    for (const Member member : small_struct(view, type)) {
      if (!is_plain(view, member.type) && is_other(member.type)) return true;
    }
    return false;
  }

  /// Whether `other` has a type of that name, too.
  static bool is_known(const View& other, const View& view, TypeId type) {
    const std::string_view name = view.name(view.skip_modifiers(type));
    if (name.empty()) return true;
    for (const View* in = &other; in != nullptr; in = in->base()) {
      if (!in->named(name.substr(0, essential_length(name))).empty()) return true;
    }
    return false;
  }

  static Records<Member> small_struct(const View& view, TypeId type) {
    const Records<Member> members = member_list(view, view.skip_modifiers_and_typedefs(type));
    return members.size() <= kMaxWrapping ? members : Records<Member>();
  }

  /// Whether what is right before (-1) or behind (+1) both is the same, or both are at the end.
  bool same_neighbour(std::size_t before, std::size_t after, int direction) const {
    const std::size_t beside_before = before + static_cast<std::size_t>(direction);
    const std::size_t beside_after = after + static_cast<std::size_t>(direction);
    const bool ends_before = beside_before >= fields_.before.size();
    const bool ends_after = beside_after >= fields_.after.size();
    if (ends_before || ends_after) return ends_before && ends_after;
    return fields_.after_of[beside_before] == beside_after;
  }

  /// Takes the candidates that have enough, and no rival.
  void choose() {
    if (candidates_.size() > kMaxCandidates) return;
    std::ranges::stable_sort(candidates_, std::greater(),
                             [](const Candidate& candidate) { return candidate.score.total; });
    for (const Candidate& candidate : candidates_) {
      if (candidate.score.total < kEnough || has_rival(candidate)) continue;
      Renaming renaming{.before = {},
                        .after = {},
                        .nested = candidate.nested,
                        .evidence = candidate.score.evidence};
      if (candidate.before) renaming.before.push_back(*candidate.before);
      if (candidate.after) renaming.after.push_back(*candidate.after);
      found_.push_back(std::move(renaming));
    }
  }

  bool has_rival(const Candidate& candidate) const {
    return std::ranges::any_of(candidates_, [&](const Candidate& rival) {
      if (&rival == &candidate) return false;
      const bool shares =
          (candidate.before && rival.before == candidate.before) ||
          (candidate.after && rival.after == candidate.after) ||
          (candidate.nested && rival.nested && rival.nested->path == candidate.nested->path);
      return shares && rival.score.total > candidate.score.total - kMargin;
    });
  }

  SameTypes& types_;
  const MatchedFields& fields_;
  std::vector<std::size_t> removed_;  ///< Indices of members of before without a counterpart.
  std::vector<std::size_t> added_;    ///< Likewise of after.
  std::vector<Candidate> candidates_;
  std::vector<Renaming> found_;
};

}  // namespace

std::vector<Renaming> find_renamings(SameTypes& types, const MatchedFields& fields) {
  return RenamingSearch(types, fields).run();
}

}  // namespace btfreloc::btf
