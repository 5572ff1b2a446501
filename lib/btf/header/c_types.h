#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "btf/header/layout.h"
#include "btf/header/names.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// A type that C writes left of the name it is for: `const struct file *`.
struct CSpelling {
  std::string_view text;  ///< Ends in a space or a star; empty if C takes more than that.
  TypeId named;     ///< The struct, enum or typedef that it names; 0: none with a declaration.
  TypeId contents;  ///< The named struct or union of which it consists; 0: none.
};

/// How C writes types. Remembers each: few types are those of nearly all members.
class CTypes {
 public:
  CTypes(const View& view, Layouts& layouts, const HeaderNames& names)
      : view_(view), layouts_(layouts), names_(names), known_(view.size()) {}

  /// Valid until the next call. Without text for arrays, functions, types that have no name,
  /// va_list, and what is made of them.
  CSpelling spelling(TypeId id) {
    if (known_[id.value].state == State::unknown) learn(id, 0);
    const Known& known = known_[id.value];
    return {.text = std::string_view(texts_).substr(known.text, known.size),
            .named = TypeId{known.named},
            .contents = TypeId{known.contents}};
  }

 private:
  enum class State : std::uint8_t { unknown, asked, known };
  struct Known {
    std::uint32_t text = 0;  ///< Where it begins in texts_.
    std::uint16_t size = 0;  ///< Of the text.
    State state = State::unknown;
    std::uint32_t named = 0;
    std::uint32_t contents = 0;
  };

  void learn(TypeId id, int depth);
  Known spell(TypeId id, Kind kind, int depth);
  Known qualify(TypeId id, Kind kind, int depth);
  Known alias(TypeId id);
  Known tagged(TypeId id, std::string_view keyword);
  Known write(std::initializer_list<std::string_view> words);
  std::string_view text(const Known& known) const {
    return std::string_view(texts_).substr(known.text, known.size);
  }

  const View& view_;
  Layouts& layouts_;
  const HeaderNames& names_;
  std::vector<Known> known_;  ///< By id.
  std::string texts_;
};

/// The attribute that a TYPE_TAG is, with a space behind; "" where C has none for it.
std::string c_attribute(const View& view, TypeId type_tag);

}  // namespace btfreloc::btf
