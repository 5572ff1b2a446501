#pragma once

#include "base/text_buffer.h"
#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Appends one type in bpftool's raw notation, to the letter, with its newline:
///
///   [2] STRUCT 'task' size=8 vlen=1
///       'pid' type_id=1 bits_offset=0
///
/// (members start with a tab). A kind without a name here prints as UNKNOWN, as in bpftool. Only
/// control characters in names, which bpftool hands to the terminal, become '?'.
/// Source: dump_btf_type() in the kernel's tools/bpf/bpftool/btf.c.
void print_raw(TextBuffer& out, const View& view, TypeId id);

/// "(none)", "SIGNED", "CHAR", "BOOL" or "UNKN", as there.
std::string_view encoding_name(std::uint8_t encoding);
/// "static", "global", "extern" or "(unknown)", as there.
std::string_view linkage_name(Linkage linkage);
/// "UNKNOWN" for a kind this version does not know.
std::string_view kind_name(const View& view, TypeId id);

}  // namespace btfreloc::btf
