#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/printable.h"
#include "base/text_buffer.h"

namespace btfreloc::tool {

/// When to write colours: --color, and what the terminal and NO_COLOR say for `automatic`.
enum class ColorMode : std::uint8_t { automatic, always, never };

/// Where the answer goes, and nothing but the answer: standard output, outside of tests.
/// Buffered; complete() ends it.
///
/// Colours mark what a reader looks for; they never carry meaning alone, and style functions
/// return the text unchanged when colours are off.
class Output {
 public:
  explicit Output(ColorMode mode, int fd = 1);

  TextBuffer& buffer() { return buffer_; }
  Output& operator<<(std::string_view text);
  /// Writes what has gathered once it is worth a system call. For loops over a whole kernel.
  void flush_if_full() {
    if (buffer_.size() >= kFlushSize) flush();
  }
  /// Writes the rest. False when something could not be written; errno says why.
  bool complete();

  /// Columns of the terminal; SIZE_MAX when output goes elsewhere, which is never cut.
  std::size_t width() const { return width_; }
  std::string heading(std::string_view text) const { return styled("1", text); }
  std::string name(std::string_view text) const { return styled("36", text); }
  std::string value(std::string_view text) const { return styled("32", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string bad(std::string_view text) const { return styled("31", text); }

  /// `text`, which may hold colours, cut to `room` columns with an ellipsis, when output goes to
  /// a terminal.
  std::string fit(std::string_view text, std::size_t room) const;
  /// Writes one row of a table, cut to the terminal, and a newline.
  void line(std::string_view text);

 private:
  static constexpr std::size_t kFlushSize = 65536;  // bytes

  std::string styled(std::string_view code, std::string_view text) const;
  void flush();

  TextBuffer buffer_{2 * kFlushSize};
  int fd_;
  bool color_;
  std::size_t width_;
  bool failed_ = false;
};

}  // namespace btfreloc::tool
