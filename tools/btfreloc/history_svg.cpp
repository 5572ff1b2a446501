#include "btfreloc/history_svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "btfreloc/history_overview.h"
#include "btfreloc/history_picture.h"
#include "btfreloc/history_style.h"
#include "btfreloc/history_text.h"
#include "btfreloc/svg.h"
#include "btfreloc/table.h"

// The picture: at the left each kernel's struct as a strip, to scale; beside them, the columns of
// rows that make_picture() chose; below, what happened in words.

namespace btfreloc::tool {
namespace {

using Anchor = Svg::Anchor;

constexpr double kMargin = 36;
constexpr double kTitleHeight = 74;
constexpr double kHeaderHeight = 62;    ///< Above the boxes: kernels and sizes.
constexpr double kOffsetWidth = 52;     ///< Left of the boxes.
constexpr double kLineHeight = 19;      ///< Of sentences.
constexpr double kMaxMember = 64;       ///< The height of the largest members.
constexpr double kNameWidth = 7.3;      ///< Of a character, of 12 pixels.
constexpr double kTypeWidth = 6.35;     ///< Of 10.5 pixels.
constexpr double kSentenceWidth = 6.4;  ///< Of 12.5 pixels, proportional: an average.
constexpr std::size_t kMaxSentences = 24;

/// Four bytes make a line of text, and every doubling adds a bit.
double member_height(Bits size) {
  const double words = std::max(1.0, static_cast<double>(size.value) / 32);
  return std::min(kMaxMember, 19 + 5.5 * std::log2(words));
}

double row_height(const PictureRow& row) {
  switch (row.kind) {
    case PictureRow::Kind::member: return member_height(row.size);
    case PictureRow::Kind::hole:
    case PictureRow::Kind::padding: return 15;
    case PictureRow::Kind::elided: return 24;
    case PictureRow::Kind::gone: return 24;
  }
  std::unreachable();
}

/// "24 members, 1824 bytes"
std::string elided_text(const PictureRow& row) {
  if (row.members != row.most_members) {
    return fmt::format("⋮  {} to {} members", row.members, row.most_members);
  }
  return fmt::format("⋮  {} members, {} bytes", row.members, (row.size.value + 7) / 8);
}

std::string bytes_text(Bits bits) {
  const std::uint64_t count = bits.value % 8 == 0 ? bits.value / 8 : bits.value;
  return fmt::format("{} {}{}", count, bits.value % 8 == 0 ? "byte" : "bit", count == 1 ? "" : "s");
}

/// "24", or "80:3" where a bit within the byte matters.
std::string offset_of(const PictureRow& row) {
  const std::uint64_t byte = whole_bytes(row.offset).value;
  const std::uint64_t bit = row.offset.value % 8;
  return bit == 0 && !row.is_bitfield ? fmt::format("{}", byte) : fmt::format("{}:{}", byte, bit);
}

/// The columns of one timeline, with boxes for their rows.
class Panel {
 public:
  Panel(const HistoryKernels& kernels, const Timeline& timeline, const std::string& path)
      : kernels_(kernels), timeline_(timeline), picture_(make_picture(timeline, path)) {
    const std::size_t columns = picture_.columns.size();
    box_width_ = columns <= 3 ? 290 : columns <= 5 ? 256 : 226;
    for (const PictureColumn& column : picture_.columns) {
      double height = 0;
      for (const PictureRow& row : column.rows) height += row_height(row);
      rows_height_ = std::max(rows_height_, height);
    }
  }

  double width() const {
    const double columns = static_cast<double>(picture_.columns.size());
    return overview_width(timeline_) + columns * (kOffsetWidth + box_width_) + (columns - 1) * kGap;
  }
  double height() const {
    return kHeaderHeight + std::max(rows_height_, strips_height() + kStripNames) + 8;
  }

