#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "btf/features.h"

namespace btfreloc::btf {

/// What a kernel demands of BTF, one enumerator for each thing that has a remedy of its own.
/// The last ones are demands on .BTF.ext, which kernels check when a program is loaded.
enum class Rule : std::uint8_t {
  header_cut,
  magic,
  byte_order,
  version,
  flags,
  header_tail,
  blob_size,
  section_bounds,
  section_gap,
  section_overlap,
  strings_last,
  no_strings,
  strings_start,
  strings_end,
  strings_size,
  types_align,
  no_types,
  layout_section,
  type_cut,
  unknown_kind,
  new_kind,
  info_bits,
  vlen_unused,
  kind_flag,
  name_offset,
  name_missing,
  name_unwanted,
  name_characters,
  name_length,
  type_id,
  void_type,
  int_data,
  int_bits,
  int_size,
  int_encoding,
  array_size_word,
  fwd_type,
  union_offset,
  member_order,
  member_offset,
  enum_size,
  func_linkage,
  var_linkage,
  datasec_size,
  datasec_empty,
  datasec_offset,
  datasec_var_size,
  float_size,
  component_index,
  type_loop,
  type_depth,
  target_kind,
  array_index,
  array_element,
  array_size,
  member_type,
  member_alignment,
  bitfield_size,
  member_end,
  var_type,
  func_type,
  param_name,
  param_type,
  return_type,
  datasec_var,
  datasec_var_short,
  tag_target,
  tag_order,
  modifier_chain,
  special_field,
  ext_header,
  ext_part,
  ext_record_size,
  ext_empty,
  ext_string,
  ext_section,
  ext_insn,
  ext_func_type,
  ext_func_start,
  ext_func_order,
  ext_line_order,
  ext_line_start,
  ext_core_type,
};

struct RuleTraits {
  Rule rule;
  std::string_view code;    ///< Stable; what messages and JSON name.
  KernelVersion since;      ///< The first release that demands it.
  std::string_view demand;  ///< What it demands, for the document.
  std::string_view help;    ///< A change that satisfies it.
};

/// By Rule.
std::span<const RuleTraits> rules();
const RuleTraits& traits(Rule rule);

inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::ext_core_type) + 1;

/// The oldest release whose rules are taken for those of every kernel: before it, kernels knew
/// neither functions nor the rules for names.
inline constexpr KernelVersion kOldestKernel{5, 0};

}  // namespace btfreloc::btf
