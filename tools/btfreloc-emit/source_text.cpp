#include "btfreloc-emit/source_text.h"

#include <sys/stat.h>

namespace btfreloc::emit {
namespace {

constexpr off_t kLargestFile = 16 << 20;  // bytes
constexpr std::size_t kMostShown = 200;   // bytes of a line
constexpr std::size_t kMostFiles = 1000;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

const SourceTexts::File* SourceTexts::file(const std::string& path) {
  const auto known = files_.find(path);
  if (known != files_.end()) return known->second ? &*known->second : nullptr;
  if (files_.size() >= kMostFiles) return nullptr;
  std::optional<File>& file = files_[path];
  // Not a pipe or a device, which could block or never end.
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_size > kLargestFile) {
    return nullptr;
  }
  auto mapped = MappedFile::open(path);
  if (!mapped) return nullptr;
  file.emplace(File{*std::move(mapped), {}});
  file->lines = lines_of(as_chars(file->mapped.bytes()));
  return &*file;
}

std::string SourceTexts::line(const std::string& path, std::uint32_t number) {
  const File* const found = file(path);
  if (found == nullptr || number == 0 || number > found->lines.size()) return "";
  return std::string(found->lines[number - 1].substr(0, kMostShown));
}

}  // namespace btfreloc::emit
