#pragma once

#include <map>
#include <string>

#include "btfreloc/output.h"
#include "btfreloc/relocating.h"

namespace btfreloc::tool {

/// What explanations of one object have in common, found once.
struct Nearby {
  std::map<std::string, std::string> types;  ///< By the name that no type has: those that are near.
};

/// Prints how the relocation was decided, step by step: what it asks for, what was looked for, each
/// candidate and what became of it, the decision and its effect on the instruction.
void print_explanation(Output& out, const Relocating& relocating,
                       const object::Relocation& relocation, Nearby& nearby);

}  // namespace btfreloc::tool
