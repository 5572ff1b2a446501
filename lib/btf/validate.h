#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "btf/features.h"
#include "btf/rules.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// How a kernel comes by the BTF, which says what of it is checked.
enum class As : std::uint8_t {
  kernel,   ///< Its own: types one by one.
  module,   ///< Of a module: the same, split on the kernel's.
  program,  ///< By BPF_BTF_LOAD: also what types mean together.
};

struct ValidateOptions {
  /// Unset: only what every kernel from kOldestKernel on refuses.
  std::optional<KernelVersion> kernel = {};
  std::optional<std::endian> order = {};       ///< The kernel's; unset: any.
  std::optional<ByteCount> pointer_size = {};  ///< The kernel's, 4 or 8; unset: either.
  As as = As::program;
  const View* base = nullptr;      ///< What split BTF continues.
  bool fail_fast = false;          ///< Stop at the first violation.
  std::size_t most_per_rule = 16;  ///< Violations of one rule that are kept.
  /// The BTF of that kernel, which says what structs it has; null when it is not at hand.
  const View* kernel_types = nullptr;
  /// Types that the loader writes anew, ascending: only their length matters.
  std::span<const TypeId> rewritten = {};
};

/// A place where a rule does not hold.
struct Violation {
  Rule rule;
  std::optional<TypeId> type = {};          ///< The type it is about.
  std::string_view kind = {};               ///< Of that type, as bpftool spells it.
  std::string name = {};                    ///< Of that type.
  std::uint64_t offset = 0;                 ///< In bytes from the start of the blob.
  std::string message = {};                 ///< One clause, lower case, no full stop.
  std::optional<KernelVersion> until = {};  ///< The first release that takes it.
};

/// What was found, in the order of the checks, which is nearly that of the kernel.
struct Validation {
  std::vector<Violation> violations = {};             ///< At most most_per_rule of each rule.
  std::array<std::uint64_t, kRuleCount> counts = {};  ///< All violations, by Rule.

  bool valid() const;
  std::uint64_t count() const;
};

/// Says whether a kernel accepts the BTF, and if not, everything that is wrong with it: bytes from
/// anywhere, which need not be what View::open() takes. Linear in the size of `blob`.
///
/// What follows a violation is looked at as far as it can be told from it, so that one mistake is
/// one violation.
Validation validate(Bytes blob, const ValidateOptions& options);

}  // namespace btfreloc::btf
