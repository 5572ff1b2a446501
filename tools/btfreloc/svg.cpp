#include "btfreloc/svg.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/printable.h"

namespace btfreloc::tool {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool is_tail(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Bytes of the UTF-8 character that a text begins with; 0 when it is none, or none of XML.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc2 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf5 ? 4
                                          : 0;
  if (size == 0 || size > text.size()) return 0;
  if (size == 1) return first >= 0x20 && first != 0x7f ? 1 : 0;
  std::uint32_t code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!is_tail(text[i])) return 0;
    code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  }
  const std::uint32_t least = size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000;
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  const bool is_no_character = (code & 0xfffe) == 0xfffe || code > 0x10ffff;
  return code < least || is_surrogate || is_no_character ? 0 : size;
}

std::string_view name_of(Svg::Anchor anchor) {
  switch (anchor) {
    case Svg::Anchor::start: return "start";
    case Svg::Anchor::middle: return "middle";
    case Svg::Anchor::end: break;
  }
  return "end";
}

/// A tenth of a pixel is fine enough, and keeps files small.
std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    switch (size == 1 ? text[0] : '\0') {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += size == 0 ? kReplacement : text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return escaped;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_tail(c) ? 0 : 1;
  return count;
}

std::string fit_characters(std::string_view text, std::size_t most) {
  const std::string clean = printable(text.substr(0, 4096));
  if (count_characters(clean) <= most) return clean;
  if (most == 0) return {};
  std::size_t end = 0;
  for (std::size_t count = 0; end < clean.size(); ++end) {
    if (!is_tail(clean[end]) && ++count == most) break;
  }
  return clean.substr(0, end) + "…";
}

void Svg::rectangle(std::string_view classes, const Box& box, double radius,
                    std::string_view tooltip) {
  body_ += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}")", classes,
                       number(box.x), number(box.y), number(box.width), number(box.height));
  if (radius != 0) body_ += fmt::format(R"( rx="{}")", number(radius));
  body_ += tooltip.empty() ? "/>\n" : fmt::format("><title>{}</title></rect>\n", xml_text(tooltip));
}

void Svg::line(std::string_view classes, Point from, Point to) {
  body_ += fmt::format("<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", classes,
                       number(from.x), number(from.y), number(to.x), number(to.y));
}

void Svg::text(std::string_view classes, Point at, std::string_view text, Anchor anchor) {
  const std::string where =
      anchor == Anchor::start ? "" : fmt::format(R"( text-anchor="{}")", name_of(anchor));
  body_ += fmt::format("<text class=\"{}\" x=\"{}\" y=\"{}\"{}>{}</text>\n", classes, number(at.x),
                       number(at.y), where, xml_text(text));
}

void Svg::text_down(std::string_view classes, Point at, std::string_view text) {
  body_ += fmt::format("<text class=\"{}\" transform=\"translate({} {}) rotate(90)\">{}</text>\n",
                       classes, number(at.x), number(at.y), xml_text(text));
}

void Svg::ribbon(std::string_view classes, Point from_top, double from_height, Point to_top,
                 double to_height) {
  const double half = (from_top.x + to_top.x) / 2;
  body_ += fmt::format(
      "<path class=\"{}\" d=\"M{} {}C{} {} {} {} {} {}V{}C{} {} {} {} {} {}Z\"/>\n", classes,
      number(from_top.x), number(from_top.y), number(half), number(from_top.y), number(half),
      number(to_top.y), number(to_top.x), number(to_top.y), number(to_top.y + to_height),
      number(half), number(to_top.y + to_height), number(half), number(from_top.y + from_height),
      number(from_top.x), number(from_top.y + from_height));
}

void Svg::level_lines(std::string_view classes, double left, double right,
                      const std::vector<double>& heights) {
  if (heights.empty()) return;
  body_ += fmt::format("<path class=\"{}\" d=\"", classes);
  for (const double y : heights)
    body_ += fmt::format("M{} {}H{}", number(left), number(y), number(right));
  body_ += "\"/>\n";
}

std::string Svg::document(double width, double height, std::string_view title,
                          std::string_view style, std::string_view definitions) const {
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
             "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<style>\n{3}</style>\n"
             "<defs>\n{4}</defs>\n",
             number(width), number(height), xml_text(title), style, definitions) +
         body_ + "</svg>\n";
}

}  // namespace btfreloc::tool
