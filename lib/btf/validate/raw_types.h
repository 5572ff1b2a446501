#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "btf/kinds.h"
#include "btf/references.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// Bytes of the longest name that any kernel takes. Source: KSYM_NAME_LEN, Linux 6.1.
inline constexpr std::size_t kMaxNameSize = 512;

/// The types of a blob as far as one can be told from the next, whatever they refer to. Unlike a
/// View, it has references that mean nothing, and names that are not there. Does not own the bytes.
class RawTypes {
 public:
  RawTypes(Bytes blob, std::endian order, const View* base)
      : blob_(blob),
        order_(order),
        base_(base),
        first_id_(base == nullptr ? 1 : base->size()),
        strings_start_(base == nullptr ? 0 : base->strings_end()) {}

  /// Where each own type starts, in bytes from the start of the blob.
  std::vector<std::uint32_t> offsets = {};
  Bytes strings = {};
  /// False when it is not known which bytes are the strings: then every name is there.
  bool has_strings = true;
  /// Bits of an info word that say something.
  std::uint32_t info_mask = 0xffffffff;

  std::endian order() const { return order_; }
  TypeId first_id() const { return TypeId{first_id_}; }
  /// One more than the highest id.
  std::uint32_t end_id() const { return first_id_ + static_cast<std::uint32_t>(offsets.size()); }
  bool has(TypeId id) const { return id.value < end_id(); }
  bool is_own(TypeId id) const { return id.value >= first_id_; }

  /// In bytes from the start of the blob; of an own type.
  std::uint32_t offset_of(TypeId id) const { return offsets[id.value - first_id_]; }
  std::uint32_t word(TypeId id, std::size_t byte) const {
    return load<std::uint32_t>(at(id) + byte, order_);
  }
  /// Of an id with no type behind it: like void.
  Info info(TypeId id) const {
    if (id.value == 0 || !has(id)) return Info{};
    if (!is_own(id)) return base_->info(id);
    return Info::unpack(word(id, 4) & info_mask);
  }
  /// kVoid of void; of kinds that are not ours, too.
  Kind kind(TypeId id) const { return traits_or_unknown(info(id).kind).kind; }
  /// The third word: a size in bytes or a type id.
  std::uint32_t third(TypeId id) const {
    if (id.value == 0 || !has(id)) return 0;
    return is_own(id) ? word(id, 8) : base_->third_word(id);
  }
  StrOff name_offset(TypeId id) const {
    if (id.value == 0 || !has(id)) return StrOff{0};
    return is_own(id) ? StrOff{word(id, 0)} : base_->name_offset(id);
  }

  bool has_string(std::uint32_t offset) const {
    return !has_strings || offset < strings_start_ || offset - strings_start_ < strings.size();
  }
  /// Cut at `most` bytes: strings may share their bytes, so that looking for the end of
  /// each could take the square of their size. "" when it is not there.
  std::string_view string(std::uint32_t offset, std::size_t most = kMaxNameSize + 1) const {
    if (offset < strings_start_) return base_->string(StrOff{offset}).substr(0, most);
    if (!has_strings || !has_string(offset)) return {};
    const std::string_view rest = as_chars(strings).substr(offset - strings_start_, most);
    return rest.substr(0, rest.find('\0'));
  }
  std::string_view name(TypeId id) const { return string(name_offset(id).value); }

  /// Its first byte, with the whole type behind it.
  const std::byte* record_bytes(TypeId id) const { return at(id); }
  /// The record with this index behind an own type of a kind that has records.
  template <class R>
  R record(TypeId id, std::uint32_t index) const {
    const Info of = info(id);
    return R::read(at(id) + kTypeHeaderSize + std::size_t{index} * R::kSize, order_, of.kind_flag);
  }

 private:
  const std::byte* at(TypeId id) const { return blob_.data() + offset_of(id); }

  Bytes blob_;
  std::endian order_;
  const View* base_;
  std::uint32_t first_id_;
  std::uint32_t strings_start_;  ///< String offset of our first own byte.
};

}  // namespace btfreloc::btf
