#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/units.h"
#include "btf/tagged_union.h"
#include "btf/view.h"
#include "btf/wide_int.h"

namespace btfreloc::btf {

/// Bytes understood as a value of a BTF type. Names point into the view, or into the reader that
/// made it.
struct Value {
  struct Member;

  struct Integer {
    WideInt value;
    bool is_signed = false;
  };
  struct Boolean {
    bool value;
  };
  struct Enumerator {
    std::string_view name;
  };
  struct Pointer {
    std::uint64_t address;
  };
  struct Real {
    double value;
    bool is_double;  ///< Of 8 bytes; else of 4.
  };
  /// An array of char, up to its first NUL.
  struct Text {
    std::string chars;
  };
  /// What has a size, and bytes that are not understood: floats of other sizes.
  struct Raw {
    std::vector<std::byte> bytes;
  };
  /// Elements that follow each other and have equal bytes are one run.
  struct Run;
  struct Array {
    std::vector<Run> runs;
  };
  /// A struct, section or union, whose members lie over each other. Members of an unnamed member
  /// are its own.
  struct Composite {
    std::vector<Member> members;
  };
  /// The active variant of a tagged union.
  struct Variant {
    std::string_view name;
    /// One without a name where the payload is not the variant's own struct.
    std::vector<Member> members;
  };
  /// A tagged union of which nobody can say what variant is active.
  struct NoVariant {
    Selection::Outcome why;
    std::optional<Integer> discriminant;  ///< Where there is one.
  };
  enum class Absent : std::uint8_t {
    no_value,   ///< The type has no values: void, functions, forward declarations.
    outside,    ///< It would reach past the end of the bytes, or of the struct that has it.
    no_layout,  ///< A section whose variables have no places yet.
    too_deep,   ///< Nested deeper than 32 levels.
    too_many,   ///< Types of a hostile file that describe each byte again and again.
  };

  std::variant<Absent, Integer, Boolean, Enumerator, Pointer, Real, Text, Raw, Array, Composite,
               Variant, NoVariant>
      content;
};

struct Value::Member {
  std::string_view name;
  Value value;
};
struct Value::Run {
  Value value;
  std::uint64_t count;
};

/// Bytes of one value as it lies in memory or in a map; nullopt where that means nothing. A section
/// that no linker has measured ends with its last variable.
std::optional<ByteCount> value_size(const View& view, TypeId id);

/// Whether a DATASEC says where its variables are; true of other types. Compilers leave that to the
/// linker or loader, and write a section of size 0 with all variables at its start.
bool is_laid_out(const View& view, TypeId id);

/// Understands bytes as values. The view says in which byte order they are, and must outlive the
/// reader, which must outlive the values.
class ValueReader {
 public:
  /// `total` bytes will be read: what is understood is limited in proportion to them.
  ValueReader(const View& view, ByteCount total);

  /// The value of a type that `bytes` hold. Cannot fail: parts that make no sense say so.
  Value read(TypeId type, Bytes bytes);

 private:
  Value read_at(TypeId id, Bits offset, int depth);
  Value read_bitfield(TypeId id, Bits offset, Bits size);
  Value read_integer(const Int& type, Bits offset);
  template <class Enumeration>
  Value read_enum(TypeId id, const Enumeration& type, Bits offset, Bits size);
  Value read_float(const Float& type, Bits offset);
  Value read_array(const Array& type, Bits offset, int depth);
  template <class Record>
  Value read_struct(TypeId id, const Record& type, Bits offset, int depth);
  Value read_section(TypeId id, const Datasec& type, Bits offset, int depth);
  Value read_tagged_union(const TaggedUnion& type, Bits offset, int depth);

  Value::Composite read_members(const Records<Member>& members, ByteCount size, Bits offset,
                                int depth);
  template <class Enumeration>
  const std::vector<Enumerator>& enumerators(TypeId id, const Enumeration& type);
  WideInt bits_at(Bits offset, Bits size) const;
  bool contains(Bits offset, Bits size) const;
  /// False when nothing more may be read.
  bool take(std::uint64_t parts);

  const View& view_;
  ByteCount pointer_size_;
  TaggedUnions tagged_unions_;
  std::uint64_t parts_;  ///< Values that may still be read.
  Bytes bytes_;  ///< Of the value that is being read, up to the end of its innermost struct.
  std::map<TypeId, std::vector<Enumerator>> enumerators_;  ///< Of enums that were read.
};

}  // namespace btfreloc::btf
