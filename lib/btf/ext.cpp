#include "btf/ext.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/reader.h"

namespace btfreloc::btf {
namespace {

constexpr std::uint32_t kMinHeaderSize = 24;
constexpr std::uint32_t kHeaderSizeWithCoreRelo = 32;
constexpr std::string_view kIgnored =
    "libbpf ignores all of .BTF.ext then, CO-RE relocations included; compile the object again";

/// One of the three parts, as the header gives it.
struct Part {
  std::string_view what;
  std::uint32_t record_size;  ///< Of the fields known here, in bytes.
  std::uint32_t offset = 0;   ///< In bytes from the end of the header.
  std::uint32_t size = 0;
};

FuncInfo read_record(FuncInfo*, const std::byte* at, std::endian order, std::uint64_t) {
  return {.insn_offset = {load<std::uint32_t>(at, order)},
          .type = TypeId{load<std::uint32_t>(at + 4, order)}};
}

LineInfo read_record(LineInfo*, const std::byte* at, std::endian order, std::uint64_t) {
  const auto line_column = load<std::uint32_t>(at + 12, order);
  return {.insn_offset = {load<std::uint32_t>(at, order)},
          .file = StrOff{load<std::uint32_t>(at + 4, order)},
          .text = StrOff{load<std::uint32_t>(at + 8, order)},
          .line = line_column >> 10,
          .column = line_column & 0x3ff};
}

CoreRelo read_record(CoreRelo*, const std::byte* at, std::endian order, std::uint64_t offset) {
  return {.insn_offset = {load<std::uint32_t>(at, order)},
          .type = TypeId{load<std::uint32_t>(at + 4, order)},
          .access = StrOff{load<std::uint32_t>(at + 8, order)},
          .kind = load<std::uint32_t>(at + 12, order),
          .file_offset = offset};
}

Status check_record(const FuncInfo&, const View&, const Location&) { return {}; }

Status check_record(const LineInfo& line, const View& btf, const Location& where) {
  if (btf.has_string(line.file) && btf.has_string(line.text)) return {};
  return fail(Errc::bad_format, "line info names a string beyond the end of .BTF's strings", where);
}

Status check_record(const CoreRelo&, const View&, const Location&) { return {}; }

/// Reads { section name, number of records, records... } until the part ends.
template <class Record>
Result<std::vector<ExtSection<Record>>> read_part(Bytes bytes, std::uint32_t header_size,
                                                  const Part& part, const View& btf,
                                                  std::string_view section) {
  std::vector<ExtSection<Record>> sections;
  if (part.size == 0) return sections;
  const std::uint64_t start = std::uint64_t{header_size} + part.offset;
  Reader reader(bytes.subspan(static_cast<std::size_t>(start), part.size), btf.order(), section,
                start);
  TRY(const auto record_size, reader.next<std::uint32_t>());
  if (record_size < part.record_size || record_size % 4 != 0) {
    return fail(Errc::bad_format,
                fmt::format("{} records of {} bytes; at least {} are needed, a multiple of 4",
                            part.what, record_size, part.record_size),
                reader.before(4), std::string(kIgnored));
  }
  if (reader.remaining() == 0) {
    return fail(Errc::bad_format, fmt::format("{} has a record size and no records", part.what),
                reader.here(), std::string(kIgnored));
  }
  while (reader.remaining() > 0) {
    TRY(const auto name, reader.next<std::uint32_t>());
    TRY(const auto count, reader.next<std::uint32_t>());
    if (!btf.has_string(StrOff{name}) || count == 0) {
      return fail(Errc::bad_format,
                  count == 0
                      ? fmt::format("{} for a section without records", part.what)
                      : fmt::format("{} for a section whose name is beyond the strings", part.what),
                  reader.before(8), std::string(kIgnored));
    }
    const std::uint64_t at = reader.offset();
    TRY(const Bytes records, reader.next_bytes(std::uint64_t{count} * record_size));
    ExtSection<Record> found{.name = btf.string(StrOff{name}), .records = {}};
    found.records.reserve(count);
    for (std::size_t byte = 0; byte < records.size(); byte += record_size) {
      const Record record =
          read_record(static_cast<Record*>(nullptr), records.data() + byte, btf.order(), at + byte);
      TRY_OK(check_record(record, btf, {.section = std::string(section), .offset = at + byte}));
      found.records.push_back(record);
    }
    sections.push_back(std::move(found));
  }
  return sections;
}

Status check_part(const Part& part, std::uint32_t header_size, Bytes bytes, Location header_field) {
  const std::uint64_t end = std::uint64_t{header_size} + part.offset + part.size;
  if (part.size != 0 && part.offset % 4 != 0) {
    return fail(Errc::bad_format,
                fmt::format("{} at offset {}, not a multiple of 4", part.what, part.offset),
                std::move(header_field), std::string(kIgnored));
  }
  if (end <= bytes.size()) return {};
  return fail(Errc::truncated,
              fmt::format("{} ends at byte {}, there are {}", part.what, end, bytes.size()),
              std::move(header_field), std::string(kIgnored));
}

}  // namespace

// magic u16, version u8, flags u8, header size u32, then offset and size of func_info, of
// line_info and, from 32 bytes on, of core_relo. Offsets count from the end of the header.
Result<Ext> Ext::open(Bytes bytes, const View& btf, std::string_view section) {
  Reader reader(bytes, btf.order(), section);
  TRY(const auto magic, reader.next<std::uint16_t>());
  if (magic != kMagic) {
    return fail(Errc::bad_format,
                magic == std::byteswap(kMagic)
                    ? std::string("its byte order is not that of .BTF")
                    : fmt::format("magic number {:#06x}, not {:#06x}", magic, kMagic),
                reader.before(2), std::string(kIgnored));
  }
  TRY(const auto version, reader.next<std::uint8_t>());
  if (version != kVersion) {
    return fail(Errc::unsupported, fmt::format(".BTF.ext version {}, only 1 is known", version),
                reader.before(1));
  }
  TRY_OK(reader.next<std::uint8_t>());
  TRY(const auto header_size, reader.next<std::uint32_t>());
  if (header_size < kMinHeaderSize || header_size > bytes.size()) {
    return fail(header_size < kMinHeaderSize ? Errc::bad_format : Errc::truncated,
                fmt::format("a header of {} bytes in a section of {}", header_size, bytes.size()),
                reader.before(4), std::string(kIgnored));
  }

  Part parts[] = {{"func_info", 8}, {"line_info", 16}, {"core_relo", 16}};
  Ext ext{.func_info = {}, .line_info = {}, .core_relo = {}, .end = header_size};
  for (Part& part : parts) {
    if (&part == &parts[2] && header_size < kHeaderSizeWithCoreRelo) break;
    TRY(part.offset, reader.next<std::uint32_t>());
    TRY(part.size, reader.next<std::uint32_t>());
    TRY_OK(check_part(part, header_size, bytes, reader.before(8)));
    ext.end = std::max(ext.end, std::uint64_t{header_size} + part.offset + part.size);
  }
  TRY(ext.func_info, read_part<FuncInfo>(bytes, header_size, parts[0], btf, section));
  TRY(ext.line_info, read_part<LineInfo>(bytes, header_size, parts[1], btf, section));
  TRY(ext.core_relo, read_part<CoreRelo>(bytes, header_size, parts[2], btf, section));
  return ext;
}

}  // namespace btfreloc::btf
