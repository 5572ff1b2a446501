#include "btf/scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "btf/references.h"

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kLayoutEntrySize = 4;  // u8 fixed bytes, u8 record bytes, u16 flags

constexpr auto kForeign =
    std::endian::native == std::endian::little ? std::endian::big : std::endian::little;

/// KindTraits for every number a kind can be, packed for the scan.
struct ScanTraits {
  std::uint8_t fixed;        ///< Bytes of header and fixed part; 0 for a kind we do not know.
  std::uint8_t per_record;   ///< Bytes.
  bool has_more;             ///< References behind the header.
  std::uint32_t third_mask;  ///< All ones where the third word is a type id.
};

constexpr auto kScanTraits = [] {
  std::array<ScanTraits, 128> table{};
  for (const KindTraits& kind : kKindTraits) {
    if (kind.kind == Kind::kVoid) continue;
    table[static_cast<std::size_t>(kind.kind)] = {
        .fixed = static_cast<std::uint8_t>(kTypeHeaderSize + kind.fixed),
        .per_record = static_cast<std::uint8_t>(size_of(kind.record)),
        .has_more = kind.record != Record::none || kind.kind == Kind::kArray,
        .third_mask = kind.third == ThirdWord::type ? ~0U : 0U};
  }
  return table;
}();

const KindTraits& traits_of(const Info& info) { return traits_or_unknown(info.kind); }

}  // namespace

Scanner::Scanner(Bytes blob, const Header& header, std::uint32_t first_id, std::string_view section)
    : types_(blob.subspan(header.types_offset, header.types_size)),
      behind_types_(blob.subspan(header.types_offset + std::size_t{header.types_size})),
      layout_(blob.subspan(header.layout_offset, header.layout_size)),
      header_(header),
      first_id_(first_id),
      section_(section) {}

Result<Scan> Scanner::scan() const {
  if (auto found = scan_in_lanes()) return *std::move(found);
  return scan_serially();
}

Result<Scan> Scanner::scan_serially() const {
  return header_.order == std::endian::native ? scan_in<std::endian::native>()
                                              : scan_in<kForeign>();
}

/// The pass itself, once per byte order. A type without records takes no branch but the loop's own.
template <std::endian kOrder>
Result<Scan> Scanner::scan_in() const {
  Scan found;
  // A kernel's mean is 25 bytes a type, so this is the one allocation for most blobs.
  found.offsets.resize(types_.size() / 24 + 1);
  std::size_t count = 0;
  std::uint32_t max_type = 0;
  std::uint32_t max_string = 0;
  for (std::size_t at = 0; at < types_.size();) {
    const std::size_t remain = types_.size() - at;
    if (remain < kTypeHeaderSize) [[unlikely]]
      return std::unexpected(cut_header(at, count));
    const std::byte* type = types_.data() + at;
    const Info info = Info::unpack(load<std::uint32_t>(type + 4, kOrder));
    const ScanTraits traits = kScanTraits[info.kind];
    std::uint64_t size = traits.fixed;
    if (size == 0) [[unlikely]] {
      TRY(const Lengths lengths, lengths_by_layout(info.kind, at, count));
      size = kTypeHeaderSize + lengths.fixed + std::uint64_t{info.vlen} * lengths.per_record;
    } else if (traits.per_record != 0) {
      size += std::uint64_t{info.vlen} * traits.per_record;
    }
    if (size > remain) [[unlikely]]
      return std::unexpected(cut_records(at, count, size));

    max_string = std::max(max_string, load<std::uint32_t>(type, kOrder));
    max_type = std::max(max_type, load<std::uint32_t>(type + 8, kOrder) & traits.third_mask);
    if (traits.has_more) {
      for_each_reference(
          type, traits_of(info), info.vlen, kOrder,
          [&](std::size_t, std::uint32_t id) { max_type = std::max(max_type, id); },
          [&](std::size_t, std::uint32_t offset) { max_string = std::max(max_string, offset); });
    }
    if (count == found.offsets.size()) [[unlikely]]
      found.offsets.resize(count * 2);
    found.offsets[count++] = static_cast<std::uint32_t>(at);
    at += static_cast<std::size_t>(size);
  }
  found.offsets.resize(count);
  found.max_type = max_type;
  found.max_string = max_string;
  return found;
}

Error Scanner::first_bad_reference(const Scan& found, std::uint32_t type_count,
                                   std::uint32_t strings_end, bool is_split) const {
  for (std::size_t i = 0; i < found.offsets.size(); ++i) {
    const std::byte* type = types_.data() + found.offsets[i];
    const Info info = info_of(type);
    std::optional<Error> error;
    for_each_reference(
        type, traits_of(info), info.vlen, header_.order,
        [&](std::size_t byte, std::uint32_t id) {
          if (id < type_count || error) return;
          error = bad_reference(Errc::bad_type_id, i, found.offsets[i] + byte,
                                fmt::format("refers to type id {}, there are {}", id, type_count),
                                is_split);
        },
        [&](std::size_t byte, std::uint32_t offset) {
          if (offset < strings_end || error) return;
          error = bad_reference(
              Errc::bad_format, i, found.offsets[i] + byte,
              fmt::format("has a name at string offset {}, strings end at {}", offset, strings_end),
              is_split);
        });
    if (error) return *std::move(error);
  }
  std::unreachable();
}

Error Scanner::cut_header(std::size_t at, std::size_t index) const {
  return {.code = Errc::truncated,
          .message = fmt::format("type [{}] needs {} bytes for its header, {} remain",
                                 first_id_ + index, kTypeHeaderSize, types_.size() - at),
          .where = place(at),
          .hint = std::string(kCutShort)};
}

Error Scanner::cut_records(std::size_t at, std::size_t index, std::uint64_t size) const {
  const Info info = info_of(types_.data() + at);
  return {.code = Errc::truncated,
          .message =
              fmt::format("{} [{}] needs {} bytes for {} records, {} remain", traits_of(info).name,
                          first_id_ + index, size, info.vlen, types_.size() - at),
          .where = place(at),
          .hint = std::string(kCutShort)};
}

Result<Lengths> Scanner::lengths_by_layout(std::uint8_t kind, std::size_t at,
                                           std::size_t index) const {
  const std::size_t entry = std::size_t{kind} * kLayoutEntrySize;
  if (kind != 0 && entry + kLayoutEntrySize <= layout_.size()) {
    return Lengths{std::to_integer<std::uint32_t>(layout_[entry]),
                   std::to_integer<std::uint32_t>(layout_[entry + 1])};
  }
  return fail(
      Errc::unsupported,
      fmt::format("type [{}] is of kind {}, the newest known is {} ({}), and the blob has no "
                  "layout section that says how long it is",
                  first_id_ + index, kind, static_cast<unsigned>(kNewestKind),
                  traits(kNewestKind).name),
      place(at + 4), "the BTF may come from a newer compiler or kernel, or be damaged");
}

Error Scanner::bad_reference(Errc code, std::size_t index, std::size_t byte, std::string_view what,
                             bool is_split) const {
  const std::string_view hint =
      is_split || first_id_ != 1
          ? "is this the base it was made for?"
          : "the BTF of a kernel module is split: name the kernel's with --base";
  return {.code = code,
          .message = fmt::format("type [{}] {}", first_id_ + index, what),
          .where = place(byte),
          .hint = std::string(hint)};
}

Location Scanner::place(std::size_t at) const {
  return {.section = std::string(section_), .offset = header_.types_offset + at};
}

}  // namespace btfreloc::btf
