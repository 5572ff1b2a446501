#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace btfreloc {

/// Characters on their way out: appending is a bounds check and a copy, and the buffer is
/// emptied, not freed, when its owner has written them. For the printers of BTF, whose output is
/// twelve megabytes for a kernel; everything smaller uses std::string.
class TextBuffer {
 public:
  explicit TextBuffer(std::size_t capacity = 4096)
      : chars_(std::make_unique_for_overwrite<char[]>(capacity)), capacity_(capacity) {}

  std::string_view view() const { return {chars_.get(), size_}; }
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }
  /// Drops what was appended since there were `size` characters.
  void truncate(std::size_t size) { size_ = size; }

  TextBuffer& operator<<(std::string_view text) {
    if (text.empty()) return *this;  // its pointer may be null, which memcpy does not take
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
    return *this;
  }

  TextBuffer& operator<<(char c) {
    *room(1) = c;
    ++size_;
    return *this;
  }

  /// In decimal.
  template <std::integral I>
  TextBuffer& decimal(I value) {
    constexpr std::size_t kMaxDigits = 20;  // of a 64-bit number, with its sign
    char* const at = room(kMaxDigits);
    if (value >= 0 && value < 10) {  // half of all numbers in BTF
      *at = static_cast<char>('0' + value);
      ++size_;
    } else {
      size_ += static_cast<std::size_t>(std::to_chars(at, at + kMaxDigits, value).ptr - at);
    }
    return *this;
  }

 private:
  char* room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
    return chars_.get() + size_;
  }

  void grow(std::size_t size) {
    capacity_ = (size_ + size) * 2;
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    std::memcpy(larger.get(), chars_.get(), size_);
    chars_ = std::move(larger);
  }

  std::unique_ptr<char[]> chars_;
  std::size_t capacity_;
  std::size_t size_ = 0;
};

}  // namespace btfreloc