  void draw(Svg& svg, Point at) {
    top_ = at.y + kHeaderHeight;
    draw_overview(svg, kernels_, timeline_, {at.x, top_, 0, strips_height()});
    double x = at.x + overview_width(timeline_) + kOffsetWidth;
    for (const PictureColumn& column : picture_.columns) {
      boxes_.push_back(place_rows(column, x));
      x += box_width_ + kGap + kOffsetWidth;
    }
    for (std::size_t i = 0; i + 1 < picture_.columns.size(); ++i) draw_ribbons(svg, i, false);
    for (std::size_t i = 0; i + 1 < picture_.columns.size(); ++i) draw_ribbons(svg, i, true);
    for (std::size_t i = 0; i < picture_.columns.size(); ++i) draw_column(svg, i);
    for (std::size_t i = 0; i + 1 < picture_.columns.size(); ++i) draw_labels(svg, i);
    if (picture_.left_out != 0) {
      svg.text("note", {at.x + width(), at.y + height() - 4},
               fmt::format("{} more columns are left out", picture_.left_out), Anchor::end);
    }
  }

 private:
  static constexpr double kGap = 92;  ///< Between boxes and the offsets of the next column.

  /// As high as the boxes, with the names below, but no higher than one looks at as a whole.
  double strips_height() const { return std::clamp(rows_height_ - kStripNames, 230.0, 480.0); }

  std::vector<Box> place_rows(const PictureColumn& column, double x) const {
    std::vector<Box> boxes;
    double y = top_;
    for (const PictureRow& row : column.rows) {
      boxes.push_back({x, y, box_width_, row_height(row)});
      y += boxes.back().height;
    }
    return boxes;
  }

  void draw_column(Svg& svg, std::size_t number) {
    const PictureColumn& column = picture_.columns[number];
    const double x = boxes_[number].empty() ? column_x(number) : boxes_[number][0].x;
    draw_header(svg, column, x);
    if (!column.has_type) {
      svg.rectangle("gone", {x, top_, box_width_, 40}, 3);
      svg.text("note", {x + box_width_ / 2, top_ + 24}, "no such type", Anchor::middle);
      return;
    }
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      draw_row(svg, column.rows[i], boxes_[number][i]);
    }
    draw_shared(svg, column, boxes_[number]);
  }

  double column_x(std::size_t number) const {
    return boxes_[0].empty() && number == 0
               ? kMargin + overview_width(timeline_) + kOffsetWidth
               : kMargin + overview_width(timeline_) + kOffsetWidth +
                     static_cast<double>(number) * (box_width_ + kGap + kOffsetWidth);
  }

  void draw_header(Svg& svg, const PictureColumn& column, double x) const {
    const auto most = static_cast<std::size_t>(box_width_ / (13 * 0.61));
    const auto name = [&](std::size_t entry) {
      return kernels_.kernels()[timeline_.entries[entry].kernel].name;
    };
    const std::size_t count = column.run.end - column.run.begin;
    svg.text("kernel", {x, top_ - (count > 1 ? 44 : 28)},
             fit_characters(name(column.run.begin), most));
    if (count > 1) {
      svg.text("kernel", {x, top_ - 28},
               fit_characters(fmt::format("… {}", name(column.run.end - 1)), most));
    }
    std::string note = column.has_type ? sizes(column) : "";
    if (count > 2) note += fmt::format("{}{} kernels", note.empty() ? "" : " · ", count);
    if (!column.inside.empty()) {
      note = fmt::format("in {} ({})", column.inside, column.inside_type);
    }
    svg.text("small", {x, top_ - 11}, fit_characters(note, most + 8));
  }

  /// "9728 to 9792 bytes"
  std::string sizes(const PictureColumn& column) const {
    std::uint64_t least = UINT64_MAX;
    std::uint64_t most = 0;
    for (std::size_t i = column.run.begin; i < column.run.end; ++i) {
      const std::uint64_t size = timeline_.entries[i].size.value_or(ByteCount{}).value;
      least = std::min(least, size);
      most = std::max(most, size);
    }
    return least == most ? fmt::format("{} bytes", least)
                         : fmt::format("{} to {} bytes", least, most);
  }

