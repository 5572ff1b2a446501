#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "kernels/column.h"

namespace btfreloc::tool {

/// The BTF of one kernel or module, and what its file tells of it.
struct KernelImage {
  std::vector<std::byte> btf;  ///< Empty only of a module without.
  /// Without label, byte order and pointer size. `module` is set of a module, and the release is
  /// that of its kernel; raw BTF may be of either, and tells nothing.
  kernels::Column column;
  bool has_own_base = false;  ///< A module with .BTF.base, which is not split on its kernel's BTF.
};

/// Reads raw BTF, an ELF file (vmlinux or module), or the image of a kernel for any architecture,
/// each also packed as a whole. In an image, BTF is looked for in its bytes and in every stream
/// that is packed in it; memory and time are bounded whatever it holds.
///
/// Fails with Errc::not_found where there is a kernel without BTF; says which, and why that is
/// likely.
Result<KernelImage> read_kernel_image(Bytes bytes);

/// The build ID among the ELF notes of a section, in hexadecimal; "" when there is none.
std::string build_id_of_notes(Bytes notes, std::endian order);

}  // namespace btfreloc::tool
