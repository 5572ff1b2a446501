#include "btfreloc/kernel_archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "btfreloc/decompress.h"
#include "btfreloc/unpack_stream.h"

namespace btfreloc::tool {
namespace {

using namespace std::string_view_literals;

/// Of all archives in one file together. The largest kernel packages have 8,000.
constexpr std::size_t kMaxEntries = 200'000;
/// Bytes unpacked per byte of the archive. Packages of kernels stay below 10, and zeros reach 1,000
/// with gzip and 10,000 with zstd. Below kFreeBytes nothing is counted.
constexpr std::uint64_t kMaxRatio = 100;
constexpr std::uint64_t kFreeBytes = std::uint64_t{256} << 20;
/// A .deb has a .tar, and there is nothing to look for in a .deb in a .tar.
constexpr int kMaxDepth = 2;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Handle = std::unique_ptr<archive, FreeArchive>;

std::string_view file_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// True for archives that are opened inside another one.
bool is_inner_archive(std::string_view path) {
  const std::string_view name = file_name(path);
  return name.starts_with("data.tar") || name.contains(".btf.tar");
}

/// The part of an entry's name that means something: nothing is written to it.
std::string without_start(std::string_view path) {
  while (path.starts_with("./") || path.starts_with("/")) {
    path.remove_prefix(path.starts_with("/") ? 1 : 2);
  }
  return std::string(path);
}

Handle new_reader() {
  Handle reader(archive_read_new());
  // One by one: others would be unpacked by programs that are started.
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_lzma(reader.get());
  archive_read_support_filter_lz4(reader.get());
  archive_read_support_filter_rpm(reader.get());
  archive_read_support_format_ar(reader.get());
  archive_read_support_format_cpio(reader.get());
  archive_read_support_format_tar(reader.get());
  return reader;
}

}  // namespace

/// One archive, and what all archives of a file have used up.
class ArchiveReader {
 public:
  ArchiveReader(Bytes bytes, const ArchiveCalls& calls)
      : bytes_(bytes), calls_(calls), outermost_(new_reader()) {}

  Status walk() {
    archive* reader = outermost_.get();
    if (archive_read_open_memory(reader, bytes_.data(), bytes_.size()) != ARCHIVE_OK) {
      return fail_reading(reader, "");
    }
    return walk(reader, 1, "");
  }

 private:
  /// Where the data of an archive in an archive comes from.
  struct Inner {
    ArchiveReader* self;
    archive* outer;
    std::optional<Error> error;
  };

  Status walk(archive* reader, int depth, const std::string& inside) {
    for (;;) {
      archive_entry* header = nullptr;
      const int result = archive_read_next_header(reader, &header);
      if (result == ARCHIVE_EOF) return {};
      if (result < ARCHIVE_WARN) return fail_reading(reader, inside);
      if (++entries_ > kMaxEntries) {
        return fail(Errc::unsupported, fmt::format("more than {} entries", kMaxEntries), {},
                    "unpack it, and name the files with the kernels");
      }
      const char* path = archive_entry_pathname(header);
      const std::string name = without_start(path != nullptr ? path : "");
      const std::string place = inside.empty() ? name : inside + ": " + name;
      // An inner archive is nearly all of its package.
      if (calls_.progress)
        calls_.progress(static_cast<std::uint64_t>(archive_filter_bytes(reader, -1)));
      const bool is_file =
          archive_entry_filetype(header) == AE_IFREG && archive_entry_hardlink(header) == nullptr;
      if (is_file && depth < kMaxDepth && is_inner_archive(name)) {
        TRY_OK(walk_inner(reader, depth, place));
      } else if (is_file) {
        ArchiveEntry entry(name, [&] { return read(reader, place); });
        TRY_OK(calls_.entry(entry));
      }
      TRY_OK(skip(reader, place));
    }
  }

