#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace btfreloc::tool {

/// A point of a picture, in pixels from its upper left corner.
struct Point {
  double x;
  double y;
};

struct Box {
  double x;
  double y;
  double width;
  double height;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double middle() const { return y + height / 2; }
};

/// Writes SVG. Looks are classes of the style sheet; text of files is escaped here, and nowhere
/// else.
class Svg {
 public:
  /// Where text begins, ends or has its middle.
  enum class Anchor : unsigned char { start, middle, end };

  void rectangle(std::string_view classes, const Box& box, double radius = 0,
                 std::string_view tooltip = {});
  void line(std::string_view classes, Point from, Point to);
  /// `y` is that of the base line.
  void text(std::string_view classes, Point at, std::string_view text,
            Anchor anchor = Anchor::start);
  /// Text that runs downwards, from `at`.
  void text_down(std::string_view classes, Point at, std::string_view text);
  /// A band from the right side of one box to the left side of another, of any heights.
  void ribbon(std::string_view classes, Point from_top, double from_height, Point to_top,
              double to_height);
  /// Short level lines, from `left` to `right` at each of the heights.
  void level_lines(std::string_view classes, double left, double right,
                   const std::vector<double>& heights);

  /// Draws the other on top of this.
  Svg& followed_by(const Svg& other) {
    body_ += other.body_;
    return *this;
  }
  /// The document: `style` is a style sheet, `definitions` SVG that shapes refer to.
  std::string document(double width, double height, std::string_view title, std::string_view style,
                       std::string_view definitions) const;

 private:
  std::string body_;
};

/// Text of a file as XML has it: markup escaped, what is no character or no UTF-8 replaced.
std::string xml_text(std::string_view text);

/// The first characters of a text, with "…" in place of the others, so that it has `most` at most.
/// Control characters are gone. A character of a monospaced font is as wide as any other.
std::string fit_characters(std::string_view text, std::size_t most);
std::size_t count_characters(std::string_view text);

}  // namespace btfreloc::tool
