#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/view.h"
#include "kernels/set.h"

namespace btfreloc::kernels {

/// All BTF of one column: the types of the kernel, with the same order among those of one name.
class Extracted {
 public:
  /// `ids` asks for the very bytes that were added; Errc::unsupported when the column does not keep
  /// them. A module needs its kernel, extracted from the same set in the same way, which must
  /// outlive it.
  enum class Ids : std::uint8_t { any, original };
  static Result<Extracted> from(const Set& set, std::size_t column, Ids ids = Ids::any,
                                const Extracted* kernel = nullptr);

  Extracted(Extracted&&) noexcept;
  Extracted& operator=(Extracted&&) noexcept;
  ~Extracted();

  Bytes bytes() const;           ///< Raw BTF; of a module, split on its kernel's.
  const btf::View& btf() const;  ///< The same, opened.

 private:
  struct State;
  explicit Extracted(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace btfreloc::kernels
