#include "kernels/order/string_order.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "kernels/order/left.h"
#include "kernels/order/recent.h"

// Strings lie in a section as they were first used when it was written, which is nearly the order
// in which the types use them, or as in another kernel. So there are two lines, the order of first
// use and the reference, and a cursor or more in each, which stand behind strings that came not
// long ago: the string that is next in a line is a good guess.

namespace btfreloc::kernels {
namespace {

constexpr std::uint32_t kNone = UINT32_MAX;
constexpr std::uint32_t kLines = 2;
constexpr std::uint32_t kCursors = 4;

/// A line, of which some are taken, and the places in it where it may go on.
class Line {
 public:
  /// Of strings below `numbers`.
  Line(std::span<const std::uint32_t> strings, std::uint32_t numbers)
      : strings_(strings),
        places_(numbers, kNone),
        left_(static_cast<std::uint32_t>(strings.size())),
        counted_(static_cast<std::uint32_t>(strings.size())) {
    for (std::uint32_t i = 0; i < strings.size(); ++i) places_[strings[i]] = i;
    if (!strings.empty()) cursors_.push(0);
  }

  bool has(std::uint32_t string) const { return places_[string] != kNone; }
  std::uint32_t guess(std::uint32_t cursor) {
    if (cursors_[cursor] == kNone) return kNone;
    const std::uint32_t at = left_.next(cursors_[cursor]);
    return at < left_.size() ? strings_[at] : kNone;
  }
  /// `cursor` goes behind it; kNone for a new one.
  void take(std::uint32_t string, std::uint32_t cursor) {
    const std::uint32_t at = places_[string];
    if (at == kNone) return;
    left_.take(at);
    counted_.take(at);
    cursors_.renew(cursor == kNone ? kCursors - 1 : cursor, at + 1);
  }

  /// A string far from all cursors, by how many that are left lie between. kNone when there is
  /// none.
  template <class Coder>
  std::uint32_t code_jump(Coder& coder, std::uint32_t want) {
    std::uint32_t cursor = 0;
    std::uint32_t rank = 0;
    if constexpr (Coder::kWrites) {
      rank = counted_.before(places_[want]);
      cursor = nearest(rank);
    }
    cursor = which_.code(coder, cursor);
    if (cursor >= kCursors || cursors_[cursor] == kNone) return kNone;
    const std::uint32_t from = counted_.before(cursors_[cursor]);
    const std::uint32_t left = counted_.before(left_.size());
    const std::uint32_t place = distance_.code(coder, rank, from, left);
    return place == kNone ? kNone : strings_[counted_.select(place)];
  }

 private:
  std::uint32_t nearest(std::uint32_t rank) const {
    std::uint32_t best = 0;
    std::int64_t least = INT64_MAX;
    for (std::uint32_t i = 0; i < kCursors && cursors_[i] != kNone; ++i) {
      const std::int64_t from = counted_.before(cursors_[i]);
      const std::int64_t distance = (std::abs(rank - from) + 4) << i;
      if (distance >= least) continue;
      least = distance;
      best = i;
    }
    return best;
  }

  std::span<const std::uint32_t> strings_;
  std::vector<std::uint32_t> places_;
  LeftInLine left_;
  LeftCounted counted_;
  Recent<kCursors> cursors_;
  NumberOdds which_;
  PlaceOdds distance_;
};

/// One more than the largest.
std::uint32_t numbers(std::span<const std::uint32_t> strings) {
  return strings.empty() ? 0 : std::ranges::max(strings) + 1;
}

template <class Coder>
class Walk {
 public:
  Walk(Coder& coder, std::span<const std::uint32_t> first_use,
       std::span<const std::uint32_t> reference)
      : coder_(coder),
        lines_{Line(reference, numbers(first_use)), Line(first_use, numbers(first_use))},
        left_(static_cast<std::uint32_t>(first_use.size())) {}

