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
/// An enum comes whole, unless enumerators of it were added, and it was not.
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
  /// A struct or union with the size and alignment it has, and no members but those added. Also a
  /// typedef, of such a one or of any other type.
  void add_opaque(TypeId id);
  /// The name of a struct or union.
  void declare(TypeId id);
  /// The prototypes of the view's own functions that are tagged bpf_kfunc.
  void add_kfuncs();

  const View& view() const { return *view_; }
  Extent extent(TypeId id) const {
    const std::uint8_t reached = reached_[id.value];
    if ((reached & kValueOfWhole) != 0) return Extent::whole;
    if ((reached & (kValueOfPart | kRecords)) != 0) return Extent::partial;
    if ((reached & kEnum) != 0) return Extent::whole;
    return reached != 0 ? Extent::declared : Extent::absent;
  }
  bool has(TypeId id) const { return reached_[id.value] != 0; }
  /// Whether the name of a struct or union was added, or a forward declaration.
  bool is_named(TypeId id) const { return (reached_[id.value] & kNamed) != 0; }
  /// Whether a header has this member or enumerator: all of a whole type.
  bool has_record(TypeId id, std::uint32_t index) const;
  /// Types that are not absent, ascending. Among them are anonymous ones, which a header has where
  /// others refer to them; but enums also when none does, see is_part().
  std::vector<TypeId> types() const;
  /// Whether another type of the header refers to this one. The first call goes over all types.
  bool is_part(TypeId id) const;

 private:
  /// In which way the header's types lead to one: by value, or through pointers and functions; from
  /// a whole type or from part of one. One bit each, since they mean different things further on.
  enum : std::uint8_t {
    kReferenceOfPart = 1,
    kReferenceOfWhole = 2,
    kValueOfPart = 4,
    kValueOfWhole = 8,
    kRecords = 16,  ///< Some of its own were added.
    kEnum = 32,     ///< An enum that is needed.
    kNamed = 64,    ///< Its name was added.
  };
  /// The same from a whole type or from part of one, through a pointer.
  static constexpr std::uint8_t reference(std::uint8_t ways) {
    return (ways | ways >> 2) & (kReferenceOfPart | kReferenceOfWhole);
  }
  static constexpr std::uint8_t value(std::uint8_t ways) {
    return (ways | ways << 2) & (kValueOfPart | kValueOfWhole);
  }

  void reach(TypeId id, std::uint8_t ways);
  void settle();
  void go_on(TypeId id, std::uint8_t ways);

  struct Step {
    TypeId type;
    std::uint8_t ways;
  };

  const View* view_;
  std::vector<std::uint8_t> reached_;                             ///< Ways, by id.
  std::unordered_map<std::uint32_t, std::vector<bool>> records_;  ///< By id; those added.
  std::vector<Step> pending_;
  mutable std::vector<bool> is_part_;  ///< By id; empty until asked for.
};

}  // namespace btfreloc::btf
