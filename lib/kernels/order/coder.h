#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

// Yes-or-no answers, each in as many bits as it surprises: an arithmetic coder, whose probabilities
// follow what was answered before. Writer and Reader have the same bit(), so that one function can
// both write and read: it passes what it knows, and goes by what comes back.

namespace btfreloc::kernels {

/// How likely a yes is, in 65536ths; each answer moves it by a part that shrinks at first.
class Odds {
 public:
  std::uint32_t yes() const { return yes_; }
  void learn(bool answer, unsigned slowest) {
    const unsigned rate = seen_ < slowest ? (++seen_, seen_) : slowest;
    if (answer) {
      yes_ = static_cast<std::uint16_t>(yes_ + ((65535 - yes_) >> rate));
    } else {
      yes_ = static_cast<std::uint16_t>(yes_ - (yes_ >> rate));
    }
  }

 private:
  std::uint16_t yes_ = 32768;
  std::uint16_t seen_ = 0;
};

/// Two opinions about one answer weighed into one, by how often each was right.
class Mixer {
 public:
  /// Odds of a yes in 4096ths, 1 to 4095.
  std::uint32_t mix(const Odds& a, const Odds& b);
  void learn(bool answer);

 private:
  std::array<std::int32_t, 2> weights_ = {36000, 36000};  ///< In 65536ths.
  std::array<std::int32_t, 2> inputs_ = {};
  std::int32_t mixed_ = 2048;
};

class BitWriter {
 public:
  static constexpr bool kWrites = true;

  /// Writes `answer`, and gives it back.
  bool bit(Odds& odds, bool answer) {
    encode(odds.yes() >> 4, answer);
    odds.learn(answer, 5);
    return answer;
  }
  bool bit(Mixer& mixer, Odds& a, Odds& b, bool answer) {
    encode(mixer.mix(a, b), answer);
    mixer.learn(answer);
    a.learn(answer, 6);
    b.learn(answer, 6);
    return answer;
  }
  /// `count` bits with nothing known about them.
  std::uint32_t plain(std::uint32_t value, unsigned count) {
    while (count-- > 0) encode(2048, (value >> count & 1) != 0);
    return value;
  }
  std::vector<std::byte> finish();

 private:
  void encode(std::uint32_t yes, bool answer);
  void shift();

  std::uint64_t low_ = 0;
  std::uint32_t range_ = UINT32_MAX;
  std::uint8_t held_ = 0;         ///< The last byte, which a carry may still change,
  std::uint64_t held_count_ = 1;  ///< and how many, with those of 0xff that follow it.
  std::vector<std::byte> bytes_;
};

/// Reads zeros behind the end of its bytes, where a writer leaves them out: the caller bounds its
/// loops.
class BitReader {
 public:
  static constexpr bool kWrites = false;

  explicit BitReader(Bytes bytes);
  bool bit(Odds& odds, bool = false) {
    const bool answer = decode(odds.yes() >> 4);
    odds.learn(answer, 5);
    return answer;
  }
  bool bit(Mixer& mixer, Odds& a, Odds& b, bool = false) {
    const bool answer = decode(mixer.mix(a, b));
    mixer.learn(answer);
    a.learn(answer, 6);
    b.learn(answer, 6);
    return answer;
  }
  std::uint32_t plain(std::uint32_t, unsigned count) {
    std::uint32_t value = 0;
    while (count-- > 0) value = value << 1 | static_cast<std::uint32_t>(decode(2048));
    return value;
  }

 private:
  bool decode(std::uint32_t yes);
  std::uint32_t next() {
    const std::size_t at = at_++;
    return at < bytes_.size() ? std::to_integer<std::uint32_t>(bytes_[at]) : 0;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  std::uint32_t code_ = 0;
  std::uint32_t range_ = UINT32_MAX;
};

/// Whole numbers, small ones in few bits: how many bits it has, one by one, and then those.
class NumberOdds {
 public:
  template <class Coder>
  std::uint32_t code(Coder& coder, std::uint32_t value) {
    unsigned width = 0;
    while (width < 32 && coder.bit(more_[width], (std::uint64_t{value} >> width) != 0)) ++width;
    if (width < 2) return width;
    // The first bit is a one; the next two follow a pattern, and the rest none.
    std::uint32_t read = 1;
    unsigned left = width - 1;
    for (unsigned n = 0; n < 2 && left > 0; ++n) {
      --left;
      read = read << 1 |
             static_cast<std::uint32_t>(coder.bit(top_[width - 1][read], (value >> left & 1) != 0));
    }
    if (left == 0) return read;
    const std::uint32_t mask = (std::uint32_t{1} << left) - 1;
    return read << left | coder.plain(value & mask, left);
  }

 private:
  std::array<Odds, 32> more_;
  std::array<std::array<Odds, 4>, 32> top_;
};

/// A place in a line, by its distance from another.
class PlaceOdds {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  /// kNone for bits that lead to no place of `size`; `from` may be behind the last one.
  template <class Coder>
  std::uint32_t code(Coder& coder, std::uint32_t place, std::uint32_t from, std::uint32_t size) {
    const bool is_back = coder.bit(is_back_, place < from);
    const std::uint32_t by = distance_[is_back].code(coder, is_back ? from - place : place - from);
    if (is_back ? by > from : by >= size) return kNone;
    const std::uint64_t found = is_back ? from - by : std::uint64_t{from} + by;
    return found < size ? static_cast<std::uint32_t>(found) : kNone;
  }

 private:
  Odds is_back_;
  std::array<NumberOdds, 2> distance_;
};

}  // namespace btfreloc::kernels
