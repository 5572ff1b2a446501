// Walking over a type section four types at a time.
//
// The problem. Types lie one behind the other, without an index, and each says in its own second
// word how long it is. So nothing about the next type can begin before this one's kind and vlen
// were loaded, its kind looked up, the product added: 19 cycles a type in which the CPU could do
// a hundred other things. For a kernel (125,000 types in 3.2 MB) that alone is 0.8 ms. Checking
// the references of a type on the way doubles it: how many there are differs from type to type, so
// the loop over them ends with a mispredicted branch. scan_serially() does both, in 1.5 ms.
//
// What is done instead.
//
// 1. The section is cut into segments of some 20 KB, and four of them are walked in turns, one
//    type from each: four chains of 19 cycles run side by side. A walk that comes to the end of
//    its segment goes on with the next one that nobody has.
//
//        types  |--------------|-------------|--------------|--------------|-------------|---
//        lane    0 -> -> ->     1 -> -> ->    2 -> -> ->     3 -> -> ->     whoever is first
//
//    Where a segment starts is a guess: a place from which several headers in a row have kinds we
//    know. The guess needs no luck to be safe: the walk of each segment must end exactly where the
//    next one starts. Then each type was met just as a walk from the first one would have met it.
//
// 2. References are checked without a branch. The first 64 bytes of a type are loaded whatever is
//    in there, and two masks for its kind and vlen blank what is not a type id, or not a string
//    offset; what is left raises the maxima seen so far. Only the largest matters: View::open
//    compares it with what exists.
//
// 3. One type in twenty is longer than that. Its place is noted, again without a branch, and the
//    rest of it is checked when its batch of segments has been walked and is still in the cache.
//
// 4. Lane i writes the places of its types into column i of one grid, which is sorted out at the
//    end of the batch. One stream of stores, because four that drift through the same addresses
//    modulo 4096 as the loads make these wait: it was a third of the whole time.
//
// Anything irregular (an unknown kind, a record that reaches too far, a wrong guess) makes a walk
// miss the end of its segment. Then there is no answer from here, and scan_serially() finds out
// what is wrong. Every load is inside the blob, because a step is only taken from a place inside
// the segment, and 64 bytes behind the last segment are still in the blob.
//
// What it costs: 0.5 ms for that kernel, a third of it beyond the lanes; 400 lines that only ever
// have to agree with the forty of scan_serially(), which a test makes sure of.

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>

#include "btf/references.h"
#include "btf/scan.h"

