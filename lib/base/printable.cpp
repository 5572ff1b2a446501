#include "base/printable.h"

namespace btfreloc {

std::string printable(std::string_view text) {
  if (is_printable(text)) return std::string(text);
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F: terminals take them for escape sequences too.
    const bool is_unicode_control = byte == 0xc2 && i + 1 < text.size() &&
                                    (static_cast<unsigned char>(text[i + 1]) & 0xe0) == 0x80;
    if (is_unicode_control) ++i;
    const bool is_control = is_unicode_control || (byte < ' ' && byte != '\t') || byte == 0x7f;
    safe += is_control ? '?' : byte == '\t' ? ' ' : text[i];
  }
  return safe;
}

}  // namespace btfreloc
