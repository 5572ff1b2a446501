#include "field_values.h"

#include <algorithm>

#include "llvm/BinaryFormat/Dwarf.h"

namespace btfreloc::pass {

using namespace llvm;

namespace {

/// Where a value lies for its unit, in bits from the unit's most significant bit.
uint64_t left_shift(const DIDerivedType& bitfield, const StorageUnit& unit, bool is_little_endian) {
  const uint64_t begin = bitfield.getOffsetInBits(), size = bitfield.getSizeInBits();
  return is_little_endian ? unit.begin + 64 - begin - size : begin + 64 - unit.end;
}

}  // namespace

StorageUnit storage_unit(const DIDerivedType& bitfield, uint64_t alignment) {
  const uint64_t begin = bitfield.getOffsetInBits(), end = begin + bitfield.getSizeInBits();
  const auto unit_of = [&](uint64_t bits) {
    const uint64_t first = begin / bits * bits;
    return StorageUnit{first, first + bits};
  };
  const StorageUnit aligned = unit_of(std::min<uint64_t>(alignment, 8) * 8);
  if (end <= aligned.end) return aligned;
  for (const uint64_t bits : {8, 16, 32}) {
    if (end <= unit_of(bits).end) return unit_of(bits);
  }
  return unit_of(64);
}

uint64_t local_field_info(FieldInfo kind, const Step& last, uint64_t offset, uint64_t alignment,
                          bool is_little_endian) {
  if (kind == FieldInfo::kExists) return 1;
  const auto* member =
      as_array(last.in) ? nullptr : cast<DIDerivedType>(last.in->getElements()[last.index]);
  const TypeAt type = member ? TypeAt{member->getBaseType()} : TypeAt{last.in}.element();
  if (kind == FieldInfo::kSigned) return is_signed(type.bare());
  if (member && member->isBitField()) {
    const StorageUnit unit = storage_unit(*member, alignment);
    switch (kind) {
      case FieldInfo::kByteOffset: return offset + unit.begin / 8;
      case FieldInfo::kByteSize: return (unit.end - unit.begin) / 8;
      case FieldInfo::kLeftShift: return left_shift(*member, unit, is_little_endian);
      default: return 64 - member->getSizeInBits();
    }
  }
  switch (kind) {
    case FieldInfo::kByteOffset: return offset;
    case FieldInfo::kByteSize: return type.size();
    default: return 64 - std::min<uint64_t>(type.size() * 8, 64);
  }
}

}  // namespace btfreloc::pass
