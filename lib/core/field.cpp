#include "core/field.h"

#include <fmt/format.h>

#include <utility>

#include "core/members.h"

namespace btfreloc::core {
namespace {

constexpr std::uint64_t kLargestLoad = 8;  // bytes
constexpr int kMaxArrayDepth = 32;         // as size_of() follows

std::unexpected<Malformed> malformed(std::string reason) {
  return std::unexpected(Malformed{std::move(reason)});
}

btf::Member member_of(const btf::View& btf, const Accessor& step) {
  return (*members_of(btf, step.type))[step.index];
}

bool is_signed(const btf::View& btf, TypeId id) {
  const btf::Type type = btf.decode(id);
  if (const auto* i = std::get_if<btf::Int>(&type)) return (i->encoding & btf::kIntSigned) != 0;
  if (const auto* e = std::get_if<btf::Enum>(&type)) return e->is_signed;
  if (const auto* e = std::get_if<btf::Enum64>(&type)) return e->is_signed;
  return false;
}

/// Doubles the declared type until an aligned load of that size covers the bits. (libbpf takes a
/// type of 16 bytes as it is, and computes shifts by negative numbers.)
std::expected<void, Malformed> cover_bitfield(Field& field, std::uint64_t declared_size) {
  if (declared_size == 0) return malformed("a bitfield of a type without a size");
  const std::uint64_t end = field.bit_offset.value + field.bit_size.value;
  for (std::uint64_t size = declared_size; size <= kLargestLoad; size *= 2) {
    const std::uint64_t offset = field.bit_offset.value / 8 / size * size;
    if (end - offset * 8 <= size * 8) {
      field.offset = {offset};
      field.size = {size};
      return {};
    }
  }
  return malformed(
      fmt::format("bits {} to {} fit no aligned 8-byte load", field.bit_offset.value, end));
}

/// In 32 bits, as libbpf has it: a shift by a negative number, which a field of more than 8 bytes
/// asks for, is one by nearly 2^32, and no instruction that the verifier accepts.
std::uint32_t left_shift(const Field& field, std::endian order) {
  const std::uint64_t start = field.bit_offset.value - field.offset.value * 8;
  return static_cast<std::uint32_t>(order == std::endian::little
                                        ? 64 - (start + field.bit_size.value)
                                        : (kLargestLoad - field.size.value) * 8 + start);
}

std::uint32_t right_shift(const Field& field) {
  return static_cast<std::uint32_t>(64 - field.bit_size.value);
}

std::expected<Access, Malformed> access_of(const btf::View& btf, const Field& field,
                                           ByteCount pointer_size) {
  if (field.is_bitfield) return Access{.size = {0}, .type = {}};
  // An element is taken whole, even when it is an array itself.
  if (field.is_element || btf.kind(field.type) != btf::Kind::kArray) {
    return Access{.size = field.size, .type = field.type};
  }
  TypeId element = field.type;
  for (int depth = 0; depth < kMaxArrayDepth; ++depth) {
    const btf::Type array = btf.decode(element);
    if (!std::holds_alternative<btf::Array>(array)) break;
    element = btf.skip_modifiers_and_typedefs(std::get<btf::Array>(array).type);
  }
  const auto size = btf::size_of(btf, element, pointer_size);
  if (!size) return malformed(fmt::format("its type [{}] has no size", element.value));
  return Access{.size = *size, .type = field.type};
}

std::expected<Value, Malformed> field_value(const btf::View& btf, const Spec& spec,
                                            const Machine& machine) {
  if (spec.kind == ReloKind::field_exists) return Value{.number = 1};
  const auto field = locate_field(btf, spec, machine.pointer_size);
  if (!field) return std::unexpected(field.error());
  if (field->is_element && spec.kind != ReloKind::field_byte_offset &&
      spec.kind != ReloKind::field_byte_size) {
    return malformed(fmt::format("{} of an array element, which has only an offset and a size",
                                 name(spec.kind)));
  }
  Value value{.number = 0, .access = {}, .is_bitfield = field->is_bitfield};
  switch (spec.kind) {
    case ReloKind::field_byte_offset: {
      const auto access = access_of(btf, *field, machine.pointer_size);
      if (!access) return std::unexpected(access.error());
      value.number = field->offset.value;
      value.access = *access;
      break;
    }
    case ReloKind::field_byte_size: value.number = field->size.value; break;
    case ReloKind::field_signed: value.number = field->is_signed ? 1 : 0; break;
    case ReloKind::field_lshift_u64: value.number = left_shift(*field, machine.order); break;
    case ReloKind::field_rshift_u64: value.number = right_shift(*field); break;
    default: std::unreachable();
  }
  return value;
}

std::uint64_t enumerator_value(const btf::View& btf, const Spec& spec, const Machine& machine) {
  const std::uint64_t value = enumerator_of(btf, spec.enum_type, spec.access[0]).value;
  if (btf.kind(spec.enum_type) != btf::Kind::kEnum) return value;
  // Before ENUM64, a 64-bit enum was written with the lower halves of its values, of which those
  // that fitted were the signed ones.
  const bool lost_its_upper_half = btf.third_word(spec.enum_type) == 8;
  if (!machine.enumerators_are_signed && !lost_its_upper_half) return value;
  return static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(value)});
}

}  // namespace

std::expected<Field, Malformed> locate_field(const btf::View& btf, const Spec& spec,
                                             ByteCount pointer_size) {
  const Accessor& last = spec.path.back();
  const btf::Member member =
      last.is_member() ? member_of(btf, last) : btf::Member{{}, last.type, {}, {}};
  const TypeId type = btf.skip_modifiers_and_typedefs(member.type);
  Field field{.offset = whole_bytes(spec.offset),
              .size = {},
              .bit_offset = spec.offset,
              .bit_size = member.bitfield_size,
              .is_bitfield = member.bitfield_size.value != 0,
              .is_element = !last.is_member(),
              .is_signed = is_signed(btf, type),
              .type = type};
  if (field.is_bitfield) {
    if (auto covered = cover_bitfield(field, btf.third_word(type)); !covered) {
      return std::unexpected(std::move(covered).error());
    }
    return field;
  }
  const auto size = btf::size_of(btf, type, pointer_size);
  if (!size) return malformed(fmt::format("its type [{}] has no size", type.value));
  field.size = *size;
  field.bit_size = *size;
  return field;
}

std::expected<Value, Malformed> value_of(const btf::View& btf, const Spec& spec,
                                         const Machine& machine) {
  switch (spec.kind) {
    case ReloKind::type_id_local:
    case ReloKind::type_id_target: return Value{.number = spec.root.value};
    case ReloKind::type_exists:
    case ReloKind::type_matches:
    case ReloKind::enumval_exists: return Value{.number = 1};
    case ReloKind::type_size: {
      const auto size = btf::size_of(btf, spec.root, machine.pointer_size);
      if (!size) return malformed(fmt::format("type [{}] has no size", spec.root.value));
      return Value{.number = size->value};
    }
    case ReloKind::enumval_value: return Value{.number = enumerator_value(btf, spec, machine)};
    default: return field_value(btf, spec, machine);
  }
}

std::expected<std::uint64_t, Malformed> local_value(const btf::View& btf, const Spec& spec,
                                                    std::endian order) {
  const auto value = value_of(btf, spec, {.order = order, .pointer_size = {8}});
  if (!value) return std::unexpected(value.error());
  return value->number;
}

}  // namespace btfreloc::core
