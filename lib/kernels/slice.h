#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "btf/view.h"
#include "kernels/set.h"

namespace btfreloc::kernels {

/// What a slice is asked for.
struct Names {
  /// Essential names: the slice has all types X and X___*, with what they hold by value. Pointers
  /// in them lead to void: that is all a field relocation wants to know of a pointer.
  std::span<const std::string_view> types = {};
  /// Names of members: the structs and unions among them have only those, and the one behind each.
  /// Empty: all members.
  std::span<const std::string_view> members = {};
  /// The same with all members, and with what pointers lead to, for relocations that compare types:
  /// structs and unions there have their name, kind and size, and no members.
  std::span<const std::string_view> compared_types = {};
  /// Functions and variables, with their types.
  std::span<const std::string_view> functions = {};
};

/// The part of a kernel's BTF that decides about some names, as a small BTF of its own. Types have
/// other ids than in the kernel, so that a core::Target of it does not keep them; those of one name
/// keep their order. What readers conclude from all types, they conclude from these, too: the size
/// of pointers, and whether enums say that they are signed.
struct Slice {
  std::vector<std::byte> bytes;
  btf::View btf;  ///< Of `bytes`.
};

using SharedSlice = std::shared_ptr<const Slice>;

/// Cuts slices from a set, and keeps what it has read: one for each thread. The set must outlive
/// it.
class Slicer {
 public:
  explicit Slicer(const Set& set);
  Slicer(Slicer&&) noexcept;
  Slicer& operator=(Slicer&&) noexcept;
  ~Slicer();

  /// Kernels in which everything asked for is the same get the same Slice, so that it has to be
  /// decided about once: compare pointers. Of a module, only its own types are looked for; what
  /// they hold of the kernel is in the slice. Null when the column has none of the names.
  Result<SharedSlice> slice(std::size_t column, const Names& names);

  /// A slice for each name of types, then for each of compared types, and of functions: of smaller
  /// slices, more kernels have the same. Never null: what the column lacks is not in them. Pointers
  /// to slices stay what they are as long as this lives, and asks for the same members.
  Result<std::vector<SharedSlice>> slices(std::size_t column, const Names& names);

  /// Every name of a type, or else of a function or variable, that some column has; each once, in
  /// the order of bytes. Reads the blocks of all of them.
  Result<std::vector<std::string>> names(bool of_types);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace btfreloc::kernels
