#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "btf/compare/changes.h"
#include "btf/view.h"
#include "btfreloc/kernel.h"

// What `diff` found: what it prints, as text or as JSON.

namespace btfreloc::tool {

/// The groups of a report, in its order.
enum class DiffGroup : std::uint8_t { types, functions, variables };

/// A type, function or variable that differs.
struct DiffEntry {
  DiffGroup group = DiffGroup::types;
  std::string title;         ///< "struct task_struct", "func do_exit", "tracepoint sched_switch".
  std::string name;          ///< Without the keyword.
  std::string module;        ///< "" for the kernel itself.
  std::uint32_t number = 0;  ///< Of those that share a name; 0 where it has no other.
  const btf::View* old_btf = nullptr;  ///< Where the ids and names below are.
  const btf::View* new_btf = nullptr;
  /// The type on either side; nullopt when it is not there, and on both for all enums without a
  /// name together.
  std::optional<TypeId> before;
  std::optional<TypeId> after;
  btf::TypeChange change;
  /// What relocations say beyond that: "state: signed yes → no".
  std::vector<std::string> notes;

  bool is_added() const { return !before && after; }
  bool is_removed() const { return before && !after; }
};

/// What is compared.
struct DiffSelection {
  std::vector<std::string> types;      ///< As written: names, paths, functions; empty for all.
  std::vector<std::string> functions;  ///< Names.
  bool with_modules = false;

  bool is_everything() const { return types.empty() && functions.empty(); }
};

struct KernelDiff {
  std::vector<DiffEntry> entries;  ///< By group, name, number and module.
  /// Names of modules that only one side has; what is in them is not listed.
  std::vector<std::string> added_modules;
  std::vector<std::string> removed_modules;
  bool gave_up = false;  ///< Hostile types were left uncompared.
};

/// How much there is of one group.
struct DiffCounts {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::size_t changed = 0;
};
DiffCounts counts_of(const KernelDiff& diff, DiffGroup group);

/// Compares two kernels, which must outlive the answer. Fails when modules cannot be read, and when
/// something is named that neither has.
Result<KernelDiff> compare_kernels(const Kernel& old_kernel, const Kernel& new_kernel,
                                   const DiffSelection& selection);

/// Brings entries into the order of a report.
void sort_entries(std::vector<DiffEntry>& entries);

}  // namespace btfreloc::tool
