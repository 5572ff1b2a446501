#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/units.h"
#include "btf/view.h"

// The members of structs and unions as programs name them: those of anonymous members are the
// outer type's own, and a path leads to what is inside a named one. All walks are bounded, since
// types may nest without end.

namespace btfreloc::btf {

/// The members that a struct or union itself lists; none for any other type. Typedefs and modifiers
/// are not followed.
Records<Member> member_list(const View& view, TypeId id);

/// A member, or an element of an array, found in an outer type.
struct Field {
  std::string path;     ///< From the outer type: "pid", "i_atime.tv_sec", "rlim[3].rlim_cur".
  TypeId record;        ///< The struct or union whose member list has it; anonymous, perhaps. For
                        ///< an element, the array.
  std::uint32_t index;  ///< Of the member in that list, or of the element.
  TypeId type;          ///< As declared, with typedefs and modifiers.
  Bits offset;          ///< From the start of the outer type.
  Bits bitfield_size;   ///< 0: not a bitfield.
  std::optional<ByteCount> bytes;  ///< Of its type; nullopt where that means nothing.

  bool is_bitfield() const { return bitfield_size.value != 0; }
  /// What it takes: of a bitfield its own bits, of a type without a size none.
  Bits size() const {
    if (is_bitfield()) return bitfield_size;
    return bytes ? Bits(*bytes) : Bits{};
  }
};

/// The members of a struct or union (typedefs and modifiers are followed), those of anonymous
/// members in their place, in declaration order. A path is a name here. At most kMaxFields.
std::vector<Field> fields_of(const View& view, TypeId type);
inline constexpr std::size_t kMaxFields = 100'000;

/// A type and a path in it, as people write them: "task_struct", "struct inode.i_atime.tv_sec",
/// "enum bpf_func_id.BPF_FUNC_bind", "func do_exit".
struct WrittenPath {
  std::string_view keyword;  ///< "struct", "union", "enum", "typedef", "func", "var"; "" for none.
  std::string_view type;     ///< Its name.
  std::string_view path;     ///< Behind the first '.'; "" for the type itself.
};
WrittenPath read_written_path(std::string_view text);

/// Why a path leads nowhere.
struct NoField {
  enum class Why : std::uint8_t {
    no_member,   ///< `in` has no member of that name.
    no_members,  ///< `in` is no struct or union: an integer, a pointer, declared only.
    no_array,    ///< `in` is no array, and the component an index.
    bounds,      ///< `in` has fewer elements.
    bad_path,    ///< The component is neither a name nor an index: "[x", "".
    too_deep,    ///< More than kMaxPathComponents.
  };
  Why why;
  std::string component;  ///< "tv_sex", "[16]".
  std::string before;     ///< The path up to it: "i_atime"; "" at the start.
  TypeId in;              ///< Where it was looked for; typedefs and modifiers followed.
};
inline constexpr std::size_t kMaxPathComponents = 64;

/// What `path` leads to from `type`: names, of anonymous members' members as well, separated by
/// '.', and "[3]". Typedefs and modifiers are followed, pointers are not. "(anon)" may stand for an
/// anonymous member, and means nothing. Of an array without a bound, any element is taken.
std::expected<Field, NoField> find_field(const View& view, TypeId type, std::string_view path);

/// "`struct timespec64` has no member named `tv_sex`": a clause without a full stop.
std::string text(const View& view, const NoField& no_field);

/// Members found in structs inside another, and how many were looked at: what it cost.
struct NestedFields {
  std::vector<Field> found;
  std::size_t seen;
};

/// Members with one of the names, of structs and unions that lie by value in `type`, under names,
/// at most three of those inside one another: "se.vruntime". Members of `type` itself are none of
/// them. Elements of arrays are not gone into.
NestedFields find_nested(const View& view, TypeId type,
                         const std::unordered_set<std::string_view>& names);

}  // namespace btfreloc::btf
