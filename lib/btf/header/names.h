#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "btf/header/selection.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// What a language has to say about names.
struct NameRules {
  /// Structs, unions and enums share their names with typedefs (Rust); else typedefs share them
  /// with functions and enumerators (C).
  bool one_namespace_of_types = false;
  /// Words that name nothing else: keywords.
  bool (*is_reserved)(std::string_view name);
};

/// Names for the types, functions and enumerators of a header: identifiers, each of its namespace
/// once. What clashes, or is reserved, gets `___2`, `___3`, ..., a CO-RE flavor, so that it still
/// stands for the same type of the kernel; the one with the lowest id keeps its name. Names that
/// are no identifiers are spelled as legal_name() does.
///
/// A forward declaration has the name of the first struct (or union) that it may stand for.
class HeaderNames {
 public:
  HeaderNames(const HeaderSelection& selection, const NameRules& rules);

  /// Of a named type or a function; "" of an anonymous one.
  std::string_view of(TypeId id) const {
    return is_renamed_[id.value] ? renamed_.at(key(id, kItself)) : view_->name(id);
  }
  /// Of an enumerator, by its index in the record.
  std::string_view of_enumerator(TypeId id, std::uint32_t index, StrOff name) const {
    return is_renamed_[id.value] ? renamed_enumerator(id, index, name) : view_->string(name);
  }

 private:
  static constexpr std::uint32_t kItself = UINT32_MAX;
  static std::uint64_t key(TypeId id, std::uint32_t index) {
    return std::uint64_t{id.value} << 32 | index;
  }
  std::string_view renamed_enumerator(TypeId id, std::uint32_t index, StrOff name) const;

  const View* view_;
  std::vector<bool> is_renamed_;  ///< By id: the type, or one of its enumerators.
  std::unordered_map<std::uint64_t, std::string> renamed_;
};

/// Names for the members of one struct or union, those of its anonymous members included: they
/// share one namespace. Members have no flavors: those that clash or are reserved get `_2`, `_3`.
class MemberNames {
 public:
  MemberNames(const View& view, const NameRules& rules) : view_(&view), rules_(rules) {}
  /// Begins the next struct.
  void clear();
  /// Valid until clear().
  std::string_view add(StrOff name);

 private:
  const View* view_;
  NameRules rules_;
};

}  // namespace btfreloc::btf
