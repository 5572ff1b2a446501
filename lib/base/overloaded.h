#pragma once

namespace btfreloc {

/// Makes one callable of several lambdas, for std::visit over a closed set of alternatives.
template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace btfreloc
