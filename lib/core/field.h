#pragma once

#include <bit>
#include <cstdint>
#include <expected>

#include "base/units.h"
#include "btf/view.h"
#include "core/spec.h"

namespace btfreloc::core {

/// Where and how a field is loaded: the load unit, and the field's place in it.
///
/// For a bitfield the unit is the smallest aligned integer that covers it, which may be larger
/// than its declared type. For anything else the unit is the field.
/// Source: bpf_core_calc_field_relo() in libbpf, src/relo_core.c.
struct Field {
  ByteCount offset;  ///< Of the unit, from where the root pointer points.
  ByteCount size;    ///< Of the unit.
  Bits bit_offset;   ///< Of the field, from where the root pointer points.
  Bits bit_size;
  bool is_bitfield;
  bool is_element;  ///< The path ends in an array index: only offset and size mean anything.
  bool is_signed;
  TypeId type;  ///< Of the field, modifiers and typedefs skipped.
};

/// The field that `spec` names. Fails when no 8-byte load covers it or its type has no size.
std::expected<Field, Malformed> locate_field(const btf::View& btf, const Spec& spec,
                                             ByteCount pointer_size);

/// The value a relocation stands for where `btf` describes both sides: what the compiler put in
/// the instruction. Bytes for byte_off, byte_sz and type_size; bits for shifts; type ids; enum
/// values sign- or zero-extended; 0 or 1 for the rest.
///
/// `order` is the byte order of the machine the program runs on, which decides lshift_u64.
std::expected<std::uint64_t, Malformed> local_value(const btf::View& btf, const Spec& spec,
                                                    std::endian order);

}  // namespace btfreloc::core
