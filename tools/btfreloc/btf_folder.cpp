#include "btfreloc/btf_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string_view>

#include "base/mapped_file.h"
#include "btfreloc/write_file.h"

namespace btfreloc::tool {

namespace fs = std::filesystem;

Result<BtfFolder> BtfFolder::open(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return fail_errno(error.value(), "cannot make the directory", {.file = path});
  return BtfFolder(path);
}

Result<std::size_t> BtfFolder::add(const std::string& label, Bytes btf, std::size_t types) {
  const std::size_t hash = std::hash<std::string_view>{}(as_chars(btf));
  const auto [first, last] = by_hash_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    File& file = files_[it->second];
    TRY(const MappedFile there, MappedFile::open(fs::path(path_) / file.name));
    if (!std::ranges::equal(there.bytes(), btf)) continue;
    ++file.kernels;
    return it->second;
  }
  const std::string name = unused_name(label);
  TRY_OK(write_file(fs::path(path_) / name, btf));
  names_.insert(name);
  by_hash_.emplace(hash, files_.size());
  files_.push_back({.name = name, .bytes = btf.size(), .types = types, .kernels = 1});
  return files_.size() - 1;
}

std::vector<std::string> BtfFolder::stale_files() const {
  std::vector<std::string> stale;
  std::error_code error;
  for (fs::directory_iterator it(path_, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.ends_with(".btf") && !names_.contains(name)) stale.push_back(name);
  }
  std::ranges::sort(stale);
  return stale;
}

/// Kernels of other directories may have the same label.
std::string BtfFolder::unused_name(const std::string& label) const {
  std::string name = label + ".btf";
  for (int i = 2; names_.contains(name); ++i) name = fmt::format("{}-{}.btf", label, i);
  return name;
}

}  // namespace btfreloc::tool
