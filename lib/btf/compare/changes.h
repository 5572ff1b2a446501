#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/compare/fields.h"
#include "btf/compare/same_type.h"
#include "btf/view.h"

// What is different between a type of one BTF and its counterpart in another: an older and a newer
// kernel, which are called before and after here.

namespace btfreloc::btf {

/// What speaks for a member being the same one under another name or in another place.
enum class Evidence : std::uint8_t {
  same_name,         ///< It has its name, and is in a struct inside, or in one around.
  same_stem,         ///< Names differ in underscores at their ends: state, __state.
  contained_name,    ///< One name contains the other: i_ctime, i_ctime_sec.
  shared_word,       ///< The names share a word: rq_disk, part_disk.
  shared_prefix,     ///< The names begin alike: f_count, f_ref.
  same_type,         ///< Both are declared alike.
  same_value_type,   ///< Both are once typedefs are followed: u32, unsigned int.
  wrapped_type,      ///< The type of one is a struct that holds that of the other.
  same_predecessor,  ///< The members right before both are the same.
  same_successor,    ///< The members right behind both are the same.
  same_place,        ///< Both are at the same offset.
  parts,             ///< Each part has the name and type of a member of what was split.
};
/// "same-type": the spelling is stable.
std::string_view name(Evidence evidence);
/// "same type", for people.
std::string_view text(Evidence evidence);

/// What became of a member. Which sides are there says what happened:
///
///   none → one   added            one → none   removed
///   one → one    the same one; renamed when its path differs
///   one → many   split: i_ctime → i_ctime_sec, i_ctime_nsec
///   many → one   merged
struct FieldChange {
  std::vector<Field> before;
  std::vector<Field> after;
  bool moved = false;    ///< Another offset.
  bool resized = false;  ///< Another size, in bits.
  bool retyped = false;  ///< Declared differently.
  /// For renamed, split and merged ones, the strongest first.
  std::vector<Evidence> evidence = {};

  bool is_added() const { return before.empty(); }
  bool is_removed() const { return after.empty(); }
  bool is_renamed() const {
    return before.size() == 1 && after.size() == 1 && before[0].path != after[0].path;
  }
  bool is_split() const { return before.size() == 1 && after.size() > 1; }
  bool is_merged() const { return before.size() > 1 && after.size() == 1; }
};

/// Compares the members of two structs or unions. Anonymous members are gone into, and so are
/// members whose type has no name, when both sides have one: "headers.mark". A member that is in
/// both under the same path, and does not differ, is left out. Members come in the order of after,
/// removed ones where they had been.
/// Renames, splits, merges and moves into or out of structs inside are told where the evidence is
/// strong and nothing else has nearly as much; without it, members are removed and added.
std::vector<FieldChange> compare_records(SameTypes& types, TypeId before, TypeId after);

/// What became of one member of `before`: its path in `after`, or nothing. For callers who follow
/// one member over many kernels. `before` and `after` are structs or unions, the path may lead
/// into by-value members and elements ("se.vruntime", "rlim[3].rlim_cur").
/// nullopt: the path means nothing in `before`.
std::optional<FieldChange> follow_field(SameTypes& types, TypeId before, TypeId after,
                                        std::string_view path);

/// An enumerator: added, removed, or its value changed.
struct EnumeratorChange {
  std::string name;
  std::optional<std::uint64_t> before;  ///< Its value; sign-extended when the enum is signed.
  std::optional<std::uint64_t> after;
};
/// Those of an enum of either width; none for any other type.
std::vector<Enumerator> enumerators_of(const View& view, TypeId id);
/// In the order of after, removed ones where they had been.
std::vector<EnumeratorChange> compare_enumerators(const View& before, TypeId before_enum,
                                                  const View& after, TypeId after_enum);

/// A parameter of a function.
struct ParameterChange {
  std::optional<std::uint32_t> before;  ///< Its index.
  std::optional<std::uint32_t> after;
  bool retyped = false;
  bool renamed = false;
};
struct PrototypeChange {
  std::vector<ParameterChange> parameters;
  bool return_retyped = false;

  /// Names of parameters alone change nothing for who calls or traces the function.
  bool differs() const;
};
/// Compares FUNC_PROTOs, or FUNCs by theirs.
PrototypeChange compare_prototypes(SameTypes& types, TypeId before, TypeId after);

/// Types of one name: what differs between them. Empty parts are equal.
struct TypeChange {
  bool kind_changed = false;  ///< A union that was a struct; nothing else is compared then.
  bool size_changed = false;  ///< Of structs, unions, enums, integers, typedefs of those.
  bool retyped = false;       ///< What a typedef or variable stands for is declared differently.
  std::vector<FieldChange> fields = {};  ///< Of structs and unions, and typedefs of nameless ones.
  std::vector<EnumeratorChange> enumerators = {};  ///< Likewise.
  PrototypeChange prototype = {};                  ///< Of functions.

  bool differs() const;
};
/// Compares two types that have one name, of any kinds.
TypeChange compare_types(SameTypes& types, TypeId before, TypeId after);

/// The enumerators of all enums without a name, which are compared as if they were one enum: they
/// have no other to be known by. Those of typedefs are left out.
std::vector<EnumeratorChange> compare_nameless_enums(const View& before, const View& after);

}  // namespace btfreloc::btf
