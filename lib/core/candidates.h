#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/target.h"

namespace btfreloc::core {

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
