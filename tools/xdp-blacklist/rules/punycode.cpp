#include "xdp-blacklist/rules/punycode.h"

#include <algorithm>
#include <cstdint>

namespace xdp_blacklist {
namespace {

// RFC 3492, section 5.
constexpr std::uint32_t kBase = 36;
constexpr std::uint32_t kTMin = 1;
constexpr std::uint32_t kTMax = 26;
constexpr std::uint32_t kSkew = 38;
constexpr std::uint32_t kDamp = 700;
constexpr std::uint32_t kFirstBias = 72;
constexpr char32_t kFirst = 0x80;

char digit(std::uint32_t value) {
  return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
}

std::uint32_t adapt(std::uint32_t delta, std::uint32_t points, bool is_first) {
  delta /= is_first ? kDamp : 2;
  delta += delta / points;
  std::uint32_t k = 0;
  for (; delta > (kBase - kTMin) * kTMax / 2; k += kBase) delta /= kBase - kTMin;
  return k + (kBase - kTMin + 1) * delta / (delta + kSkew);
}

void append_number(std::string& to, std::uint32_t number, std::uint32_t bias) {
  for (std::uint32_t k = kBase;; k += kBase) {
    const std::uint32_t threshold = k <= bias ? kTMin : std::min(k - bias, kTMax);
    if (number < threshold) break;
    to += digit(threshold + (number - threshold) % (kBase - threshold));
    number = (number - threshold) / (kBase - threshold);
  }
  to += digit(number);
}

/// Labels have at most 253 bytes here, so that nothing overflows.
std::string encoded(std::u32string_view label) {
  std::string text;
  for (const char32_t c : label) {
    if (c < kFirst) text += static_cast<char>(c);
  }
  auto done = static_cast<std::uint32_t>(text.size());
  const std::uint32_t basic = done;
  if (basic != 0) text += '-';
  std::uint32_t delta = 0;
  std::uint32_t bias = kFirstBias;
  for (char32_t from = kFirst; done < label.size(); ++from, ++delta) {
    char32_t next = 0x10ffff;
    for (const char32_t c : label) next = c >= from ? std::min(next, c) : next;
    delta += (next - from) * (done + 1);
    from = next;
    for (const char32_t c : label) {
      if (c < from) ++delta;
      if (c != from) continue;
      append_number(text, delta, bias);
      bias = adapt(delta, done + 1, done == basic);
      ++done;
      delta = 0;
    }
  }
  return "xn--" + text;
}

char32_t small(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 0x20;
  if (c >= 0xc0 && c <= 0xde && c != 0xd7) return c + 0x20;
  if (c >= 0x391 && c <= 0x3a9 && c != 0x3a2) return c + 0x20;
  if (c >= 0x410 && c <= 0x42f) return c + 0x20;
  if (c >= 0x400 && c <= 0x40f) return c + 0x50;
  return c;
}

/// nullopt for what is not UTF-8.
std::optional<std::u32string> code_points(std::string_view text) {
  std::u32string points;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    const int more = lead < 0x80 ? 0 : lead < 0xc2 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (more < 0 || lead > 0xf4 || text.size() - at < static_cast<std::size_t>(more)) {
      return std::nullopt;
    }
    char32_t point = more == 0 ? lead : lead & (0x3fU >> more);
    for (int i = 0; i < more; ++i) {
      const auto byte = static_cast<unsigned char>(text[at++]);
      if ((byte & 0xc0) != 0x80) return std::nullopt;
      point = point << 6 | (byte & 0x3f);
    }
    const bool is_long = (more == 2 && point < 0x800) || (more == 3 && point < 0x10000);
    if (is_long || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return std::nullopt;
    points.push_back(small(point));
  }
  return points;
}

}  // namespace

std::optional<std::string> a_labels(std::string_view name) {
  const auto points = code_points(name);
  if (!points) return std::nullopt;
  std::string text;
  for (std::size_t begin = 0;;) {
    const std::size_t end = points->find(U'.', begin);
    const auto label = std::u32string_view(*points).substr(begin, end - begin);
    const bool is_ascii = std::ranges::all_of(label, [](char32_t c) { return c < kFirst; });
    text += is_ascii ? std::string(label.begin(), label.end()) : encoded(label);
    if (end == std::u32string::npos) return text;
    text += '.';
    begin = end + 1;
  }
}

}  // namespace xdp_blacklist
