#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "base/mapped_file.h"
#include "base/printable.h"
#include "btfreloc/kernel_files.h"
#include "btfreloc/kernel_image.h"
#include "btfreloc/kernel_label.h"
#include "btfreloc/kernel_sources.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

/// Directories deeper than these hold no modules; links in a circle do not matter.
constexpr int kMaxDepth = 16;

/// The files of a directory, or its directories, sorted; none when it cannot be listed.
std::vector<fs::path> entries_of(const fs::path& directory, bool directories) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    std::error_code ignored;
    const bool is_wanted = directories ? it->is_directory(ignored)
                                       : it->is_regular_file(ignored) && !it->is_symlink(ignored);
    if (is_wanted) entries.push_back(it->path());
  }
  std::ranges::sort(entries);
  return entries;
}

std::size_t count_modules(const fs::path& directory) {
  std::size_t count = 0;
  std::error_code error;
  fs::recursive_directory_iterator it(directory, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (it.depth() > kMaxDepth) it.disable_recursion_pending();
    if (role_of(it->path().string()) == FileRole::module) ++count;
  }
  return count;
}

/// Looks for the BTF in a kernel, and what it tells of itself.
KernelOnDisk look_at(const fs::path& path) {
  KernelOnDisk kernel{.path = path.string(),
                      .release = release_of_file(path.string()),
                      .arch = {},
                      .why_not = {},
                      .hint = {},
                      .modules_path = {}};
  const auto file = MappedFile::open(kernel.path);
  auto image = file ? read_kernel_image(file->bytes()) : std::unexpected(file.error());
  if (!image) {
    kernel.why_not = image.error().message;
    kernel.hint = image.error().hint;
    kernels::Column by_name;
    by_name.release = kernel.release;
    add_facts_of_release(by_name);
    kernel.arch = by_name.arch;
    return kernel;
  }
  kernel.has_btf = true;
  kernel.arch = image->column.arch;
  if (!image->column.release.empty()) kernel.release = image->column.release;
  return kernel;
}

KernelOnDisk running_kernel() {
  KernelOnDisk kernel{
      .path = "@running", .release = {}, .arch = {}, .why_not = {}, .hint = {}, .modules_path = {}};
  if (utsname names{}; ::uname(&names) == 0) {
    kernel.release = label_of(names.release);
    kernel.arch = names.machine;
  }
  const fs::path sysfs = "/sys/kernel/btf";
  std::error_code error;
  kernel.has_btf = fs::exists(sysfs / "vmlinux", error);
  if (!kernel.has_btf) {
    kernel.why_not = "the running kernel shows no BTF";
    kernel.hint = "kernels do when built with CONFIG_DEBUG_INFO_BTF";
    return kernel;
  }
  const std::size_t files = entries_of(sysfs, false).size();
  if (files > 1) {
    kernel.modules = files - 1;
    kernel.modules_path = sysfs.string();
  }
  return kernel;
}

}  // namespace

std::vector<KernelOnDisk> kernels_of_machine(const std::string& root) {
  std::vector<KernelOnDisk> kernels;
  if (root.empty()) kernels.push_back(running_kernel());
  const fs::path top = root.empty() ? "/" : root;
  for (const fs::path& folder : {top / "boot", top / "usr/lib/debug/boot"}) {
    for (const fs::path& file : entries_of(folder, false)) {
      if (role_of(file.string()) == FileRole::kernel) kernels.push_back(look_at(file));
    }
  }
  // By release: /lib is a link to /usr/lib on most machines, and not on all.
  std::map<std::string, fs::path> modules;
  for (const fs::path& folder :
       {top / "lib/modules", top / "usr/lib/modules", top / "usr/lib/debug/lib/modules"}) {
    for (const fs::path& release : entries_of(folder, true)) {
      modules.emplace(release.filename().string(), release);
      for (const char* const name : {"vmlinuz", "vmlinux", "build/vmlinux"}) {
        std::error_code error;
        const fs::path file = release / name;
        if (!fs::is_regular_file(file, error)) continue;
        const bool is_known = std::ranges::any_of(kernels, [&](const KernelOnDisk& kernel) {
          return fs::equivalent(kernel.path, file, error);
        });
        if (!is_known) kernels.push_back(look_at(file));
      }
    }
  }
  for (KernelOnDisk& kernel : kernels) {
    const auto found = modules.find(kernel.release);
    if (found == modules.end() || !kernel.modules_path.empty()) continue;
    kernel.modules_path = found->second.string();
    kernel.modules = count_modules(found->second);
  }
  return kernels;
}

}  // namespace btfreloc::tool
