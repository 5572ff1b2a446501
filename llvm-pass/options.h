#pragma once

#include <string>
#include <vector>

#include "llvm/ADT/StringRef.h"

namespace btfreloc::pass {

/// What stands between <> in a pipeline, or in the environment variable BTFRELOC_PASS.
struct Options {
  enum class Emit { kRecords, kIntrinsics };
  enum class Bitfields { kExact, kClang };
  enum class Nested { kInherit, kStop };

  /// scope=a,b: namespaces and modules whose records are annotated.
  std::vector<std::string> scopes = {"vmlinux"};
  /// structs=glob,glob: names of records that are annotated, with `*` and `?`.
  std::vector<std::string> structs;
  /// strict: whatever is not relocated is an error.
  bool strict = false;
  /// emit=records: globals that a BPF backend turns into records, without a pass of the target;
  /// emit=intrinsics: stops before, at llvm.preserve.*.
  Emit emit = Emit::kRecords;
  /// bitfields=clang: one record for the place of the storage unit, as clang writes it.
  Bitfields bitfields = Bitfields::kExact;
  /// nested=stop: members of a record type are not annotated because the record is.
  Nested nested = Nested::kInherit;
};

/// Reads "scope=a,b;strict;...". Names of a list are separated by commas or spaces: LLVM cuts a
/// pipeline at commas, and takes a name that one of its passes has for that pass. Returns what is
/// wrong with it, "" when nothing is.
std::string parse_options(llvm::StringRef text, Options& options);

/// Whether the whole name matches a pattern of literal characters, `*` and `?`.
bool matches_glob(llvm::StringRef pattern, llvm::StringRef name);

}  // namespace btfreloc::pass
