#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/uninitialized.h"
#include "base/units.h"
#include "btf/kinds.h"
#include "btf/references.h"
#include "btf/types.h"

namespace btfreloc::btf {

class NameIndex;

/// Longest string that is told from others, in bytes. Strings may share their bytes, so that a
/// megabyte of them could otherwise stand for many gigabytes; the kernel takes 511 (KSYM_NAME_LEN).
inline constexpr std::size_t kMaxStringSize = 4096;

/// The parts of a BTF header, as found. Offsets count from the start of the blob.
struct Header {
  std::endian order;
  std::uint32_t header_size;   ///< In bytes; 24 is classic, 32 has a layout section.
  std::uint32_t types_offset;  ///< In bytes.
  std::uint32_t types_size;
  std::uint32_t strings_offset;
  std::uint32_t strings_size;
  std::uint32_t layout_offset;
  std::uint32_t layout_size;  ///< 0: no layout section.

  /// Bytes from the start of the blob to the end of its last part.
  std::uint64_t end() const;
};

/// Reads and checks the header alone: magic, version, and that the parts lie inside `blob`.
Result<Header> read_header(Bytes blob, std::string_view section = ".BTF");

/// A type whose name is one of those asked for.
struct NamedType {
  TypeId type;
  std::uint32_t name;  ///< Index into the names asked for.
};

/// BTF that was checked once and is read in place. Does not own the bytes.
///
/// Ids are 0 (void) to size()-1. In split BTF they continue those of the base, and string
/// offsets continue the base's strings; ids below first_id() are answered by the base.
class View {
 public:
  /// Proves in one pass, without decoding, that every record lies inside the type section and
  /// every type id and string offset means something. O(types); keeps 4 bytes per type.
  ///
  /// `base` must outlive the view; its bytes are not looked at again. `section` names the place
  /// in errors. Whether the kernel would accept this BTF is a different, slower question.
  static Result<View> open(Bytes blob, const View* base = nullptr,
                           std::string_view section = ".BTF");

  View(View&&) noexcept;
  View& operator=(View&&) noexcept;
  View(const View&) = delete;
  View& operator=(const View&) = delete;
  ~View();

  std::endian order() const { return header_.order; }
  const Header& header() const { return header_; }
  Bytes blob() const { return blob_; }                    ///< Without the base.
  std::size_t blob_size() const { return blob_.size(); }  ///< In bytes, without the base.
  const View* base() const { return base_; }
  TypeId first_id() const { return first_id_; }  ///< 1, or the size of the base.
  std::uint32_t size() const { return first_id_.value + own_count(); }
  std::uint32_t own_count() const { return static_cast<std::uint32_t>(offsets_.size()); }
  bool contains(TypeId id) const { return id.value < size(); }

  /// Size of a pointer in the program or kernel that was described: that of `long`, where the
  /// BTF has one. Source: determine_ptr_size() in libbpf, src/btf.c.
  ByteCount pointer_size() const;
  /// The integer that pointer_size() goes by; 0 when there is none, and pointers have 8 bytes.
  TypeId pointer_size_type() const;
  /// True for a `long` of 4 or 8 bytes: the first one is the pointer_size_type().
  bool is_long(TypeId id) const;

  /// The type behind an id, by value; records are read from the file as they are asked for.
  /// Cannot fail for an id below size().
  Type decode(TypeId id) const;
  /// Its kind without the rest; nullopt for a kind this version does not know.
  std::optional<Kind> kind(TypeId id) const {
    const std::uint8_t kind = kind_number(id);
    if (kind >= kFirstUnknownKind) return std::nullopt;
    return static_cast<Kind>(kind);
  }
  /// The same as info(id).kind, for those who look at all types.
  std::uint8_t kind_number(TypeId id) const {
    if (id.value == 0) return 0;
    const std::size_t byte = header_.order == std::endian::little ? 7 : 4;
    return std::to_integer<std::uint8_t>(at(id)[byte]) & 0x7f;
  }
  Info info(TypeId id) const { return id.value == 0 ? Info{} : Info::unpack(word(id, 4)); }
  /// Calls f(TypeId, kind number) for all types but void, the base's first: the fast way to go over
  /// them.
  template <class F>
  void for_each_kind(F&& f) const {
    if (base_ != nullptr) base_->for_each_kind(f);
    for_each_own_kind(f);
  }
  template <class F>
  void for_each_own_kind(F&& f) const {
    const std::size_t byte = header_.order == std::endian::little ? 7 : 4;
    const std::byte* const kinds = blob_.data() + header_.types_offset + byte;
    TypeId id = first_id_;
    for (const std::uint32_t offset : offsets_) {
      f(id, static_cast<std::uint8_t>(kinds[offset]) & 0x7fU);
      ++id.value;
    }
  }
  /// The third word of its header: a size in bytes, a type id, or unused, see KindTraits.
  std::uint32_t third_word(TypeId id) const { return id.value == 0 ? 0 : word(id, 8); }
  std::string_view name(TypeId id) const { return string(name_offset(id)); }
  StrOff name_offset(TypeId id) const { return StrOff{id.value == 0 ? 0 : word(id, 0)}; }
  /// Bytes from the start of the blob that holds it to the type, for errors about it.
  std::uint64_t type_offset(TypeId id) const;

