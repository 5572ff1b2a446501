#pragma once

#include <elf.h>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "support/byte_vector.h"

namespace btfreloc::test {

/// A class and byte order of ELF.
struct ElfFormat {
  bool is_64_bit;
  std::endian order;

  friend void PrintTo(const ElfFormat& format, std::ostream* out) {
    *out << (format.is_64_bit ? "64" : "32") << "-bit "
         << (format.order == std::endian::big ? "big" : "little") << " endian";
  }
};

struct WrittenSection {
  std::string name;
  std::uint32_t type;
  std::uint64_t flags;
  ByteVector bytes;
  std::uint32_t link = 0;
  std::uint32_t info = 0;
};

/// Writes ELF files, field by field. Source: the gABI, and elf.h for the numbers.
class ElfBytes {
 public:
  explicit ElfBytes(ElfFormat format) : format_(format) {}

  std::vector<WrittenSection> sections = {{"", SHT_NULL, 0, {}}};

  void word(ByteVector& out, std::uint64_t value) const {
    if (format_.is_64_bit) {
      put(out, out.size(), value, format_.order);
    } else {
      put(out, out.size(), static_cast<std::uint32_t>(value), format_.order);
    }
  }
  template <std::unsigned_integral U>
  void number(ByteVector& out, U value) const {
    put(out, out.size(), value, format_.order);
  }

  void symbol(ByteVector& table, std::uint32_t name, std::uint64_t value, std::uint64_t size,
              std::uint8_t info, std::uint8_t other, std::uint16_t section) const {
    number(table, name);
    if (!format_.is_64_bit) {
      word(table, value);
      word(table, size);
    }
    number(table, info);
    number(table, other);
    number(table, section);
    if (format_.is_64_bit) {
      word(table, value);
      word(table, size);
    }
  }

  void relocation(ByteVector& table, std::uint64_t offset, std::uint32_t symbol,
                  std::uint32_t type) const {
    word(table, offset);
    word(table, format_.is_64_bit ? std::uint64_t{symbol} << 32 | type : symbol << 8 | type);
  }

  /// The headers of the sections stand last, and the names of the sections before them.
  ByteVector bytes() {
    ByteVector names;
    for (WrittenSection& section : sections) append(names, section.name);
    append(names, ".shstrtab");
    sections.push_back({".shstrtab", SHT_STRTAB, 0, names});

    const std::uint16_t header_size = format_.is_64_bit ? 64 : 52;
    std::vector<std::uint64_t> offsets;
    ByteVector content;
    for (const WrittenSection& section : sections) {
      offsets.push_back(header_size + content.size());
      content.insert(content.end(), section.bytes.begin(), section.bytes.end());
      content.resize((content.size() + 7) / 8 * 8);
    }

    ByteVector file = {std::byte{0x7f}, std::byte{'E'}, std::byte{'L'}, std::byte{'F'}};
    number<std::uint8_t>(file, format_.is_64_bit ? ELFCLASS64 : ELFCLASS32);
    number<std::uint8_t>(file, format_.order == std::endian::big ? ELFDATA2MSB : ELFDATA2LSB);
    number<std::uint8_t>(file, EV_CURRENT);
    file.resize(EI_NIDENT);
    number<std::uint16_t>(file, ET_REL);
    number<std::uint16_t>(file, EM_BPF);
    number<std::uint32_t>(file, EV_CURRENT);
    word(file, 0);                             // entry
    word(file, 0);                             // program headers
    word(file, header_size + content.size());  // section headers
    number<std::uint32_t>(file, 0);
    number(file, header_size);
    number<std::uint16_t>(file, 0);
    number<std::uint16_t>(file, 0);
    number<std::uint16_t>(file, format_.is_64_bit ? 64 : 40);
    number(file, static_cast<std::uint16_t>(sections.size()));
    number(file, static_cast<std::uint16_t>(sections.size() - 1));
    file.insert(file.end(), content.begin(), content.end());

    std::uint32_t name = 0;
    for (std::size_t i = 0; i < sections.size(); ++i) {
      const WrittenSection& section = sections[i];
      number(file, name);
      number(file, section.type);
      word(file, section.flags);
      word(file, 0);  // address
      word(file, i == 0 ? 0 : offsets[i]);
      word(file, section.bytes.size());
      number(file, section.link);
      number(file, section.info);
      word(file, 1);  // alignment
      word(file, section.type == SHT_SYMTAB ? (format_.is_64_bit ? 24 : 16) : 0);
      name += static_cast<std::uint32_t>(section.name.size()) + 1;
    }
    return file;
  }

 private:
  static void append(ByteVector& strings, const std::string& text) {
    const Bytes bytes = as_bytes(text);
    strings.insert(strings.end(), bytes.begin(), bytes.end());
    strings.push_back(std::byte{0});
  }

  ElfFormat format_;
};

}  // namespace btfreloc::test
