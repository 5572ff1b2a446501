#include "elf/rewrite.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "elf/file.h"
#include "support/elf_bytes.h"
#include "support/errors.h"
#include "support/objects.h"

namespace btfreloc::elf {
namespace {

using test::ByteVector;
using test::ElfBytes;
using test::FailsWith;
using test::must;

ByteVector filled(std::size_t size, unsigned char value) {
  return ByteVector(size, std::byte{value});
}

/// Fails the test unless `after` is `before` with other bytes in these sections, added ones last.
void expect_only_changed(Bytes before_bytes, Bytes after_bytes,
                         const std::vector<NewSection>& changed) {
  const File before = must(File::open(before_bytes));
  const File after = must(File::open(after_bytes));
  EXPECT_EQ(after.order(), before.order());
  EXPECT_EQ(after.machine(), before.machine());
  EXPECT_EQ(after.type(), before.type());
  ASSERT_GE(after.sections().size(), before.sections().size());
  for (const Section& old : before.sections()) {
    const Section& now = after.sections()[old.index];
    EXPECT_EQ(now.name, old.name);
    EXPECT_EQ(now.type, old.type) << old.name;
    EXPECT_EQ(now.flags, old.flags) << old.name;
    EXPECT_EQ(now.link, old.link) << old.name;
    EXPECT_EQ(now.info, old.info) << old.name;
    const auto change = std::ranges::find(changed, old.name, &NewSection::name);
    const bool holds_names = old.bytes.size() < now.bytes.size() && old.type == SHT_STRTAB &&
                             after.sections().size() > before.sections().size();
    if (change != changed.end()) {
      EXPECT_TRUE(std::ranges::equal(now.bytes, change->bytes)) << old.name;
    } else if (holds_names) {
      EXPECT_TRUE(std::ranges::equal(now.bytes.first(old.bytes.size()), old.bytes)) << old.name;
    } else {
      EXPECT_TRUE(std::ranges::equal(now.bytes, old.bytes)) << old.name;
      EXPECT_EQ(now.size, old.size) << old.name;
    }
  }
  for (const NewSection& section : changed) {
    ASSERT_NE(after.section(section.name), nullptr) << section.name;
    EXPECT_TRUE(std::ranges::equal(after.section(section.name)->bytes, section.bytes));
  }
  ASSERT_EQ(after.symbols().size(), before.symbols().size());
  for (std::size_t i = 0; i < before.symbols().size(); ++i) {
    EXPECT_EQ(after.symbols()[i].name, before.symbols()[i].name);
    EXPECT_EQ(after.symbols()[i].value, before.symbols()[i].value);
  }
}

class RewriteOfFormat : public testing::TestWithParam<test::ElfFormat> {
 protected:
  ByteVector small_file() const {
    ElfBytes elf(GetParam());
    elf.sections.push_back({".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, filled(24, 1)});
    elf.sections.push_back({".bss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE, {}});
    elf.sections.push_back({".BTF", SHT_PROGBITS, 0, filled(40, 2)});
    elf.sections.push_back({".BTF.ext", SHT_PROGBITS, 0, filled(32, 3)});
    const Bytes names = as_bytes(std::string_view("\0main\0", 6));
    elf.sections.push_back({".strtab", SHT_STRTAB, 0, {names.begin(), names.end()}});
    ByteVector symbols;
    elf.symbol(symbols, 0, 0, 0, 0, 0, 0);
    elf.symbol(symbols, 1, 8, 16, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1);
    elf.sections.push_back({".symtab", SHT_SYMTAB, 0, symbols, 5, 1});
    return elf.bytes();
  }
};

TEST_P(RewriteOfFormat, SectionsOfAnySize) {
  const ByteVector file = small_file();
  for (const std::size_t size : {0, 1, 39, 40, 41, 100, 5000}) {
    const ByteVector types = filled(size, 7);
    const ByteVector ext = filled(size / 2, 8);
    const std::vector<NewSection> changes = {{".BTF", types}, {".BTF.ext", ext}};
    const auto written = must(rewrite(file, changes));
    expect_only_changed(file, written, changes);
    EXPECT_EQ(must(rewrite(file, changes)), written);
  }
}

TEST_P(RewriteOfFormat, SameSizesChangeNothingElse) {
  const ByteVector file = small_file();
  const ByteVector types = filled(40, 7);
  const std::vector<NewSection> changes = {{".BTF", types}};
  const auto written = must(rewrite(file, changes));
  ASSERT_EQ(written.size(), file.size());
  std::size_t different = 0;
  for (std::size_t i = 0; i < file.size(); ++i) different += written[i] != file[i] ? 1 : 0;
  EXPECT_EQ(different, 40U);
}

TEST_P(RewriteOfFormat, SectionsThatWereNotThere) {
  const ByteVector file = small_file();
  const ByteVector bytes = filled(10, 9);
  const std::vector<NewSection> changes = {{".BTF", bytes}, {".new", bytes}, {".newer", {}}};
  expect_only_changed(file, must(rewrite(file, changes)), changes);
}

TEST_P(RewriteOfFormat, FilesWithSegmentsKeepTheirSizes) {
  ByteVector file = small_file();
  const std::size_t header_count = GetParam().is_64_bit ? 56 : 44;
  test::put(file, header_count, std::uint16_t{1}, GetParam().order);
  const ByteVector same = filled(40, 7);
  const ByteVector longer = filled(41, 7);
  EXPECT_TRUE(rewrite(file, std::vector<NewSection>{{".BTF", same}}));
  EXPECT_THAT(rewrite(file, std::vector<NewSection>{{".BTF", longer}}),
              FailsWith(Errc::unsupported, std::nullopt, "segments"));
}

INSTANTIATE_TEST_SUITE_P(Elf, RewriteOfFormat,
                         testing::Values(test::ElfFormat{true, std::endian::little},
                                         test::ElfFormat{true, std::endian::big},
                                         test::ElfFormat{false, std::endian::little},
                                         test::ElfFormat{false, std::endian::big}));

TEST(Rewrite, WhatIsNoElfFileIsAnError) {
  EXPECT_FALSE(rewrite(filled(100, 0), std::vector<NewSection>{{".BTF", {}}}));
}

TEST(Rewrite, HugeAlignmentIsRefused) {
  ElfBytes elf({true, std::endian::little});
  elf.sections.push_back({".BTF", SHT_PROGBITS, 0, filled(8, 1)});
  ByteVector file = elf.bytes();
  // The headers are the last three; alignment is their word 48.
  test::put(file, file.size() - 2 * 64 + 48, std::uint64_t{1} << 62, std::endian::little);
  EXPECT_THAT(rewrite(file, std::vector<NewSection>{{".BTF", {}}}),
              FailsWith(Errc::bad_format, std::nullopt, "aligned"));
}

TEST(Rewrite, RealObjects) {
  for (const std::string& path : test::test_objects()) {
    const MappedFile object = must(MappedFile::open(path));
    const ByteVector longer = filled(100'001, 5);
    for (const Bytes bytes : {Bytes(longer), Bytes(longer).first(3)}) {
      const std::vector<NewSection> changes = {{".BTF", bytes}, {".BTF.ext", bytes}};
      expect_only_changed(object.bytes(), must(rewrite(object.bytes(), changes)), changes);
    }
  }
}

}  // namespace
}  // namespace btfreloc::elf
