#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/view.h"

namespace xdp_blacklist {

/// A member of a struct or union. Those of an anonymous struct are its owner's.
struct LayoutField {
  std::string name;          ///< Of an anonymous union, the names in it: "(union of a, b)".
  btfreloc::TypeId type;     ///< Without typedefs and the like.
  btfreloc::TypeId spelled;  ///< As it is written.
  btfreloc::Bits offset;     ///< From the start of the owner.
  btfreloc::Bits size;
  bool is_bitfield;
};

/// Deepest nesting of types that is followed.
inline constexpr int kMaxLayoutDepth = 32;

/// Counts down what is looked at, so that hostile types come to an end.
class LayoutBudget {
 public:
  btfreloc::Status take(std::uint64_t parts);

 private:
  std::uint64_t left_ = 10'000;
};

/// The size of a type in bits.
btfreloc::Result<btfreloc::Bits> layout_size(const btfreloc::btf::View& btf, btfreloc::TypeId id);

/// The members of a struct or union, by offset. They lie within it, and those of a struct not over
/// each other. Members without a name that are neither struct nor union are padding.
btfreloc::Result<std::vector<LayoutField>> layout_fields(const btfreloc::btf::View& btf,
                                                         btfreloc::TypeId composite,
                                                         LayoutBudget& budget);

}  // namespace xdp_blacklist
