#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/compare/changes.h"
#include "btfreloc/history_kernels.h"

// What became of a type, a member, an enumerator or a function from kernel to kernel, as data: the
// table, JSON and picture only print it.

namespace btfreloc::tool {

/// What is asked for: "struct inode.i_atime.tv_sec", taken apart.
struct Question {
  std::string keyword;  ///< "struct", "union", "enum", "typedef", "func", "var"; "" for none.
  std::string type;
  std::string path = {};  ///< "" for the type itself.

  std::string text() const;  ///< As people write it: "struct inode.i_ctime".
};

/// Where a member is in one kernel.
struct FieldPlace {
  std::string path;
  Bits offset;                     ///< From the start of the type that was asked for.
  Bits bitfield_size;              ///< 0: not a bitfield.
  std::optional<ByteCount> bytes;  ///< Of its type; nullopt where that means nothing.
  std::string type;                ///< As C declares it.
  friend bool operator==(const FieldPlace&, const FieldPlace&) = default;
};

/// A value of an enum in one kernel.
struct EnumeratorValue {
  std::string name;
  std::string value;  ///< In decimal.
  friend bool operator==(const EnumeratorValue&, const EnumeratorValue&) = default;
};

/// What a name stands for.
enum class Subject : std::uint8_t { record, enumeration, function, other };

/// What one kernel says, of one definition of the type.
struct Entry {
  std::size_t kernel;         ///< Of HistoryKernels.
  bool knows_modules = true;  ///< Without the type: modules were looked into, for there are some.
  /// Null where the kernel lacks the type. Kernels that have the same share it.
  const FoundTypes::Definition* definition = nullptr;
  TypeId type = {};  ///< Of it, or behind it when it is a typedef of what is asked for.
  Subject subject = Subject::other;
  std::string module = {};
  std::string title = {};              ///< "struct inode".
  std::optional<ByteCount> size = {};  ///< Of the type.
  std::size_t members = 0;  ///< Or enumerators, or parameters; those of anonymous members, too.
  std::string declaration = {};  ///< Of functions, variables and typedefs.

  /// Of a member: where it is; several, once it was split; none, when it is not there.
  std::vector<btf::Field> fields = {};
  std::vector<FieldPlace> places = {};  ///< The same for printers.
  bool has_path = false;                ///< The path asked for is there, under that very name.
  /// For a member of another name: what speaks for it, compared with the neighbour it was found by.
  std::vector<btf::Evidence> evidence = {};
  /// Of an enum: all values, or the one asked for.
  std::vector<EnumeratorValue> values = {};

  bool has_type() const { return definition != nullptr; }
};

/// Where something of the same type is found that only came when a member went.
struct Elsewhere {
  std::string path;    ///< From the type asked for: "q->disk".
  std::string record;  ///< The struct behind the pointer: "request_queue".
  FieldPlace place;    ///< In that struct.
};

/// What is different between two entries that follow each other. There is a step wherever what was
/// asked for is not the same. The size of the struct around a member is not part of that: it
/// changes with every kernel.
struct Step {
  std::size_t before;  ///< Indices into Timeline::entries.
  std::size_t after;
  std::optional<btf::FieldChange> field =
      {};  ///< When a member is asked for, and both have the type.
  std::optional<btf::TypeChange> type = {};  ///< When the whole type is, and both have it.
  std::vector<Elsewhere> elsewhere = {};     ///< Of a member that is gone.
};

/// Entries in a row that say the same. Indices into Timeline::entries; `end` is behind the last.
struct Run {
  std::size_t begin;
  std::size_t end;
};

/// One definition of the type in the kernels of one architecture, in their order.
struct Timeline {
  std::string arch;
  std::uint32_t number = 0;  ///< From 1 where an architecture has several; 0 for the only one.
  Subject subject = Subject::record;
  std::vector<Entry> entries;
  std::vector<Step> steps = {};

  std::vector<Run> runs() const;
};

struct History {
  Question question;  ///< With the keyword of what was found, if it had none.
  std::vector<Timeline> timelines = {};
  std::vector<std::shared_ptr<const FoundTypes>> found = {};  ///< Owns what entries point to.
  std::size_t left_out = 0;  ///< Definitions beyond kMaxDefinitions of a kernel.

  bool has_type() const;  ///< Some kernel has the type.
  bool exists() const;    ///< Some kernel has what was asked for.
};

/// Looks in all kernels that are asked for.
Result<History> tell_history(HistoryKernels& kernels, const Question& question);

FieldPlace place_of(const btf::View& btf, const btf::Field& field);

/// Where a member that is in `before` and not in `after` may be found instead: behind a pointer,
/// where `before` had no such thing. At most three.
Result<std::vector<Elsewhere>> find_elsewhere(HistoryKernels& kernels, const Entry& before,
                                              const Entry& after, const btf::Field& field);

}  // namespace btfreloc::tool
