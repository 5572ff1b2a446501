#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace btfreloc::tool {

/// 0 fine; 1 the answer is "no"; 2 could not answer.
enum ExitCode : int { kExitFine = 0, kExitNo = 1, kExitCannotAnswer = 2 };

/// How bad a finding is.
enum class Level : std::uint8_t { warning, error };

/// A place in the source of a program.
struct SourcePlace {
  std::string file;
  std::uint32_t line = 0;    ///< From 1; 0 when only the file is known.
  std::uint32_t column = 0;  ///< In bytes, from 1; 0 when it is not known.
  std::string text = {};     ///< The line itself; "" when the file is not to be had.
};

/// Something a reader of the output should know about the input. It does not stop the answer.
struct Finding {
  Level level = Level::warning;
  std::string code;
  std::string message;
  Location where = {};
  std::optional<SourcePlace> source = {};  ///< In place of `where`.
  std::vector<std::string> notes = {};
  std::string help = {};
};

/// Prints to standard error, in rustc's shape:
///
///   error[truncated]: STRUCT [412] needs 2760 bytes for 229 records, 1104 remain
///     --> broken.o: .BTF+0x5a18
///      = help: the file may be cut short
///
/// and, where there is source,
///
///   error[missing-member]: `struct task_struct` has no member `state`
///     --> unguarded.c:9:27
///      |
///    9 |   st = t->state;
///      |           ^
void print(const Error& error);
void print(const Finding& finding);

/// Prints `error` and returns the exit status that goes with it.
int give_up(const Error& error);

}  // namespace btfreloc::tool
