#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// How much of a type a header has, from nothing to everything.
enum class Extent : std::uint8_t {
  absent,
  declared,  ///< A struct or union that is only named: `struct file;`.
  partial,   ///< Its true size and alignment, and those members or enumerators that were asked for.
  whole,
};

/// What a header declares of a view and its base. Whatever is added brings along what it needs:
///
/// - a whole struct, the whole of every type that it contains by value;
/// - a member of a partial struct, the size of what it contains: a partial type without members,
///   unless more of that type is added;
/// - either, the typedefs and enums it names, and the names of structs behind pointers.
///
/// Linear in the records of what is added; hostile types are gone through once, as others are.
class HeaderSelection {
 public:
  /// Nothing yet. `view` must outlive the selection. Ids are those of `view`, its base's included.
  explicit HeaderSelection(const View& view);

  /// All types of the view, without functions and variables. Of a base, what they need of it.
  static HeaderSelection all(const View& view);

  /// The type with all that is in it. A FUNC is its prototype; other kinds that are no types in C
  /// (VAR, DATASEC, DECL_TAG) are ignored.
  void add(TypeId id);
  /// One member of a struct or union, or one enumerator of an enum, by its index in the record.
  void add_record(TypeId id, std::uint32_t index);
  /// A struct or union with the size and alignment it has, and no members but those added.
  void add_opaque(TypeId id);
  /// The name of a struct or union.
  void declare(TypeId id);
  /// The prototypes of the view's own functions that are tagged bpf_kfunc.
  void add_kfuncs();

  const View& view() const { return *view_; }
  Extent extent(TypeId id) const { return extents_[id.value]; }
  /// Whether a header has this member or enumerator: all of a whole type.
  bool has_record(TypeId id, std::uint32_t index) const;
  /// Types that are not absent, ascending. Anonymous ones are part of those that refer to them,
  /// see is_part().
  std::vector<TypeId> types() const;
  /// Whether a type that the header has refers to this one and, since it has no name, contains
  /// its declaration.
  bool is_part(TypeId id) const { return is_part_[id.value]; }

 private:
  struct Need {
    TypeId type;
    Extent extent;
  };

  void raise(TypeId id, Extent extent);
  void settle();
  void need_of_record(TypeId id, const Member& member, Extent from);
  void need(TypeId id, Extent extent);

  const View* view_;
  std::vector<Extent> extents_;                                   ///< By id.
  std::vector<bool> is_part_;                                     ///< By id.
  std::unordered_map<std::uint32_t, std::vector<bool>> records_;  ///< Of partial types, by id.
  std::vector<Need> pending_;
};

}  // namespace btfreloc::btf
