#include "elf/file.h"

#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace btfreloc::elf {
namespace {

constexpr std::string_view kCutShort = "the file may be cut short";

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, EndElf>;

/// The error libelf left behind, in our words.
std::unexpected<Error> fail_elf(std::string_view what, std::uint64_t offset) {
  return fail(Errc::bad_format, fmt::format("{}: {}", what, elf_errmsg(-1)), {.offset = offset},
              std::string(kCutShort));
}

/// Longest name of a section or symbol, in bytes: names may share their bytes, and a megabyte of
/// them could otherwise stand for many gigabytes.
constexpr std::size_t kMaxName = 4096;

/// The NUL-terminated string at `offset` of a string table, cut at kMaxName; "" when it is not
/// there.
std::string_view string_at(Bytes table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = as_chars(table).substr(static_cast<std::size_t>(offset), kMaxName);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos && rest.size() < kMaxName) return {};
  return rest.substr(0, end);
}

Result<Section> read_section(Elf_Scn* scn, Bytes file) {
  GElf_Shdr header;
  const auto index = static_cast<std::uint32_t>(elf_ndxscn(scn));
  if (gelf_getshdr(scn, &header) == nullptr) return fail_elf("section header", 0);
  Section section{.name = {},
                  .index = index,
                  .type = header.sh_type,
                  .flags = header.sh_flags,
                  .file_offset = header.sh_offset,
                  .size = {header.sh_size},
                  .link = header.sh_link,
                  .info = header.sh_info,
                  .bytes = {}};
  if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL) return section;
  if (header.sh_offset > file.size() || header.sh_size > file.size() - header.sh_offset) {
    return fail(Errc::truncated,
                fmt::format("section {} takes bytes {} to {}, the file has {}", index,
                            header.sh_offset, header.sh_offset + header.sh_size, file.size()),
                {.offset = header.sh_offset}, std::string(kCutShort));
  }
  section.bytes = file.subspan(header.sh_offset, header.sh_size);
  return section;
}

/// Sections that share their bytes could describe gigabytes in a file of a megabyte. No compiler
/// or linker writes them.
Status check_sizes(const std::vector<Section>& sections, std::size_t file_size) {
  std::uint64_t total = 0;
  for (const Section& section : sections) {
    total += section.bytes.size();
    if (total <= file_size) continue;
    return fail(Errc::bad_format,
                fmt::format("sections up to number {} take {} bytes, the file has {}: some of them "
                            "overlap",
                            section.index, total, file_size),
                {.offset = section.file_offset});
  }
  return {};
}

/// libelf counts no sections when their headers lie beyond the end of the file; we say so.
Status check_section_headers(const GElf_Ehdr& header, std::size_t section_count,
                             std::size_t entry_size, std::size_t file_size) {
  if (header.e_shoff == 0) {
    return fail(Errc::bad_format, "an ELF file without sections", {.offset = 0});
  }
  // Up to 0xff00 sections the count is in the ELF header, else in the first section header.
  const std::uint64_t count =
      std::max<std::uint64_t>({section_count, header.e_shnum, std::uint64_t{1}});
  if (header.e_shoff <= file_size && count <= (file_size - header.e_shoff) / entry_size) return {};
  return fail(Errc::truncated,
              fmt::format("{} section headers of {} bytes from byte {}, the file has {}", count,
                          entry_size, header.e_shoff, file_size),
              {.offset = header.e_shoff}, std::string(kCutShort));
}

}  // namespace

bool Section::is_code() const {
  return type == SHT_PROGBITS && (flags & SHF_EXECINSTR) != 0 && !bytes.empty();
}

bool is_elf(Bytes bytes) { return as_chars(bytes).starts_with("\177ELF"); }

