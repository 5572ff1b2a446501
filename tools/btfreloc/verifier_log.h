#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace btfreloc::tool {

/// What the verifier says about a program that it took. Source: print_verification_stats() in
/// kernel/bpf/verifier.c.
struct VerifierStats {
  std::uint64_t microseconds = 0;
  std::string stack;  ///< In bytes, one number per frame: "16+0"; "" on kernels that do not say.
  std::uint64_t processed = 0;  ///< Instructions, each as often as a path went over it.
  std::uint64_t total_states = 0;
  std::uint64_t peak_states = 0;
};
VerifierStats parse_stats(std::string_view log);

/// What it says about one that it refuses.
struct Rejection {
  std::string reason;                 ///< Its last words.
  std::optional<std::uint32_t> insn;  ///< Where it was, in the program with its subprograms.
  std::string source;                 ///< The source line it printed last; "" without line info.
  std::vector<std::string> tail;      ///< Up to ten lines before the end.
  /// The immediate of a call to a function that does not exist.
  std::optional<std::int32_t> unknown_function;
};
Rejection parse_rejection(std::string_view log);

}  // namespace btfreloc::tool