  /// The next string, which is `want` for a writer. nullopt when bits lead nowhere.
  std::optional<std::uint32_t> step(std::uint32_t want) {
    if (left_ == 0) return kOtherString;
    const bool is_other = coder_.bit(is_other_[was_other_], want == kOtherString);
    was_other_ = is_other;
    if (is_other) return kOtherString;
    std::uint32_t string = guess(want);
    if (string == kNone) {
      last_ = 0;
      string = jump(want);
    }
    if (string == kNone) return std::nullopt;
    for (std::uint32_t line = 0; line < kLines; ++line) {
      lines_[line].take(string, line == hit_line_ ? hit_cursor_ : kNone);
    }
    hit_line_ = kLines;
    --left_;
    return string;
  }

 private:
  std::uint32_t guess(std::uint32_t want) {
    std::array<std::uint32_t, kLines * kCursors> tried;
    std::size_t count = 0;
    const std::uint32_t front = front_;
    for (std::uint32_t i = 0; i <= tried.size(); ++i) {
      // What was right last is asked first.
      const std::uint32_t slot = i == 0 ? front : i - 1;
      if (i != 0 && slot == front) continue;
      const std::uint32_t line = slot % kLines;
      const std::uint32_t cursor = slot / kLines;
      const std::uint32_t string = lines_[line].guess(cursor);
      if (string == kNone) continue;
      if (std::find(tried.begin(), tried.begin() + count, string) != tried.begin() + count)
        continue;
      tried[count++] = string;
      std::uint8_t& history = history_[slot];
      Odds& by_last = by_last_[slot][last_ * 2 + (lines_[1 - line].has(string) ? 1 : 0)];
      const bool is_hit =
          coder_.bit(mixers_[slot], by_history_[slot][history], by_last, string == want);
      history = static_cast<std::uint8_t>((history << 1 | (is_hit ? 1 : 0)) & 63);
      if (!is_hit) continue;
      hit_line_ = line;
      hit_cursor_ = cursor;
      last_ = slot + 1;
      if (cursor == 0) front_ = slot;
      return string;
    }
    return kNone;
  }

  std::uint32_t jump(std::uint32_t want) {
    const bool in_reference =
        coder_.bit(in_reference_, want != kOtherString && lines_[0].has(want));
    return lines_[in_reference ? 0 : 1].code_jump(coder_, want);
  }

  Coder& coder_;
  std::array<Line, kLines> lines_;
  std::uint32_t left_;
  bool was_other_ = false;
  std::uint32_t hit_line_ = kLines;
  std::uint32_t hit_cursor_ = 0;
  std::uint32_t front_ = 0;
  std::uint32_t last_ = 0;  ///< Slot that was right last, plus one; 0 after a jump.

  std::array<Odds, 2> is_other_;
  Odds in_reference_;
  std::array<std::uint8_t, kLines * kCursors> history_ = {};
  std::array<std::array<Odds, 64>, kLines * kCursors> by_history_;
  std::array<std::array<Odds, 2 * (kLines * kCursors + 1)>, kLines * kCursors> by_last_;
  std::array<Mixer, kLines * kCursors> mixers_;
};

}  // namespace

void write_string_order(BitWriter& writer, std::span<const std::uint32_t> first_use,
                        std::span<const std::uint32_t> reference,
                        std::span<const std::uint32_t> order) {
  Walk<BitWriter> walk(writer, first_use, reference);
  for (const std::uint32_t string : order) walk.step(string);
}

std::optional<std::vector<std::uint32_t>> read_string_order(
    BitReader& reader, std::span<const std::uint32_t> first_use,
    std::span<const std::uint32_t> reference, std::uint32_t size) {
  Walk<BitReader> walk(reader, first_use, reference);
  std::vector<std::uint32_t> order;
  order.reserve(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    const std::optional<std::uint32_t> string = walk.step(kOtherString);
    if (!string) return std::nullopt;
    order.push_back(*string);
  }
  return order;
}

}  // namespace btfreloc::kernels
