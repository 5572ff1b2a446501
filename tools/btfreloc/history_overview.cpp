#include "btfreloc/history_overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "btf/compare/fields.h"

namespace btfreloc::tool {
namespace {

constexpr double kAxisWidth = 44;  ///< Numbers of bytes, left of the strips.
constexpr double kStripWidth = 15;
constexpr double kStripGap = 9;
constexpr double kRightSpace = 30;
constexpr double kLeastMark = 3;  ///< Height of the smallest member that is asked for.
constexpr std::size_t kMaxStrips = 40;

std::vector<const Entry*> shown_entries(const Timeline& timeline) {
  std::vector<const Entry*> entries;
  for (const Entry& entry : timeline.entries) {
    if (entry.has_type() && entry.size && entry.size->value != 0) entries.push_back(&entry);
  }
  if (entries.size() > kMaxStrips) entries.resize(kMaxStrips);
  return entries;
}

/// A round number of bytes of which a few make the whole.
std::uint64_t tick_of(std::uint64_t whole) {
  std::uint64_t tick = 1;
  while (whole / tick > 5 && tick < whole) tick *= 2;
  return tick;
}

class Overview {
 public:
  Overview(Svg& svg, const HistoryKernels& kernels, const Timeline& timeline, const Box& box)
      : svg_(svg), kernels_(kernels), entries_(shown_entries(timeline)), box_(box) {
    for (const Entry* entry : entries_) largest_ = std::max(largest_, entry->size->value);
  }

  void draw() const {
    if (entries_.empty()) return;
    draw_axis();
    std::vector<Box> before;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const std::vector<Box> marks = marks_of(i);
      draw_strip(i);
      for (const Box& a : before) {
        for (const Box& b : marks) {
          if (before.size() > 1 && marks.size() > 1 && &a - before.data() != &b - marks.data()) {
            continue;
          }
          svg_.ribbon("ribbon asked-ribbon", {a.right(), a.y}, a.height, {b.x, b.y}, b.height);
        }
      }
      for (const Box& mark : marks) svg_.rectangle("asked-mark", mark, 1);
      before = marks;
    }
  }

 private:
  double strip_x(std::size_t i) const {
    return box_.x + kAxisWidth + static_cast<double>(i) * (kStripWidth + kStripGap);
  }
  /// Never below the strips: a file may say that members lie behind the end of their struct.
  double y_of(Bits offset) const {
    const double part = static_cast<double>(offset.value) / (8 * static_cast<double>(largest_));
    return box_.y + box_.height * std::min(part, 1.0);
  }

  void draw_axis() const {
    const std::uint64_t tick = tick_of(largest_);
    const double right = strip_x(entries_.size() - 1) + kStripWidth;
    for (std::uint64_t at = 0; at <= largest_; at += tick) {
      const double y = y_of(ByteCount{at});
      svg_.line("grid", {box_.x + kAxisWidth - 5, y}, {right, y});
      svg_.text("offset", {box_.x + kAxisWidth - 9, y + 3.5}, fmt::format("{}", at),
                Svg::Anchor::end);
    }
    svg_.text("small", {box_.x, box_.y - 11}, "bytes");
  }

  std::vector<Box> marks_of(std::size_t i) const {
    std::vector<Box> marks;
    for (const FieldPlace& place : entries_[i]->places) {
      const Bits size = place.bitfield_size.value != 0 ? place.bitfield_size
                                                       : Bits(place.bytes.value_or(ByteCount{}));
      const double top = y_of(place.offset);
      const double height = std::max(kLeastMark, y_of(place.offset + size) - top);
      marks.push_back({strip_x(i) - 1.5, top, kStripWidth + 3, height});
    }
    return marks;
  }

  void draw_strip(std::size_t i) const {
    const Entry& entry = *entries_[i];
    const double x = strip_x(i);
    const double bottom = y_of(*entry.size);
    const std::string& name = kernels_.kernels()[entry.kernel].name;
    svg_.rectangle("strip", {x, box_.y, kStripWidth, bottom - box_.y}, 1,
                   fmt::format("{}: {} bytes", name, entry.size->value));
    std::vector<double> lines;
    constexpr double kLeastStep = 2;
    double last = box_.y;
    for (const btf::Field& field : btf::fields_of(*entry.definition->btf, entry.type)) {
      const double y = y_of(field.offset);
      if (y - last < kLeastStep || y > bottom) continue;
      lines.push_back(last = y);
    }
    svg_.level_lines("strip-lines", x, x + kStripWidth, lines);
    svg_.text_down("tiny", {x + 4, bottom + 5}, fit_characters(name, 16));
  }

  Svg& svg_;
  const HistoryKernels& kernels_;
  std::vector<const Entry*> entries_;
  Box box_;
  std::uint64_t largest_ = 1;
};

}  // namespace

double overview_width(const Timeline& timeline) {
  const double strips = static_cast<double>(shown_entries(timeline).size());
  return kAxisWidth + strips * (kStripWidth + kStripGap) - kStripGap + kRightSpace;
}

void draw_overview(Svg& svg, const HistoryKernels& kernels, const Timeline& timeline,
                   const Box& box) {
  Overview(svg, kernels, timeline, box).draw();
}

}  // namespace btfreloc::tool
