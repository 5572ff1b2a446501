#include "kernels/order/type_order.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "kernels/order/left.h"
#include "kernels/order/recent.h"

// Ids look random and are not. pahole writes types unit by unit, as the compiler met them, so that
// types that use each other have ids close together, and the next kernel of a series has the same
// types in the same order but for some that are new. Newer ones sort functions by name, or from
// Linux 7.0 on all types that have one.
//
// So each step makes guesses about the type that is next: the one that followed the last one in the
// reference, one that uses the last one, the next by name. Each guess is a yes or a no, and costs
// as much as it surprises: next to nothing where one kind of guess is right for long. The one that
// was right last is asked about first, since orders of different making lie in stretches.
//
// What no guess finds is named: by its distance in the reference, or among those of its kind and
// name, from types that were named before. Most of these have a name; one without is reached from
// one with a name that will soon follow, as the prototype from its function, which is the
// next guess then.

namespace btfreloc::kernels {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;

/// How far types without a name are followed.
constexpr std::uint32_t kMaxDepth = 64;
/// How many references or users of one type are looked at.
constexpr std::size_t kMaxLook = 256;

/// What a type is guessed to be, in the order of asking.
enum Guess : std::uint32_t {
  kReference0,  ///< In the reference, next to what came last there,
  kReference1,  ///< and to what came before a jump.
  kReference2,
  kGoal,           ///< What the last types were taken for.
  kAnonymousUser,  ///< Uses the last one.
  kNamedUser,
  kSibling,              ///< Used by one that came not long ago.
  kFormerAnonymousUser,  ///< Uses the last but one.
  kFormerNamedUser,
  kCanonical,  ///< Next in the canonical order, which is by name,
  kNextLeaf,   ///< and there among those of its kind; or what that one needs.
  kGuesses
};
constexpr std::uint32_t kReferences = kGoal;
constexpr std::uint32_t kNoGuess = kGuesses;

template <class Coder>
class Walk {
 public:
  /// `positions`, of types in the order, are for writers.
  Walk(Coder& coder, const TypeGraph& graph, std::span<const std::uint32_t> reference,
       std::span<const std::uint32_t> positions)
      : coder_(coder),
        graph_(graph),
        reference_(reference),
        positions_(positions),
        reference_places_(graph.size(), kNone),
        line_(graph.size()),
        line_places_(graph.size()),
        left_(graph.size()),
        left_in_reference_(static_cast<std::uint32_t>(reference.size())),
        left_in_line_(graph.size()),
        counted_in_line_(graph.size()),
        is_taken_(graph.size()),
        looked_references_(graph.size()),
        looked_anonymous_(graph.size()),
        looked_anonymous_users_(graph.size()),
        looked_named_users_(graph.size()),
        by_history_(kGuesses * 8 * TypeGraph::kSorts),
        by_last_(kGuesses * (kGuesses + 1) * TypeGraph::kSorts * TypeGraph::kSorts) {
    for (std::uint32_t i = 0; i < reference.size(); ++i) reference_places_[reference[i]] = i;
    if (!reference.empty()) cursors_.push(0);
    sort_line();
  }

  /// The type that is next, which is `want` for a writer; kNone where bits lead nowhere.
  std::uint32_t step(std::uint32_t want) {
    std::uint32_t type = guess(want);
    if (type == kNone) type = name(want);
    if (type != kNone) take(type);
    return type;
  }

 private:
  void sort_line() {
    for (std::uint32_t type = 0; type < graph_.size(); ++type)
      ++sort_starts_[graph_.sort(type) + 1];
    for (std::size_t i = 1; i < sort_starts_.size(); ++i) sort_starts_[i] += sort_starts_[i - 1];
    auto next = sort_starts_;
    for (std::uint32_t type = 0; type < graph_.size(); ++type) {
      line_places_[type] = next[graph_.sort(type)]++;
      line_[line_places_[type]] = type;
    }
  }

  std::uint32_t last_sort() const { return last_ == kNone ? 0 : graph_.sort(last_); }
  bool is_left_anonymous(std::uint32_t type) const {
    return !is_taken_[type] && graph_.is_anonymous(type);
  }

  // Guesses.

