#pragma once

#include "base/text_buffer.h"
#include "btf/header/layout.h"
#include "btf/header/names.h"
#include "btf/header/selection.h"

namespace btfreloc::btf {

/// Appends _Static_asserts of the sizes of the header's structs and unions that have names, and of
/// the offsets of their members, but for bitfields.
void print_c_asserts(TextBuffer& out, const HeaderSelection& selection, Layouts& layouts,
                     const HeaderNames& names);

}  // namespace btfreloc::btf
