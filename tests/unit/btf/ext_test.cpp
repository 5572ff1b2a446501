#include "btf/ext.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "support/btf_bytes.h"
#include "support/errors.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using test::ByteVector;
using test::FailsWith;
using test::must;
using test::put;

/// Writes .BTF.ext: a header, then each part as it is given.
struct ExtBytes {
  std::endian order;
  std::uint32_t header_size = 32;
  std::vector<std::uint32_t> func_info = {};
  std::vector<std::uint32_t> line_info = {};
  std::vector<std::uint32_t> core_relo = {};

  ByteVector bytes() const {
    ByteVector out;
    const auto append = [&](auto value) { put(out, out.size(), value, order); };
    append(std::uint16_t{0xeb9f});
    append(std::uint8_t{1});
    append(std::uint8_t{0});
    append(header_size);
    std::uint32_t offset = 0;
    for (const auto* part : {&func_info, &line_info, &core_relo}) {
      if (part == &core_relo && header_size < 32) break;
      append(offset);
      append(static_cast<std::uint32_t>(part->size() * 4));
      offset += static_cast<std::uint32_t>(part->size() * 4);
    }
    out.resize(header_size);
    for (const auto* part : {&func_info, &line_info, &core_relo}) {
      for (const std::uint32_t word : *part) append(word);
    }
    return out;
  }
};

class ExtOpen : public testing::TestWithParam<std::endian> {
 protected:
  ExtOpen() : strings_(GetParam()), btf_(test::open(named(strings_))) {}

  /// String offsets in btf(): ".text" at 1, "tc" at 7, "file.c" at 10, "line" at 17, end at 22.
  static BtfBytes& named(BtfBytes& btf) {
    for (const char* name : {".text", "tc", "file.c", "line"}) btf.add(Kind::kFwd, name, 0);
    return btf;
  }
  const View& btf() const { return btf_.view; }

  ExtBytes good() const {
    return {.order = GetParam(),
            .func_info = {8, 1, 2, 0, 11, 64, 12, 7, 1, 8, 13},
            .line_info = {16, 7, 1, 8, 10, 17, 5 << 10 | 3},
            .core_relo = {16, 1, 2, 16, 1, 10, 2, 40, 3, 17, 12}};
  }

 private:
  BtfBytes strings_;
  test::OpenBtf btf_;
};

TEST_P(ExtOpen, ReadsEveryRecord) {
  const ByteVector bytes = good().bytes();
  const Ext ext = must(Ext::open(bytes, btf()));
  EXPECT_EQ(ext.end, bytes.size());

  ASSERT_EQ(ext.func_info.size(), 2U);
  EXPECT_EQ(ext.func_info[0].name, ".text");
  ASSERT_EQ(ext.func_info[0].records.size(), 2U);
  EXPECT_EQ(ext.func_info[0].records[0].insn_offset, ByteCount{0});
  EXPECT_EQ(ext.func_info[0].records[0].type, TypeId{11});
  EXPECT_EQ(ext.func_info[0].records[1].insn_offset, ByteCount{64});
  EXPECT_EQ(ext.func_info[0].records[1].type, TypeId{12});
  EXPECT_EQ(ext.func_info[1].name, "tc");
  ASSERT_EQ(ext.func_info[1].records.size(), 1U);
  EXPECT_EQ(ext.func_info[1].records[0].type, TypeId{13});

  ASSERT_EQ(ext.line_info.size(), 1U);
  EXPECT_EQ(ext.line_info[0].name, "tc");
  const LineInfo& line = ext.line_info[0].records.at(0);
  EXPECT_EQ(line.insn_offset, ByteCount{8});
  EXPECT_EQ(line.file, StrOff{10});
  EXPECT_EQ(line.text, StrOff{17});
  EXPECT_EQ(line.line, 5U);
  EXPECT_EQ(line.column, 3U);

  ASSERT_EQ(ext.core_relo.size(), 1U);
  EXPECT_EQ(ext.core_relo[0].name, ".text");
  ASSERT_EQ(ext.core_relo[0].records.size(), 2U);
  const CoreRelo& relo = ext.core_relo[0].records[1];
  EXPECT_EQ(relo.insn_offset, ByteCount{40});
  EXPECT_EQ(relo.type, TypeId{3});
  EXPECT_EQ(relo.access, StrOff{17});
  EXPECT_EQ(relo.kind, 12U);
  EXPECT_EQ(relo.file_offset, bytes.size() - 16);
  EXPECT_EQ(ext.core_relo[0].records[0].file_offset, bytes.size() - 32);
}

