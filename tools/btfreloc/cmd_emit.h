#pragma once

#include <string>
#include <vector>

#include "btfreloc/command.h"

namespace btfreloc::tool {

/// What `btfreloc emit` and the programs behind it, one for each LLVM, are told.
struct EmitOptions {
  std::vector<std::string> inputs;
  std::vector<std::string> libraries;
  std::string out;
  std::string llvm;  ///< Major of the program to run; "": the default one.

  std::string optimization = "2";  ///< 0, 1, 2, 3, s or z.
  std::string cpu = "v3";
  std::string features;
  bool emit_llvm = false;

  std::vector<std::string> scopes = {"vmlinux"};
  std::vector<std::string> structs;
  bool strict = false;
  std::string bitfields = "exact";
  std::string nested = "inherit";

  std::string panic = "link";  ///< link, or exit.
  std::vector<std::string> exports;
  std::string export_file;           ///< Names, one a line: rustc's, when this is its linker.
  bool ignored_debug = false;        ///< rustc says it always.
  std::vector<std::string> ignored;  ///< Folders of native libraries.
  std::vector<std::string> allowed;
  bool verbose = false;
  bool json = false;
};

/// The values of --allow.
inline constexpr const char* kAllowUndefined = "undefined";
inline constexpr const char* kAllowNoRecords = "no-records";

/// Defines the options of emit, for both programs.
void add_emit_options(CLI::App& command, EmitOptions& options);

/// `btfreloc emit`: runs btfreloc-emit, or btfreloc-emit-NN, from beside this program or from PATH.
/// This program itself stays free of LLVM.
Runner add_emit(CLI::App& command);

}  // namespace btfreloc::tool
