#include "btfreloc/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace btfreloc::tool {
namespace {

bool want_color(ColorMode mode, int fd) {
  if (mode != ColorMode::automatic) return mode == ColorMode::always;
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && std::getenv("NO_COLOR") == nullptr &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

/// COLUMNS, or what the terminal says; unlimited when output is no terminal.
std::size_t terminal_width(int fd) {
  if (::isatty(fd) != 1) return SIZE_MAX;
  if (const char* columns = std::getenv("COLUMNS")) {
    if (const long number = std::strtol(columns, nullptr, 10); number > 0) {
      return static_cast<std::size_t>(number);
    }
  }
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return SIZE_MAX;
}

}  // namespace

Output::Output(ColorMode mode, int fd)
    : fd_(fd), color_(want_color(mode, fd)), width_(terminal_width(fd)) {}

Output& Output::operator<<(std::string_view text) {
  buffer_ << text;
  flush_if_full();
  return *this;
}

bool Output::complete() {
  flush();
  return !failed_;
}

void Output::flush() {
  std::string_view rest = buffer_.view();
  while (!rest.empty() && !failed_) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      failed_ = true;
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

std::string Output::styled(std::string_view code, std::string_view text) const {
  if (!color_ || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

std::string Output::fit(std::string_view text, std::size_t room) const {
  if (width_ == SIZE_MAX || text.size() <= room) return std::string(text);
  // Columns are characters that show: neither colours nor the tail bytes of UTF-8 do.
  std::size_t columns = 0;
  std::size_t last_that_fits = 0;
  bool in_color = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\033') in_color = true;
    const bool shows = !in_color && (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    if (in_color && c == 'm') in_color = false;
    if (!shows) continue;
    if (++columns < room) last_that_fits = i + 1;
    if (columns > room) {
      return std::string(text.substr(0, last_that_fits)) + "…" + (color_ ? "\033[0m" : "");
    }
  }
  return std::string(text);
}

void Output::line(std::string_view text) { *this << fit(text, width_) << "\n"; }

}  // namespace btfreloc::tool
