#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "btf/header/layout.h"
#include "btf/header/selection.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// How a struct or union of C is declared in Rust, so that its size and the offsets of its members
/// are those of the BTF.
///
/// `repr(C)` places fields as C does, and `packed(N)` where they lie less aligned than their types
/// are elsewhere. What Rust lacks becomes bytes: bitfields, and gaps that C makes with attributes.
/// `align(N)` is not used. rustc has no such type in a packed one (E0587, E0588), where C has many;
/// an empty array of integers aligns as well, up to 16 bytes; and to claim less alignment than the
/// kernel's is safe, while more is not: the kernel, too, has `____cacheline_aligned` types in
/// memory that is aligned to 8 bytes.
struct RustLayout {
  struct PlacedField {
    enum class Content : std::uint8_t {
      member,
      bitfields,  ///< The bytes that hold one bitfield or more.
      padding,
    };
    Content content;
    ByteCount offset;
    ByteCount size;
    btf::PlacedField member = {};  ///< Of Content::member.
  };

  /// A bitfield, in bytes that begin less than 8 bits before it.
  struct Bitfield {
    btf::PlacedField member;
    std::uint32_t storage;  ///< Index of its field.
    Bits offset;  ///< From the start of that field: in big endian, from the highest bit of the
                  ///< first byte.
  };

  ByteCount size;
  std::uint32_t alignment = 1;         ///< In bytes; a power of two, 16 at most.
  bool is_packed = false;              ///< Needs packed(alignment).
  std::uint32_t alignment_marker = 0;  ///< Bytes of the integer whose empty array has to be in it.
  std::vector<PlacedField> fields;     ///< Of a struct, ascending and not overlapping.
  std::vector<Bitfield> bitfields;
};

/// Those of a STRUCT or UNION; none of another kind.
Records<Member> members_of(const View& view, TypeId id);

/// The layouts of the structs and unions of a selection. `selection` and `layouts` must outlive it.
class RustLayouts {
 public:
  RustLayouts(const HeaderSelection& selection, Layouts& layouts);

  /// Of a STRUCT or UNION. Members that do not fit are added to `misfits`.
  RustLayout of(TypeId id, std::vector<MisfitField>& misfits);

  /// The alignment that rustc gives to what is declared for the type, in bytes. It does not depend
  /// on which members are selected. A type without a name has no more than where it lies: rustc has
  /// no references to less aligned ones, as accessors take.
  std::uint32_t alignment(TypeId id);

  /// Alignments up to this one are the same on all targets with the kernel's size of pointers, in
  /// bytes. Integers of 16 bytes are aligned to 8 on s390x and in x86's rustc before 1.77, those of
  /// 8 bytes to 8 on 32-bit Arm.
  std::uint32_t certain_alignment() const;

 private:
  TypeId element(TypeId id) const;
  std::uint32_t record_alignment(TypeId id);
  std::uint32_t alignment_of_members(TypeId id, const Records<Member>& members);
  void lower_unnamed(TypeId outer);
  void add_struct_fields(RustLayout& layout, const std::vector<PlacedField>& members);
  void add_union_fields(RustLayout& layout, const std::vector<PlacedField>& members);
  void align(RustLayout& layout);

  const View& view_;
  Layouts& layouts_;
  std::unordered_map<TypeId, std::uint32_t> records_;  ///< Alignments of structs and unions.
};

}  // namespace btfreloc::btf
