#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace btfreloc::test {

/// Turns bytes into decisions, so that RapidCheck, which knows how to make bytes fewer and smaller,
/// makes a failing case simpler. When the bytes are used up, every choice is the first.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// A number below `count`, which is at least 1.
  std::uint32_t below(std::uint32_t count) {
    std::uint32_t number = next();
    if (count > 256) number = number << 8 | next();
    return number % count;
  }
  bool percent(std::uint32_t chance) { return next() * 100U < chance * 256U && !bytes_.empty(); }
  template <class Container>
  auto& one_of(Container& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }

 private:
  std::uint8_t next() {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace btfreloc::test
