#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <stdexcept>

#include "base/bytes.h"

namespace btfreloc::test {

/// Bytes that end where readable memory ends: one byte read behind them is a crash, in libelf too,
/// which is not built with sanitizers.
class GuardedBytes {
 public:
  explicit GuardedBytes(Bytes content) : GuardedBytes(content.size()) {
    std::ranges::copy(content, bytes().begin());
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes() { ::munmap(start_, mapped_); }

  std::span<std::byte> bytes() { return {end_ - size_, size_}; }

 private:
  explicit GuardedBytes(std::size_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t readable = (size + page - 1) / page * page;
    mapped_ = readable + page;
    void* const at =
        ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::runtime_error("no memory for an input");
    start_ = static_cast<std::byte*>(at);
    end_ = start_ + readable;
    if (::mprotect(end_, page, PROT_NONE) != 0) throw std::runtime_error("no guard page");
  }

  std::size_t size_;
  std::size_t mapped_ = 0;
  std::byte* start_ = nullptr;
  std::byte* end_ = nullptr;
};

}  // namespace btfreloc::test
