#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/units.h"
#include "btf/header/layout.h"
#include "btf/header/names.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// How C writes a type around a name: `const struct file *` and nothing, `char ` and `[16]`.
struct CSpelling {
  std::string_view left;   ///< Ends in a space or a star; empty if C takes more than words and [].
  std::string_view right;  ///< The dimensions of an array.
  TypeId named;            ///< The struct, enum or typedef that it names; 0: none that is declared.
  bool is_tag;             ///< That is a struct or union,
  bool is_contained;       ///< of which the type consists.
  /// The named struct or union of which it consists where `named` is a typedef; 0: none.
  TypeId contents;

  bool is_complete() const { return !left.empty(); }
};

/// How C writes types. Remembers each: few types are those of nearly all members.
class CTypes {
 public:
  CTypes(const View& view, Layouts& layouts, const HeaderNames& names)
      : view_(view), layouts_(layouts), names_(names), known_(view.size()) {
    texts_.reserve(std::size_t{kUsualText} * view.size());
  }

  /// Valid until the next call. Not complete for functions, types that have no name, va_list, and
  /// what is made of them; nor for pointers to arrays.
  CSpelling spelling(TypeId id) {
    if (known_[id.value].state == State::unknown) learn(id, 0);
    return spelling(known_[id.value]);
  }
  /// Whether a type is a pointer to objects, which C may call restrict.
  bool may_be_restrict(TypeId id);

 private:
  /// Characters for a type of a kernel, on the average.
  static constexpr std::uint32_t kUsualText = 16;

  enum class State : std::uint8_t { unknown, asked, known };
  struct Known {
    std::uint32_t text = 0;  ///< Where it begins in texts_, left and right.
    std::uint16_t left = 0;  ///< Characters.
    std::uint8_t right = 0;  ///< Characters.
    State state : 2 = State::unknown;
    bool is_tag : 1 = false;
    bool is_contained : 1 = false;
    bool has_contents : 1 = false;  ///< contents_ has it.
    std::uint32_t named = 0;
  };

  CSpelling spelling(const Known& known) const {
    const char* const text = texts_.data() + known.text;
    return {.left = {text, known.left},
            .right = {text + known.left, known.right},
            .named = TypeId{known.named},
            .is_tag = known.is_tag,
            .is_contained = known.is_contained,
            .contents = known.has_contents ? contents_.at(known.named) : TypeId{0}};
  }
  void learn(TypeId id, int depth);
  const Known& target_of(TypeId id, int depth);
  Known spell(TypeId id, Kind kind, int depth);
  Known point_to(TypeId id, int depth);
  Known qualify(TypeId id, Kind kind, int depth);
  Known array(TypeId id, int depth);
  Known alias(TypeId id, int depth);
  Known tagged(TypeId id, std::string_view keyword);
  Known write(std::initializer_list<std::string_view> left, std::string_view right = {});

  const View& view_;
  Layouts& layouts_;
  const HeaderNames& names_;
  std::vector<Known> known_;                            ///< By id.
  std::unordered_map<std::uint32_t, TypeId> contents_;  ///< Of typedefs, by id.
  std::string texts_;
};

/// The attribute that a TYPE_TAG is, with a space behind; "" where C has none for it.
std::string c_attribute(const View& view, TypeId type_tag);

}  // namespace btfreloc::btf
