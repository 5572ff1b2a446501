#include <algorithm>
#include <array>
#include <cstring>

#include "btf/validate/checker.h"

namespace btfreloc::btf {
namespace {

/// struct btf_header, and the same since Linux 7.1, with the layout section.
constexpr std::size_t kClassicSize = 24;
constexpr std::size_t kSizeWithLayout = 32;
/// Where the size of the header ends, without which there is no reading it.
constexpr std::size_t kSizeFieldEnd = 8;

using HeaderBytes = std::array<std::byte, kSizeWithLayout>;

/// The part of the header that the kernel copies; what is behind a shorter one is 0.
HeaderBytes copy_of(Bytes blob, std::size_t size) {
  HeaderBytes header{};
  std::memcpy(header.data(), blob.data(), size);
  return header;
}

/// The byte order, from the magic number. nullopt: there is none.
std::optional<std::endian> check_magic(Checker& checker, Bytes blob) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    if (load<std::uint16_t>(blob.data(), order) != kMagic) continue;
    if (checker.options().order && *checker.options().order != order) {
      checker.report(Rule::byte_order, 0, "{}, and the kernel is {}", order_name(order),
                     order_name(*checker.options().order));
    }
    return order;
  }
  checker.report(Rule::magic, 0, "the first bytes are {:02x} {:02x}, not 9f eb or eb 9f",
                 std::to_integer<unsigned>(blob[0]), std::to_integer<unsigned>(blob[1]));
  return std::nullopt;
}

/// Header bytes behind those that the kernel knows must be zero. False: they are not.
bool check_tail(Checker& checker, Bytes blob, std::uint32_t header_size, std::size_t known) {
  for (std::size_t byte = known; byte < header_size; ++byte) {
    if (blob[byte] == std::byte{0}) continue;
    if (byte < kSizeWithLayout) {
      checker.report(Rule::layout_section, byte, "a header of {} bytes, with a layout section",
                     header_size);
    } else {
      checker.report(Rule::header_tail, byte, "byte {} of the header is {:#04x}", byte,
                     std::to_integer<unsigned>(blob[byte]));
    }
    return false;
  }
  return true;
}

struct Part {
  std::string_view what;
  std::uint32_t offset;        ///< In bytes from the end of the header.
  std::uint32_t size;          ///< In bytes.
  std::uint64_t header_field;  ///< Where the header says so.
};

/// The parts fill what is behind the header, one behind the other. False: they do not.
bool check_parts(Checker& checker, Bytes blob, const RawHeader& header) {
  std::array<Part, 3> parts = {{{"types", header.types_offset, header.types_size, 8},
                                {"strings", header.strings_offset, header.strings_size, 16},
                                {"layout section", header.layout_offset, header.layout_size, 24}}};
  const std::size_t count = header.layout_size == 0 ? 2 : 3;
  const auto end = parts.begin() + static_cast<std::ptrdiff_t>(count);
  std::sort(parts.begin(), end, [](const Part& a, const Part& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size < b.size;
  });
  const std::uint64_t room = blob.size() - header.header_size;
  std::uint64_t reached = 0;  // bytes behind the header that are some part's
  bool ok = true;
  for (auto part = parts.begin(); part != end; ++part) {
    const std::uint64_t part_end = std::uint64_t{part->offset} + part->size;
    if (part_end > room) {
      checker.report(Rule::section_bounds, part->header_field,
                     "the {} end {} bytes behind the header, and {} are there", part->what,
                     part_end, room);
      return false;
    }
    if (part->offset > reached) {
      checker.report(Rule::section_gap, header.header_size + reached, "{} bytes before the {}",
                     part->offset - reached, part->what);
      ok = false;
    } else if (part->offset < reached) {
      checker.report(Rule::section_overlap, header.header_size + std::uint64_t{part->offset},
                     "the {} start {} bytes before the part in front of them ends", part->what,
                     reached - part->offset);
      ok = false;
    }
    reached = std::max(reached, part_end);
  }
  if (reached < room) {
    checker.report(Rule::section_gap, header.header_size + reached, "{} bytes behind all parts",
                   room - reached);
    ok = false;
  }
  return ok;
}

