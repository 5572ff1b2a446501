#pragma once

#include "base/bytes.h"
#include "btf/validate.h"
#include "btf/view.h"
#include "elf/file.h"

namespace btfreloc::object {

/// Checks .BTF.ext, whose types and strings are in `btf`, and that it fits the code of the file:
/// the rules of libbpf for the section, and those of BPF_PROG_LOAD for what is in it. Offsets of
/// violations count from the start of .BTF.ext.
void validate_ext(Bytes ext, const btf::View& btf, const elf::File& file,
                  const btf::ValidateOptions& options, btf::Validation& found);

}  // namespace btfreloc::object
