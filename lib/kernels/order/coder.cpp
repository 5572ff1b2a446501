#include "kernels/order/coder.h"

#include <algorithm>

namespace btfreloc::kernels {
namespace {

/// 4096 / (1 + e^(-x / 256)), between points that are 128 apart.
/// Source: squash() of Matt Mahoney's lpaq1.
constexpr std::array<std::int32_t, 33> kSquash = {
    1,    2,    3,    6,    10,   16,   27,   45,   73,   120,  194,
    310,  488,  747,  1101, 1546, 2047, 2549, 2994, 3348, 3607, 3785,
    3901, 3975, 4022, 4050, 4068, 4079, 4085, 4089, 4092, 4093, 4094};

constexpr std::int32_t squash(std::int32_t x) {
  if (x > 2047) return 4095;
  if (x < -2047) return 0;
  const std::int32_t fraction = x & 127;
  const std::size_t at = static_cast<std::size_t>((x >> 7) + 16);
  return (kSquash[at] * (128 - fraction) + kSquash[at + 1] * fraction + 64) >> 7;
}

/// What squash() makes of it is the index.
constexpr std::array<std::int16_t, 4096> kStretch = [] {
  std::array<std::int16_t, 4096> table = {};
  std::int32_t next = 0;
  for (std::int32_t x = -2047; x <= 2047; ++x) {
    for (const std::int32_t value = squash(x); next <= value; ++next) {
      table[static_cast<std::size_t>(next)] = static_cast<std::int16_t>(x);
    }
  }
  for (; next < 4096; ++next) table[static_cast<std::size_t>(next)] = 2047;
  return table;
}();

constexpr std::uint32_t kTop = 1U << 24;

}  // namespace

std::uint32_t Mixer::mix(const Odds& a, const Odds& b) {
  inputs_ = {kStretch[a.yes() >> 4], kStretch[b.yes() >> 4]};
  const std::int64_t sum =
      std::int64_t{inputs_[0]} * weights_[0] + std::int64_t{inputs_[1]} * weights_[1];
  mixed_ = std::clamp(
      squash(static_cast<std::int32_t>(std::clamp<std::int64_t>(sum >> 16, -2047, 2047))), 1, 4095);
  return static_cast<std::uint32_t>(mixed_);
}

void Mixer::learn(bool answer) {
  const std::int32_t error = ((answer ? 4096 : 0) - mixed_) * 6;
  for (std::size_t i = 0; i < 2; ++i) {
    weights_[i] =
        std::clamp(weights_[i] + ((inputs_[i] * error + 0x8000) >> 16), -(1 << 20), 1 << 20);
  }
}

void BitWriter::encode(std::uint32_t yes, bool answer) {
  const std::uint32_t bound = (range_ >> 12) * std::clamp(yes, 1U, 4095U);
  if (answer) {
    range_ = bound;
  } else {
    low_ += bound;
    range_ -= bound;
  }
  while (range_ < kTop) {
    range_ <<= 8;
    shift();
  }
}

void BitWriter::shift() {
  const std::uint8_t carry = static_cast<std::uint8_t>(low_ >> 32);
  if (static_cast<std::uint32_t>(low_) < 0xff000000U || carry != 0) {
    std::uint8_t byte = held_;
    do {
      bytes_.push_back(static_cast<std::byte>(byte + carry));
      byte = 0xff;
    } while (--held_count_ != 0);
    held_ = static_cast<std::uint8_t>(low_ >> 24);
  }
  ++held_count_;
  low_ = (low_ & 0x00ffffff) << 8;
}

std::vector<std::byte> BitWriter::finish() {
  for (int i = 0; i < 5; ++i) shift();
  // The reader finds zeros behind the end.
  while (!bytes_.empty() && bytes_.back() == std::byte{0}) bytes_.pop_back();
  return std::move(bytes_);
}

BitReader::BitReader(Bytes bytes) : bytes_(bytes) {
  for (int i = 0; i < 5; ++i) code_ = code_ << 8 | next();
}

bool BitReader::decode(std::uint32_t yes) {
  const std::uint32_t bound = (range_ >> 12) * std::clamp(yes, 1U, 4095U);
  const bool answer = code_ < bound;
  if (answer) {
    range_ = bound;
  } else {
    code_ -= bound;
    range_ -= bound;
  }
  while (range_ < kTop) {
    range_ <<= 8;
    code_ = code_ << 8 | next();
  }
  return answer;
}

}  // namespace btfreloc::kernels