  /// The first that is left of a list; `looked` keeps how far it was gone through.
  std::uint32_t first_left(std::span<const std::uint32_t> types, std::uint32_t& looked) {
    while (looked < types.size() && is_taken_[types[looked]]) ++looked;
    return looked < types.size() ? types[looked] : kNone;
  }
  std::uint32_t anonymous_user(std::uint32_t type) {
    if (type == kNone) return kNone;
    return first_left(graph_.anonymous_users(type), looked_anonymous_users_[type]);
  }
  std::uint32_t named_user(std::uint32_t type) {
    if (type == kNone) return kNone;
    return first_left(graph_.named_users(type), looked_named_users_[type]);
  }
  std::uint32_t next_in_reference(std::uint32_t cursor) {
    if (cursor == kNone) return kNone;
    const std::uint32_t at = left_in_reference_.next(cursor);
    return at < reference_.size() ? reference_[at] : kNone;
  }
  std::uint32_t next_canonical() {
    const std::uint32_t type = left_.next(last_ == kNone ? 0 : last_ + 1);
    return type < graph_.size() ? type : kNone;
  }
  std::uint32_t next_of_sort() {
    if (last_named_ == kNone) return kNone;
    const std::uint32_t at = left_in_line_.next(line_places_[last_named_]);
    return at < sort_starts_[graph_.sort(last_named_) + 1] ? line_[at] : kNone;
  }
  /// What a type needs first: the deepest of its first references that is left and has no name.
  std::uint32_t leaf(std::uint32_t type) {
    for (std::uint32_t depth = 0; type != kNone && depth < kMaxDepth; ++depth) {
      const auto references = graph_.references(type);
      std::uint32_t& looked = looked_anonymous_[type];
      while (looked < references.size() && !is_left_anonymous(references[looked])) ++looked;
      if (looked == references.size()) break;
      type = references[looked];
    }
    return type;
  }

  std::uint32_t guessed(std::uint32_t guess) {
    switch (guess) {
      case kReference0:
      case kReference1:
      case kReference2: return next_in_reference(cursors_[guess - kReference0]);
      case kGoal: return goals_.empty() ? kNone : goals_.back();
      case kAnonymousUser: return anonymous_user(last_);
      case kNamedUser: return named_user(last_);
      case kSibling:
        return parent_ == kNone
                   ? kNone
                   : first_left(graph_.references(parent_), looked_references_[parent_]);
      case kFormerAnonymousUser: return anonymous_user(former_);
      case kFormerNamedUser: return named_user(former_);
      case kCanonical: return next_canonical();
      case kNextLeaf: return leaf(next_of_sort());
      default: return kNone;
    }
  }

  std::uint32_t guess(std::uint32_t want) {
    std::array<std::uint32_t, kGuesses> tried;
    std::size_t count = 0;
    const std::uint32_t front = front_;
    for (std::uint32_t i = 0; i <= kGuesses; ++i) {
      const std::uint32_t guess = i == 0 ? front : i - 1;
      if (i != 0 && guess == front) continue;
      const std::uint32_t type = guessed(guess);
      const auto end = tried.begin() + count;
      if (type == kNone || std::find(tried.begin(), end, type) != end) continue;
      tried[count++] = type;
      if (!is_right(guess, type, want)) continue;
      follow(guess);
      return type;
    }
    last_guess_ = kNoGuess;
    return kNone;
  }

  bool is_right(std::uint32_t guess, std::uint32_t type, std::uint32_t want) {
    const std::uint32_t sort = graph_.sort(type);
    std::uint8_t& history = histories_[guess];
    Odds& by_history = by_history_[(guess * 8 + history) * TypeGraph::kSorts + sort];
    Odds& by_last = by_last_[((guess * (kGuesses + 1) + last_guess_) * TypeGraph::kSorts + sort) *
                                 TypeGraph::kSorts +
                             last_sort()];
    const bool is_right = coder_.bit(mixers_[guess], by_history, by_last, type == want);
    history = static_cast<std::uint8_t>((history << 1 | (is_right ? 1 : 0)) & 7);
    return is_right;
  }

  void follow(std::uint32_t guess) {
    if (guess < kReferences) hit_cursor_ = guess;
    if (guess == kNextLeaf) goals_.push_back(next_of_sort());
    if (guess == kReference0 || guess == kCanonical || guess == kNextLeaf) front_ = guess;
    last_guess_ = guess;
  }

  // What no guess found.

  std::uint32_t name(std::uint32_t want) {
    if (!reference_.empty()) {
      const bool is_there = Coder::kWrites && reference_places_[want] != kNone;
      if (coder_.bit(is_jump_[last_sort()], is_there)) return jump(want);
    }
    const std::uint32_t goal = far(want);
    return goal == kNone ? kNone : go_down(goal);
  }

  /// To another place of the reference, from the nearest of those where it was read last.
  std::uint32_t jump(std::uint32_t want) {
    std::uint32_t at = 0;
    std::uint32_t which = 0;
    if constexpr (Coder::kWrites) {
      at = reference_places_[want];
      which = nearest(at, cursors_, [](std::uint32_t cursor) { return cursor; });
    }
    which = jump_cursor_.code(coder_, which);
    if (which >= cursors_.size() || cursors_[which] == kNone) return kNone;
    at = jump_by_.code(coder_, at, cursors_[which], static_cast<std::uint32_t>(reference_.size()));
    if (at == kNone) return kNone;
    const std::uint32_t type = reference_[at];
    return is_taken_[type] ? kNone : type;
  }

