#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace btfreloc::btf {

/// A release of Linux, without its stable number: 6.12.
struct KernelVersion {
  std::uint16_t major = 0;
  std::uint16_t minor = 0;

  friend constexpr auto operator<=>(KernelVersion, KernelVersion) = default;
  /// "6.12"
  std::string text() const;
};

/// Reads "6.12", "v6.12.3" and what `uname -r` prints: "6.12.43+deb12-cloud-amd64".
std::optional<KernelVersion> parse_kernel_version(std::string_view text);

/// What BTF can hold that not every kernel with BTF takes.
enum class Feature : std::uint8_t {
  btf,              ///< BPF_BTF_LOAD, and kinds up to RESTRICT.
  func,             ///< FUNC and FUNC_PROTO.
  kind_flag,        ///< Bitfields in STRUCT and UNION by kind_flag, FWD of unions.
  wide_int,         ///< INT that ends behind bit 64, at 128 at most.
  var_and_datasec,  ///< VAR and DATASEC.
  enum_sizes,       ///< ENUM of 1, 2 and 8 bytes.
  global_func,      ///< FUNC with a linkage.
  split,            ///< BTF of modules, which continues the kernel's.
  empty_datasec,    ///< DATASEC without variables.
  floating,         ///< FLOAT.
  decl_tag,         ///< DECL_TAG.
  type_tag,         ///< TYPE_TAG.
  enum64,           ///< ENUM64, and ENUM that is signed by kind_flag.
  long_names,       ///< Names of 129 to 512 bytes.
  dotted_names,     ///< A dot in names, of other kinds than VAR and DATASEC, too.
  datasec_names,    ///< DATASEC with any printable name, as "?.struct_ops".
  distilled_base,   ///< .BTF.base in modules.
  tag_attributes,   ///< DECL_TAG and TYPE_TAG by kind_flag: any attribute.
  layout,           ///< The layout section.
  long_vlen,        ///< vlen of 24 bits instead of 16.
};

/// The first release that takes it.
KernelVersion since(Feature feature);
/// What it is, for people: "ENUM64", "DATASEC without variables".
std::string_view description(Feature feature);

}  // namespace btfreloc::btf
