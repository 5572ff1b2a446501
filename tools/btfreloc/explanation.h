#pragma once

#include "btfreloc/output.h"
#include "btfreloc/relocating.h"

namespace btfreloc::tool {

/// Prints how the relocation was decided, step by step: what it asks for, what was looked for, each
/// candidate and what became of it, the decision and its effect on the instruction.
void print_explanation(Output& out, const Relocating& relocating,
                       const object::Relocation& relocation);

}  // namespace btfreloc::tool