  /// Of some places, the index of the one to measure `at` from: near, and used not long ago.
  template <std::size_t kSize, class Place>
  static std::uint32_t nearest(std::uint32_t at, const Recent<kSize>& places, Place&& place) {
    std::uint32_t best = 0;
    std::int64_t least = INT64_MAX;
    for (std::uint32_t i = 0; i < kSize && (i == 0 || places[i] != kNone); ++i) {
      const std::int64_t distance = std::abs(std::int64_t{at} - place(places[i]));
      const std::int64_t cost = (distance + 1) * (i + 3);
      if (cost >= least) continue;
      least = cost;
      best = i;
    }
    return best;
  }

  /// A type by its sort, and its distance in the line of these from one that was named so before:
  /// names that begin alike come together.
  std::uint32_t far(std::uint32_t want) {
    if constexpr (Coder::kWrites) want = find_goal(want);
    const std::uint32_t sort = far_sort(want);
    const std::uint32_t begin = sort_starts_[sort];
    const std::uint32_t end = sort_starts_[sort + 1];
    const std::uint32_t before = counted_in_line_.before(begin);
    const std::uint32_t left = counted_in_line_.before(end) - before;
    if (left == 0) return kNone;
    // Where a type is among those that are left of this sort, or would be.
    const auto rank_of = [&](std::uint32_t type) {
      if (type == kNone) return left / 2;
      const auto at = std::lower_bound(line_.begin() + begin, line_.begin() + end, type);
      return counted_in_line_.before(static_cast<std::uint32_t>(at - line_.begin())) - before;
    };
    std::uint32_t rank = 0;
    std::uint32_t anchor = 0;
    if constexpr (Coder::kWrites) {
      rank = rank_of(want);
      anchor = nearest(rank, anchors_, rank_of);
    }
    anchor = far_anchor_[sort].code(coder_, anchor);
    if (anchor >= anchors_.size()) return kNone;
    const std::uint32_t from = rank_of(anchors_[anchor]);
    rank = far_by_[sort].code(coder_, rank, from, left);
    if (rank == kNone) return kNone;
    const std::uint32_t type = line_[counted_in_line_.select(before + rank)];
    constexpr std::int64_t kNeighbours = 256;
    if (std::abs(std::int64_t{rank} - from) > kNeighbours) {
      anchors_.push(type);
    } else {
      anchors_.renew(anchor, type);
    }
    return type;
  }

  std::uint32_t far_sort(std::uint32_t want) {
    const std::uint32_t wanted = Coder::kWrites ? graph_.sort(want) : 0;
    std::uint32_t sort = 1;
    for (std::uint32_t bit = TypeGraph::kSorts / 2; bit != 0; bit /= 2) {
      const bool answer = coder_.bit(far_sort_[last_sort()][sort], (wanted & bit) != 0);
      sort = sort << 1 | static_cast<std::uint32_t>(answer);
    }
    return sort - TypeGraph::kSorts;
  }

  /// For writers: the way from what is wanted to a type with a name that follows soon, over types
  /// without one that are left. Nothing but what is wanted, where there is none.
  std::uint32_t find_goal(std::uint32_t want) {
    path_ = {want};
    while (graph_.is_anonymous(path_.back()) && path_.size() < kMaxDepth) {
      const std::uint32_t user = next_user(path_.back());
      // A goal that is far off would be a wrong guess for long.
      constexpr std::uint32_t kSoon = 2000;
      if (user == kNone || positions_[user] - positions_[want] > kSoon) break;
      if (left_reference_index(user, path_.back()) == kNone) break;
      path_.push_back(user);
    }
    return path_.back();
  }
  /// The user of a type that comes first of those that are left.
  std::uint32_t next_user(std::uint32_t type) const {
    std::uint32_t best = kNone;
    for (const auto users : {graph_.anonymous_users(type), graph_.named_users(type)}) {
      for (const std::uint32_t user : users.first(std::min(users.size(), kMaxLook))) {
        if (is_taken_[user] || user == type) continue;
        if (best == kNone || positions_[user] < positions_[best]) best = user;
      }
    }
    return best;
  }