  void draw_row(Svg& svg, const PictureRow& row, const Box& box) const {
    const double base = box.middle() + 4;
    switch (row.kind) {
      case PictureRow::Kind::member: draw_member(svg, row, box); break;
      case PictureRow::Kind::hole:
      case PictureRow::Kind::padding:
        svg.rectangle("hole", box);
        svg.text("note halo", {box.x + box.width / 2, base - 0.5},
                 fmt::format("{} {}", row.kind == PictureRow::Kind::hole ? "hole of" : "padding,",
                             bytes_text(row.size)),
                 Anchor::middle);
        break;
      case PictureRow::Kind::elided:
        svg.rectangle("elided", box);
        svg.text("note", {box.x + box.width / 2, base}, elided_text(row), Anchor::middle);
        break;
      case PictureRow::Kind::gone:
        svg.rectangle("gone", {box.x, box.y + 2, box.width, box.height - 4}, 3);
        svg.text("note", {box.x + box.width / 2, base}, "✕  gone", Anchor::middle);
        break;
    }
    if (row.kind == PictureRow::Kind::member || row.kind == PictureRow::Kind::elided) {
      svg.text(row.is_asked ? "offset strong" : "offset", {box.x - 12, base}, offset_of(row),
               Anchor::end);
    }
  }

  void draw_member(Svg& svg, const PictureRow& row, const Box& box) const {
    const double base = box.middle() + 4;
    const std::string tooltip =
        fmt::format("{} {}, byte {}, {}", row.type, row.name, offset_of(row), bytes_text(row.size));
    svg.rectangle(row.is_asked ? "box asked" : "box", box, 0, tooltip);
    double left = box.x + 9;
    double right = box.right() - 9;
    if (!row.is_asked && (row.is_new || row.is_changed)) {
      const char* const look = row.is_new ? "new" : "changed";
      svg.rectangle(look, {box.x, box.y + 0.5, 4, box.height - 1});
      svg.text(fmt::format("mark {}", look), {box.x + 8, base}, row.is_new ? "+" : "~");
      left += 11;
    }
    if (!row.is_asked && row.is_leaving) {
      svg.rectangle("leaving", {box.right() - 4, box.y + 0.5, 4, box.height - 1});
      svg.text("mark leaving", {box.right() - 8, base}, "−", Anchor::end);
      right -= 12;
    }
    const auto room = static_cast<std::size_t>((right - left) / kNameWidth);
    const std::string name = fit_characters(row.name, room);
    svg.text(row.is_asked ? "name asked-text" : "name", {left, base}, name);
    const double used = static_cast<double>(count_characters(name) + 2) * kNameWidth;
    const auto rest = static_cast<std::size_t>(std::max(0.0, (right - left - used) / kTypeWidth));
    constexpr std::size_t kLeastType = 6;
    if (rest < std::min(kLeastType, count_characters(row.type))) return;
    svg.text(row.is_asked ? "type asked-text" : "type", {right, base},
             fit_characters(row.type, rest), Anchor::end);
  }

  /// A bracket along members that share bytes.
  static void draw_shared(Svg& svg, const PictureColumn& column, const std::vector<Box>& boxes) {
    for (std::size_t i = 0; i < column.rows.size(); ++i) {
      if (!column.rows[i].shares_bytes) continue;
      const bool follows_member = i > 0 && column.rows[i - 1].kind == PictureRow::Kind::member;
      const std::size_t begin = follows_member ? i - 1 : i;
      while (i < column.rows.size() && column.rows[i].shares_bytes) ++i;
      const double x = boxes[begin].x - 5;
      const double top = boxes[begin].y + 2;
      const double bottom = boxes[i - 1].bottom() - 2;
      svg.line("bracket", {x, top}, {x, bottom});
      svg.line("bracket", {x, top}, {x + 4, top});
      svg.line("bracket", {x, bottom}, {x + 4, bottom});
    }
  }

