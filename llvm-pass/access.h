#pragma once

#include <string>

#include "element_types.h"
#include "member_path.h"
#include "place.h"

namespace btfreloc::pass {

/// What an instruction does with a pointer.
struct Access {
  enum class Kind {
    kAddress,  ///< Keeps or passes it.
    kBytes,    ///< Copies `size` bytes at it.
    kValue,    ///< Loads or stores one `type` at it.
  };
  Kind kind = Kind::kAddress;
  llvm::Type* type = nullptr;
  uint64_t size = 0;  ///< In bytes.
  /// What it is taken to point to by where the address goes, when debug info tells.
  TypeAt hint = {};
  /// The same when it is a byte, which is what a pointer to anything is cast to: it tells nothing,
  /// but of a member that is a byte.
  TypeAt byte = {};
  /// The array that a variable index counts in, where the code has its type,
  const llvm::ArrayType* array = nullptr;
  /// or else how far apart, in bytes, the elements are that it counts.
  uint64_t stride = 0;
  /// Their type in the code: more than one scalar.
  llvm::Type* counted = nullptr;
};

/// How the code of a function came to be, which decides what a missing getelementptr means.
enum class Origin {
  /// As clang wrote it: a member is only ever reached by a getelementptr of its record's type, but
  /// for members of unions and base classes.
  kClang,
  /// By another frontend, or after optimisation: byte offsets may mean members, and the first
  /// member needs none.
  kAny,
};

/// A record with bitfields in the bytes that an access reads or writes.
struct Storage {
  Path path;  ///< To the record.
  llvm::DICompositeType* record;
  uint64_t offset;  ///< Of the access in the record, in bytes.
};

/// The member that an access means.
struct Meaning {
  enum class Kind {
    kNone,     ///< No member: the memory of the base itself, or nothing that is known.
    kMember,   ///< The end of `path`, `rest` bytes on.
    kStorage,  ///< A bitfield of one of `storages`.
    kUnclear,  ///< A member, maybe, but which one cannot be told: `reason`.
  };
  Kind kind = Kind::kNone;
  /// The pointer that the path begins at, when the pointer was cast since the base of the place.
  llvm::Value* base = nullptr;
  int64_t bytes_before = 0;  ///< From the base to the root, by no name.
  TypeAt root;
  int64_t first_index = 0;  ///< Of the root among those the pointer points to.
  Path path;
  TypeAt type;           ///< Of the end of the path.
  TypeAt element;        ///< What `elements` counts.
  int64_t elements = 0;  ///< How many values of it lead on from there.
  int64_t rest = 0;      ///< Bytes that lead on after that, by no member's name.
  /// Why what is found may not be all: another member of a union may be meant, further inside.
  std::string doubt;
  /// One value of exactly the type at the end of the path is loaded or stored, or the address is
  /// that of a scalar.
  bool is_value = false;
  /// Where a bitfield may lie that is meant; beside a member, when it may be a bitfield all the
  /// same.
  llvm::SmallVector<Storage, 1> storages;
  std::string reason;
  /// Unclear although, or because, members lie there that the access fits.
  bool has_candidates = false;

  static Meaning none() { return {}; }
  static Meaning unclear(std::string reason) {
    Meaning meaning;
    meaning.kind = Kind::kUnclear;
    meaning.reason = std::move(reason);
    return meaning;
  }
};

/// Reads the hops of a place against the type its base points to (empty when that is not known):
/// getelementptrs of struct types first, byte offsets second. The answer is one member, with a
/// doubt where another may lie further inside, or unclear.
Meaning meaning_of(const Place& place, const TypeAt& base, const Access& access, Origin origin,
                   const ElementTypes& types);

}  // namespace btfreloc::pass
