#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "btfreloc/cmd_emit.h"
#include "btfreloc/diagnostics.h"

namespace btfreloc::emit {

/// An access that was relocated, as its author wrote it.
struct Access {
  std::string record;  ///< "task_struct"
  std::string path;    ///< "task_struct.pid"
  std::string file;
  std::uint32_t line;    ///< From 1; 0 when it is not known.
  std::uint32_t column;  ///< In bytes, from 1; 0 when it is not known.
};

struct Emission {
  std::string bytes;  ///< Of the object, or of the IR; empty when there are errors.
  std::vector<tool::Finding> findings;
  std::vector<Access> accesses = {};

  bool has_errors() const;
};

/// Inputs become one BPF object with CO-RE relocations: see the page in emit.cpp. Fails when an
/// input cannot be read; a program that cannot become an object is an answer, with errors among its
/// findings. LLVM itself crashing is an error, too.
Result<Emission> emit(const tool::EmitOptions& options);

}  // namespace btfreloc::emit
