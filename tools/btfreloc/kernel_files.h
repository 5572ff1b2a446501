#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace btfreloc::tool {

/// What a file is likely to have, by its name alone.
enum class FileRole : std::uint8_t { kernel, archive, module, other };

FileRole role_of(std::string_view path);

/// True for a vmlinux that says no release, as in a build tree: vmlinux, vmlinux.btf.xz.
bool is_bare_vmlinux(std::string_view path);

/// The names under which a kernel and its modules find each other. They mean nothing else.
struct KernelKeys {
  static std::string of_release(std::string_view release);
  static std::string of_folder(std::string_view folder);

  /// Of a kernel at `path`, but for its release.
  static std::vector<std::string> of_kernel(std::string_view path);
  /// Of the kernel that a module at `path` is for, the likeliest first: lib/modules/RELEASE/...,
  /// LABEL.modules/NAME beside LABEL.btf, and folders with a bare vmlinux.
  static std::vector<std::string> of_module(std::string_view path);
};

/// "6.1.0-56-amd64" of a module in lib/modules/6.1.0-56-amd64 or 6.1.0-56-amd64.modules; ""
/// elsewhere.
std::string release_of_module(std::string_view path);

struct KernelFile {
  std::string path;
  std::uint64_t bytes;
  FileRole role;
};

/// The files in a directory, at any depth, that are likely to have kernels or modules: each kernel,
/// then its modules. Where there is a bare vmlinux, other BTF is that of its modules. Links are not
/// followed.
Result<std::vector<KernelFile>> kernel_files_in(const std::string& directory);

}  // namespace btfreloc::tool
