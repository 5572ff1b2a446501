#pragma once

#include <elf.h>

#include <bit>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "support/btf_bytes.h"

// Writes BPF objects for tests: what they are asked for, right or wrong.

namespace btfreloc::test {

/// The name of a section or symbol, or its offset in the table of names.
using Name = std::variant<std::string, std::uint32_t>;

struct WrittenSection {
  Name name;
  std::uint32_t type = SHT_PROGBITS;
  std::uint64_t flags = 0;
  ByteVector content = {};
  std::uint32_t link = 0;
  std::uint32_t info = 0;
  std::uint32_t same_bytes_as = 0;  ///< Index of a section in front of it; 0: has its own.
};

struct WrittenSymbol {
  Name name;
  std::uint16_t section;
  std::uint64_t value;
  std::uint64_t size;
  std::uint8_t info = STB_GLOBAL << 4 | STT_FUNC;
};

/// A 64-bit ELF file. Its sections are the null section, those of `sections`, then .symtab and
/// .strtab, which holds the names of everything.
class ObjectBytes {
 public:
  explicit ObjectBytes(std::endian order = std::endian::little) : order_(order) {}

  std::vector<WrittenSection> sections;
  std::vector<WrittenSymbol> symbols;  ///< Without the null symbol: the first has number 1.
  std::string names = std::string(1, '\0');

  /// Returns the index of the section, to be named in symbols.
  std::uint16_t add(WrittenSection section) {
    sections.push_back(std::move(section));
    return static_cast<std::uint16_t>(sections.size());
  }

  /// A section of instructions that do nothing.
  std::uint16_t add_code(Name name, std::size_t slots) {
    ByteVector code(slots * 8);
    for (std::size_t i = 0; i < slots; ++i) code[i * 8] = std::byte{0xb7};  // r0 = 0
    if (slots > 0) code[(slots - 1) * 8] = std::byte{0x95};                 // exit
    return add(
        {.name = std::move(name), .flags = SHF_ALLOC | SHF_EXECINSTR, .content = std::move(code)});
  }

  std::uint32_t symtab() const { return static_cast<std::uint32_t>(sections.size() + 1); }

  ByteVector bytes() const {
    std::string table = names;
    const auto offset_of = [&](const Name& name) {
      if (const auto* offset = std::get_if<std::uint32_t>(&name)) return *offset;
      const auto offset = static_cast<std::uint32_t>(table.size());
      table.append(std::get<std::string>(name)).push_back('\0');
      return offset;
    };
    ByteVector symbol_table(sizeof(Elf64_Sym));
    for (const WrittenSymbol& symbol : symbols) {
      append(symbol_table, offset_of(symbol.name));
      append(symbol_table, symbol.info);
      append(symbol_table, std::uint8_t{STV_DEFAULT});
      append(symbol_table, symbol.section);
      append(symbol_table, symbol.value);
      append(symbol_table, symbol.size);
    }
    std::vector<WrittenSection> all = {{.name = 0U, .type = SHT_NULL}};
    all.insert(all.end(), sections.begin(), sections.end());
    all.push_back({.name = ".symtab",
                   .type = SHT_SYMTAB,
                   .content = std::move(symbol_table),
                   .link = symtab() + 1,
                   .info = 1});
    all.push_back({.name = ".strtab", .type = SHT_STRTAB});
    std::vector<std::uint32_t> name_offsets;
    for (const WrittenSection& section : all) name_offsets.push_back(offset_of(section.name));
    const Bytes table_bytes = as_bytes(table);
    all.back().content.assign(table_bytes.begin(), table_bytes.end());

    ByteVector file(sizeof(Elf64_Ehdr));
    std::vector<std::uint64_t> offsets;
    for (const WrittenSection& section : all) {
      file.resize((file.size() + 7) / 8 * 8);
      offsets.push_back(section.same_bytes_as == 0 ? file.size() : offsets[section.same_bytes_as]);
      file.insert(file.end(), section.content.begin(), section.content.end());
    }
    file.resize((file.size() + 7) / 8 * 8);
    const std::uint64_t table_offset = file.size();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const WrittenSection& section = all[i];
      const ByteVector& content =
          section.same_bytes_as == 0 ? section.content : all[section.same_bytes_as].content;
      append(file, name_offsets[i]);
      append(file, section.type);
      append(file, section.flags);
      append(file, std::uint64_t{0});
      append(file, offsets[i]);
      append(file, std::uint64_t{content.size()});
      append(file, section.link);
      append(file, section.info);
      append(file, std::uint64_t{8});
      append(file, std::uint64_t{section.type == SHT_SYMTAB ? sizeof(Elf64_Sym)
                                 : section.type == SHT_REL  ? sizeof(Elf64_Rel)
                                                            : 0});
    }
    write_header(file, table_offset, all.size());
    return file;
  }

 private:
  void write_header(ByteVector& file, std::uint64_t table_offset, std::size_t count) const {
    ByteVector header;
    for (const char c : {'\177', 'E', 'L', 'F'}) append(header, static_cast<std::uint8_t>(c));
    append(header, std::uint8_t{ELFCLASS64});
    append(header,
           static_cast<std::uint8_t>(order_ == std::endian::big ? ELFDATA2MSB : ELFDATA2LSB));
    append(header, std::uint8_t{EV_CURRENT});
    header.resize(EI_NIDENT);
    append(header, std::uint16_t{ET_REL});
    append(header, std::uint16_t{EM_BPF});
    append(header, std::uint32_t{EV_CURRENT});
    append(header, std::uint64_t{0});
    append(header, std::uint64_t{0});
    append(header, table_offset);
    append(header, std::uint32_t{0});
    append(header, std::uint16_t{sizeof(Elf64_Ehdr)});
    append(header, std::uint16_t{0});
    append(header, std::uint16_t{0});
    append(header, std::uint16_t{sizeof(Elf64_Shdr)});
    append(header, static_cast<std::uint16_t>(count));
    append(header, static_cast<std::uint16_t>(count - 1));
    std::ranges::copy(header, file.begin());
  }

  template <std::unsigned_integral U>
  void append(ByteVector& to, U value) const {
    put(to, to.size(), value, order_);
  }

  std::endian order_;
};

/// The three parts of .BTF.ext, each as the words it consists of: record size, then for every
/// section its name, the number of records, and the records.
struct ExtWords {
  std::vector<std::uint32_t> func_info = {};
  std::vector<std::uint32_t> line_info = {};
  std::vector<std::uint32_t> core_relo = {};

  ByteVector bytes(std::endian order = std::endian::little) const {
    constexpr std::uint32_t kHeaderSize = 32;
    ByteVector bytes;
    const auto append = [&](auto value) { put(bytes, bytes.size(), value, order); };
    append(std::uint16_t{0xeb9f});
    append(std::uint8_t{1});
    append(std::uint8_t{0});
    append(kHeaderSize);
    std::uint32_t offset = 0;
    for (const auto* part : {&func_info, &line_info, &core_relo}) {
      const auto size = static_cast<std::uint32_t>(part->size() * 4);
      append(offset);
      append(size);
      offset += size;
    }
    for (const auto* part : {&func_info, &line_info, &core_relo}) {
      for (const std::uint32_t word : *part) append(word);
    }
    return bytes;
  }
};

/// Adds a string to the BTF, by way of a type with that name, and returns its offset.
inline std::uint32_t add_string(BtfBytes& btf, std::string text) {
  const std::uint32_t offset = btf.end_of_strings();
  btf.add(btf::Kind::kFwd, std::move(text), 0);
  return offset;
}

}  // namespace btfreloc::test
