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

/// What values depend on besides the types.
struct Machine {
  std::endian order;       ///< Of the machine the program runs on: decides lshift_u64.
  ByteCount pointer_size;  ///< Of the types: 8 in a BPF object, the kernel's in a kernel.
  /// 32-bit enumerators are signed, whatever their enum says: as libbpf has it, and BTF from before
  /// enums could say so (Linux 6.0, clang 15).
  bool enumerators_are_signed = false;
};

/// What a load or store through a byte_off relocation accesses: an element, when it is an array.
struct Access {
  ByteCount size;  ///< 0 for a bitfield, which is loaded with a size of its own.
  TypeId type;     ///< Of the field: the array itself when it is a member, 0 for a bitfield.
};

/// What a relocation stands for.
struct Value {
  /// Bytes for byte_off, byte_sz and type_size; bits for shifts; type ids; enum values sign- or
  /// zero-extended; 0 or 1 for the rest.
  std::uint64_t number;
  Access access = {};        ///< Only for byte_off.
  bool is_bitfield = false;  ///< Of a field whose place or size is asked for.
};

/// The value a relocation stands for where `btf` describes both sides: with the object's types and
/// a pointer size of 8, what the compiler put in the instruction; with a matching candidate, what
/// belongs there on that kernel.
std::expected<Value, Malformed> value_of(const btf::View& btf, const Spec& spec,
                                         const Machine& machine);

/// The number of value_of() in an object whose programs run on machines of byte order `order`.
std::expected<std::uint64_t, Malformed> local_value(const btf::View& btf, const Spec& spec,
                                                    std::endian order);

}  // namespace btfreloc::core
