#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/set.h"
#include "support/exploded_set.h"

// How libFuzzer changes the input of fuzz_kernel_set: one part of a set at a time, so that the
// sizes of the others stay right.

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t most, unsigned int seed) {
  using namespace btfreloc;
  const Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  test::Chunks chunks = test::split(bytes);
  constexpr unsigned kOneInSome = 20;
  if (kernels::Set::is_set(bytes) || chunks.empty() || seed % kOneInSome == 0) {
    return LLVMFuzzerMutate(data, size, most);
  }
  seed /= kOneInSome;
  test::ByteVector& chunk = chunks[seed % chunks.size()];
  const std::size_t before = chunk.size();
  const std::size_t room = std::min<std::size_t>(most > size ? most - size : 0, 1024);
  chunk.resize(before + room + 1);
  chunk.resize(
      LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(chunk.data()), before, before + room));
  const test::ByteVector joined = test::joined(chunks);
  if (joined.size() > most) return LLVMFuzzerMutate(data, size, most);
  std::ranges::copy(joined, reinterpret_cast<std::byte*>(data));
  return joined.size();
}