TEST_P(ExtOpen, LineAndColumnShareAWord) {
  ExtBytes ext = good();
  ext.line_info[6] = ~std::uint32_t{0};
  const auto line = must(Ext::open(ext.bytes(), btf())).line_info[0].records[0];
  EXPECT_EQ(line.line, 0x3fffffU);
  EXPECT_EQ(line.column, 0x3ffU);
}

/// A newer compiler may append to records.
TEST_P(ExtOpen, StepsOverWhatRecordsHaveMore) {
  const ExtBytes longer = {.order = GetParam(),
                           .func_info = {12, 1, 2, 0, 11, 99, 64, 12, 99},
                           .line_info = {20, 7, 1, 8, 10, 17, 5 << 10 | 3, 99},
                           .core_relo = {24, 1, 2, 16, 1, 10, 2, 99, 99, 40, 3, 17, 12, 99, 99}};
  const ByteVector bytes = longer.bytes();
  const Ext ext = must(Ext::open(bytes, btf()));
  EXPECT_EQ(ext.func_info[0].records[1].insn_offset, ByteCount{64});
  EXPECT_EQ(ext.func_info[0].records[1].type, TypeId{12});
  EXPECT_EQ(ext.line_info[0].records.size(), 1U);
  EXPECT_EQ(ext.core_relo[0].records[1].kind, 12U);
  EXPECT_EQ(ext.core_relo[0].records[1].file_offset, bytes.size() - 24);
}

TEST_P(ExtOpen, HeaderOf24BytesHasNoCoreRelo) {
  ExtBytes ext = good();
  ext.header_size = 24;
  ext.core_relo.clear();
  const ByteVector bytes = ext.bytes();
  const Ext opened = must(Ext::open(bytes, btf()));
  EXPECT_EQ(opened.func_info.size(), 2U);
  EXPECT_TRUE(opened.core_relo.empty());
  EXPECT_EQ(opened.end, bytes.size());
}

TEST_P(ExtOpen, LongerHeaderIsSteppedOver) {
  ExtBytes ext = good();
  ext.header_size = 48;
  const Ext opened = must(Ext::open(ext.bytes(), btf()));
  EXPECT_EQ(opened.func_info[0].records[1].type, TypeId{12});
  EXPECT_EQ(opened.core_relo[0].records[1].kind, 12U);
}

TEST_P(ExtOpen, EmptyPartsAreFine) {
  const Ext ext = must(Ext::open(ExtBytes{.order = GetParam()}.bytes(), btf()));
  EXPECT_TRUE(ext.func_info.empty());
  EXPECT_TRUE(ext.line_info.empty());
  EXPECT_TRUE(ext.core_relo.empty());
  EXPECT_EQ(ext.end, 32U);
}

/// Types of records and access strings are not checked: such a relocation fails alone.
TEST_P(ExtOpen, RelocationsMayMeanNothing) {
  ExtBytes ext = good();
  for (const std::size_t word : {3, 4, 5, 6}) ext.core_relo[word] = ~std::uint32_t{0};
  ext.func_info[4] = ~std::uint32_t{0};
  const Ext opened = must(Ext::open(ext.bytes(), btf()));
  EXPECT_EQ(opened.core_relo[0].records[0].kind, ~std::uint32_t{0});
  EXPECT_EQ(opened.func_info[0].records[0].type, TypeId{~std::uint32_t{0}});
}

// Damage: one word of good(), and where the error says it is. The parts start at 32, 76 and 104.

struct Damage {
  std::string_view what;
  std::size_t at;
  std::uint32_t value;
  Errc code;
  std::uint64_t offset;
  std::string_view message;
};