namespace btfreloc::btf {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::size_t kSmallest = 64 * 1024;             ///< Bytes of types that are worth it.
constexpr std::size_t kTooLarge = std::size_t{1} << 30;  ///< Bytes of types.
constexpr std::size_t kSegmentSize = 20 * 1024;          ///< Bytes, give or take a type.
constexpr std::size_t kSegmentsInBatch = 12;  ///< 240 KB of types: what most L2 caches hold.
constexpr int kKnownInARow = 8;               ///< Headers that make a guess.
constexpr std::size_t kWindow = 64;           ///< Bytes of a type checked in its lane.
constexpr std::size_t kStripe = 48;           ///< Bytes of records checked at a time.
constexpr std::size_t kStripesInARow = 3;     ///< Enough for 9 of 10 long types.
constexpr std::uint32_t kRowsPerKind = 8;     ///< vlen 0 to 6, and more.

using Words4 [[gnu::vector_size(16)]] = std::uint32_t;
using Words8 [[gnu::vector_size(32)]] = std::uint32_t;

/// All ones where a type holds a type id or a string offset.
struct WindowMasks {
  Words8 types[2];
  Words8 strings[2];
};
struct StripeMasks {
  Words4 types[3];
  Words4 strings[3];
};
static_assert(sizeof(WindowMasks) == 2 * kWindow && sizeof(StripeMasks) == 2 * kStripe);

/// What a step needs to know about a kind.
struct StepTraits {
  std::uint32_t fixed;       ///< Bytes of header and fixed part.
  std::uint16_t per_record;  ///< Bytes.
  std::uint16_t first_row;   ///< Index into Tables::windows.
};

struct Tables {
  std::array<StepTraits, 128> steps;
  std::array<WindowMasks, kKindTraits.size() * kRowsPerKind> windows;  ///< By kind and vlen.
  std::array<StripeMasks, kKindTraits.size()> stripes;                 ///< Of records, by kind.
};

/// A type is either in the window or has records that whole stripes of can be taken from its end.
static_assert(std::ranges::all_of(kKindTraits, [](const KindTraits& kind) {
  if (kind.record == Record::none) return kTypeHeaderSize + kind.fixed <= kWindow;
  return kind.fixed == 0 && kStripe % size_of(kind.record) == 0;
}));
static_assert(kTypeHeaderSize + kStripe <= kWindow);

/// The masks for `sizeof(Masks) / 2` bytes of a type, of which the first is at `from`.
template <class Masks>
Masks masks_of(const KindTraits& kind, std::uint32_t vlen, std::size_t from) {
  constexpr std::size_t kBytes = sizeof(Masks) / 2;
  static constexpr std::array<std::byte, 2 * kWindow> kAnyType{};
  std::array<std::uint32_t, kBytes / 4> types{};
  std::array<std::uint32_t, kBytes / 4> strings{};
  const auto mark = [from](auto& words, std::size_t byte) {
    if (byte >= from && byte - from < kBytes) words[(byte - from) / 4] = ~0U;
  };
  for_each_reference(
      kAnyType.data(), kind, vlen, std::endian::native,
      [&](std::size_t byte, std::uint32_t) { mark(types, byte); },
      [&](std::size_t byte, std::uint32_t) { mark(strings, byte); });
  Masks masks;
  std::memcpy(&masks.types, types.data(), kBytes);
  std::memcpy(&masks.strings, strings.data(), kBytes);
  return masks;
}

const Tables& tables() {
  static const Tables kTables = [] {
    Tables tables{};
    // A step over an unknown kind leads out of any section, so its segment has no proper end.
    tables.steps.fill({.fixed = kTooLarge, .per_record = 0, .first_row = 0});
    for (const KindTraits& kind : kKindTraits) {
      if (kind.kind == Kind::kVoid) continue;
      const auto number = static_cast<std::uint32_t>(kind.kind);
      const std::uint32_t per_record = size_of(kind.record);
      const std::uint32_t row = number * kRowsPerKind;
      tables.steps[number] = {.fixed = kTypeHeaderSize + kind.fixed,
                              .per_record = static_cast<std::uint16_t>(per_record),
                              .first_row = static_cast<std::uint16_t>(row)};
      for (std::uint32_t vlen = 0; vlen < kRowsPerKind; ++vlen) {
        tables.windows[row + vlen] = masks_of<WindowMasks>(kind, vlen, 0);
      }
      if (per_record == 0) continue;
      tables.stripes[number] = masks_of<StripeMasks>(kind, kStripe / per_record, kTypeHeaderSize);
    }
    return tables;
  }();
  return kTables;
}

/// Some types in a row, walked in one lane.
struct Segment {
  std::size_t start;              ///< In bytes from the first type of all.
  std::size_t end;                ///< Where the next one starts.
  std::size_t stopped;            ///< Where the walk came out.
  const std::uint32_t* first;     ///< Its part of the grid: every kLanes'th cell,
  const std::uint32_t* past_end;  ///< up to here.
};

struct Lane {
  std::size_t at;
  std::size_t end;
  Segment* segment;
};

/// The largest references so far, by their place in a window or in 16 bytes of a stripe.
struct Seen {
  Words8 window_types[2];
  Words8 window_strings[2];
  Words4 stripe_types;
  Words4 stripe_strings;
};

// What follows runs once per type or nearly so. It is all inlined into one function per
// instruction set, see scan_batch(), and compiled for it.

template <class Words>
[[gnu::always_inline]] inline void raise(Words& seen, const Words& words) {
  seen = words > seen ? words : seen;
}

[[gnu::always_inline]] inline std::uint32_t load_info(const std::byte* type) {
  return load<std::uint32_t>(type + 4, std::endian::native);
}

[[gnu::always_inline]] inline std::uint32_t kind_number(std::uint32_t info) {
  return info >> 24 & 0x7f;
}

[[gnu::always_inline]] inline std::size_t size_of_type(std::uint32_t info, StepTraits traits) {
  return traits.fixed + std::size_t{info & 0xffffff} * traits.per_record;
}

[[gnu::always_inline]] inline void check_window(const std::byte* type, const WindowMasks& masks,
                                                Seen& seen) {
#pragma GCC unroll 2
  for (std::size_t half = 0; half < 2; ++half) {
    Words8 words;
    std::memcpy(&words, type + half * sizeof words, sizeof words);
    raise(seen.window_types[half], words & masks.types[half]);
    raise(seen.window_strings[half], words & masks.strings[half]);
  }
}

[[gnu::always_inline]] inline void check_stripe(const std::byte* records, const StripeMasks& masks,
                                                Seen& seen) {
#pragma GCC unroll 3
  for (std::size_t third = 0; third < 3; ++third) {
    Words4 words;
    std::memcpy(&words, records + third * sizeof words, sizeof words);
    raise(seen.stripe_types, words & masks.types[third]);
    raise(seen.stripe_strings, words & masks.strings[third]);
  }
}

/// The part of a long type that its window did not show. The last stripe ends with the type and
/// may overlap the one before, or be taken twice, which changes no maximum.
[[gnu::always_inline]] inline void check_behind_window(const std::byte* type, const Tables& tables,
                                                       Seen& seen) {
  const std::uint32_t info = load_info(type);
  const StripeMasks& masks = tables.stripes[kind_number(info)];
  const std::size_t size = size_of_type(info, tables.steps[kind_number(info)]);
  for (std::size_t at = kTypeHeaderSize + kStripe; at < size; at += kStripesInARow * kStripe) {
#pragma GCC unroll 3
    for (std::size_t i = 0; i < kStripesInARow; ++i) {
      check_stripe(type + std::min(at + i * kStripe, size - kStripe), masks, seen);
    }
  }
}

/// Types that did not fit their window, by place. The last one noted is not one of them.
using LongTypes = std::uint32_t*;

/// Checks the type at which a lane is, and goes to the next one.
[[gnu::always_inline]] inline void step(const std::byte* types, const Tables& tables, Lane& lane,
                                        std::uint32_t* cell, LongTypes& long_types, Seen& seen) {
  const std::byte* type = types + lane.at;
  const std::uint32_t info = load_info(type);
  const StepTraits& traits = tables.steps[kind_number(info)];
  const std::uint32_t row = std::min(info & 0xffffff, kRowsPerKind - 1);
  check_window(type, tables.windows[traits.first_row + row], seen);
  const std::size_t size = size_of_type(info, traits);
  *cell = static_cast<std::uint32_t>(lane.at);
  *long_types = static_cast<std::uint32_t>(lane.at);
  long_types += size > kWindow;
  lane.at += size;
}

/// Lets every lane that came to the end of its segment go on with the next one that nobody has.
/// False when there is none left for it.
[[gnu::always_inline]] inline bool fill_lanes(Lane (&lanes)[kLanes], Segment*& next, Segment* last,
                                              const std::uint32_t* row) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    if (lanes[i].at < lanes[i].end) continue;
    lanes[i].segment->stopped = lanes[i].at;
    lanes[i].segment->past_end = row + i;
    if (next == last) return false;
    next->first = row + i;
    lanes[i] = {.at = next->start, .end = next->end, .segment = next};
    ++next;
  }
  return true;
}

