#include "elf/file.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/mapped_file.h"
#include "support/elf_bytes.h"
#include "support/errors.h"
#include "support/objects.h"

namespace btfreloc::elf {
namespace {

using test::ByteVector;
using test::ElfBytes;
using test::FailsWith;
using test::must;
using test::put;
using test::WrittenSection;

class EveryFormat : public testing::TestWithParam<test::ElfFormat> {
 protected:
  /// Sections: 1 .text, 2 .bss, 3 strings, 4 symbols, 5 relocations of .text; 6 section names.
  ElfBytes small_file() const {
    ElfBytes elf(GetParam());
    elf.sections.push_back({".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, ByteVector(24)});
    elf.sections.push_back({".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, {}});
    const Bytes names = as_bytes(std::string_view("\0main\0datum\0", 12));
    elf.sections.push_back({".strtab", SHT_STRTAB, 0, {names.begin(), names.end()}});
    ByteVector symbols;
    elf.symbol(symbols, 0, 0, 0, 0, 0, 0);
    elf.symbol(symbols, 1, 8, 16, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_HIDDEN, 1);
    elf.symbol(symbols, 6, 0x12345678, 4, ELF64_ST_INFO(STB_WEAK, STT_OBJECT), 0, SHN_UNDEF);
    elf.sections.push_back({".symtab", SHT_SYMTAB, 0, symbols, 3, 1});
    ByteVector relocations;
    elf.relocation(relocations, 16, 2, 10);
    elf.relocation(relocations, 8, 1, 1);
    elf.sections.push_back({".rel.text", SHT_REL, 0, relocations, 4, 1});
    return elf;
  }
};

TEST_P(EveryFormat, IsReadWhole) {
  const ByteVector bytes = small_file().bytes();
  const File file = must(File::open(bytes));
  EXPECT_EQ(file.order(), GetParam().order);
  EXPECT_EQ(file.machine(), EM_BPF);
  EXPECT_EQ(file.type(), ET_REL);

  std::vector<std::string_view> names;
  for (const Section& section : file.sections()) names.push_back(section.name);
  EXPECT_THAT(names, testing::ElementsAre("", ".text", ".bss", ".strtab", ".symtab", ".rel.text",
                                          ".shstrtab"));
  const Section& text = file.sections()[1];
  EXPECT_EQ(text.index, 1U);
  EXPECT_EQ(text.type, std::uint32_t{SHT_PROGBITS});
  EXPECT_EQ(text.flags, std::uint64_t{SHF_ALLOC | SHF_EXECINSTR});
  EXPECT_EQ(text.size, ByteCount{24});
  EXPECT_EQ(text.bytes.data(), bytes.data() + text.file_offset);
  EXPECT_EQ(text.bytes.size(), 24U);
  EXPECT_TRUE(text.is_code());
  EXPECT_EQ(file.section(".text"), &text);
  EXPECT_EQ(file.section(".tex"), nullptr);
  EXPECT_FALSE(file.sections()[2].is_code());
  EXPECT_TRUE(file.sections()[2].bytes.empty());
  EXPECT_EQ(file.sections()[4].link, 3U);
  EXPECT_EQ(file.sections()[5].info, 1U);

  ASSERT_EQ(file.symbols().size(), 3U);
  const Symbol& main = file.symbols()[1];
  EXPECT_EQ(main.name, "main");
  EXPECT_EQ(main.value, 8U);
  EXPECT_EQ(main.size, ByteCount{16});
  EXPECT_EQ(main.section, 1U);
  EXPECT_EQ(main.type, STT_FUNC);
  EXPECT_EQ(main.binding, STB_GLOBAL);
  EXPECT_EQ(main.visibility, STV_HIDDEN);
  const Symbol& datum = file.symbols()[2];
  EXPECT_EQ(datum.name, "datum");
  EXPECT_EQ(datum.value, 0x12345678U);
  EXPECT_EQ(datum.section, std::uint32_t{SHN_UNDEF});
  EXPECT_EQ(datum.type, STT_OBJECT);
  EXPECT_EQ(datum.binding, STB_WEAK);
}

TEST_P(EveryFormat, GivesRelocationsByOffset) {
  const ByteVector bytes = small_file().bytes();
  const File file = must(File::open(bytes));
  const auto relocations = must(file.relocations_of(file.sections()[1]));
  ASSERT_EQ(relocations.size(), 2U);
  EXPECT_EQ(relocations[0].offset, 8U);
  EXPECT_EQ(relocations[0].symbol, 1U);
  EXPECT_EQ(relocations[0].type, 1U);
  EXPECT_EQ(relocations[1].offset, 16U);
  EXPECT_EQ(relocations[1].symbol, 2U);
  EXPECT_EQ(relocations[1].type, 10U);
  EXPECT_TRUE(must(file.relocations_of(file.sections()[2])).empty());
}

TEST_P(EveryFormat, StepsOverTheAddendsOfRela) {
  ElfBytes elf = small_file();
  WrittenSection& relocations = elf.sections[5];
  relocations.type = SHT_RELA;
  relocations.bytes.clear();
  for (const std::uint64_t offset : {8, 0}) {
    elf.relocation(relocations.bytes, offset, 1, 3);
    elf.word(relocations.bytes, 0x7fffffff);
  }
  const ByteVector bytes = elf.bytes();
  const File file = must(File::open(bytes));
  const auto read = must(file.relocations_of(file.sections()[1]));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].offset, 0U);
  EXPECT_EQ(read[1].offset, 8U);
  EXPECT_EQ(read[1].symbol, 1U);
  EXPECT_EQ(read[1].type, 3U);
}

TEST_P(EveryFormat, GathersSeveralRelocationSectionsOfOneTarget) {
  ElfBytes elf = small_file();
  ByteVector more;
  elf.relocation(more, 12, 2, 4);
  elf.sections.push_back({".rel.text", SHT_REL, 0, more, 4, 1});
  const ByteVector bytes = elf.bytes();
  const File file = must(File::open(bytes));
  std::vector<std::uint64_t> offsets;
  for (const Relocation& relocation : must(file.relocations_of(file.sections()[1]))) {
    offsets.push_back(relocation.offset);
  }
  EXPECT_THAT(offsets, testing::ElementsAre(8, 12, 16));
}

TEST_P(EveryFormat, RefusesRelocationsThatMeanNothing) {
  ElfBytes elf = small_file();
  elf.relocation(elf.sections[5].bytes, 0, 3, 1);  // there are symbols 0, 1 and 2
  const ByteVector no_such_symbol = elf.bytes();
  const File file = must(File::open(no_such_symbol));
  EXPECT_THAT(file.relocations_of(file.sections()[1]),
              FailsWith(Errc::bad_format, GetParam().is_64_bit ? 32 : 16, "symbol 3, there are 3"));

  ElfBytes cut = small_file();
  cut.sections[5].bytes.pop_back();
  const ByteVector half_entry = cut.bytes();
  const File second = must(File::open(half_entry));
  EXPECT_THAT(second.relocations_of(second.sections()[1]),
              FailsWith(Errc::bad_format, 0, "no whole number"));
}

TEST_P(EveryFormat, RefusesASectionBeyondTheFile) {
  const ByteVector good = small_file().bytes();
  const bool wide = GetParam().is_64_bit;
  const std::size_t header_size = wide ? 64 : 40;
  const std::size_t text_header = good.size() - 6 * header_size;
  const std::size_t offset_at = text_header + (wide ? 24 : 16);
  const std::size_t size_at = text_header + (wide ? 32 : 20);
  const std::uint64_t text_offset = wide ? 64 : 52;
  const auto with = [&](std::size_t at, std::uint64_t value) {
    ByteVector bad = good;
    if (wide) {
      put(bad, at, value, GetParam().order);
    } else {
      put(bad, at, static_cast<std::uint32_t>(value), GetParam().order);
    }
    return bad;
  };
  const std::uint64_t largest = wide ? ~std::uint64_t{0} : 0xffffffff;
  EXPECT_TRUE(File::open(with(size_at, 32)));
  // It would end with the file, and share its bytes with those behind it.
  const std::uint64_t symbols_at = must(File::open(good)).sections()[4].file_offset;
  EXPECT_THAT(File::open(with(size_at, good.size() - text_offset)),
              FailsWith(Errc::bad_format, symbols_at, "some of them overlap"));
  EXPECT_THAT(File::open(with(size_at, good.size() - text_offset + 1)),
              FailsWith(Errc::truncated, text_offset, "section 1"));
  EXPECT_THAT(File::open(with(size_at, largest)),
              FailsWith(Errc::truncated, text_offset, "section 1"));
  EXPECT_THAT(File::open(with(offset_at, good.size())),
              FailsWith(Errc::truncated, good.size(), "section 1"));
  EXPECT_THAT(File::open(with(offset_at, largest)),
              FailsWith(Errc::truncated, largest, "section 1"));
}

/// The section headers stand last, so no part of the file is enough.
TEST_P(EveryFormat, RefusesEveryFileThatWasCutShort) {
  const ByteVector good = small_file().bytes();
  for (std::size_t size = 0; size < good.size(); ++size) {
    const ByteVector cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(File::open(cut)) << size << " of " << good.size() << " bytes";
  }
}

TEST_P(EveryFormat, LeavesOutNamesThatAreNotThere) {
  ElfBytes elf = small_file();
  WrittenSection& symbols = elf.sections[4];
  elf.symbol(symbols.bytes, 12, 0, 0, STT_FUNC, 0, 1);  // just behind the strings
  elf.symbol(symbols.bytes, ~0U, 0, 0, STT_FUNC, 0, 1);
  elf.sections[3].bytes.back() = std::byte{'x'};  // "datum" has no end any more
  const ByteVector bytes = elf.bytes();
  const File file = must(File::open(bytes));
  std::vector<std::string_view> names;
  for (const Symbol& symbol : file.symbols()) names.push_back(symbol.name);
  EXPECT_THAT(names, testing::ElementsAre("", "main", "", "", ""));
}

/// Many symbols may share one long name, so it is not taken whole.
TEST_P(EveryFormat, CutsNamesAt4096Bytes) {
  ElfBytes elf = small_file();
  ByteVector& names = elf.sections[3].bytes;
  names.resize(12 + 4096, std::byte{'x'});
  names.push_back(std::byte{0});
  names.resize(names.size() + 4097, std::byte{'y'});
  names.push_back(std::byte{0});
  ByteVector& symbols = elf.sections[4].bytes;
  elf.symbol(symbols, 12, 0, 0, STT_FUNC, 0, 1);
  elf.symbol(symbols, 12 + 4097, 0, 0, STT_FUNC, 0, 1);
  const ByteVector bytes = elf.bytes();
  const File file = must(File::open(bytes));
  ASSERT_EQ(file.symbols().size(), 5U);
  EXPECT_EQ(file.symbols()[3].name, std::string(4096, 'x'));
  EXPECT_EQ(file.symbols()[4].name, std::string(4096, 'y'));
}

INSTANTIATE_TEST_SUITE_P(Formats, EveryFormat,
                         testing::Values(test::ElfFormat{true, std::endian::little},
                                         test::ElfFormat{true, std::endian::big},
                                         test::ElfFormat{false, std::endian::little},
                                         test::ElfFormat{false, std::endian::big}));

TEST(IsElfFile, GoesByTheFirstFourBytes) {
  EXPECT_TRUE(is_elf(as_bytes("\177ELF")));
  EXPECT_TRUE(is_elf(as_bytes("\177ELF and more")));
  EXPECT_FALSE(is_elf(as_bytes("\177EL")));
  EXPECT_FALSE(is_elf(as_bytes("ELF\177")));
  EXPECT_FALSE(is_elf({}));
}

TEST(File, RefusesWhatIsNoElf) {
  EXPECT_THAT(File::open(as_bytes("#!/bin/sh")), FailsWith(Errc::bad_format, 0, "not an ELF file"));
  EXPECT_THAT(File::open({}), FailsWith(Errc::bad_format, 0, "not an ELF file"));
  EXPECT_THAT(File::open(as_bytes("\177ELF")), FailsWith(Errc::bad_format, 0, "ELF header"));
}

// The compiler's own objects, read a second time by the structs of elf.h.
template <class T>
T copy_of(Bytes bytes, std::uint64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

TEST(File, ReadsTheCompilersObjectsAsElfHDescribesThem) {
  if (std::endian::native != std::endian::little) GTEST_SKIP() << "for little-endian hosts";
  std::size_t relocations = 0;
  for (const std::string& path : test::test_objects(".bpfel.o")) {
    const auto mapped = must(MappedFile::open(path));
    const Bytes bytes = mapped.bytes();
    const File file = must(File::open(bytes));
    const auto header = copy_of<Elf64_Ehdr>(bytes, 0);
    ASSERT_EQ(file.sections().size(), header.e_shnum) << path;
    std::vector<Elf64_Shdr> headers;
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
      headers.push_back(copy_of<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr)));
    }
    for (const Section& section : file.sections()) {
      const Elf64_Shdr& expected = headers[section.index];
      EXPECT_EQ(section.name, reinterpret_cast<const char*>(bytes.data()) +
                                  headers[header.e_shstrndx].sh_offset + expected.sh_name);
      EXPECT_EQ(section.file_offset, expected.sh_offset);
      EXPECT_EQ(section.size.value, expected.sh_size);
      if (expected.sh_type == SHT_SYMTAB) {
        ASSERT_EQ(file.symbols().size(), expected.sh_size / sizeof(Elf64_Sym));
        for (std::size_t i = 0; i < file.symbols().size(); ++i) {
          const auto symbol = copy_of<Elf64_Sym>(bytes, expected.sh_offset + i * sizeof(Elf64_Sym));
          EXPECT_EQ(file.symbols()[i].name, reinterpret_cast<const char*>(bytes.data()) +
                                                headers[expected.sh_link].sh_offset +
                                                symbol.st_name);
          EXPECT_EQ(file.symbols()[i].value, symbol.st_value);
          EXPECT_EQ(file.symbols()[i].section, symbol.st_shndx);
        }
      }
      if (expected.sh_type == SHT_REL) {
        const auto read = must(file.relocations_of(file.sections()[expected.sh_info]));
        std::multimap<std::uint64_t, std::uint64_t> from_file;
        for (std::uint64_t at = 0; at < expected.sh_size; at += sizeof(Elf64_Rel)) {
          const auto rel = copy_of<Elf64_Rel>(bytes, expected.sh_offset + at);
          from_file.emplace(rel.r_offset, rel.r_info);
        }
        std::multimap<std::uint64_t, std::uint64_t> from_us;
        for (const Relocation& relocation : read) {
          from_us.emplace(relocation.offset,
                          ELF64_R_INFO(std::uint64_t{relocation.symbol}, relocation.type));
        }
        EXPECT_EQ(from_us, from_file) << path << " " << section.name;
        relocations += read.size();
      }
    }
  }
  EXPECT_GT(relocations, 100U) << "there is nothing to compare";
}

}  // namespace
}  // namespace btfreloc::elf