void check_layout(Checker& checker, const RawHeader& header) {
  constexpr std::uint32_t kEntrySize = 4;
  if (header.layout_size == 0) return;
  if (header.layout_offset % 4 != 0 || header.layout_size % kEntrySize != 0) {
    checker.report(Rule::layout_section, 24, "a layout section of {} bytes at {}",
                   header.layout_size, header.layout_offset);
  }
}

}  // namespace

std::optional<RawHeader> check_header(Checker& checker, Bytes blob) {
  if (blob.size() < kSizeFieldEnd) {
    checker.report(Rule::header_cut, 0, "{} bytes are too few for a header", blob.size());
    return std::nullopt;
  }
  const auto order = check_magic(checker, blob);
  if (!order) return std::nullopt;
  const auto header_size = load<std::uint32_t>(blob.data() + 4, *order);
  if (header_size > blob.size()) {
    checker.report(Rule::header_cut, 4, "a header of {} bytes in a blob of {}", header_size,
                   blob.size());
    return std::nullopt;
  }
  if (header_size < kSizeFieldEnd) {
    checker.report(Rule::header_cut, 4, "a header of {} bytes", header_size);
    return std::nullopt;
  }
  if (blob[2] != std::byte{kVersion}) {
    checker.report(Rule::version, 2, "version {}", std::to_integer<unsigned>(blob[2]));
  }
  if (blob[3] != std::byte{0}) {
    checker.report(Rule::flags, 3, "flags {:#04x}", std::to_integer<unsigned>(blob[3]));
  }
  const std::size_t known = checker.has(Feature::layout) ? kSizeWithLayout : kClassicSize;
  const bool is_known = check_tail(checker, blob, header_size, known);

  const HeaderBytes copy = copy_of(blob, std::min<std::size_t>(header_size, known));
  const auto word = [&](std::size_t byte) {
    return load<std::uint32_t>(copy.data() + byte, *order);
  };
  const bool has_layout = header_size >= kSizeWithLayout && known >= kSizeWithLayout;
  RawHeader header{.order = *order,
                   .header_size = header_size,
                   .types_offset = word(8),
                   .types_size = word(12),
                   .strings_offset = word(16),
                   .strings_size = word(20),
                   .layout_offset = has_layout ? word(24) : 0,
                   .layout_size = has_layout ? word(28) : 0,
                   .has_layout_fields = has_layout};
  // Behind header fields that are not known, there may be parts that are not.
  if (is_known) header.is_laid_out = check_parts(checker, blob, header);
  check_layout(checker, header);
  return header;
}

std::optional<Bytes> check_strings(Checker& checker, Bytes blob, const RawHeader& header) {
  const std::uint64_t start = std::uint64_t{header.header_size} + header.strings_offset;
  const std::uint64_t end = start + header.strings_size;
  const bool is_split = checker.options().base != nullptr;
  if (!header.is_laid_out) return std::nullopt;
  if (end < blob.size() && !header.has_layout_fields) {
    checker.report(Rule::strings_last, 16, "the strings end at {}, the blob at {}", end,
                   blob.size());
  }
  if (header.strings_size == 0) {
    if (is_split) return Bytes();
    checker.report(Rule::no_strings, 20, "the strings have no bytes");
    return std::nullopt;
  }
  const std::uint32_t most = checker.at_least({5, 5}) ? 0x1000000 : 0x10000;
  if (header.strings_size > most) {
    checker.report(Rule::strings_size, 20, "{} bytes of strings", header.strings_size);
  }
  if (start >= blob.size()) return std::nullopt;
  const Bytes strings = blob.subspan(
      static_cast<std::size_t>(start),
      static_cast<std::size_t>(std::min<std::uint64_t>(header.strings_size, blob.size() - start)));
  if (!is_split && strings.front() != std::byte{0}) {
    checker.report(Rule::strings_start, start, "the strings start with {:#04x}",
                   std::to_integer<unsigned>(strings.front()));
  }
  if (end <= blob.size() && strings.back() != std::byte{0}) {
    checker.report(Rule::strings_end, end - 1, "the last byte of the strings is {:#04x}",
                   std::to_integer<unsigned>(strings.back()));
  }
  return strings;
}

}  // namespace btfreloc::btf
