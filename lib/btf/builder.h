#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/references.h"
#include "btf/types.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// BTF on its way out: types in id order and the strings they have, in either byte order. Types are
/// the structs that View::decode() gives, and names are offsets that string() gives:
///
///   Builder btf;
///   const TypeId u32 = btf.add(Int{.name = btf.string("u32"), .size = {4}, .bits = {32}});
///   btf.add_struct(btf.string("task"), {8}, {{{.name = btf.string("pid"), .type = u32}}});
///   TRY(const std::vector<std::byte> blob, btf.blob());
///
/// Checks nothing: ids may name types that are added later, and what no kernel takes is written as
/// it was asked for.
class Builder {
 public:
  /// With a base, ids and string offsets continue the base's, whose strings are used where they are
  /// equal. The base must have that byte order and outlive the builder.
  explicit Builder(std::endian order = std::endian::native, const View* base = nullptr);

  /// A builder with the strings of `view` at the offsets they have there, unused ones included, and
  /// no types: what else refers to them (.BTF.ext) stays right. New strings come behind.
  static Builder with_strings_of(const View& view);

  /// Everything of `view`: types, strings, and with them what canonical BTF has no place for (more
  /// header, gaps, the layout section). Unless something is added, blob() is the view's bytes.
  static Builder copy_of(const View& view);

  std::endian order() const { return order_; }
  /// The id of the next type that is added.
  TypeId next_id() const { return TypeId{next_id_}; }

  /// The offset of a string, which is added unless it is there. It has no NUL inside, and does not
  /// lie in this builder's own strings.
  StrOff string(std::string_view text);
  /// The string at an offset that string() gave.
  std::string_view text(StrOff offset) const;

  TypeId add(const Int& type);
  TypeId add(const Ptr& type);
  TypeId add(const Array& type);
  TypeId add(const Fwd& type);
  TypeId add(const Typedef& type);
  TypeId add(const Volatile& type);
  TypeId add(const Const& type);
  TypeId add(const Restrict& type);
  TypeId add(const Func& type);
  TypeId add(const Var& type);
  TypeId add(const Float& type);
  TypeId add(const DeclTag& type);
  TypeId add(const TypeTag& type);
  /// With kind_flag when any member is a bitfield, whose offsets then have 24 bits.
  TypeId add_struct(StrOff name, ByteCount size, std::span<const Member> members);
  TypeId add_union(StrOff name, ByteCount size, std::span<const Member> members);
  TypeId add_enum(StrOff name, ByteCount size, bool is_signed, std::span<const Enumerator> values);
  TypeId add_enum64(StrOff name, ByteCount size, bool is_signed,
                    std::span<const Enumerator> values);
  TypeId add_func_proto(TypeId return_type, std::span<const Param> params);
  TypeId add_datasec(StrOff name, ByteCount size, std::span<const SectionVar> vars);
  /// Gives the type added last another name: for kinds that have none, as PTR, which compilers
  /// name nevertheless.
  void rename_last(StrOff name);

  /// A type of another blob, bit for bit but for its byte order and references: `type_id(TypeId)`
  /// and `string(StrOff)` say what each becomes. `string` may add strings here. Kinds that this
  /// version does not know have a name and no other reference.
  template <class MapType, class MapString>
  TypeId copy(const View& from, TypeId id, MapType&& type_id, MapString&& string) {
    const Info info = from.info(id);
    std::byte* const type = append_words(from.record(id), from.order());
    for_each_reference(
        type, traits_or_unknown(info.kind), info.vlen, order_,
        [&](std::size_t byte, std::uint32_t to) {
          store<std::uint32_t>(type + byte, type_id(TypeId{to}).value, order_);
        },
        [&](std::size_t byte, std::uint32_t offset) {
          store<std::uint32_t>(type + byte, string(StrOff{offset}).value, order_);
        });
    last_type_ = static_cast<std::size_t>(type - types_.data());
    return TypeId{next_id_++};
  }

  /// Adds a layout section, which lets readers step over kinds they do not know. Kernels before 7.1
  /// and libraries of their time refuse such a blob.
  void add_layout();
  /// Takes over the layout section of a view; none, where it has none.
  void keep_layout_of(const View& view);

  /// The blob: header, types, layout, strings, without gaps unless it began as a copy. Fails when
  /// it is longer than the 32-bit offsets of its header reach.
  Result<std::vector<std::byte>> blob() const;

 private:
  /// What blob() writes around the parts of a copy, in the order in which they lie in the file.
  struct Frame {
    std::vector<std::byte> header;
    std::vector<std::byte> before_types;
    std::vector<std::byte> before_layout;
    std::vector<std::byte> before_strings;
    std::vector<std::byte> after;
    enum class Layout : std::uint8_t { before_types, before_strings, last };
    Layout layout = Layout::before_strings;
  };

  std::byte* append_words(Bytes words, std::endian order);
  void append_word(std::uint32_t word);
  TypeId add(Info info, StrOff name, std::uint32_t third);
  TypeId add(Kind kind, StrOff name, std::uint32_t third);
  TypeId add_composite(Kind kind, StrOff name, ByteCount size, std::span<const Member> members);

  void index_strings();
  void enter(std::uint32_t offset, std::string_view text);
  std::uint32_t* slot_of(std::string_view text);

  std::endian order_;
  const View* base_;
  std::uint32_t next_id_;
  std::size_t last_type_ = 0;    ///< Where the type added last begins in types_.
  std::uint32_t strings_start_;  ///< String offset of our first own byte.
  Frame frame_;
  std::vector<std::byte> types_;
  std::vector<std::byte> layout_;
  std::vector<std::byte> strings_;
  /// Offsets of strings plus one, by hash, base included; 0 is empty. Made by the first string().
  std::vector<std::uint32_t> table_;
  std::size_t table_used_ = 0;
};

/// The own types of `view` as they are, with the same ids, and the strings that they have, each
/// once; without gaps and, unless there are kinds that this version does not know, a layout
/// section. Strings of kMaxStringSize and more are cut.
Builder canonical(const View& view);

}  // namespace btfreloc::btf
