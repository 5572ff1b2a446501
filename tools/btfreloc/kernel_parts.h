#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "btf/view.h"
#include "btfreloc/kernel.h"
#include "btfreloc/set_address.h"
#include "core/target.h"

namespace btfreloc::tool {

/// What a Kernel is made of, wherever it came from.
struct KernelParts {
  std::string label;
  std::string release = {};
  std::string arch = {};
  bool keeps_ids = true;
  std::shared_ptr<const btf::View> btf = {};  ///< Owns the bytes, too.
  /// Opens the modules; what it returns lives as long as this. Empty where there are none.
  std::function<Result<std::vector<core::Module>>()> modules = {};
};

/// Bytes of BTF that all modules of a kernel may have: those of a distribution's have some 20 MB.
inline constexpr std::size_t kMaxModuleBytes = std::size_t{256} << 20;
/// The error for more than that.
std::unexpected<Error> fail_many_modules(const std::string& file);

/// A kernel of a set.
Result<KernelParts> kernel_of_set(const SetAddress& address, TypeIds ids);

/// The kernel in an image, package or archive: whatever for_each_kernel() reads.
Result<KernelParts> kernel_of_source(const std::string& path);

}  // namespace btfreloc::tool
