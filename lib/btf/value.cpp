#include "btf/value.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <type_traits>
#include <utility>

#include "base/overloaded.h"

namespace btfreloc::btf {
namespace {

constexpr int kMaxDepth = 32;
/// Values read for all bytes together: the types of real programs need about one for each byte, and
/// more where members of unions lie over each other.
constexpr std::uint64_t kPartsPerByte = 16;
constexpr std::uint64_t kLeastParts = 10'000;
/// What takes about as long as to read one value: enumerators looked at, bytes compared.
constexpr std::uint64_t kEnumeratorsPerPart = 64;
constexpr std::uint64_t kBytesPerPart = 8;

Value absent(Value::Absent why) { return {.content = why}; }

bool is_char(const View& view, TypeId id) {
  const Type type = view.decode(view.skip_modifiers_and_typedefs(id));
  const auto* integer = std::get_if<Int>(&type);
  if (integer == nullptr || integer->bits.value != 8 || integer->size.value != 1) return false;
  return integer->encoding == kIntChar || view.string(integer->name) == "char";
}

/// An enumerator's value in the bits of its enum; nullopt when they do not hold it. Compilers that
/// know no signed enums write -1 as the largest value of a record, whatever the enum's size.
std::optional<std::uint64_t> enumerator_bits(std::uint64_t value, Bits record, Bits size) {
  const WideInt bits = extended(WideInt::of(value), size, false);
  const bool fits =
      bits.low == value || extended(bits, size, true) == extended(WideInt::of(value), record, true);
  return fits ? std::optional(bits.low) : std::nullopt;
}

}  // namespace

std::optional<ByteCount> value_size(const View& view, TypeId id) {
  const Type type = view.decode(id);
  const auto size = size_of(view, id, view.pointer_size());
  const auto* section = std::get_if<Datasec>(&type);
  if (section == nullptr || section->size.value != 0) return size;
  ByteCount end;
  for (const SectionVar var : section->vars) {
    end = std::max(end, ByteCount{var.offset.value + var.size.value});
  }
  return end;
}

bool is_laid_out(const View& view, TypeId id) {
  const Type type = view.decode(id);
  const auto* section = std::get_if<Datasec>(&type);
  return section == nullptr || section->size.value != 0 || section->vars.size() <= 1;
}

ValueReader::ValueReader(const View& view, ByteCount total)
    : view_(view),
      pointer_size_(view.pointer_size()),
      tagged_unions_(view),
      parts_(kLeastParts + kPartsPerByte * total.value) {}

Value ValueReader::read(TypeId type, Bytes bytes) {
  bytes_ = bytes;
  // One value takes no more than its own bytes are worth: it is in memory as a whole.
  const std::uint64_t own = std::min(parts_, kLeastParts + kPartsPerByte * bytes.size());
  const std::uint64_t others = std::exchange(parts_, own) - own;
  Value value = read_at(type, {}, 0);
  parts_ += others;
  return value;
}

bool ValueReader::take(std::uint64_t parts) {
  const bool has_some = parts_ != 0;
  parts_ -= std::min(parts_, parts);
  return has_some;
}

bool ValueReader::contains(Bits offset, Bits size) const {
  const Bits end = ByteCount{bytes_.size()};
  return offset <= end && size.value <= end.value - offset.value;
}

/// At most 128 bits of memory that is there, as an unsigned integer. BTF counts bits as the machine
/// does: from the least significant one in little-endian memory, from the most significant one in
/// big-endian memory.
WideInt ValueReader::bits_at(Bits offset, Bits size) const {
  WideInt value;
  const auto append = [&value](std::uint64_t bits, std::uint64_t count) {
    value.high = value.high << count | value.low >> (64 - count);
    value.low = value.low << count | bits;
  };
  const bool is_little = view_.order() == std::endian::little;
  if (offset.value % 8 == 0 && size.value % 8 == 0) {
    const Bytes part = bytes_.subspan(offset.value / 8, size.value / 8);
    for (std::size_t i = 0; i < part.size(); ++i) {
      append(std::to_integer<std::uint64_t>(part[is_little ? part.size() - 1 - i : i]), 8);
    }
    return value;
  }
  for (std::uint64_t i = 0; i < size.value; ++i) {
    const std::uint64_t bit = offset.value + (is_little ? size.value - 1 - i : i);
    const auto byte = std::to_integer<std::uint64_t>(bytes_[bit / 8]);
    append(byte >> (is_little ? bit % 8 : 7 - bit % 8) & 1, 1);
  }
  return value;
}

Value ValueReader::read_at(TypeId id, Bits offset, int depth) {
  if (!take(1)) return absent(Value::Absent::too_many);
  if (depth > kMaxDepth) return absent(Value::Absent::too_deep);
  id = view_.skip_modifiers_and_typedefs(id);
  return std::visit(
      Overloaded{
          [&](const Int& type) { return read_integer(type, offset); },
          [&](const Enum& type) { return read_enum(id, type, offset, type.size); },
          [&](const Enum64& type) { return read_enum(id, type, offset, type.size); },
          [&](const Ptr&) {
            if (!contains(offset, pointer_size_)) return absent(Value::Absent::outside);
            return Value{.content = Value::Pointer{bits_at(offset, pointer_size_).low}};
          },
          [&](const Float& type) { return read_float(type, offset); },
          [&](const Array& type) { return read_array(type, offset, depth); },
          [&](const Struct& type) { return read_struct(id, type, offset, depth); },
          [&](const Union& type) { return read_struct(id, type, offset, depth); },
          [&](const Var& type) { return read_at(type.type, offset, depth + 1); },
          [&](const Datasec& type) { return read_section(id, type, offset, depth); },
          [](const auto&) { return absent(Value::Absent::no_value); },
      },
      view_.decode(id));
}

Value ValueReader::read_integer(const Int& type, Bits offset) {
  if (type.bits > kWidestInteger) return absent(Value::Absent::no_value);
  // Compilers of old said with the type where in its storage a bitfield is.
  offset = offset + type.offset;
  if (!contains(offset, type.bits)) return absent(Value::Absent::outside);
  const bool is_signed = (type.encoding & kIntSigned) != 0;
  const WideInt value = extended(bits_at(offset, type.bits), type.bits, is_signed);
  const bool is_truth = value == WideInt::of(0) || value == WideInt::of(1);
  if ((type.encoding & kIntBool) != 0 && is_truth) {
    return {.content = Value::Boolean{value.low != 0}};
  }
  return {.content = Value::Integer{value, is_signed}};
}

/// Ascending by the bits of their enum, which are their values here. Of equal ones the first
/// counts.
template <class Enumeration>
const std::vector<Enumerator>& ValueReader::enumerators(TypeId id, const Enumeration& type) {
  const auto [known, is_new] = enumerators_.try_emplace(id);
  std::vector<Enumerator>& sorted = known->second;
  if (!is_new) return sorted;
  take(type.values.size() / kEnumeratorsPerPart);
  constexpr Bits kRecord = {std::is_same_v<Enumeration, Enum64> ? 64 : 32};
  for (const auto enumerator : type.values) {
    const auto bits = enumerator_bits(enumerator.value, kRecord, type.size);
    if (bits) sorted.push_back({.name = enumerator.name, .value = *bits});
  }
  std::ranges::stable_sort(sorted, {}, &Enumerator::value);
  return sorted;
}

template <class Enumeration>
Value ValueReader::read_enum(TypeId id, const Enumeration& type, Bits offset, Bits size) {
  if (size > Bits{64}) return absent(Value::Absent::no_value);
  if (!contains(offset, size)) return absent(Value::Absent::outside);
  const WideInt value = extended(bits_at(offset, size), size, type.is_signed);
  const std::uint64_t bits = extended(value, type.size, false).low;
  const std::vector<Enumerator>& sorted = enumerators(id, type);
  const auto found = std::ranges::lower_bound(sorted, bits, {}, &Enumerator::value);
  if (found != sorted.end() && found->value == bits) {
    return {.content = Value::Enumerator{view_.string(found->name)}};
  }
  return {.content = Value::Integer{value, type.is_signed}};
}

/// A member that has a size in bits of its own: an integer or enum, of which it has fewer bits.
Value ValueReader::read_bitfield(TypeId id, Bits offset, Bits size) {
  if (!take(1)) return absent(Value::Absent::too_many);
  id = view_.skip_modifiers_and_typedefs(id);
  const Type type = view_.decode(id);
  if (const auto* integer = std::get_if<Int>(&type)) {
    Int narrow = *integer;
    narrow.offset = {};
    narrow.bits = size;
    return read_integer(narrow, offset);
  }
  if (const auto* small = std::get_if<Enum>(&type)) return read_enum(id, *small, offset, size);
  if (const auto* large = std::get_if<Enum64>(&type)) return read_enum(id, *large, offset, size);
  return absent(Value::Absent::no_value);
}

Value ValueReader::read_float(const Float& type, Bits offset) {
  const Bits size = type.size;
  if (!contains(offset, size)) return absent(Value::Absent::outside);
  if (type.size.value == 4) {
    const auto bits = static_cast<std::uint32_t>(bits_at(offset, size).low);
    return {.content = Value::Real{std::bit_cast<float>(bits), false}};
  }
  if (type.size.value == 8) {
    return {.content = Value::Real{std::bit_cast<double>(bits_at(offset, size).low), true}};
  }
  if (offset.value % 8 != 0) return absent(Value::Absent::no_value);
  const Bytes part = bytes_.subspan(whole_bytes(offset).value, type.size.value);
  take(part.size() / kBytesPerPart);
  return {.content = Value::Raw{{part.begin(), part.end()}}};
}

Value ValueReader::read_array(const Array& type, Bits offset, int depth) {
  const auto element = size_of(view_, type.type, pointer_size_);
  if (!element || offset.value % 8 != 0) return absent(Value::Absent::no_value);
  Value::Array array;
  // Elements without bytes have nothing to tell, and there may be four billion of them.
  if (element->value == 0) return {.content = std::move(array)};
  const std::uint64_t start = std::min<std::uint64_t>(whole_bytes(offset).value, bytes_.size());
  const std::uint64_t room = (bytes_.size() - start) / element->value;
  const auto count = std::min<std::uint64_t>(type.nr_elems, room);
  take(count * element->value / kBytesPerPart);
  if (is_char(view_, type.type)) {
    const std::string_view chars = as_chars(bytes_.subspan(start, count));
    return {.content = Value::Text{std::string(chars.substr(0, chars.find('\0')))}};
  }
  const auto bytes_of = [&](std::uint64_t i) {
    return as_chars(bytes_.subspan(start + i * element->value, element->value));
  };
  for (std::uint64_t i = 0; i < count;) {
    std::uint64_t next = i + 1;
    while (next < count && bytes_of(next) == bytes_of(i)) ++next;
    const Bits at = ByteCount{start + i * element->value};
    array.runs.push_back({.value = read_at(type.type, at, depth + 1), .count = next - i});
    if (std::holds_alternative<Value::Absent>(array.runs.back().value.content)) break;
    i = next;
  }
  if (count < type.nr_elems) {
    array.runs.push_back({absent(Value::Absent::outside), type.nr_elems - count});
  }
  return {.content = std::move(array)};
}

template <class Record>
Value ValueReader::read_struct(TypeId id, const Record& type, Bits offset, int depth) {
  if (const TaggedUnion* tagged = tagged_unions_.find(id)) {
    return read_tagged_union(*tagged, offset, depth);
  }
  return {.content = read_members(type.members, type.size, offset, depth)};
}

/// Members that reach past `size` are outside: what is there belongs to others.
Value::Composite ValueReader::read_members(const Records<Member>& members, ByteCount size,
                                           Bits offset, int depth) {
  const Bytes all = bytes_;
  const std::uint64_t end = (offset.value + 7) / 8 + size.value;
  bytes_ = all.first(std::min<std::uint64_t>(all.size(), end));
  Value::Composite composite;
  for (const Member member : members) {
    const Bits at = offset + member.offset;
    Value value = member.bitfield_size.value != 0
                      ? read_bitfield(member.type, at, member.bitfield_size)
                      : read_at(member.type, at, depth + 1);
    auto* inner = std::get_if<Value::Composite>(&value.content);
    if (member.name.value == 0 && inner != nullptr) {
      std::ranges::move(inner->members, std::back_inserter(composite.members));
      continue;
    }
    const bool is_end = std::holds_alternative<Value::Absent>(value.content) && parts_ == 0;
    composite.members.push_back({view_.string(member.name), std::move(value)});
    if (is_end) break;
  }
  bytes_ = all;
  return composite;
}

Value ValueReader::read_section(TypeId id, const Datasec& type, Bits offset, int depth) {
  if (!is_laid_out(view_, id)) return absent(Value::Absent::no_layout);
  Value::Composite composite;
  for (const SectionVar var : type.vars) {
    Value value = read_at(var.type, offset + var.offset, depth + 1);
    const bool is_end = std::holds_alternative<Value::Absent>(value.content) && parts_ == 0;
    composite.members.push_back({view_.name(var.type), std::move(value)});
    if (is_end) break;
  }
  return {.content = std::move(composite)};
}

Value ValueReader::read_tagged_union(const TaggedUnion& type, Bits offset, int depth) {
  Value::NoVariant none = {.why = Selection::Outcome::unknown, .discriminant = std::nullopt};
  if (const auto& discriminant = type.discriminant) {
    const Bits at = offset + discriminant->offset;
    if (!contains(at, discriminant->bits)) return absent(Value::Absent::outside);
    const WideInt bits = bits_at(at, discriminant->bits);
    none.discriminant = Value::Integer{extended(bits, discriminant->bits, discriminant->is_signed),
                                       discriminant->is_signed};
  }
  std::uint64_t compared = type.variants.size();
  for (const TaggedUnion::Variant& variant : type.variants) compared += variant.values.size();
  take(compared / kEnumeratorsPerPart);
  const Selection selected = select(type, none.discriminant ? none.discriminant->value : WideInt{});
  none.why = selected.outcome;
  if (selected.outcome != Selection::Outcome::variant) return {.content = none};

  const TaggedUnion::Variant& variant = type.variants[selected.variant];
  Value::Variant result = {.name = variant.name, .members = {}};
  if (has_own_payload(view_, variant) && tagged_unions_.find(variant.payload) == nullptr) {
    if (depth >= kMaxDepth) return absent(Value::Absent::too_deep);
    const auto payload = std::get<Struct>(view_.decode(variant.payload));
    result.members = read_members(payload.members, type.size, offset, depth + 1).members;
  } else {
    result.members.push_back({"", read_at(variant.payload, offset, depth + 1)});
  }
  return {.content = std::move(result)};
}

}  // namespace btfreloc::btf
