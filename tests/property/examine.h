#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "property/every_view.h"

// Does with a file in memory what a user can do with one on disk, and watches what it costs.

namespace btfreloc::test {

/// What reading and printing a file came to.
struct Examination {
  std::optional<Error> error;  ///< Nothing was printed then.
  /// Bytes allocated at the highest point, above what was before. Known with AddressSanitizer,
  /// whose allocator tells; 0 without.
  std::uint64_t peak;

  /// What breaks a promise that holds for every file; "" when nothing does.
  std::string complaint(std::uint64_t file_size) const;
};

/// Errors call the file this.
inline constexpr const char* kFileName = "damaged.o";

/// Reads the bytes and prints `views` to /dev/null. When that crashes or hangs, which is to take
/// longer than kDeadline, the process ends, and its last words are `what`.
Examination examine(Bytes bytes, std::span<const View> views, const std::string& what);

/// Limits, for a build with sanitizers on a machine that does other things too: the product of two
/// numbers of a file of a few hundred KB takes minutes or gigabytes, and no machine is so slow that
/// the sum of them does. Text and JSON of a
/// type need more memory than its record, but no more than in proportion to it.
inline constexpr std::chrono::seconds kDeadline{100};  ///< Of processor time, then it hangs.
inline constexpr std::uint64_t kMaxPeak = 64 << 20;    ///< Bytes, whatever the file's size.
inline constexpr std::uint64_t kMaxPeakPerByte = 64;   ///< More, for each byte of the file.

}  // namespace btfreloc::test
