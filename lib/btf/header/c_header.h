#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_buffer.h"
#include "base/units.h"
#include "btf/header/selection.h"

namespace btfreloc::btf {

/// What tells the compiler that a program's accesses to the records are to be relocated.
enum class CoRe : std::uint8_t {
  none,
  attribute,  ///< clang's preserve_access_index, unless BPF_NO_PRESERVE_ACCESS_INDEX is defined.
  tag,        ///< btf_decl_tag("btfreloc"), for the pass.
};

struct CHeaderOptions {
  CoRe co_re = CoRe::attribute;
  /// The macro that guards it. That of bpftool's vmlinux.h, which programs test for.
  std::string_view guard = "__VMLINUX_H__";
  /// Words about the kernel, for a comment in the first line; one line, may be empty.
  std::string_view origin = {};
  /// _Static_assert of every size and offset, behind the declarations.
  bool asserts = false;
  /// Called now and then, for those who write the text as it comes and clear the buffer.
  std::function<void()> on_text = {};
};

/// What a header has not as the BTF says it, because C cannot say it.
struct HeaderNote {
  TypeId type;                             ///< The type with a name that it is in.
  std::optional<std::string_view> member;  ///< Of that type, or of an anonymous one inside.
  std::string_view reason;                 ///< One clause, lower case, no full stop.
};

/// Appends C declarations of the selection, in an order that compilers take, with layouts as in
/// the BTF: for clang and gcc, of a target with the kernel's byte order and size of pointers (BPF
/// has 8 bytes). Like `bpftool btf dump format c`, which writes vmlinux.h, but for what its layout
/// or names get wrong; and one of several times the speed.
///
/// Always compiles, whatever the BTF says: what C cannot say is left out, and a comment is in its
/// place. The notes say where; there are kMaxNotes at most.
std::vector<HeaderNote> print_c_header(TextBuffer& out, const HeaderSelection& selection,
                                       const CHeaderOptions& options = {});

inline constexpr std::size_t kMaxNotes = 100;

}  // namespace btfreloc::btf
