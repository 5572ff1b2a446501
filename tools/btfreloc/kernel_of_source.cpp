#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btfreloc/kernel_parts.h"
#include "btfreloc/kernel_sources.h"

namespace btfreloc::tool {
namespace {

/// BTF that outlives what it was found in.
struct KeptBtf {
  std::string name;
  std::vector<std::byte> bytes;
  std::optional<btf::View> btf;
};

Result<std::unique_ptr<KeptBtf>> keep(const btf::View& found, const btf::View* base,
                                      std::string name) {
  auto kept = std::make_unique<KeptBtf>();
  kept->name = std::move(name);
  kept->bytes.assign(found.blob().begin(), found.blob().end());
  TRY(kept->btf, btf::View::open(kept->bytes, base));
  return kept;
}

/// The one kernel of a file, and its modules once they were asked for.
struct SourceKernel {
  std::string path;
  std::unique_ptr<KeptBtf> kernel = {};
  kernels::Column column = {};
  std::vector<std::unique_ptr<KeptBtf>> modules = {};
  std::size_t module_bytes = 0;

  Status find_kernel() {
    std::vector<std::string> labels;
    const auto found = [&](const KernelSource& source) -> Status {
      if (source.column.is_module()) return {};
      labels.push_back(source.longer_label);
      if (labels.size() > 1) return {};
      column = source.column;
      TRY(kernel, keep(*source.btf, nullptr, source.column.label));
      return {};
    };
    const std::string paths[] = {path};
    TRY_OK(for_each_kernel(paths, {.with_modules = false}, {.found = found}));
    if (labels.size() > 1) {
      return fail(Errc::unsupported, fmt::format("{} kernels, and one is needed", labels.size()),
                  {.file = path},
                  "`btfreloc kernels add SET.btfset FILE` adds them to a set, whose kernels have "
                  "addresses: SET.btfset:LABEL");
    }
    if (kernel == nullptr) {
      return fail(Errc::not_found, "no kernel is in the file", {.file = path},
                  fmt::format("a kernel is {}", kKernelFiles));
    }
    return {};
  }

  Status add_module(const KernelSource& source) {
    if (!source.column.is_module()) return {};
    module_bytes += source.btf->blob_size();
    if (module_bytes > kMaxModuleBytes) return fail_many_modules(path);
    TRY(auto module, keep(*source.btf, &*kernel->btf, source.column.module));
    modules.push_back(std::move(module));
    return {};
  }

  /// Reads the file once more: most relocations need no module.
  Result<std::vector<core::Module>> open_modules() {
    const auto found = [this](const KernelSource& source) { return add_module(source); };
    const std::string paths[] = {path};
    TRY_OK(for_each_kernel(paths, {}, {.found = found}));
    std::vector<core::Module> all;
    for (const auto& module : modules) all.push_back({.name = module->name, .btf = &*module->btf});
    std::ranges::sort(all, {}, &core::Module::name);
    return all;
  }
};

}  // namespace

Result<KernelParts> kernel_of_source(const std::string& path) {
  const auto opened = std::make_shared<SourceKernel>(SourceKernel{.path = path});
  TRY_OK(opened->find_kernel());
  return KernelParts{.label = opened->column.label,
                     .release = opened->column.release,
                     .arch = opened->column.arch,
                     .btf = std::shared_ptr<const btf::View>(opened, &*opened->kernel->btf),
                     .modules = [opened] { return opened->open_modules(); }};
}

}  // namespace btfreloc::tool
