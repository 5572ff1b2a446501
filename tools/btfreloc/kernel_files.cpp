#include "btfreloc/kernel_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "base/bytes.h"
#include "btfreloc/kernel_label.h"
#include "elf/file.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

/// Files of any kind in a directory; the largest distribution kernel has some 7,000 modules, and
/// BTFHub some 10,000 kernels.
constexpr std::size_t kMaxFiles = 1'000'000;

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_one_of(std::span<const std::string_view> words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// The name without the endings of what packs one file.
std::string_view unpacked_name(std::string_view name) {
  for (const std::string_view ending : {".xz", ".zst", ".gz", ".bz2", ".lzma", ".lz4"}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

/// True for a file beside a kernel, of the same name, that is none: vmlinux.lds, vmlinuz-6.1.sig.
bool is_beside_kernel(std::string_view name) {
  constexpr auto kEndings = std::to_array<std::string_view>(
      {".h",       ".o",    ".a",   ".S",    ".c",      ".d",      ".lds",   ".cmd",
       ".map",     ".hmac", ".sig", ".asc",  ".old",    ".id",     ".py",    ".txt",
       ".symvers", ".conf", ".sh",  ".json", ".relocs", ".sha256", ".sha512"});
  const std::size_t dot = name.rfind('.');
  return name.starts_with('.') ||
         (dot != std::string_view::npos && is_one_of(kEndings, name.substr(dot)));
}

/// "6.12.117+deb13-amd64" of "amd64/6.12.117+deb13-amd64.modules/veth.btf.xz", with what is before
/// it; "" elsewhere.
std::string_view before_modules_folder(std::string_view path) {
  constexpr std::string_view kEnding = ".modules";
  const std::string_view folder = folder_of(path);
  return folder.ends_with(kEnding) ? folder.substr(0, folder.size() - kEnding.size())
                                   : std::string_view();
}

/// "6.1.0-56-amd64" of "usr/lib/modules/6.1.0-56-amd64/kernel/net/veth.ko"; "" elsewhere.
std::string_view modules_tree_of(std::string_view path) {
  constexpr std::string_view kTree = "lib/modules/";
  const std::size_t at = path.find(kTree);
  if (at == std::string_view::npos || (at > 0 && path[at - 1] != '/')) return {};
  const std::string_view rest = path.substr(at + kTree.size());
  const std::size_t slash = rest.find('/');
  return slash == std::string_view::npos ? std::string_view() : rest.substr(0, slash);
}

/// True when the file starts as BTF of either byte order or ELF does.
bool starts_like_btf(const fs::path& file) {
  std::array<char, 4> start{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(start.data(), start.size());
  const std::string_view text(start.data(), start.size());
  return text.starts_with("\x9f\xeb") || text.starts_with("\xeb\x9f") || text == "\177ELF";
}

/// The folder with a bare vmlinux that is nearest above a file; "" when there is none.
std::string_view nearest(const std::set<std::string, std::less<>>& folders, std::string_view path) {
  for (std::string_view folder = folder_of(path); !folder.empty(); folder = folder_of(folder)) {
    if (folders.contains(folder)) return folder;
  }
  return {};
}

/// What brings kernels and modules together when files are sorted.
std::string group_of(const KernelFile& file, std::string_view vmlinux_folder) {
  if (!vmlinux_folder.empty()) return std::string(vmlinux_folder);
  const std::string release =
      file.role == FileRole::module ? release_of_module(file.path) : release_of_file(file.path);
  return release.empty() ? file.path : release;
}

}  // namespace

FileRole role_of(std::string_view path) {
  const std::string_view name = file_name(path);
  const std::string_view plain = unpacked_name(name);
  constexpr auto kArchives =
      std::to_array<std::string_view>({".deb", ".rpm", ".tar", ".tgz", ".txz", ".ddeb", ".udeb"});
  const std::size_t dot = plain.rfind('.');
  const std::string_view ending =
      dot == std::string_view::npos ? std::string_view() : plain.substr(dot);
  if (is_one_of(kArchives, ending)) return FileRole::archive;
  if (ending == ".ko") return FileRole::module;
  if (ending == ".btf") {
    return before_modules_folder(path).empty() ? FileRole::kernel : FileRole::module;
  }
  if (is_beside_kernel(plain)) return FileRole::other;
  constexpr auto kImages =
      std::to_array<std::string_view>({"Image", "bzImage", "zImage", "vmlinux", "vmlinuz"});
  const std::string_view stem = without_endings(name);
  if (is_one_of(kImages, stem)) return FileRole::kernel;
  const bool is_image = plain.starts_with("vmlinuz-") || plain.starts_with("vmlinux-") ||
                        plain.starts_with("Image-") || plain.starts_with("bzImage-") ||
                        (plain.starts_with("kernel-") && looks_like_release(plain.substr(7)));
  return is_image ? FileRole::kernel : FileRole::other;
}

bool is_bare_vmlinux(std::string_view path) {
  return without_endings(file_name(path)) == "vmlinux";
}

std::string KernelKeys::of_release(std::string_view release) {
  return fmt::format("release:{}", release);
}

std::string KernelKeys::of_folder(std::string_view folder) {
  return fmt::format("folder:{}", folder);
}

std::vector<std::string> KernelKeys::of_kernel(std::string_view path) {
  std::vector<std::string> keys{fmt::format("path:{}", without_endings(path))};
  if (is_bare_vmlinux(path)) keys.push_back(of_folder(folder_of(path)));
  return keys;
}

std::vector<std::string> KernelKeys::of_module(std::string_view path) {
  std::vector<std::string> keys;
  if (const std::string_view before = before_modules_folder(path); !before.empty()) {
    keys.push_back(fmt::format("path:{}", before));
  }
  if (const std::string_view tree = modules_tree_of(path); !tree.empty()) {
    keys.push_back(of_release(label_of(tree)));
  }
  for (std::string_view folder = folder_of(path); !folder.empty(); folder = folder_of(folder)) {
    keys.push_back(of_folder(folder));
  }
  return keys;
}

std::string release_of_module(std::string_view path) {
  std::string_view release = file_name(before_modules_folder(path));
  if (release.empty()) release = modules_tree_of(path);
  return looks_like_release(release) ? label_of(release) : std::string();
}

Result<std::vector<KernelFile>> kernel_files_in(const std::string& directory) {
  std::vector<fs::path> paths;
  std::set<std::string, std::less<>> vmlinux_folders;
  std::error_code error;
  std::size_t looked_at = 0;
  fs::recursive_directory_iterator it(directory, fs::directory_options::skip_permission_denied,
                                      error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (++looked_at > kMaxFiles) {
      return fail(Errc::unsupported, fmt::format("more than {} files", kMaxFiles),
                  {.file = directory}, "name a directory inside it");
    }
    std::error_code ignored;
    if (it->is_symlink(ignored) || !it->is_regular_file(ignored)) continue;
    paths.push_back(it->path());
    const std::string path = it->path().string();
    if (is_bare_vmlinux(path) && role_of(path) == FileRole::kernel) {
      vmlinux_folders.emplace(folder_of(path));
    }
  }
  if (error) return fail_errno(error.value(), "cannot list", {.file = directory});

  std::vector<std::tuple<std::string, KernelFile>> files;
  for (const fs::path& path : paths) {
    std::error_code ignored;
    KernelFile file{.path = path.string(), .bytes = 0, .role = role_of(path.string())};
    const std::string_view vmlinux_folder = nearest(vmlinux_folders, file.path);
    if (!vmlinux_folder.empty() && file.role != FileRole::archive && !is_bare_vmlinux(file.path)) {
      const bool has_btf = file_name(file.path).contains(".btf") || file.role == FileRole::module ||
                           (!path.has_extension() && starts_like_btf(path));
      file.role = has_btf ? FileRole::module : FileRole::other;
    }
    if (file.role == FileRole::other) continue;
    file.bytes = fs::file_size(path, ignored);
    std::string group = group_of(file, vmlinux_folder);
    files.emplace_back(std::move(group), std::move(file));
  }
  std::ranges::sort(files, {}, [](const auto& grouped) {
    const auto& [group, file] = grouped;
    return std::tie(group, file.role, file.path);
  });
  std::vector<KernelFile> sorted;
  for (auto& [group, file] : files) sorted.push_back(std::move(file));
  return sorted;
}

}  // namespace btfreloc::tool
