#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/features.h"
#include "btf/view.h"

namespace btfreloc::btf {

/// What legalize() may do to a type. The spelling (name()) is stable.
enum class ChangeKind : std::uint8_t {
  lowered,   ///< It is of another kind, which the kernel knows.
  renamed,   ///< It, or a member, parameter or enumerator has another name: a legal one.
  named,     ///< The same, where a name was missing.
  unnamed,   ///< A name is gone that its kind cannot have.
  sorted,    ///< Its members are in the order of their offsets.
  wrapped,   ///< A member of a union that has an offset stands in a struct of its own.
  cut,       ///< Records beyond 65,535 are gone.
  relinked,  ///< A function or variable has a linkage that the kernel knows.
  moved,     ///< A tag names the member by its new place.
  resized,   ///< A section or declared enumeration has a size.
  packed,    ///< Of the blob, type id 0: its header, gaps or layout section are not as they were.
};
std::string_view name(ChangeKind change);

/// One change of one type, whose id stays the same.
struct Change {
  TypeId type;
  ChangeKind kind;
  std::string text;  ///< For people: "becomes a UNION: Linux knows ENUM64 from 6.0 on".
  /// CO-RE relocations that go through the type would ask for something else than before.
  bool changes_relocations;
};

struct Legalized {
  std::vector<std::byte> blob;
  std::vector<Change> changes;  ///< By type id.
};

struct LegalizeOptions {
  KernelVersion kernel;
  /// A loader reads it first, which finds maps and sections by DATASEC and VAR, and puts in sizes
  /// and linkages that only it knows: those stay.
  bool is_object = false;
};

/// Rewrites BTF into what that kernel accepts, as far as that can be done without losing what
/// programs need: kinds become those that libbpf replaces them by, names become legal, members are
/// sorted. Type ids and string offsets stay, so that .BTF.ext does, too; new types come last.
/// The result legalized once more is the same.
///
/// What has no remedy stays as it is: validate() names it. Fails only for kinds that this version
/// does not know, when the kernel does not either.
/// Source: bpf_object__sanitize_btf() in libbpf, src/libbpf.c; the kernel's kernel/bpf/btf.c.
Result<Legalized> legalize(const View& view, const LegalizeOptions& options);

}  // namespace btfreloc::btf
