#pragma once

#include <string>

#include "btfreloc/output.h"

namespace CLI {
class App;
}

namespace btfreloc::tool {

struct RelocateOptions {
  std::string object;
  std::string kernel = "@running";
  std::string out;  ///< "": report only.
  std::string compat;
  bool keep_relocations = false;
  bool force = false;
  bool json = false;
};

/// Adds `btfreloc relocate` to the command line.
void add_relocate(CLI::App& app, RelocateOptions& options);
int run_relocate(const RelocateOptions& options, ColorMode color);

}  // namespace btfreloc::tool
