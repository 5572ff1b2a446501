#include "btfreloc/kernel_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>
#include <string_view>

#include "btfreloc/set_address.h"

namespace btfreloc::tool {
namespace {

namespace fs = std::filesystem;

/// True for x.btf, x.btf.xz, vmlinuz-x, x.deb and the like: names that kernels have on disk.
bool is_kernel_file(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.starts_with("vmlinuz-")) return true;
  return std::ranges::any_of(
      std::to_array<std::string_view>(
          {".btf", ".btf.xz", ".btf.zst", ".btf.gz", ".btf.tar.xz", ".btfset", ".deb", ".rpm"}),
      [&](std::string_view ending) {
        return name.ends_with(ending) && name.size() > ending.size();
      });
}

/// The kernels of a directory: itself, unless it has several files of kernels and no vmlinux.
Result<std::vector<std::string>> kernels_in(const std::string& directory) {
  std::vector<std::string> files;
  std::error_code error;
  for (fs::directory_iterator it(directory, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name == "vmlinux" || name.starts_with("vmlinux.")) {
      return std::vector<std::string>{directory};
    }
    if (it->is_regular_file(error) && is_kernel_file(it->path())) {
      files.push_back(it->path().string());
    }
  }
  if (error) return fail_errno(error.value(), "cannot list", {.file = directory});
  // With one .btf file, the others are its modules.
  const bool is_one = files.size() == 1 && fs::path(files[0]).filename().string().contains(".btf");
  if (files.empty() || (is_one && !files[0].ends_with(".btfset"))) {
    return std::vector<std::string>{directory};
  }
  std::ranges::sort(files);
  return files;
}

/// The addresses of the kernels of a set that `address` names.
Result<std::vector<std::string>> kernels_of(const SetAddress& address) {
  TRY(const SetKernels kernels, find_kernels(address));
  std::vector<std::string> addresses;
  for (const std::size_t number : kernels.columns) {
    addresses.push_back(fmt::format("{}:{}", address.set, kernels.file->column(number).label));
  }
  return addresses;
}

Result<std::vector<std::string>> addresses_of(const std::string& argument) {
  std::error_code error;
  std::vector<std::string> files = {argument};
  if (fs::is_directory(argument, error)) {
    TRY(files, kernels_in(argument));
  }
  std::vector<std::string> addresses;
  for (const std::string& file : files) {
    std::vector<std::string> found = {file};
    if (const auto of_set = parse_set_address(file)) {
      // What is wrong with it, Kernel::open() says in its turn: it does not stop the others.
      if (auto kernels = kernels_of(*of_set)) found = *std::move(kernels);
    }
    addresses.insert(addresses.end(), found.begin(), found.end());
  }
  return addresses;
}

}  // namespace

Result<std::vector<std::string>> kernel_addresses(const std::vector<std::string>& arguments) {
  std::vector<std::string> addresses;
  for (const std::string& argument : arguments) {
    std::istringstream parts(argument);
    for (std::string address; std::getline(parts, address, ',');) {
      if (address.empty()) continue;
      TRY(const std::vector<std::string> found, addresses_of(address));
      addresses.insert(addresses.end(), found.begin(), found.end());
    }
  }
  if (addresses.empty()) {
    return fail(Errc::not_found, "no kernel is named", {}, "name a file or directory after -k");
  }
  return addresses;
}

}  // namespace btfreloc::tool
