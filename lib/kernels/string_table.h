#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/hash.h"

namespace btfreloc::kernels {

/// Numbers, from 0, of things that are told apart by a hash and a comparison of the owner's: an
/// index without the things.
class HashIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  /// The number for which is_same(number) holds, or kNone.
  template <class IsSame>
  std::uint32_t find(std::uint64_t hash, IsSame is_same) const {
    if (slots_.empty()) return kNone;
    for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
      const Slot& slot = slots_[at];
      if (slot.number == kNone) return kNone;
      if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && is_same(slot.number)) {
        return slot.number;
      }
    }
  }
  /// Of something that find() does not find.
  void insert(std::uint64_t hash, std::uint32_t number) {
    if (used_ * 4 >= slots_.size() * 3) grow();
    place(hash, number);
    ++used_;
  }
  /// Keeps the room, unless that is more than what is filled again soon.
  void clear() {
    constexpr std::size_t kKept = 128;
    if (slots_.size() > kKept) slots_.resize(kKept);
    if (used_ != 0) std::ranges::fill(slots_, Slot());
    used_ = 0;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;  ///< Its upper half.
    std::uint32_t low = 0;   ///< Its lower half, for grow().
    std::uint32_t number = kNone;
  };

  void place(std::uint64_t hash, std::uint32_t number) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != kNone) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(hash), number};
  }
  void grow() {
    std::vector<Slot> before(slots_.empty() ? 64 : slots_.size() * 2);
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.number != kNone) {
        place(std::uint64_t{slot.hash} << 32 | slot.low, slot.number);
      }
    }
  }

  std::vector<Slot> slots_;  ///< A power of two.
  std::size_t used_ = 0;
};

/// Strings by number, each once.
class StringTable {
 public:
  std::uint32_t add(std::string_view text) {
    const std::uint64_t hash = hash64(as_bytes(text));
    const std::uint32_t found =
        index_.find(hash, [&](std::uint32_t number) { return (*this)[number] == text; });
    if (found != HashIndex::kNone) return found;
    const auto number = static_cast<std::uint32_t>(starts_.size());
    starts_.push_back(chars_.size());
    chars_.insert(chars_.end(), text.begin(), text.end());
    index_.insert(hash, number);
    return number;
  }
  std::string_view operator[](std::uint32_t number) const {
    const std::size_t end = number + 1 < starts_.size() ? starts_[number + 1] : chars_.size();
    return {chars_.data() + starts_[number], end - starts_[number]};
  }
  std::size_t size() const { return starts_.size(); }

 private:
  std::vector<char> chars_;
  std::vector<std::size_t> starts_;
  HashIndex index_;
};

}  // namespace btfreloc::kernels