Result<File> File::open(Bytes bytes) {
  if (!is_elf(bytes)) return fail(Errc::bad_format, "not an ELF file", {.offset = 0});
  elf_version(EV_CURRENT);
  // libelf reads through this pointer and, opened like this, does not write.
  const ElfHandle elf(
      elf_memory(const_cast<char*>(reinterpret_cast<const char*>(bytes.data())), bytes.size()));
  GElf_Ehdr header;
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF ||
      gelf_getehdr(elf.get(), &header) == nullptr) {
    return fail_elf("ELF header", 0);
  }
  std::size_t section_count = 0;
  std::size_t names_index = 0;
  if (elf_getshdrnum(elf.get(), &section_count) != 0 ||
      elf_getshdrstrndx(elf.get(), &names_index) != 0) {
    return fail_elf("section headers", header.e_shoff);
  }

  TRY_OK(check_section_headers(header, section_count,
                               gelf_fsize(elf.get(), ELF_T_SHDR, 1, EV_CURRENT), bytes.size()));

  File file;
  file.bytes_ = bytes;
  file.order_ = header.e_ident[EI_DATA] == ELFDATA2MSB ? std::endian::big : std::endian::little;
  file.is_64_bit_ = header.e_ident[EI_CLASS] == ELFCLASS64;
  file.machine_ = header.e_machine;
  file.type_ = header.e_type;
  std::vector<std::uint64_t> name_offsets;
  for (std::size_t i = 0; i < section_count; ++i) {
    Elf_Scn* scn = elf_getscn(elf.get(), i);
    GElf_Shdr section_header;
    if (scn == nullptr || gelf_getshdr(scn, &section_header) == nullptr) {
      return fail_elf(fmt::format("header of section {}", i), header.e_shoff);
    }
    name_offsets.push_back(section_header.sh_name);
    TRY(Section section, read_section(scn, bytes));
    if (section.type == SHT_REL || section.type == SHT_RELA) {
      file.relocation_sections_.emplace(section.info, section.index);
    }
    file.sections_.push_back(section);
  }
  TRY_OK(check_sizes(file.sections_, bytes.size()));
  if (names_index < file.sections_.size()) {
    for (Section& section : file.sections_) {
      section.name = string_at(file.sections_[names_index].bytes, name_offsets[section.index]);
    }
  }

  for (const Section& section : file.sections_) {
    if (section.type != SHT_SYMTAB) continue;
    Elf_Data* data = elf_getdata(elf_getscn(elf.get(), section.index), nullptr);
    if (data == nullptr) return fail_elf("symbol table", section.file_offset);
    const Bytes names =
        section.link < file.sections_.size() ? file.sections_[section.link].bytes : Bytes();
    const std::size_t entry_size = gelf_fsize(elf.get(), ELF_T_SYM, 1, EV_CURRENT);
    for (std::size_t i = 0; i < data->d_size / entry_size; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) {
        return fail_elf(fmt::format("symbol {}", i), section.file_offset);
      }
      file.symbols_.push_back(
          {.name = string_at(names, symbol.st_name),
           .value = symbol.st_value,
           .size = {symbol.st_size},
           .section = symbol.st_shndx,
           .type = static_cast<std::uint8_t>(GELF_ST_TYPE(symbol.st_info)),
           .binding = static_cast<std::uint8_t>(GELF_ST_BIND(symbol.st_info)),
           .visibility = static_cast<std::uint8_t>(GELF_ST_VISIBILITY(symbol.st_other))});
    }
    break;  // a file has one
  }
  return file;
}

const Section* File::section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &Section::name);
  return found == sections_.end() ? nullptr : &*found;
}

// Decoded here rather than through libelf, whose handle is gone by now: r_offset, r_info and
// (RELA) an addend that nothing needs, each as wide as the file's class.
Result<std::vector<Relocation>> File::relocations_of(const Section& target) const {
  std::vector<Relocation> found;
  const auto [first, last] = relocation_sections_.equal_range(target.index);
  for (auto it = first; it != last; ++it) {
    const Section& section = sections_[it->second];
    const std::size_t word = is_64_bit_ ? 8 : 4;
    const std::size_t entry_size = section.type == SHT_REL ? 2 * word : 3 * word;
    if (section.bytes.size() % entry_size != 0) {
      return fail(Errc::bad_format,
                  fmt::format("{} bytes are no whole number of {}-byte entries",
                              section.bytes.size(), entry_size),
                  {.section = std::string(section.name), .offset = 0});
    }
    for (std::size_t at = 0; at < section.bytes.size(); at += entry_size) {
      const std::byte* entry = section.bytes.data() + at;
      Relocation relocation{};
      if (is_64_bit_) {
        const auto info = load<std::uint64_t>(entry + 8, order_);
        relocation = {.offset = load<std::uint64_t>(entry, order_),
                      .type = static_cast<std::uint32_t>(info),
                      .symbol = static_cast<std::uint32_t>(info >> 32)};
      } else {
        const auto info = load<std::uint32_t>(entry + 4, order_);
        relocation = {
            .offset = load<std::uint32_t>(entry, order_), .type = info & 0xff, .symbol = info >> 8};
      }
      if (relocation.symbol >= symbols_.size()) {
        return fail(Errc::bad_format,
                    fmt::format("relocation for symbol {}, there are {}", relocation.symbol,
                                symbols_.size()),
                    {.section = std::string(section.name), .offset = at});
      }
      found.push_back(relocation);
    }
  }
  std::ranges::stable_sort(found, {}, &Relocation::offset);
  return found;
}

}  // namespace btfreloc::elf