  /// All bytes of a type, from its header to its last record, in the order of the file.
  Bytes record(TypeId id) const;
  /// The string section, without the base's.
  Bytes strings() const { return blob_.subspan(header_.strings_offset, header_.strings_size); }
  /// String offset of the first byte of strings(): 0, or the end of the base's.
  std::uint32_t strings_start() const { return strings_start_; }
  /// String offset behind their last byte, where a blob split on this one continues.
  std::uint32_t strings_end() const { return strings_end_; }

  /// The string at an offset that a type of this view holds; cut at kMaxStringSize.
  std::string_view string(StrOff offset) const;
  /// string(offset) == text, for a text shorter than kMaxStringSize, without measuring the string.
  bool string_is(StrOff offset, std::string_view text) const {
    const char first = first_char(offset);
    if (text.empty()) return first == '\0';
    return first == text[0] && rest_is(offset, text);
  }
  /// The first character of a string; zero when it is empty.
  char first_char(StrOff offset) const {
    if (offset.value < strings_start_) return base_->first_char(offset);
    if (offset.value >= strings_end_) return '\0';
    return static_cast<char>(blob_[header_.strings_offset + (offset.value - strings_start_)]);
  }
  bool has_string(StrOff offset) const { return offset.value < strings_end_; }
  /// The string section from a string's first byte on, for those who measure the string themselves;
  /// its last byte is a NUL, unless there are no strings.
  std::string_view strings_from(StrOff offset) const {
    if (offset.value < strings_start_) return base_->strings_from(offset);
    if (offset.value >= strings_end_) return {};
    const auto* const text = reinterpret_cast<const char*>(blob_.data() + header_.strings_offset +
                                                           (offset.value - strings_start_));
    return {text, strings_end_ - offset.value};
  }

  /// Follows const, volatile, restrict, typedef and type tags, kMaxModifiers at most; a longer
  /// chain (or a cycle) ends at void.
  TypeId skip_modifiers(TypeId id) const;
  TypeId skip_modifiers_and_typedefs(TypeId id) const;

  /// Calls f(TypeId) for every type that this one refers to, repeats included.
  template <class F>
  void for_each_type_id(TypeId id, F&& f) const {
    const Info of = info(id);
    if (id.value == 0 || of.kind >= kFirstUnknownKind) return;
    for_each_reference(
        at(id), traits(static_cast<Kind>(of.kind)), of.vlen, order(),
        [&](std::size_t, std::uint32_t to) { f(TypeId{to}); }, [](std::size_t, std::uint32_t) {});
  }

  /// Ids whose essential name (without a ___flavor) is `essential_name`, ascending, those of the
  /// base not included. Valid as long as the view. The index is built on the first call, which is
  /// safe from several threads.
  std::span<const TypeId> named(std::string_view essential_name) const;

  /// Own types of one of the kinds whose essential name is one of those given, ascending by id.
  /// One fast pass over all types, for callers who ask once, for many names.
  std::vector<NamedType> find_named(std::span<const std::string_view> essential_names,
                                    KindSet kinds) const;

 private:
  View();

  std::vector<NamedType> find_named_by_comparing(std::span<const std::string_view> essential_names,
                                                 KindSet kinds) const;
  template <std::endian kOrder>
  std::vector<NamedType> find_named_in(std::span<const std::string_view> essential_names,
                                       KindSet kinds) const;

  /// The place of a type of this view or its base: where its 12-byte header starts.
  const std::byte* at(TypeId id) const {
    if (id < first_id_) return base_->at(id);
    return blob_.data() + header_.types_offset + offsets_[id.value - first_id_.value];
  }
  std::uint32_t word(TypeId id, std::uint32_t byte) const {
    return load<std::uint32_t>(at(id) + byte, header_.order);
  }
  bool rest_is(StrOff offset, std::string_view text) const;
  TypeId skip(TypeId id, bool typedefs) const;

  Bytes blob_;
  Header header_ = {};
  const View* base_ = nullptr;
  TypeId first_id_{1};
  std::uint32_t strings_start_ = 0;  ///< String offset of our first own byte.
  std::uint32_t strings_end_ = 0;
  UninitializedVector<std::uint32_t> offsets_;  ///< Of own types, in bytes from the type section.
  std::unique_ptr<NameIndex> index_;
  mutable std::uint32_t pointer_size_ = 0;  ///< In bytes; 0: not looked for yet.
};

/// Bytes of the type as they lie in memory: arrays multiplied, typedefs followed. nullopt where
/// that means nothing (functions, void, forward declarations, chains above kMaxModifiers).
/// Source: btf__resolve_size() in libbpf, src/btf.c.
std::optional<ByteCount> size_of(const View& view, TypeId id, ByteCount pointer_size);

/// The number of bytes of `name` before its flavor: 11 for "task_struct___old". A flavor starts
/// at the last "___" that has something other than '_' on both sides.
/// Source: bpf_core_essential_name_len() in libbpf, src/relo_core.c.
std::size_t essential_length(std::string_view name);

}  // namespace btfreloc::btf
