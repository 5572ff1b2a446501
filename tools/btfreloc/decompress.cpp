#include "btfreloc/decompress.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

namespace btfreloc::tool {
namespace {

using namespace std::string_view_literals;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

std::unexpected<Error> fail_archive(archive* reader) {
  const char* why = archive_error_string(reader);
  return fail(Errc::bad_format,
              fmt::format("cannot decompress: {}", why != nullptr ? why : "damaged"), {},
              "the file may be cut short");
}

}  // namespace

bool is_compressed(Bytes bytes) {
  const std::string_view start = as_chars(bytes);
  return start.starts_with(
             "\xfd"
             "7zXZ\0"sv) ||
         start.starts_with("\x28\xb5\x2f\xfd"sv) || start.starts_with("\x1f\x8b"sv);
}

Result<std::vector<std::byte>> decompress(Bytes bytes) {
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_raw(reader.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK ||
      archive_read_next_header(reader.get(), &entry) != ARCHIVE_OK) {
    return fail_archive(reader.get());
  }
  // libarchive hands out as they are bytes in which it finds no compression.
  if (archive_filter_code(reader.get(), 0) == ARCHIVE_FILTER_NONE) {
    return fail_archive(reader.get());
  }
  std::vector<std::byte> content(std::max<std::size_t>(bytes.size() * 4, 4096));
  std::size_t used = 0;
  for (;;) {
    if (used == content.size()) {
      if (used >= kMaxDecompressed) {
        return fail(Errc::out_of_range,
                    fmt::format("decompresses to more than {} bytes", kMaxDecompressed), {},
                    "decompress it to a file first");
      }
      content.resize(std::min(used * 2, kMaxDecompressed));
    }
    const la_ssize_t got =
        archive_read_data(reader.get(), content.data() + used, content.size() - used);
    if (got < 0) return fail_archive(reader.get());
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  content.resize(used);
  return content;
}

}  // namespace btfreloc::tool
