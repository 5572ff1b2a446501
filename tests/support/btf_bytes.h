#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btf/types.h"
#include "btf/view.h"
#include "support/byte_vector.h"
#include "support/errors.h"

// Writes BTF blobs for tests, in either byte order. It shares nothing with the reader but the
// numbers of the kinds, and checks nothing: wrong types are written as they were asked for, and a
// finished blob is spoilt further with put().

namespace btfreloc::test {

/// One 32-bit word of a type: a number, an id, or the offset of a string.
class Word {
 public:
  template <std::integral I>
  Word(I number) : number_(static_cast<std::uint32_t>(number)) {}
  Word(TypeId id) : number_(id.value) {}
  Word(const char* text) : text_(text) {}
  Word(std::string text) : text_(std::move(text)) {}

 private:
  friend class BtfBytes;
  std::uint32_t number_ = 0;
  std::optional<std::string> text_;
};

/// An entry of the layout section, in bytes. Source: include/uapi/linux/btf.h, Linux 7.1.
struct LayoutEntry {
  std::uint8_t fixed;       ///< Between the header of a type and its records.
  std::uint8_t per_record;  ///< Of which there are vlen.
};

///   BtfBytes btf(std::endian::big);
///   const TypeId i32 = btf.integer("int", 4, btf::kIntSigned);
///   btf.add(Kind::kStruct, "task", 8, {"pid", i32, 0, "tgid", i32, 32});
class BtfBytes {
 public:
  explicit BtfBytes(std::endian order = std::endian::little, const BtfBytes* base = nullptr)
      : order_(order),
        strings_(base == nullptr ? 1 : 0, '\0'),
        first_string_(base == nullptr ? 0 : base->end_of_strings()),
        next_id_(base == nullptr ? 1 : base->next_id_) {}

  std::uint32_t header_size = 24;   ///< From 32 on with a layout section.
  std::vector<LayoutEntry> layout;  ///< By kind.

  /// A type whose vlen is the number of records in `tail`.
  TypeId add(btf::Kind kind, Word name, Word third, std::vector<Word> tail = {},
             bool kind_flag = false) {
    const std::size_t per_record = words_per_record(kind);
    const std::size_t vlen = per_record == 0 ? 0 : tail.size() / per_record;
    return add_raw(static_cast<std::uint32_t>(kind), static_cast<std::uint32_t>(vlen), kind_flag,
                   std::move(name), std::move(third), tail);
  }

  TypeId add_raw(std::uint32_t kind, std::uint32_t vlen, bool kind_flag, Word name, Word third,
                 const std::vector<Word>& tail = {}) {
    starts_.push_back(static_cast<std::uint32_t>(words_.size() * 4));
    words_.push_back(number(name));
    words_.push_back(vlen | kind << 24 | (kind_flag ? 1U << 31 : 0));
    words_.push_back(number(third));
    for (const Word& word : tail) words_.push_back(number(word));
    return TypeId{next_id_++};
  }

  TypeId integer(Word name, std::uint32_t size, std::uint8_t encoding = 0) {
    return add(btf::Kind::kInt, std::move(name), size, {std::uint32_t{encoding} << 24 | size * 8});
  }
  TypeId pointer(TypeId to) { return add(btf::Kind::kPtr, 0, to); }
  TypeId array(TypeId of, TypeId index, std::uint32_t nr_elems) {
    return add(btf::Kind::kArray, 0, 0, {of, index, nr_elems});
  }
  TypeId function(Word name, TypeId proto, std::uint32_t linkage) {
    return add_raw(static_cast<std::uint32_t>(btf::Kind::kFunc), linkage, false, std::move(name),
                   proto);
  }

  /// A string that no type has; returns its offset.
  std::uint32_t add_string(const std::string& text) { return number(text); }

  /// Of the type that is added next.
  TypeId next_id() const { return TypeId{next_id_}; }

  /// Bytes from the start of the blob to a type of this writer, the first of which is 0.
  std::uint32_t offset_of(std::size_t index) const { return header_size + starts_[index]; }
  std::uint32_t offset_of_strings() const {
    return header_size + static_cast<std::uint32_t>(words_.size() * 4 + layout.size() * 4);
  }
  /// Where a type of the next blob, split on this one, finds its first string.
  std::uint32_t end_of_strings() const {
    return first_string_ + static_cast<std::uint32_t>(strings_.size());
  }

  ByteVector bytes() const {
    ByteVector blob;
    const auto append = [&](auto value) { put(blob, blob.size(), value, order_); };
    const auto types_size = static_cast<std::uint32_t>(words_.size() * 4);
    const auto layout_size = static_cast<std::uint32_t>(layout.size() * 4);
    append(std::uint16_t{0xeb9f});
    append(std::uint8_t{1});
    append(std::uint8_t{0});
    append(header_size);
    append(std::uint32_t{0});
    append(types_size);
    append(types_size + layout_size);
    append(static_cast<std::uint32_t>(strings_.size()));
    if (header_size >= 32) {
      append(types_size);
      append(layout_size);
    }
    blob.resize(header_size);
    for (const std::uint32_t word : words_) append(word);
    for (const LayoutEntry& entry : layout) {
      append(entry.fixed);
      append(entry.per_record);
      append(std::uint16_t{0});
    }
    for (const char c : strings_) blob.push_back(static_cast<std::byte>(c));
    return blob;
  }

 private:
  static std::size_t words_per_record(btf::Kind kind) {
    switch (kind) {
      case btf::Kind::kStruct:
      case btf::Kind::kUnion:
      case btf::Kind::kDatasec:
      case btf::Kind::kEnum64: return 3;
      case btf::Kind::kEnum:
      case btf::Kind::kFuncProto: return 2;
      default: return 0;
    }
  }

  /// Every string is written once more for every use: BTF does not require them to be unique.
  std::uint32_t number(const Word& word) {
    if (!word.text_) return word.number_;
    const std::uint32_t offset = end_of_strings();
    strings_.append(*word.text_).push_back('\0');
    return offset;
  }

  std::endian order_;
  std::vector<std::uint32_t> words_;
  std::vector<std::uint32_t> starts_;  ///< Of types, in bytes from the first one.
  std::string strings_;
  std::uint32_t first_string_;
  std::uint32_t next_id_;
};

/// A blob and the view of it.
struct OpenBtf {
  ByteVector bytes;
  btf::View view;
};

/// Throws, which fails the test, when the blob is refused.
inline OpenBtf open(ByteVector bytes, const btf::View* base = nullptr) {
  auto view = must(btf::View::open(bytes, base));
  return {std::move(bytes), std::move(view)};
}
inline OpenBtf open(const BtfBytes& btf, const btf::View* base = nullptr) {
  return open(btf.bytes(), base);
}

inline constexpr std::endian kOrders[] = {std::endian::little, std::endian::big};

}  // namespace btfreloc::test
