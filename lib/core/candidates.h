#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/target.h"

namespace btfreloc::core {

/// The types of a kernel, and of its modules, that have the names of roots of many objects: found
/// in one pass over each, where Candidates::find() would make one for each object.
class KnownRoots {
 public:
  /// Before the first lookup. `local` must outlive this.
  void add(const btf::View& local, TypeId root);
  /// Own types of `btf` with that essential name, which is one of a root, ascending. Of the kinds
  /// of all roots.
  std::span<const TypeId> find(const btf::View& btf, std::string_view essential_name);

 private:
  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, std::size_t> numbers_;  ///< Indices into names_.
  btf::KindSet kinds_;
  std::unordered_map<const btf::View*, std::vector<std::vector<TypeId>>> found_;  ///< By number.
};

/// The candidates of all root types of an object: types of the kernel with the same essential
/// name and a compatible kind, by id; those of its modules where the kernel has none.
/// Source: bpf_core_add_cands() in libbpf, src/libbpf.c.
class Candidates {
 public:
  /// Looks for all roots at once, in one pass over the names of the kernel. Roots may repeat;
  /// those without a name have no candidates. Fails only when the modules cannot be read.
  static Result<Candidates> find(const btf::View& local, std::span<const TypeId> roots,
                                 const Target& target);

  /// Of one of the roots given to find().
  const std::vector<Candidate>& of(TypeId root) const { return lists_[list_of_.at(root)]; }

 private:
  std::unordered_map<TypeId, std::size_t> list_of_;
  std::vector<std::vector<Candidate>> lists_;
};

}  // namespace btfreloc::core