TEST_P(ExtOpen, DamageIsNamedInTheError) {
  const ByteVector bytes = good().bytes();
  ASSERT_EQ(bytes.size(), 148U);
  for (const Damage& damage : std::to_array<Damage>({
           {"header too small", 4, 23, Errc::bad_format, 4, "a header of 23 bytes"},
           {"header too large", 4, 149, Errc::truncated, 4, "a header of 149 bytes"},
           {"func_info beyond", 12, 117, Errc::truncated, 8, "func_info ends at byte 149"},
           {"func_info wraps", 12, ~0U, Errc::truncated, 8, "func_info ends at"},
           {"line_info beyond", 16, 148, Errc::truncated, 16, "line_info ends at"},
           {"line_info not aligned", 16, 46, Errc::bad_format, 16, "not a multiple of 4"},
           {"core_relo beyond", 28, 45, Errc::truncated, 24, "core_relo ends at byte 149"},
           {"core_relo starts beyond", 24, ~3U, Errc::truncated, 24, "core_relo ends at"},
           {"func_info records of nothing", 32, 0, Errc::bad_format, 32,
            "func_info records of 0 bytes; at least 8"},
           {"func_info records too small", 32, 4, Errc::bad_format, 32, "records of 4 bytes"},
           {"func_info records not whole words", 32, 9, Errc::bad_format, 32, "records of 9 bytes"},
           {"line_info records too small", 76, 12, Errc::bad_format, 76, "at least 16"},
           {"core_relo records too small", 104, 12, Errc::bad_format, 104, "at least 16"},
           {"core_relo records huge", 104, ~3U, Errc::truncated, 116, "more bytes needed"},
           {"section without records", 40, 0, Errc::bad_format, 36,
            "func_info for a section without records"},
           {"second section without records", 64, 0, Errc::bad_format, 60, "without records"},
           {"section without a name", 36, 22, Errc::bad_format, 36, "name is beyond the strings"},
           {"more records than there are", 40, 5, Errc::truncated, 44, "more bytes needed"},
           {"as many records as can be", 40, ~0U, Errc::truncated, 44, "more bytes needed"},
           {"file of a line", 92, 22, Errc::bad_format, 88, "beyond the end of .BTF's strings"},
           {"text of a line", 96, ~0U, Errc::bad_format, 88, "beyond the end of .BTF's strings"},
           {"only a record size", 28, 4, Errc::bad_format, 108,
            "core_relo has a record size and no records"},
           {"half a record size", 28, 2, Errc::truncated, 104, "4 more bytes needed, 2 remain"},
           {"no room for a count", 28, 8, Errc::truncated, 112, "4 more bytes needed, 0 remain"},
       })) {
    ByteVector bad = bytes;
    put(bad, damage.at, damage.value, GetParam());
    const auto opened = Ext::open(bad, btf(), "section");
    EXPECT_THAT(opened, FailsWith(damage.code, damage.offset, std::string(damage.message)))
        << damage.what;
    if (opened) continue;
    EXPECT_EQ(opened.error().where.section, "section");
  }
}

TEST_P(ExtOpen, MagicAndVersionAreChecked) {
  ByteVector bytes = good().bytes();
  put(bytes, 0, std::uint16_t{0x1234}, GetParam());
  EXPECT_THAT(Ext::open(bytes, btf()), FailsWith(Errc::bad_format, 0, "magic number 0x1234"));
  bytes = good().bytes();
  bytes[2] = std::byte{2};
  EXPECT_THAT(Ext::open(bytes, btf()), FailsWith(Errc::unsupported, 2, "version 2"));
}

TEST_P(ExtOpen, ByteOrderMustBeThatOfTheBtf) {
  ExtBytes other = good();
  other.order = GetParam() == std::endian::little ? std::endian::big : std::endian::little;
  EXPECT_THAT(Ext::open(other.bytes(), btf()),
              FailsWith(Errc::bad_format, 0, "its byte order is not that of .BTF"));
}

TEST_P(ExtOpen, EveryExtThatWasCutShortIsRefused) {
  const ByteVector bytes = good().bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto opened = Ext::open(Bytes(bytes).first(size), btf());
    ASSERT_FALSE(opened) << size;
    EXPECT_EQ(opened.error().code, Errc::truncated) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, ExtOpen, testing::ValuesIn(test::kOrders));

}  // namespace
}  // namespace btfreloc::btf
