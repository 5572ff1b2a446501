#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_set>
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
  endless,    ///< It contains the struct that it is in, or nests deeper than kMaxNesting.
  too_large,  ///< Reaches past the end of the struct.
  overlap,    ///< Begins before the member in front of it ends; or, in a union, not at its start.
  bits,       ///< A bitfield that its type has no room for, or other members between bytes.
};
/// One clause, lower case, no full stop: "it overlaps the one before".
std::string_view text(Misfit reason);

/// Types in types by value, each a level, typedefs, qualifiers and arrays included.
inline constexpr int kMaxNesting = 128;
/// Bytes of an object, as compilers for 32-bit targets take.
inline constexpr std::uint64_t kMaxObject = INT32_MAX;

/// A member where it lies.
struct PlacedField {
  Member member;        ///< With the offset and width of bitfields, however the BTF has them.
  std::uint32_t index;  ///< In the record.
  Bits size;            ///< Of a bitfield, its width.
  bool is_bitfield;

  Bits end() const { return member.offset + size; }
};
struct MisfitField {
  std::uint32_t index;
  Misfit reason;
};

/// Layouts of the types of a selection. Remembers what it has found out.
class Layouts {
 public:
  /// `selection` must outlive this, and is complete.
  explicit Layouts(const HeaderSelection& selection);

  const DataModel& model() const { return model_; }

  /// nullopt for what no object is of: void, functions, forward declarations, types that contain
  /// themselves, arrays of such types, and what is larger than kMaxObject.
  std::optional<TypeLayout> of(TypeId id);
  bool is_object(TypeId id) { return known(id).is_object; }
  /// The kind behind typedefs, qualifiers and tags; void when they do not end, and for numbers and
  /// enums of sizes that C has not.
  Kind base_kind(TypeId id) { return known(id).base; }
  /// Of a STRUCT or UNION that is an object.
  RecordLayout record(TypeId id);
  /// The members of a STRUCT or UNION that the selection has and that fit, by offset: in a struct,
  /// each begins where the one before it ends, or later. Those of the selection that do not fit are
  /// added to `misfits`.
  void fields(TypeId id, std::vector<PlacedField>& fields, std::vector<MisfitField>& misfits);
  /// Calls f(PlacedField) for what fields() gives, where it gives all members, in the order of the
  /// record; else returns false.
  template <class F>
  bool for_each_regular_field(TypeId id, F&& f) {
    if (!known(id).is_regular || selection_.extent(id) != Extent::whole) return false;
    std::uint32_t index = 0;
    for (const Member member : members(id)) {
      const bool is_bitfield = member.bitfield_size.value != 0;
      const Bits size = ByteCount{known_[member.type.value].size};
      f(PlacedField{.member = member,
                    .index = index++,
                    .size = is_bitfield ? member.bitfield_size : size,
                    .is_bitfield = is_bitfield});
    }
    return true;
  }

 private:
  enum class State : std::uint8_t { unknown, asked, known };
  struct Known {
    std::uint32_t size = 0;      ///< In bytes.
    std::uint8_t alignment = 1;  ///< In bytes.
    std::uint8_t nesting = 0;    ///< Levels of types in it.
    Kind base = Kind::kVoid;
    State state : 2 = State::unknown;
    bool is_object : 1 = false;
    bool is_packed : 1 = false;
    bool is_endless : 1 = false;
    bool is_part_of_int : 1 = false;  ///< Fewer bits than its bytes have: an old kind of bitfield.
    bool is_bool : 1 = false;         ///< Which has one bit.
    bool is_regular : 1 = false;      ///< All members fit, in the order of the record.
  };
  struct Step {
    TypeId type;
    std::uint32_t next = 0;  ///< Index of the reference to look at.
  };

  const Known& known(TypeId id) {
    ask(id, 0);
    return known_[id.value];
  }
  void ask(TypeId id, int depth) {
    if (known_[id.value].state == State::unknown) learn(id, depth + 1);
  }
  void learn(TypeId id, int depth);
  void finish(TypeId id, int depth);
  std::optional<TypeId> next_unknown(Step& step) const;
  Known conclude(TypeId id, int depth);
  Known conclude_by_kind(TypeId id, int depth);
  Known alias_of(TypeId id, int depth);
  Known array(const Array& type, int depth);
  Known composite(TypeId id, const Records<Member>& members, int depth);
  Records<Member> members(TypeId id) const;
  bool place_regular(Known& type, const Records<Member>& members, int depth);
  static void add(Known& type, const PlacedField& field, const Known& of);
  template <class F>
  void place_all(TypeId id, const Records<Member>& members, F&& f) const;
  std::optional<Misfit> place(TypeId record, Bits end, PlacedField& field) const;
  bool place_bits(PlacedField& field) const;

  static std::uint64_t member_key(TypeId record, std::uint32_t index) {
    return std::uint64_t{record.value} << 32 | index;
  }

  const HeaderSelection& selection_;
  const View& view_;
  DataModel model_;
  std::vector<Known> known_;  ///< By id.
  std::vector<Step> steps_;   ///< Of learn(): types that wait for others.
  /// Members whose types contain the struct they are in; none in BTF of a C compiler.
  std::unordered_set<std::uint64_t> endless_;
};

}  // namespace btfreloc::btf