  void draw_ribbons(Svg& svg, std::size_t number, bool asked) const {
    for (const PictureLink& link : picture_.columns[number].links) {
      if (link.is_asked != asked) continue;
      const Box& from = boxes_[number][link.from];
      const Box& to = boxes_[number + 1][link.to];
      // They pass behind the offsets of the next column.
      svg.ribbon(asked ? "ribbon asked-ribbon" : "ribbon", {from.right(), from.y + 1},
                 from.height - 2, {to.x, to.y + 1}, to.height - 2);
    }
  }

  void draw_labels(Svg& svg, std::size_t number) const {
    for (const PictureLink& link : picture_.columns[number].links) {
      if (link.labels.empty()) continue;
      const Box& from = boxes_[number][link.from];
      const Box& to = boxes_[number + 1][link.to];
      const double height = 15 * static_cast<double>(link.labels.size());
      std::size_t longest = 0;
      for (const std::string& label : link.labels) {
        longest = std::max(longest, count_characters(label));
      }
      const double width = 6.3 * static_cast<double>(longest) + 14;
      const Point middle = {from.right() + kGap / 2,
                            from.middle() + (to.middle() - from.middle()) * 0.3};
      svg.rectangle("pill", {middle.x - width / 2, middle.y - height / 2 - 2, width, height + 4},
                    6);
      double y = middle.y - height / 2 + 11;
      for (const std::string& label : link.labels) {
        svg.text("label", {middle.x, y}, label, Anchor::middle);
        y += 15;
      }
    }
  }

  const HistoryKernels& kernels_;
  const Timeline& timeline_;
  Picture picture_;
  double box_width_ = 0;
  double rows_height_ = 0;
  double top_ = 0;  ///< Of the boxes.
  std::vector<std::vector<Box>> boxes_;
};

/// A text without the marks around names, in lines of at most so many characters.
std::vector<std::string> wrap(std::string text, std::size_t width) {
  std::erase(text, '`');
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = std::string_view(text).substr(at, end - at);
    const std::size_t room = count_characters(lines.back()) + count_characters(word) + 1;
    if (!lines.back().empty() && room > width) lines.emplace_back();
    lines.back().append(lines.back().empty() ? "" : " ").append(word);
    at = end + 1;
  }
  return lines;
}

class Drawing {
 public:
  Drawing(const HistoryKernels& kernels, const History& history)
      : kernels_(kernels), history_(history) {
    for (const Timeline& timeline : history.timelines) {
      const bool has_any = std::ranges::any_of(timeline.entries, &Entry::has_type);
      if (!has_any || timeline.subject != Subject::record) continue;
      timelines_.push_back(&timeline);
      panels_.emplace_back(kernels, timeline, history.question.path);
      width_ = std::max(width_, panels_.back().width() + 2 * kMargin);
    }
  }

