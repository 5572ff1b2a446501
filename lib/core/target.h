#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/units.h"
#include "btf/view.h"

namespace btfreloc::core {

/// A module of a kernel: split BTF that continues the kernel's.
struct Module {
  std::string_view name;
  const btf::View* btf;
};

/// One kernel, as relocations see it.
struct Target {
  const btf::View& kernel;
  /// Called at most once, and only when some type is not in the kernel itself, since it may have
  /// to read thousands of files. May be empty: no modules. Source of the order: libbpf looks at
  /// modules only for types that the kernel lacks, see bpf_core_find_cands() in src/libbpf.c.
  std::function<Result<std::span<const Module>>()> modules = {};
  /// False when types have other ids here than in the kernel. Relocations for one are left open.
  bool keeps_ids = true;
  /// Where candidates are looked up instead of in the BTF itself, when there are many objects: it
  /// must know all of their roots. May be null.
  class KnownRoots* known = nullptr;
};

/// A type of the target that a relocation may mean.
struct Candidate {
  const btf::View* btf;
  std::string_view module;  ///< "" for the kernel itself.
  TypeId type;
  bool keeps_id = true;  ///< `type` is the id that it has in the kernel: see Target.
};

}  // namespace btfreloc::core
