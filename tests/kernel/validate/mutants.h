#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "support/byte_vector.h"

namespace btfreloc::test {

/// A blob that mutants are made of.
struct Parent {
  std::string name;
  ByteVector blob;
  std::vector<std::uint32_t> types;  ///< Where each starts, in bytes from the start of the blob.
};

/// Real BTF of programs, as loaders give it to the kernel, from objects; of raw BTF, a few dozen
/// types with what they need. Files that are neither are passed over.
std::vector<Parent> parents_from(const std::vector<std::string>& files);

/// Of a little-endian blob that a View can open.
Parent parent_of(std::string name, ByteVector blob);

struct Mutant {
  std::string description;
  ByteVector blob;
};

/// Changes one or a few things of a blob, at random.
class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}
  Mutant mutate(const Parent& parent);

 private:
  std::uint32_t below(std::size_t end) {
    return static_cast<std::uint32_t>(random_() % (end == 0 ? 1 : end));
  }
  std::string change(const Parent& parent, ByteVector& blob);
  std::string change_info(const Parent& parent, ByteVector& blob);
  std::string change_name(ByteVector& blob);
  std::string change_word(const Parent& parent, ByteVector& blob);
  std::string change_header(ByteVector& blob);
  std::string swap_types(const Parent& parent, ByteVector& blob);
  std::uint32_t odd_value(const Parent& parent, std::uint32_t old);

  std::mt19937_64 random_;
};

}  // namespace btfreloc::test