/// A scan under way. Segments are walked in batches, so that the grid stays small and what the
/// second look at a batch needs is still in the cache.
class LaneScan {
 public:
  LaneScan(const std::byte* types, std::size_t size) : types_(types), size_(size) {
    // A kernel's mean is 25 bytes a type, so this is the one allocation for most blobs.
    found_.offsets.reserve(size / 24 + 1);
  }

  std::optional<Scan> run() &&;

 private:
  bool looks_like_start(std::size_t at) const;
  std::optional<std::size_t> guess_start(std::size_t at) const;
  void cut(std::size_t start);
  bool scan_batch();
  bool scan_batch_with_avx2();
  bool walk_and_check();
  void walk();
  bool collect_offsets();
  void check_long_types();

  const std::byte* types_;
  std::size_t size_;
  const Tables& tables_ = tables();
  std::vector<Segment> segments_;  ///< The batch.
  UninitializedVector<std::uint32_t> grid_;
  UninitializedVector<std::uint32_t> long_types_;
  std::size_t long_type_count_ = 0;
  Seen seen_{};
  Scan found_;
};

bool LaneScan::looks_like_start(std::size_t at) const {
  for (int i = 0; i < kKnownInARow; ++i) {
    if (at >= size_ || size_ - at < kTypeHeaderSize) return false;
    const std::uint32_t info = load_info(types_ + at);
    at += size_of_type(info, tables_.steps[kind_number(info)]);
  }
  return at <= size_;
}

/// The first place at or behind `at`, within one segment's size, where a type seems to start. The
/// end of all types counts as one.
std::optional<std::size_t> LaneScan::guess_start(std::size_t at) const {
  if (at >= size_) return size_;
  for (const std::size_t stop = at + kSegmentSize; at < stop; at += 4) {
    if (looks_like_start(at)) return at;
  }
  return std::nullopt;
}

/// Makes a batch of the segments from `start` on. A type that is longer than a segment hides the
/// place where one should start, and then there is one less.
void LaneScan::cut(std::size_t start) {
  segments_.clear();
  std::size_t end = start;
  std::size_t longest = 0;
  for (std::size_t at = start + kSegmentSize; end < size_ && segments_.size() < kSegmentsInBatch;
       at += kSegmentSize) {
    const auto next = guess_start(at);
    if (!next) continue;
    segments_.push_back({.start = end, .end = *next, .stopped = 0, .first = {}, .past_end = {}});
    longest = std::max(longest, *next - end);
    end = *next;
  }
  // A segment of n bytes takes n / 12 steps, one more when the last one leads out of it. Lanes
  // that are left when no segment is end in rows of their own.
  const std::size_t most_steps = (end - start) / kTypeHeaderSize + segments_.size();
  const std::size_t most_left = longest / kTypeHeaderSize + 1;
  grid_.resize(std::max(grid_.size(), most_steps + kLanes * (most_left + 1)));
  const std::size_t most_long = (end - start) / kWindow + segments_.size();
  long_types_.resize(std::max(long_types_.size(), most_long + 1));
}

