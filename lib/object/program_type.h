#pragma once

#include <string_view>

namespace btfreloc::object {

/// What a section name says about the programs in it, as libbpf reads it.
struct SectionType {
  std::string_view type;    ///< "kprobe", "tracing", "xdp", ...; "" when the name says nothing.
  std::string_view attach;  ///< What it attaches to: "do_exit" of "kprobe/do_exit"; may be "".
  bool autoload = true;     ///< False for names that start with '?'.
};

/// Parses an ELF section name like "fentry/do_exit", "?tc" or "uprobe//bin/sh:readline".
/// Source: section_defs[] in libbpf, src/libbpf.c; type names as `bpftool prog` prints them.
SectionType section_type(std::string_view section);

}  // namespace btfreloc::object
