#pragma once

#include <optional>
#include <string>

#include "debug_types.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace btfreloc::pass {

/// A type, or what is left of an array type when some of its dimensions are indexed: debug info
/// has one node for `int[2][3]`.
struct TypeAt {
  llvm::DIType* type = nullptr;  ///< Without qualifiers; typedefs kept.
  unsigned dimension = 0;        ///< How many dimensions of the array are indexed already.

  /// The array, when one or more of its dimensions are left.
  llvm::DICompositeType* array() const;
  /// What one element of array() is.
  TypeAt element() const;
  /// Of the dimension that an index now counts in; 0 for one without bounds.
  uint64_t count() const;
  uint64_t element_size() const;  ///< In bytes.
  uint64_t size() const;          ///< In bytes.

  llvm::DICompositeType* record() const { return array() ? nullptr : as_record(bare()); }
  /// Without names; an array whose dimensions are all indexed is its element type.
  llvm::DIType* bare() const;
  bool is_same(const TypeAt& other) const;
};

/// From a record to a member, or from an array to an element.
struct Step {
  llvm::DICompositeType* in;
  unsigned index;          ///< Of the member list, or of the array.
  unsigned dimension = 0;  ///< Of the array.
  uint64_t offset = 0;     ///< In bytes, what the step adds in this program's layout.

  bool operator==(const Step& other) const {
    return in == other.in && index == other.index && dimension == other.dimension;
  }
};

/// Steps one after another, from a root type.
struct Path {
  llvm::SmallVector<Step, 6> steps;

  uint64_t offset() const;
};

/// `outer.in.arr[2]`, for messages.
std::string spelled(const TypeAt& root, const Path& path);

struct MemberAt {
  Path path;
  TypeAt type;
};

/// Which members a search may descend into.
enum class Descend {
  kAll,
  kAtNoCost,  ///< Members of unions and base classes: clang writes no getelementptr for them.
};

/// Every path from a type to a member or element that begins exactly at a byte offset, outer before
/// inner; the empty path first when the offset is 0. Empty when there are more than anyone can
/// mean.
llvm::SmallVector<MemberAt, 4> members_at(const TypeAt& root, uint64_t offset, Descend descend);

/// What a value that is one pointer points to, by its type: a pointer, or a record around one, such
/// as a newtype, a closure or an Option. Empty when that is not one.
TypeAt pointee_behind(llvm::DIType* type);

/// The member with that index in the member list as a step, and its type.
MemberAt member_step(llvm::DICompositeType* record, unsigned index);
MemberAt element_step(const TypeAt& array, uint64_t index);

}  // namespace btfreloc::pass
