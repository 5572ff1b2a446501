#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace btfreloc {

/// A vector of plain values that keeps the first N in place: for the many small lists of which an
/// object has thousands, where an allocation each would cost more than what is done with them.
template <class T, std::size_t N>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  InlineVector() = default;
  InlineVector(std::initializer_list<T> values) {
    for (const T& value : values) push_back(value);
  }
  InlineVector(const InlineVector& other)
      : heap_(other.heap_ ? std::make_unique<std::vector<T>>(*other.heap_) : nullptr),
        size_(other.size_),
        inline_(other.inline_) {}
  InlineVector(InlineVector&&) noexcept = default;
  InlineVector& operator=(InlineVector other) noexcept {
    heap_ = std::move(other.heap_);
    size_ = other.size_;
    inline_ = other.inline_;
    return *this;
  }
  ~InlineVector() = default;

  void push_back(const T& value) {
    if (size_ < N) {
      inline_[size_] = value;
    } else {
      if (heap_ == nullptr) heap_ = std::make_unique<std::vector<T>>(begin(), end());
      heap_->push_back(value);
    }
    ++size_;
  }
  void pop_back() { resize(size_ - 1); }
  /// To fewer elements, or as many.
  void resize(std::size_t size) {
    if (heap_ != nullptr) heap_->resize(size);
    if (heap_ != nullptr && size <= N) {
      std::copy(heap_->begin(), heap_->end(), inline_.begin());
      heap_ = nullptr;
    }
    size_ = static_cast<std::uint32_t>(size);
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T* data() const { return heap_ != nullptr ? heap_->data() : inline_.data(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  const T& operator[](std::size_t i) const { return data()[i]; }
  const T& back() const { return data()[size_ - 1]; }

  friend bool operator==(const InlineVector& a, const InlineVector& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::unique_ptr<std::vector<T>> heap_;  ///< All elements, once there are more than N.
  std::uint32_t size_ = 0;
  std::array<T, N> inline_;  // Only the first size_ hold something.
};

}  // namespace btfreloc
