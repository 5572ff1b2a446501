#pragma once

#include <cstdint>
#include <unordered_map>

#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Whether types of two BTFs are declared alike: what a C declaration of them would say is equal.
/// Names count, and what is between them: pointers, arrays, modifiers, parameters without their
/// names. What a named struct, union, enum or typedef contains does not, nor do sizes, nor type
/// tags, which only some compilers write. Types without a name are compared by what they contain.
///
/// Answers are remembered. Compares a bounded number of types altogether; what is beyond that is
/// taken to be alike.
class SameTypes {
 public:
  SameTypes(const View& before, const View& after) : before_(before), after_(after) {}

  const View& before() const { return before_; }
  const View& after() const { return after_; }

  /// Ids of before() and after().
  bool alike(TypeId before, TypeId after);
  /// The same with typedefs and modifiers taken off at the top: u32 and unsigned int.
  bool alike_underneath(TypeId before, TypeId after);

 private:
  bool compare(TypeId before, TypeId after, int depth);
  bool compare_members(TypeId before, TypeId after, int depth);
  bool compare_enumerators(TypeId before, TypeId after);
  bool compare_prototypes(TypeId before, TypeId after, int depth);
  bool spend(std::uint64_t comparisons);

  const View& before_;
  const View& after_;
  std::unordered_map<std::uint64_t, bool> known_;  ///< By both ids.
  std::uint64_t left_ = 50'000'000;                ///< Comparisons.
};

}  // namespace btfreloc::btf
