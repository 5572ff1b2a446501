#pragma once

#include <string_view>
#include <vector>

#include "base/text_buffer.h"
#include "btf/header/c_header.h"
#include "btf/header/selection.h"

namespace btfreloc::btf {

struct RustHeaderOptions {
  /// For programs that `btfreloc emit` or the pass gives relocations to: bitfields are read where
  /// the running kernel has them, and enums are Rust's, as CO-RE compares the kinds of types. Else
  /// everything is where the BTF has it.
  bool co_re = false;
  /// Words about the kernel, for a comment in the first line; one line, may be empty.
  std::string_view origin = {};
  /// Assertions of every size and offset, behind the declarations.
  bool asserts = true;
};

/// Appends `pub mod vmlinux` with Rust declarations of the selection: structs and unions whose
/// layout is that of the BTF, under rustc 1.83 and newer, for targets with the kernel's size of
/// pointers. They need nothing but `core`. docs/header.md says what becomes of what.
///
/// Always compiles, whatever the BTF says: what Rust cannot say is left out, and the notes say
/// where; there are kMaxNotes at most. Functions are left out, too: a program calls those of the
/// kernel through C, see docs/rust.md.
std::vector<HeaderNote> print_rust_header(TextBuffer& out, const HeaderSelection& selection,
                                          const RustHeaderOptions& options = {});

}  // namespace btfreloc::btf
