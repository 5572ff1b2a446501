#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"

namespace btfreloc::emit {

/// Lines of the source files that debug info names, for messages. Those files are not always where
/// they were when the program was compiled, and the names in them may be anything.
class SourceTexts {
 public:
  /// Without its end; "" when there is no such regular file, or it has fewer lines.
  std::string line(const std::string& path, std::uint32_t number);

 private:
  struct File {
    MappedFile mapped;
    std::vector<std::string_view> lines;
  };
  const File* file(const std::string& path);

  std::map<std::string, std::optional<File>> files_;
};

}  // namespace btfreloc::emit
