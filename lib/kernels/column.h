#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace btfreloc::kernels {

/// One kernel of a set, or one module of a kernel: what is known of it besides its types. Texts
/// that nobody knew are empty.
struct Column {
  std::string label;         ///< What users call the kernel; of a module, its kernel's. No '/'.
  std::string module;        ///< "veth"; empty for a kernel.
  std::string release;       ///< As uname -r says: "6.12.107+deb13-cloud-amd64".
  std::string version;       ///< In three parts, for LINUX_KERNEL_VERSION: "6.12.107".
  std::string arch;          ///< As uname -m says: "x86_64".
  std::string distribution;  ///< "debian".
  std::string flavour;       ///< What the distribution built it for: "cloud".
  std::string build_id;      ///< In hexadecimal, of the vmlinux or module.
  std::endian order = std::endian::native;
  std::uint8_t pointer_size = 8;  ///< In bytes.
  bool tells_signs = false;       ///< Of enums: see btf::tells_signs().
  std::uint32_t types = 0;        ///< Own ones, void not counted.
  bool keeps_ids = false;  ///< Types have the ids, and the file the bytes, that the kernel has.

  bool is_module() const { return !module.empty(); }
  friend bool operator==(const Column&, const Column&) = default;
};

/// The order of columns in a set: kernels before modules; kernels by architecture, distribution,
/// flavour, release, so that neighbours are alike; modules by name, then as their kernels. Numbers
/// in releases count as numbers.
bool goes_before(const Column& a, const Column& b);

/// Below, at or above zero, as `a` comes before `b`. Runs of digits are compared as numbers: 6.9 is
/// before 6.12.
int compare_releases(std::string_view a, std::string_view b);

/// True when the first two numbers are the same: 6.12.43 and 6.12.107.
bool are_of_one_series(std::string_view a, std::string_view b);

/// "6.1.0-56-amd64", or "6.1.0-56-amd64/veth" for a module.
std::string address(const Column& column);

}  // namespace btfreloc::kernels