[[gnu::always_inline]] inline void LaneScan::walk() {
  Segment idle{};
  Lane lanes[kLanes];
  for (Lane& lane : lanes) lane = {.at = 0, .end = 0, .segment = &idle};
  Segment* next = segments_.data();
  Segment* const last = next + segments_.size();
  std::uint32_t* row = grid_.data();
  LongTypes long_types = long_types_.data();
  Seen seen = seen_;
  for (;; row += kLanes) {
    bool all_inside = true;
#pragma GCC unroll 4
    for (const Lane& lane : lanes) all_inside &= lane.at < lane.end;
    if (!all_inside && !fill_lanes(lanes, next, last, row)) [[unlikely]]
      break;
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kLanes; ++i) {
      step(types_, tables_, lanes[i], row + i, long_types, seen);
    }
  }
  for (std::size_t i = 0; i < kLanes; ++i) {
    std::uint32_t* cell = row + i;
    for (; lanes[i].at < lanes[i].end; cell += kLanes) {
      step(types_, tables_, lanes[i], cell, long_types, seen);
    }
    lanes[i].segment->stopped = lanes[i].at;
    lanes[i].segment->past_end = cell;
  }
  seen_ = seen;
  long_type_count_ = static_cast<std::size_t>(long_types - long_types_.data());
}

/// False when a segment did not end where the next one starts.
[[gnu::always_inline]] inline bool LaneScan::collect_offsets() {
  const std::size_t before = found_.offsets.size();
  std::size_t count = before;
  for (const Segment& segment : segments_) {
    if (segment.stopped != segment.end) return false;
    count += static_cast<std::size_t>(segment.past_end - segment.first) / kLanes;
  }
  found_.offsets.resize(count);
  std::uint32_t* out = found_.offsets.data() + before;
  for (const Segment& segment : segments_) {
#pragma GCC unroll 4
    for (const std::uint32_t* cell = segment.first; cell != segment.past_end; cell += kLanes) {
      *out++ = *cell;
    }
  }
  return true;
}

[[gnu::always_inline]] inline void LaneScan::check_long_types() {
  Seen seen = seen_;
  for (std::size_t i = 0; i < long_type_count_; ++i) {
    check_behind_window(types_ + long_types_[i], tables_, seen);
  }
  seen_ = seen;
}

/// False when a walk missed the end of its segment.
[[gnu::always_inline]] inline bool LaneScan::walk_and_check() {
  walk();
  if (!collect_offsets()) return false;
  check_long_types();
  return true;
}

bool LaneScan::scan_batch() { return walk_and_check(); }

#if defined(__x86_64__) || defined(__i386__)
[[gnu::target("avx2")]] bool LaneScan::scan_batch_with_avx2() { return walk_and_check(); }
bool has_avx2() { return __builtin_cpu_supports("avx2"); }
#else
bool LaneScan::scan_batch_with_avx2() { return scan_batch(); }
bool has_avx2() { return false; }
#endif

template <class... Words>
std::uint32_t largest(const Words&... words) {
  std::uint32_t max = 0;
  const auto look_at = [&max](const auto& vector) {
    std::array<std::uint32_t, sizeof vector / 4> numbers;
    std::memcpy(numbers.data(), &vector, sizeof vector);
    max = std::max(max, *std::ranges::max_element(numbers));
  };
  (look_at(words), ...);
  return max;
}

std::optional<Scan> LaneScan::run() && {
  for (std::size_t at = 0; at < size_; at = segments_.back().end) {
    cut(at);
    if (!(has_avx2() ? scan_batch_with_avx2() : scan_batch())) return std::nullopt;
  }
  found_.max_type = largest(seen_.window_types, seen_.stripe_types);
  found_.max_string = largest(seen_.window_strings, seen_.stripe_strings);
  return std::move(found_);
}

}  // namespace

std::optional<Scan> Scanner::scan_in_lanes() const {
  if (header_.order != std::endian::native) return std::nullopt;
  if (types_.size() < kSmallest || types_.size() >= kTooLarge) return std::nullopt;
  if (behind_types_.size() < kWindow) return std::nullopt;
  return LaneScan(types_.data(), types_.size()).run();
}

}  // namespace btfreloc::btf
