#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/header/selection.h"
#include "btf/view.h"

// BTF says where members are, and nothing of alignment: `packed` and `aligned` are not in it. A
// compiler puts members where their alignment has them, so both have to be found out from offsets
// and sizes, and what remains is filled with padding.

namespace btfreloc::btf {

/// The rules of the target that a header is compiled for, as far as they differ.
struct DataModel {
  ByteCount pointer_size = {8};
  /// Of integers and floats of 8 bytes inside structs: 4 on i386, 8 elsewhere.
  ByteCount alignment_of_8 = {8};

  /// That of the kernel which the view describes; but __int128 is aligned to 16 bytes, as for BPF,
  /// also where the kernel (s390x) has 8.
  static DataModel of(const View& view);
};

/// Of any type that objects can have.
struct TypeLayout {
  ByteCount size;
  ByteCount alignment;  ///< What the compiler takes it for, given the attributes of RecordLayout.
};

/// How a compiler has to be told about a struct or union.
struct RecordLayout {
  ByteCount size;
  ByteCount alignment;      ///< With the attributes.
  bool is_packed = false;   ///< Members are not where the alignment of their types would have them.
  bool is_aligned = false;  ///< Its members alone, as far as the header has them, have less than
                            ///< `alignment`: it takes an attribute.
};

/// Why a header leaves a member out. What BTF of a C compiler says has none of these.
enum class Misfit : std::uint8_t {
  no_object,  ///< It is void, a function, or a struct that is only declared.
  endless,    ///< A struct that contains itself, or nests deeper than compilers follow.
  too_large,  ///< Reaches past the end of the struct, or of what a compiler can address.
  overlap,    ///< Begins before the member in front of it ends.
  bits,       ///< A bitfield whose type is no integer or too small, or a member between bytes.
};
std::string_view text(Misfit reason);

/// A member where it lies.
struct Field {
  Member member;
  std::uint32_t index;  ///< In the record.
  Bits size;            ///< Of a bitfield, its width.
  bool is_bitfield;
};
struct MisfitField {
  std::uint32_t index;
  Misfit reason;
};

/// Layouts of the types of a selection. Remembers those that were asked for.
class Layouts {
 public:
  /// `selection` must outlive this, and is complete.
  explicit Layouts(const HeaderSelection& selection);

  const DataModel& model() const { return model_; }

  /// nullopt for what no object is of: void, functions, forward declarations, types that contain
  /// themselves, arrays of such types or larger than compilers take.
  std::optional<TypeLayout> of(TypeId id);
  /// Of a STRUCT or UNION.
  RecordLayout record(TypeId id);
  /// The members of a STRUCT or UNION that the selection has and that fit, in the order of the
  /// record: in a struct, each begins where the one before it ends, or later. Those that do not
  /// fit are added to `misfits`.
  void fields(TypeId id, std::vector<Field>& fields, std::vector<MisfitField>& misfits);

 private:
  struct Known {
    std::uint32_t size = 0;
    std::uint8_t alignment = 0;  ///< 0: not looked at yet.
    std::uint8_t state = 0;
  };

  const HeaderSelection& selection_;
  const View& view_;
  DataModel model_;
  std::vector<Known> known_;  ///< By id.
};

}  // namespace btfreloc::btf
