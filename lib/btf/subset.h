#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/kinds.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// What to keep of a kernel's BTF, and of its modules': types, and members or enumerators of them.
/// The views must outlive the selection.
class Selection {
 public:
  /// A type, under its name, whatever is reserved. Members and enumerators are only those that
  /// add_record() adds.
  void add(const View& btf, TypeId id) {
    entry(btf, id);
    keep_name(btf, id);
  }
  /// A member of a struct or union, or an enumerator of an enum, and the type it is in.
  void add_record(const View& btf, TypeId id, std::uint32_t index);
  /// All members or enumerators.
  void add_records(const View& btf, TypeId id) { entry(btf, id).has_all_records = true; }
  /// What pointers lead to, and functions take: of the type behind a typedef, or of the members of
  /// a struct that are kept. Ends at structs; pointers elsewhere lead to void. Adds no type itself.
  void add_pointees(const View& btf, TypeId id) { with_pointees_.insert({&owner(btf, id), id}); }
  /// Types that only come along, because others refer to them, lose this essential name when they
  /// are of one of these kinds. (But forward declarations, which need one.)
  void reserve(std::string_view essential_name, KindSet kinds);
  /// The type keeps its name, whatever is reserved, if it comes along.
  void keep_name(const View& btf, TypeId id) { named_.insert({&owner(btf, id), id}); }

  /// The enum is written as a signed one where others, which modules have, tell that they are.
  /// Where none does, readers take it for what the program has.
  void add_sign(const View& btf, TypeId id) { signed_.insert({&owner(btf, id), id}); }

  bool has(const View& btf, TypeId id) const { return entries_.contains({&owner(btf, id), id}); }
  /// Keeps a later member, too, if this one is kept, which is not the last one.
  void add_record_behind(const View& btf, TypeId id, std::uint32_t index);

 private:
  friend class SubsetWriter;

  /// A type by the blob that holds it, which for a module's is often the kernel's.
  struct Key {
    const View* btf;
    TypeId type;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<const View*>{}(key.btf) ^ std::size_t{key.type.value} * 0x9e3779b97f4a7c15U;
    }
  };
  struct Entry {
    std::vector<std::uint32_t> records;  ///< Unordered, repeats included.
    bool has_all_records = false;
  };

  static const View& owner(const View& btf, TypeId id) {
    const View* view = &btf;
    while (view->base() != nullptr && id < view->first_id()) view = view->base();
    return *view;
  }
  Entry& entry(const View& btf, TypeId id) { return entries_[{&owner(btf, id), id}]; }
  const Entry* find(const View& btf, TypeId id) const;

  std::unordered_map<Key, Entry, Hash> entries_;
  std::unordered_set<Key, Hash> with_pointees_;
  std::unordered_set<Key, Hash> named_;  ///< Those that keep their names.
  std::unordered_set<Key, Hash> signed_;
  std::unordered_map<std::string, KindSet> reserved_;
};

/// The selected types as a BTF of their own, with what members and typedefs refer to, in the order
/// of `views` and of ids in them. `views` are a kernel and those of its modules that types were
/// selected of; the modules' become part of the one blob.
///
/// Typedefs and modifiers on the way to a type are left out unless they were selected themselves.
/// A BTF with pointers keeps the integer by which readers know their size.
Result<std::vector<std::byte>> subset(const Selection& selection,
                                      std::span<const View* const> views);

}  // namespace btfreloc::btf