  std::string draw() {
    double y = kMargin;
    svg_.text("title", {kMargin, y + 22}, fit_characters(history_.question.text(), 80));
    svg_.text("subtitle", {kMargin, y + 44}, subtitle());
    y += kTitleHeight;
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      if (panels_.size() > 1) {
        svg_.text("panel", {kMargin, y + 14}, panel_title(*timelines_[i]));
        y += 26;
      }
      panels_[i].draw(svg_, {kMargin, y});
      y += panels_[i].height() + 22;
      y = draw_sentences(*timelines_[i], y) + 14;
    }
    y = draw_legend(y);
    const std::string title = "History of " + history_.question.text();
    Svg page;
    page.rectangle("page", {0, 0, width_, y + kMargin - 8});
    return page.followed_by(svg_).document(width_, y + kMargin - 8, cell(title), kHistoryStyle,
                                           kHistoryDefinitions);
  }

 private:
  std::string subtitle() const {
    const std::size_t count = kernels_.asked_for();
    const auto kernels = kernels_.kernels().first(count);
    std::string text = fmt::format("in {} kernel{}", count, count == 1 ? "" : "s");
    if (kernels.front().arch == kernels.back().arch) {
      if (!kernels.front().arch.empty()) text += " of " + kernels.front().arch;
      if (count > 1) {
        text += fmt::format(", from {} to {}", kernels.front().name, kernels.back().name);
      }
    }
    return fit_characters(text, 120);
  }

  static std::string panel_title(const Timeline& timeline) {
    std::string text = timeline.arch.empty() ? "architecture unknown" : timeline.arch;
    if (timeline.number != 0) text += fmt::format(", definition {}", timeline.number);
    return fit_characters(text, 80);
  }

  double draw_sentences(const Timeline& timeline, double y) {
    const auto width = static_cast<std::size_t>((width_ - 2 * kMargin - 14) / kSentenceWidth);
    std::size_t lines = 0;
    for (const Step& step : timeline.steps) {
      bool is_first = true;
      for (const std::string& line :
           wrap(between(kernels_, timeline, step) + ": " + step_text(timeline, step), width)) {
        if (++lines > kMaxSentences) return y;
        y += kLineHeight;
        if (std::exchange(is_first, false)) svg_.text("bullet", {kMargin, y}, "•");
        svg_.text("sentence", {kMargin + 14, y}, line);
      }
    }
    return y;
  }

  double draw_legend(double y) {
    svg_.line("rule", {kMargin, y}, {width_ - kMargin, y});
    y += 14;
    double x = kMargin;
    const auto item = [&](std::string_view text, auto&& sample) {
      const double needed = 38 + 6.2 * static_cast<double>(count_characters(text));
      if (x > kMargin && x + needed > width_ - kMargin) {
        x = kMargin;
        y += 24;
      }
      sample(Box{x, y, 24, 15});
      svg_.text("small", {x + 31, y + 11.5}, text);
      x += needed + 16;
    };
    if (!history_.question.path.empty()) {
      item("asked for", [&](const Box& box) { svg_.rectangle("box asked", box); });
    }
    const auto marked = [&](const char* look, const char* mark, bool at_left) {
      return [this, look, mark, at_left](const Box& box) {
        svg_.rectangle("box", box);
        svg_.rectangle(look, {at_left ? box.x : box.right() - 4, box.y + 0.5, 4, box.height - 1});
        svg_.text(fmt::format("mark {}", look),
                  {at_left ? box.x + 8 : box.right() - 8, box.y + 11.5}, mark,
                  at_left ? Anchor::start : Anchor::end);
      };
    };
    item("new: the column before lacks it", marked("new", "+", true));
    item("other name, type or size than before", marked("changed", "~", true));
    item("the next column lacks it", marked("leaving", "−", false));
    item("bytes of no member", [&](const Box& box) { svg_.rectangle("hole", box); });
    item("members that share bytes", [&](const Box& box) {
      svg_.line("bracket", {box.x + 10, box.y}, {box.x + 10, box.bottom()});
      svg_.line("bracket", {box.x + 10, box.y}, {box.x + 15, box.y});
      svg_.line("bracket", {box.x + 10, box.bottom()}, {box.x + 15, box.bottom()});
    });
    item("a kernel's whole struct, to scale; boxes grow with the logarithm of their size",
         [&](const Box& box) { svg_.rectangle("strip", {box.x + 7, box.y - 2, 9, 19}); });
    return y + 24;
  }

  const HistoryKernels& kernels_;
  const History& history_;
  std::vector<const Timeline*> timelines_;
  std::vector<Panel> panels_;
  double width_ = 620;
  Svg svg_;
};

}  // namespace

Result<std::string> draw_history(const HistoryKernels& kernels, const History& history) {
  const bool has_layout = std::ranges::any_of(history.timelines, [](const Timeline& timeline) {
    return timeline.subject == Subject::record;
  });
  if (!has_layout) {
    return fail(Errc::unsupported,
                fmt::format("`{}` has no layout to draw", history.question.text()), {},
                "leave out --svg, or name a struct, a union or a member");
  }
  return Drawing(kernels, history).draw();
}

}  // namespace btfreloc::tool
