#pragma once

#include <chrono>
#include <string_view>

namespace btfreloc::tool {

/// How far long work is: one line on standard error, when that is a terminal, from the first second
/// on, and erased at the end.
class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { erase(); }

  /// Any text; costs next to nothing when it is not shown.
  void show(std::string_view text);
  /// Before other lines go to the terminal.
  void erase();

 private:
  using Clock = std::chrono::steady_clock;

  bool is_terminal_;
  bool is_shown_ = false;
  Clock::time_point next_;  ///< Nothing is written before.
};

}  // namespace btfreloc::tool
