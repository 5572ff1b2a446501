#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/text_buffer.h"
#include "btf/header/layout.h"
#include "btf/header/names.h"
#include "btf/header/rust_header.h"
#include "btf/header/rust_layout.h"
#include "btf/header/rust_names.h"
#include "btf/header/rust_types.h"
#include "btf/header/selection.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// A Rust header in the making: what those who print parts of it share.
struct RustModule {
  RustModule(const HeaderSelection& selected, const RustHeaderOptions& with)
      : selection(selected),
        view(selected.view()),
        options(with),
        names(selected, rust_type_names()),
        layouts(selected),
        rust_layouts(selected, layouts),
        types(selected, names) {}

  std::uint64_t pointer_bits() const { return layouts.model().pointer_size.value * 8; }

  void note(StrOff member, std::string_view reason) {
    if (notes.size() == kMaxNotes) return;
    HeaderNote note{.type = owner, .member = {}, .reason = reason};
    if (member.value != 0) note.member = view.string(member);
    notes.push_back(note);
  }

  const HeaderSelection& selection;
  const View& view;
  RustHeaderOptions options;
  HeaderNames names;
  Layouts layouts;
  RustLayouts rust_layouts;
  RustTypes types;
  TextBuffer body;
  TextBuffer asserts;  ///< Behind the body.
  std::vector<HeaderNote> notes;
  TypeId owner;  ///< The type with a name that is being printed, for notes.
};

}  // namespace btfreloc::btf
