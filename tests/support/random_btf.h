#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/byte_vector.h"

// Random BTF of all kinds, of the shape that kernels have, small changes to it as from one release
// to the next, and modules. Few names, so that many types share one.

namespace btfreloc::test {

/// Numbers that are the same everywhere, unlike those of the standard library's distributions.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// Below `count`, which is at least 1.
  std::uint32_t below(std::uint64_t count) { return static_cast<std::uint32_t>(engine_() % count); }
  bool percent(std::uint32_t chance) { return below(100) < chance; }
  template <class Container>
  auto& one_of(Container& from) {
    return from[below(std::size(from))];
  }
  template <class Container>
  void shuffle(Container& what) {
    for (std::size_t i = what.size(); i > 1; --i) std::swap(what[i - 1], what[below(i)]);
  }

 private:
  std::mt19937_64 engine_;
};

/// A type with references as indices: 0 is void, then come the types of the base, then its own.
struct ModelType {
  struct Record {
    std::string name;
    std::uint32_t type = 0;
    std::uint32_t first = 0;  ///< The numbers, as the kind has them.
    std::uint32_t second = 0;
  };

  std::uint32_t kind;
  bool flag = false;
  std::uint32_t linkage = 0;  ///< Of functions, in the place of the number of records.
  std::string name = {};
  std::uint32_t size = 0;        ///< For kinds with a size.
  std::uint32_t type = 0;        ///< For kinds with a type, and arrays.
  std::uint32_t index_type = 0;  ///< Of arrays.
  std::uint32_t number = 0;      ///< What INT, ARRAY, VAR and DECL_TAG have beside.
  std::vector<Record> records = {};
};

struct Model {
  std::uint32_t base_count = 1;  ///< Types of the base and void.
  std::vector<ModelType> types;  ///< Own ones.

  std::uint32_t count() const { return base_count + static_cast<std::uint32_t>(types.size()); }
};

/// A kernel with that many types.
Model random_kernel(Random& random, std::uint32_t types);
/// A module of the kernel, whose names it takes, too.
Model random_module(Random& random, const Model& kernel, std::uint32_t types);
/// A few changes.
void mutate(Random& random, Model& model, const Model* base, std::uint32_t changes);
/// The module as it would be on another kernel that has much of what `from` has.
Model moved(const Model& module, const Model& from, const Model& to);

/// A model as bytes.
struct WrittenBtf {
  ByteVector bytes;
  std::vector<std::uint32_t> ids;  ///< By index in the model; of the base, too.
  std::unordered_map<std::string, std::uint32_t> strings;
  std::uint32_t strings_end = 0;
};

/// Which ids types get.
enum class Shuffle : std::uint8_t {
  none,
  stable,  ///< Any, but types of one kind and name stay in order.
  any,
};

/// What a file may be like that its types do not say.
struct WriteOptions {
  std::endian order = std::endian::little;
  Shuffle shuffle = Shuffle::none;
  bool has_odd_strings = false;  ///< Some are there twice, and some nobody uses.
};
WrittenBtf write(Random& random, const Model& model, const WriteOptions& options,
                 const WrittenBtf* base = nullptr);

}  // namespace btfreloc::test