  Status walk_inner(archive* outer, int depth, const std::string& place) {
    const Handle reader = new_reader();
    Inner inner{.self = this, .outer = outer, .error = std::nullopt};
    const auto next = [](archive*, void* client, const void** data) -> la_ssize_t {
      auto* from = static_cast<Inner*>(client);
      size_t size = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(from->outer, data, &size, &offset);
      if (result == ARCHIVE_EOF) return 0;
      if (result < ARCHIVE_WARN) return ARCHIVE_FATAL;
      if (auto counted = from->self->count(size, ""); !counted) {
        from->error = std::move(counted).error();
        return ARCHIVE_FATAL;
      }
      return static_cast<la_ssize_t>(size);
    };
    Status walked;
    if (archive_read_open(reader.get(), &inner, nullptr, next, nullptr) != ARCHIVE_OK) {
      walked = fail_reading(reader.get(), place);
    } else {
      walked = walk(reader.get(), depth + 1, place);
    }
    if (inner.error) return std::unexpected(*std::move(inner.error));
    return walked;
  }

  /// All data of the entry that the reader is at.
  Result<std::vector<std::byte>> read(archive* reader, const std::string& place) {
    std::vector<std::byte> content;
    for (;;) {
      const void* data = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(reader, &data, &size, &offset);
      if (result == ARCHIVE_EOF) return content;
      if (result < ARCHIVE_WARN) return fail_reading(reader, place);
      // Sparse files have holes, which are as many bytes as any.
      const auto start = static_cast<std::uint64_t>(offset);
      if (start < content.size() || start > kMaxDecompressed || size > kMaxDecompressed - start) {
        return fail(Errc::out_of_range,
                    fmt::format("{}: more than {} bytes", printable(place), kMaxDecompressed), {},
                    "unpack the archive, and name the files with the kernels");
      }
      TRY_OK(count(start + size - content.size(), place));
      content.resize(static_cast<std::size_t>(start));
      const auto* bytes = static_cast<const std::byte*>(data);
      content.insert(content.end(), bytes, bytes + size);
    }
  }

  /// Goes over what was not read of an entry, and counts it: it is unpacked all the same.
  Status skip(archive* reader, const std::string& place) {
    for (;;) {
      const void* data = nullptr;
      size_t size = 0;
      la_int64_t offset = 0;
      const int result = archive_read_data_block(reader, &data, &size, &offset);
      if (result == ARCHIVE_EOF) return {};
      if (result < ARCHIVE_WARN) return fail_reading(reader, place);
      TRY_OK(count(size, place));
    }
  }

  /// Adds to what was unpacked. Fails when that is more than any kernel's package has.
  Status count(std::uint64_t size, const std::string& place) {
    unpacked_ += size;
    if (unpacked_ <= kFreeBytes || unpacked_ / kMaxRatio <= bytes_.size()) return {};
    return fail(Errc::out_of_range,
                fmt::format("{}{}unpacks to more than {} times its size", printable(place),
                            place.empty() ? "" : ": ", kMaxRatio),
                {}, "unpack it, if it is meant to, and name the files with the kernels");
  }

  std::unexpected<Error> fail_reading(archive* reader, const std::string& place) const {
    const char* why = archive_error_string(reader);
    return fail(
        Errc::bad_format,
        fmt::format("{}{}cannot read the archive: {}", printable(place), place.empty() ? "" : ": ",
                    why != nullptr ? printable(why) : "it is damaged"),
        {}, "the file may be cut short: get it again");
  }

  Bytes bytes_;
  const ArchiveCalls& calls_;
  Handle outermost_;
  std::size_t entries_ = 0;
  std::uint64_t unpacked_ = 0;
};

Result<std::vector<std::byte>> ArchiveEntry::read() { return read_(); }

bool is_archive(Bytes bytes) {
  const auto starts = [](Bytes start) {
    const std::string_view chars = as_chars(start);
    return chars.starts_with("!<arch>\n") || chars.starts_with("\xed\xab\xee\xdb") ||
           (chars.size() > 262 && chars.substr(257).starts_with("ustar"));
  };
  if (starts(bytes)) return true;
  const auto stream = find_stream(bytes.first(std::min<std::size_t>(bytes.size(), 16)));
  if (!stream || stream->offset != 0) return false;
  constexpr std::size_t kTarHeader = 512;
  return starts(unpack_stream(stream->packing, bytes, kTarHeader).bytes);
}

Status for_each_entry(Bytes archive, const ArchiveCalls& calls) {
  return ArchiveReader(archive, calls).walk();
}

}  // namespace btfreloc::tool
