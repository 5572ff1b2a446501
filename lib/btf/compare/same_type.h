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
/// taken to be alike, and gave_up() says so. The views must outlive it.
class SameTypes {
 public:
  SameTypes(const View& before, const View& after)
      : before_(before),
        after_(after),
        before_pointer_(before.pointer_size()),
        after_pointer_(after.pointer_size()) {}

  const View& before() const { return before_; }
  const View& after() const { return after_; }

  /// Ids of before() and after().
  bool alike(TypeId before, TypeId after) { return compare(before, after, 0); }
  /// The same with typedefs and modifiers taken off at the top: u32 and unsigned int.
  bool alike_underneath(TypeId before, TypeId after);
  /// Whether structs or unions list equal members at equal places: their names, declarations and
  /// sizes. Anonymous members are compared in the same way.
  bool members_equal(TypeId before, TypeId after) { return compare_members(before, after, 0); }

  /// Accounts for work that hostile types could ask for without end: about one comparison of two
  /// members each. False when no more is to be done.
  bool spend(std::uint64_t steps);
  /// True when types were left uncompared. No real kernels come near.
  bool gave_up() const { return left_ == 0; }

 private:
  bool compare(TypeId before, TypeId after, int depth);
  bool compare_nameless(TypeId before, TypeId after, int depth);
  bool compare_members(TypeId before, TypeId after, int depth);
  bool compare_sizes(TypeId before, TypeId after);
  bool compare_prototypes(TypeId before, TypeId after, int depth);
  bool same_names(StrOff before, StrOff after) const;

  const View& before_;
  const View& after_;
  ByteCount before_pointer_;
  ByteCount after_pointer_;
  std::unordered_map<std::uint64_t, bool> known_;  ///< Of nameless types, by both ids.
  std::uint64_t left_ = 50'000'000;                ///< Steps; two kernels take 2 million.
};

}  // namespace btfreloc::btf
