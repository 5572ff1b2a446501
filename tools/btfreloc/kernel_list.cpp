#include "btfreloc/kernel_list.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <string_view>

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

/// True for x.btf, x.btf.xz and the like.
bool is_btf_file(const fs::path& file) {
  const std::string name = file.filename().string();
  return std::ranges::any_of(
      std::to_array<std::string_view>({".btf", ".btf.xz", ".btf.zst", ".btf.gz"}),
      [&](std::string_view ending) {
        return name.ends_with(ending) && name.size() > ending.size();
      });
}

/// The kernels of a directory: itself, unless it has several .btf files and no vmlinux.
Result<std::vector<std::string>> kernels_in(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name == "vmlinux" || name.starts_with("vmlinux.")) {
      return std::vector<std::string>{directory};
    }
    if (it->is_regular_file(error) && is_btf_file(it->path())) files.push_back(it->path().string());
  }
  if (error) return fail_errno(error.value(), "cannot list", {.file = directory});
  if (files.size() < 2) return std::vector<std::string>{directory};
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<std::vector<std::string>> kernel_addresses(const std::vector<std::string>& arguments) {
  std::vector<std::string> addresses;
  for (const std::string& argument : arguments) {
    std::istringstream parts(argument);
    for (std::string address; std::getline(parts, address, ',');) {
      std::error_code error;
      if (address.empty()) continue;
      if (!fs::is_directory(address, error)) {
        addresses.push_back(address);
        continue;
      }
      TRY(const std::vector<std::string> found, kernels_in(address));
      addresses.insert(addresses.end(), found.begin(), found.end());
    }
  }
  if (addresses.empty()) {
    return fail(Errc::not_found, "no kernel is named", {}, "name a file or directory after -k");
  }
  return addresses;
}

}  // namespace btfreloc::tool
