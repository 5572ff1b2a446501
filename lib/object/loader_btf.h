#pragma once

#include <cstddef>
#include <vector>

#include "base/units.h"
#include "btf/view.h"
#include "elf/file.h"

namespace btfreloc::object {

/// BTF of an object as loaders give it to the kernel, as far as what they change is certain.
struct LoaderBtf {
  /// With the sizes of DATASECs and the places of their variables, from the ELF file. Everything
  /// is where it was but variables, which are sorted by place.
  std::vector<std::byte> bytes;
  /// Types of .ksyms and .kconfig, ascending: DATASECs and what is in them. Loaders write them anew
  /// for what they found in the kernel.
  std::vector<TypeId> rewritten;
};

/// Source: btf_fixup_datasec() and bpf_object__collect_externs() in libbpf, src/libbpf.c.
LoaderBtf loader_btf(const elf::File& file, const btf::View& btf);

}  // namespace btfreloc::object
