#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "btf/view.h"
#include "btfreloc/kernel.h"

namespace btfreloc::tool {

/// A type of a kernel that a user named, or one member or enumerator of it.
struct NamedType {
  const btf::View* btf;  ///< The kernel's, or that of the module that has it.
  TypeId type;
  /// Of a member: it, behind the anonymous and named ones that it lies in, each by its record and
  /// index; of an enumerator, the enum and its index. Empty: all of the type.
  std::vector<std::pair<TypeId, std::uint32_t>> records = {};
  TypeId member_type = {};  ///< Of the member; void for an enumerator.
};

/// The types that the arguments name: "task_struct", "struct sock", "pid_t", "vfs_read",
/// "task_struct.se.vruntime", "enum bpf_func_id.BPF_FUNC_bind", "bpf_*" (as fnmatch(3) has it). All
/// of a name; in modules, where the kernel itself has none.
///
/// Fails for the first that names nothing, with what is near, and the kernels that have it where
/// the kernel is of a set.
Result<std::vector<NamedType>> find_named_types(const Kernel& kernel, const std::string& address,
                                                std::span<const std::string> arguments);

}  // namespace btfreloc::tool
