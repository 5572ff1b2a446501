#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/units.h"
#include "btf/header/selection.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// What a language has to say about names.
struct NameRules {
  /// Structs, unions and enums share their names with typedefs (Rust), but not with those of their
  /// own name; else typedefs share them with functions and enumerators (C).
  bool one_namespace_of_types = false;
  /// Words that name nothing else: keywords.
  bool (*is_reserved)(std::string_view name);
};

/// Characters of a name in a header, more are cut: what kernels take, see KSYM_NAME_LEN.
inline constexpr std::size_t kLongestNameInHeader = 511;

/// Names in numbered namespaces, and whose they are. Goes by what names say, not by where the
/// strings are: a BTF may have one twice.
class NameTable {
 public:
  /// The number that the name was entered with before, if it was; else enters it. The characters
  /// must live until the table does not, or clear().
  std::optional<std::uint32_t> enter(std::uint32_t space, std::string_view name,
                                     std::uint32_t number);
  bool has(std::uint32_t space, std::string_view name);
  /// Makes room for that many names.
  void reserve(std::size_t names);
  /// Forgets all names. From now on, namespaces have numbers from `first` on, which is higher than
  /// any before.
  void clear(std::uint32_t first);

 private:
  struct Slot {
    const char* name = nullptr;
    std::uint32_t size = 0;
    std::uint32_t hash = 0;
    std::uint32_t space = 0;
    std::uint32_t number = 0;
  };
  Slot& slot(std::uint32_t space, std::string_view name, std::uint32_t hash);
  bool is_used(const Slot& slot) const { return slot.name != nullptr && slot.space >= first_; }
  void resize(std::size_t slots);

  std::vector<Slot> slots_ = std::vector<Slot>(64);  ///< A power of two.
  std::size_t used_ = 0;
  std::uint32_t first_ = 0;  ///< Slots of lower namespaces are empty.
};

/// Names for the types, functions and enumerators of a header: identifiers, each of its namespace
/// once. What clashes, or is reserved, gets `___2`, `___3`, ..., a CO-RE flavor, so that it still
/// stands for the same type of the kernel; the one with the lowest id keeps its name, but
/// enumerators come last. Names that are no identifiers are spelled as legal_name() does.
///
/// A forward declaration has the name of the first struct (or union) that it may stand for.
class HeaderNames {
 public:
  /// `selection` is complete; its view must outlive this.
  HeaderNames(const HeaderSelection& selection, const NameRules& rules);

  /// Of a type or function; "" of an anonymous one.
  std::string_view of(TypeId id) const {
    return is_renamed_[id.value] ? renamed(id, kItself) : view_->name(id);
  }
  /// Of an enumerator, by its index in the record.
  std::string_view of_enumerator(TypeId id, std::uint32_t index, StrOff name) const {
    return has_renamed_[id.value] ? renamed(id, index) : view_->string(name);
  }
  /// Whether a typedef (unless types have one namespace), a function or an enumerator has the name.
  bool is_taken(std::string_view name) { return table_.has(kValues, name); }

 private:
  static constexpr std::uint32_t kTags = 0;
  static constexpr std::uint32_t kValues = 1;
  /// The type itself, among its enumerators.
  static constexpr std::uint32_t kItself = UINT32_MAX;
  struct Clash {
    std::uint32_t space;
    TypeId type;
    std::uint32_t index;  ///< Of an enumerator, or kItself.
    std::string_view name;
  };

  void enter(std::uint32_t space, TypeId id, std::uint32_t index, StrOff name);
  void enter_enumerators(const HeaderSelection& selection, TypeId id);
  void enter_forward(TypeId id);
  void enter_typedef(TypeId id);
  void rename(const Clash& clash);
  static std::uint64_t key(TypeId id, std::uint32_t index) {
    return std::uint64_t{id.value} << 32 | index;
  }
  std::string_view renamed(TypeId id, std::uint32_t index) const;

  const View* view_;
  NameRules rules_;
  NameTable table_;
  std::vector<bool> is_renamed_;   ///< By id.
  std::vector<bool> has_renamed_;  ///< By id: one of its enumerators is.
  std::vector<Clash> clashes_;
  std::unordered_map<std::uint64_t, std::string> renamed_;
  /// By namespace and spelling.
  std::array<std::unordered_map<std::string, std::uint32_t>, 2> last_suffix_;
};

/// Names for the members of one struct or union, those of its anonymous members included: they
/// share one namespace. Members have no flavors: those that clash or are reserved get `_2`, `_3`.
class MemberNames {
 public:
  MemberNames(const View& view, const NameRules& rules) : view_(&view), rules_(rules) {}
  /// Begins the next struct.
  void clear();
  /// Begins a struct inside, whose members have a namespace of their own; until leave().
  void enter() { spaces_.push_back(++last_space_); }
  void leave() { spaces_.pop_back(); }
  /// The name for a member that has one. Valid until clear().
  std::string_view add(StrOff name);

 private:
  struct Entry {
    std::string_view name;
    std::uint32_t space;
  };

  bool enter(std::string_view name);
  std::string_view rename(std::string_view name);

  const View* view_;
  NameRules rules_;
  std::vector<Entry> few_;  ///< All names, as long as there are few; none is empty.
  NameTable table_;         ///< All names, when there are more.
  std::uint32_t last_space_ = 0;
  std::vector<std::uint32_t> spaces_;
  std::deque<std::string> renamed_;
  /// By namespace and name.
  std::map<std::pair<std::uint32_t, std::string_view>, std::uint32_t> last_suffix_;
};

}  // namespace btfreloc::btf