  /// From a goal to what is taken now.
  std::uint32_t go_down(std::uint32_t type) {
    for (std::uint32_t depth = 0; depth < kMaxDepth; ++depth) {
      if (coder_.bit(is_it_[graph_.sort(type)], path_.size() == 1)) return type;
      goals_.push_back(type);
      std::uint32_t index = 0;
      if constexpr (Coder::kWrites) {
        path_.pop_back();
        index = left_reference_index(type, path_.back());
      }
      type = left_reference(type, down_.code(coder_, index));
      if (type == kNone) return kNone;
    }
    return kNone;
  }
  /// The n-th reference of a type that is left and has no name.
  std::uint32_t left_reference(std::uint32_t type, std::uint32_t index) const {
    const auto references = graph_.references(type);
    for (const std::uint32_t to : references.first(std::min(references.size(), kMaxLook))) {
      if (is_left_anonymous(to) && index-- == 0) return to;
    }
    return kNone;
  }
  std::uint32_t left_reference_index(std::uint32_t type, std::uint32_t want) const {
    const auto references = graph_.references(type);
    std::uint32_t index = 0;
    for (const std::uint32_t to : references.first(std::min(references.size(), kMaxLook))) {
      if (to == want) return index;
      if (is_left_anonymous(to)) ++index;
    }
    return kNone;
  }

  void take(std::uint32_t type) {
    is_taken_[type] = true;
    left_.take(type);
    left_in_line_.take(line_places_[type]);
    counted_in_line_.take(line_places_[type]);
    if (const std::uint32_t at = reference_places_[type]; at != kNone) {
      left_in_reference_.take(at);
      cursors_.renew(hit_cursor_, at + 1);
    }
    hit_cursor_ = kReferences - 1;
    while (!goals_.empty() && is_taken_[goals_.back()]) goals_.pop_back();
    if (first_left(graph_.references(type), looked_references_[type]) != kNone) parent_ = type;
    if (!graph_.is_anonymous(type)) last_named_ = type;
    former_ = last_;
    last_ = type;
  }

  Coder& coder_;
  const TypeGraph& graph_;
  std::span<const std::uint32_t> reference_;
  std::span<const std::uint32_t> positions_;
  std::vector<std::uint32_t> reference_places_;
  /// All types, sort by sort, in the canonical order.
  std::vector<std::uint32_t> line_;
  std::vector<std::uint32_t> line_places_;
  std::array<std::uint32_t, TypeGraph::kSorts + 1> sort_starts_ = {};

  // What is left, and how far lists were gone through: what was taken stays so.
  LeftInLine left_;
  LeftInLine left_in_reference_;
  LeftInLine left_in_line_;
  LeftCounted counted_in_line_;
  std::vector<bool> is_taken_;
  std::vector<std::uint32_t> looked_references_;
  std::vector<std::uint32_t> looked_anonymous_;
  std::vector<std::uint32_t> looked_anonymous_users_;
  std::vector<std::uint32_t> looked_named_users_;

  // What guesses are made from.
  std::uint32_t last_ = kNone;
  std::uint32_t former_ = kNone;
  std::uint32_t last_named_ = kNone;
  std::uint32_t parent_ = kNone;      ///< The last one that used any that were left then.
  Recent<kReferences> cursors_;       ///< Behind what came, in the reference.
  std::vector<std::uint32_t> goals_;  ///< The last is the next.
  Recent<16> anchors_;                ///< What was named far off.
  std::vector<std::uint32_t> path_;   ///< For writers, from what is wanted to its goal.
  std::uint32_t hit_cursor_ = kReferences - 1;
  std::uint32_t front_ = kReference0;
  std::uint32_t last_guess_ = kNoGuess;
  std::array<std::uint8_t, kGuesses> histories_ = {};  ///< Of the last three: was it right?

  std::vector<Odds> by_history_;
  std::vector<Odds> by_last_;
  std::array<Mixer, kGuesses> mixers_;
  std::array<Odds, TypeGraph::kSorts> is_jump_;
  NumberOdds jump_cursor_;
  PlaceOdds jump_by_;
  std::array<std::array<Odds, TypeGraph::kSorts>, TypeGraph::kSorts> far_sort_;
  std::array<NumberOdds, TypeGraph::kSorts> far_anchor_;
  std::array<PlaceOdds, TypeGraph::kSorts> far_by_;
  std::array<Odds, TypeGraph::kSorts> is_it_;
  NumberOdds down_;
};

}  // namespace

void write_type_order(BitWriter& writer, const TypeGraph& graph,
                      std::span<const std::uint32_t> reference,
                      std::span<const std::uint32_t> order) {
  std::vector<std::uint32_t> positions(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) positions[order[i]] = i;
  Walk<BitWriter> walk(writer, graph, reference, positions);
  for (const std::uint32_t type : order) walk.step(type);
}

std::optional<std::vector<std::uint32_t>> read_type_order(
    BitReader& reader, const TypeGraph& graph, std::span<const std::uint32_t> reference) {
  Walk<BitReader> walk(reader, graph, reference, {});
  std::vector<std::uint32_t> order;
  order.reserve(graph.size());
  while (order.size() < graph.size()) {
    const std::uint32_t type = walk.step(kNone);
    if (type == kNone) return std::nullopt;
    order.push_back(type);
  }
  return order;
}

}  // namespace btfreloc::kernels
