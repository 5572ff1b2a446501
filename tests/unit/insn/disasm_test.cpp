#include "insn/disasm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace btfreloc::insn {
namespace {

/// One line of testdata/insn/objdump.tsv: what llvm-objdump says about some bytes.
struct Row {
  std::endian order;
  std::array<std::byte, 16> slots{};  ///< The second is zero when the instruction takes one.
  std::string text;
};

std::optional<Row> parse(std::string_view line) {
  const std::size_t first = line.find('\t');
  const std::size_t second = line.find('\t', first + 1);
  if (second == std::string_view::npos) return {};
  const std::string_view order = line.substr(0, first);
  const std::string_view digits = line.substr(first + 1, second - first - 1);
  if (order != "little" && order != "big") return {};
  if (digits.size() != 16 && digits.size() != 32) return {};

  Row row{.order = order == "little" ? std::endian::little : std::endian::big,
          .text = std::string(line.substr(second + 1))};
  for (std::size_t i = 0; i < digits.size() / 2; i++) {
    const std::string_view pair = digits.substr(2 * i, 2);
    unsigned value = 0;
    if (std::from_chars(pair.begin(), pair.end(), value, 16).ptr != pair.end()) return {};
    row.slots[i] = static_cast<std::byte>(value);
  }
  return row;
}

std::string disassemble(const Row& row) {
  const Insn insn = decode(row.slots.data(), row.order);
  return insn::disassemble(insn, decode(row.slots.data() + kSlotSize.value, row.order).imm);
}

TEST(Disassemble, SaysWhatLlvmObjdumpSays) {
  std::ifstream table(BTFRELOC_TESTDATA "/insn/objdump.tsv");
  ASSERT_TRUE(table) << "no table in " BTFRELOC_TESTDATA;
  std::set<std::byte> opcodes;
  int number = 0;
  for (std::string line; std::getline(table, line);) {
    number++;
    if (line.starts_with('#')) continue;
    const std::optional<Row> row = parse(line);
    if (!row) {
      ADD_FAILURE() << "malformed line " << number << ": " << line;
      continue;
    }
    EXPECT_EQ(disassemble(*row), row->text) << "line " << number << ": " << line;
    if (row->order == std::endian::little) opcodes.insert(row->slots[0]);
  }
  EXPECT_EQ(opcodes.size(), 256U) << "the table lacks opcodes";
}

struct TextCase {
  Insn insn;
  std::int32_t next_imm;
  std::string_view text;
};

/// What readers meet most, each in sight of its fields.
TEST(Disassemble, SpellsTheCommonInstructions) {
  for (const TextCase& expected : std::to_array<TextCase>({
           {{.opcode = 0x61, .dst = 0, .src = 6, .off = 4}, 0, "w0 = *(u32 *)(r6 + 0x4)"},
           {{.opcode = 0x79, .dst = 1, .src = 10, .off = -8}, 0, "r1 = *(u64 *)(r10 - 0x8)"},
           {{.opcode = 0x15, .dst = 1, .off = 5}, 0, "if r1 == 0x0 goto +0x5"},
           {{.opcode = 0xae, .dst = 1, .src = 2, .off = -5}, 0, "if w1 < w2 goto -0x5"},
           {{.opcode = 0x18, .dst = 1, .imm = 0x10}, 7, "r1 = 0x700000010 ll"},
           {{.opcode = 0x18, .dst = 1, .src = 2, .imm = 3}, 8, "ld_pseudo r1, 0x2, 0x3"},
           {{.opcode = 0x85, .imm = 113}, 0, "call 0x71"},
           {{.opcode = 0x85, .src = 1, .imm = -1}, 0, "call -0x1"},
           {{.opcode = 0xb7, .dst = 1, .imm = -1}, 0, "r1 = -0x1"},
           {{.opcode = 0xbc, .dst = 1, .src = 2, .off = 8}, 0, "w1 = (s8)w2"},
           {{.opcode = 0x95}, 0, "exit"},
       })) {
    EXPECT_EQ(insn::disassemble(expected.insn, expected.next_imm), expected.text);
  }
}

TEST(Disassemble, NextImmCountsForLdimm64Only) {
  const Insn move{.opcode = 0xb7, .dst = 1, .imm = 5};
  EXPECT_EQ(insn::disassemble(move, 7), insn::disassemble(move));
}

/// The names of registers end at r11, and those beyond must not be looked up.
TEST(Disassemble, AnswersForEveryOpcodeAndRegister) {
  for (int opcode = 0; opcode < 256; opcode++) {
    for (int registers = 0; registers < 256; registers++) {
      for (const std::int16_t off : std::to_array<std::int16_t>({0, 1, 8, 16, 32})) {
        for (const std::int32_t imm : {0, 16, 0xe1, 0x100, 0x110}) {
          const Insn insn{.opcode = static_cast<std::uint8_t>(opcode),
                          .dst = static_cast<std::uint8_t>(registers >> 4),
                          .src = static_cast<std::uint8_t>(registers & 0xf),
                          .off = off,
                          .imm = imm};
          const std::string text = insn::disassemble(insn);
          ASSERT_FALSE(text.empty()) << opcode;
          ASSERT_TRUE(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }))
              << opcode;
        }
      }
    }
  }
}

}  // namespace
}  // namespace btfreloc::insn
