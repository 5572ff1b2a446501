#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "btfreloc/decision_text.h"
#include "btfreloc/input.h"
#include "btfreloc/kernel.h"
#include "core/resolve.h"

namespace btfreloc::tool {

/// object::relocate() of a BPF object; errors name the file.
Result<std::vector<core::Decision>> decide(const Input& input, const Kernel& kernel,
                                           core::Rules rules = core::Rules::coherent);

/// An object, a kernel, and what was decided about the two. Decisions point into both.
struct Relocating {
  Input input;
  Kernel kernel;
  std::vector<core::Decision> decisions;

  const object::Object& object() const { return *input.object(); }
  /// Opens both and decides. Fails when the file is no BPF object with relocations, or its byte
  /// order is not the kernel's.
  static Result<Relocating> open(const std::string& object, const std::string& kernel,
                                 core::Rules rules = core::Rules::coherent);
  /// The same for a file that was opened.
  static Result<Relocating> of(Input input, const std::string& kernel,
                               core::Rules rules = core::Rules::coherent);
};

/// Fails when a relocation asks for an id that the kernel set does not keep, and which nothing can
/// be written in place of.
Status check_ids_known(const Relocating& relocating);

/// Prints an error to standard error for each fatal relocation, and a warning for each suspicious
/// one. The number of errors.
std::size_t print_findings(const Relocating& relocating);

}  // namespace btfreloc::tool
