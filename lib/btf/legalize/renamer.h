#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "btf/legal_names.h"
#include "btf/legalize/rewrite.h"

namespace btfreloc::btf {

/// Gives types and what they consist of names that the kernel takes.
class Renamer {
 public:
  explicit Renamer(Rewrite& rewrite)
      : rewrite_(rewrite), view_(rewrite.view()), type_names_(rewrite.longest_name()) {}

  /// The names of all types, before the first is asked for: legal ones stay different from them.
  void learn(TypeId id);

  struct NameOfType {
    bool is_needed = false;            ///< Without one, it gets `anon_` and its id.
    bool changes_relocations = false;  ///< When it is another.
    bool may_have_dots = false;        ///< For all kernels.
  };
  /// The name of the type that is being written, as the kernel takes it.
  StrOff type_name(StrOff name, NameOfType as);
  /// The same for a DATASEC, or for the struct that it becomes.
  StrOff section_name(StrOff name, bool is_section);

  struct NamesOfRecords {
    std::string_view what;       ///< One of them, for people.
    std::string_view stem = {};  ///< Those without get it and their number, if not empty.
    bool changes_relocations = false;
  };
  /// Makes the names of a type's members, parameters or enumerators legal and different from each
  /// other. False when they were legal.
  template <class R>
  bool make_legal(std::vector<R>& records, const NamesOfRecords& as) {
    const auto is_fine = [&](const R& record) { return this->is_fine(record.name, as); };
    if (std::ranges::all_of(records, is_fine)) return false;
    std::vector<StrOff> names;
    names.reserve(records.size());
    for (const R& record : records) names.push_back(record.name);
    rename(names, as);
    for (std::size_t i = 0; i < records.size(); ++i) records[i].name = names[i];
    return true;
  }

 private:
  bool is_legal(std::string_view name, bool may_have_dots) const;
  /// Whether a type has the name already.
  bool is_taken(std::string_view name) const;
  /// Kernels want no name to be at string offset 0.
  StrOff without_empty_name(StrOff name);

  bool is_fine(StrOff name, const NamesOfRecords& as) const;
  void rename(std::vector<StrOff>& names, const NamesOfRecords& as);

  Rewrite& rewrite_;
  const View& view_;
  LegalNames type_names_;
};

}  // namespace btfreloc::btf
