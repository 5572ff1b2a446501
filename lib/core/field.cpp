#include "core/field.h"

#include <fmt/format.h>

#include <utility>

namespace btfreloc::core {
namespace {

constexpr std::uint64_t kLargestLoad = 8;  // bytes

std::unexpected<Malformed> malformed(std::string reason) {
  return std::unexpected(Malformed{std::move(reason)});
}

btf::Member member_of(const btf::View& btf, const Accessor& step) {
  const btf::Type type = btf.decode(step.type);
  if (const auto* s = std::get_if<btf::Struct>(&type)) return s->members[step.index];
  return std::get<btf::Union>(type).members[step.index];
}

bool is_signed(const btf::View& btf, TypeId id) {
  const btf::Type type = btf.decode(id);
  if (const auto* i = std::get_if<btf::Int>(&type)) return (i->encoding & btf::kIntSigned) != 0;
  if (const auto* e = std::get_if<btf::Enum>(&type)) return e->is_signed;
  if (const auto* e = std::get_if<btf::Enum64>(&type)) return e->is_signed;
  return false;
}

/// Doubles the declared type until an aligned load of that size covers the bits.
std::expected<void, Malformed> cover_bitfield(Field& field, std::uint64_t declared_size) {
  if (declared_size == 0) return malformed("a bitfield of a type without a size");
  const std::uint64_t end = field.bit_offset.value + field.bit_size.value;
  for (std::uint64_t size = declared_size;; size *= 2) {
    const std::uint64_t offset = field.bit_offset.value / 8 / size * size;
    if (end - offset * 8 <= size * 8) {
      field.offset = {offset};
      field.size = {size};
      return {};
    }
    if (size >= kLargestLoad) {
      return malformed(
          fmt::format("bits {} to {} fit no aligned 8-byte load", field.bit_offset.value, end));
    }
  }
}

std::uint64_t left_shift(const Field& field, std::endian order) {
  const std::uint64_t start = field.bit_offset.value - field.offset.value * 8;
  return order == std::endian::little ? 64 - (start + field.bit_size.value)
                                      : (kLargestLoad - field.size.value) * 8 + start;
}

std::expected<std::uint64_t, Malformed> field_value(const btf::View& btf, const Spec& spec,
                                                    std::endian order) {
  if (spec.kind == ReloKind::field_exists) return 1;
  const auto field = locate_field(btf, spec, {8});
  if (!field) return std::unexpected(field.error());
  if (field->is_element && spec.kind != ReloKind::field_byte_offset &&
      spec.kind != ReloKind::field_byte_size) {
    return malformed(fmt::format("{} of an array element, which has only an offset and a size",
                                 name(spec.kind)));
  }
  switch (spec.kind) {
    case ReloKind::field_byte_offset: return field->offset.value;
    case ReloKind::field_byte_size: return field->size.value;
    case ReloKind::field_signed: return field->is_signed ? 1 : 0;
    case ReloKind::field_lshift_u64: return left_shift(*field, order);
    case ReloKind::field_rshift_u64: return 64 - field->bit_size.value;
    default: std::unreachable();
  }
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

std::expected<std::uint64_t, Malformed> local_value(const btf::View& btf, const Spec& spec,
                                                    std::endian order) {
  switch (spec.kind) {
    case ReloKind::type_id_local:
    case ReloKind::type_id_target: return spec.root.value;
    case ReloKind::type_exists:
    case ReloKind::type_matches:
    case ReloKind::enumval_exists: return 1;
    case ReloKind::type_size: {
      const auto size = btf::size_of(btf, spec.root, {8});
      if (!size) return malformed(fmt::format("type [{}] has no size", spec.root.value));
      return size->value;
    }
    case ReloKind::enumval_value: {
      const btf::Type type = btf.decode(spec.enum_type);
      if (const auto* e = std::get_if<btf::Enum>(&type)) return e->values[spec.access[0]].value;
      return std::get<btf::Enum64>(type).values[spec.access[0]].value;
    }
    default: return field_value(btf, spec, order);
  }
}

}  // namespace btfreloc::core
