#include "object/object.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/field.h"
#include "core/spec.h"
#include "insn/opcode.h"
#include "support/btf_bytes.h"
#include "support/elf_bytes.h"
#include "support/errors.h"
#include "support/files.h"
#include "support/objects.h"

namespace btfreloc::object {
namespace {

using test::FailsWith;
using test::test_object;
using testing::ElementsAre;

const Program& program(const Object& object, std::string_view name) {
  const auto found = std::ranges::find(object.programs(), name, &Program::name);
  if (found == object.programs().end()) throw std::runtime_error("no such program");
  return *found;
}

class BothOrders : public testing::TestWithParam<std::string> {
 protected:
  test::OpenObject open(const std::string& name) const {
    return test_object(name + "." + GetParam() + ".o");
  }
};
INSTANTIATE_TEST_SUITE_P(ByteOrders, BothOrders, testing::Values("bpfel", "bpfeb"));

// testdata/objects/expected.tsv is counted by a program that shares nothing with this one.

TEST(Object, HasTheFunctionsAndRelocationsThatWereCounted) {
  const auto rows = test::lines_of(test::read_text(test::object_path("expected.tsv")));
  ASSERT_GT(rows.size(), 30U);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    std::istringstream columns(rows[i]);
    std::string path;
    std::size_t functions = 0;
    std::size_t slots = 0;
    columns >> path >> functions >> slots;
    SCOPED_TRACE(path);
    const auto open = test_object(path);
    EXPECT_EQ(open.object.programs().size(), functions);

    std::map<std::uint32_t, std::size_t> counts;
    for (const Relocation& relocation : open.object.relocations()) ++counts[relocation.record.kind];
    for (std::uint32_t kind = 0; kind < core::kReloKindNames.size(); ++kind) {
      std::string count;
      columns >> count;
      const bool is_damaged = count == "-";
      EXPECT_EQ(counts[kind], is_damaged ? 0 : std::stoul(count)) << core::kReloKindNames[kind];
      EXPECT_EQ(open.object.parts().size() == 2, is_damaged);
    }

    // Slots are those of the sections; functions lie in them without overlap.
    std::size_t in_sections = 0;
    for (const elf::Section& section : open.object.file().sections()) {
      if (section.is_code()) in_sections += section.bytes.size() / 8;
    }
    EXPECT_EQ(in_sections, slots);
    const Program* before = nullptr;
    for (const Program& program : open.object.programs()) {
      if (before != nullptr && before->section_index == program.section_index) {
        EXPECT_GE(program.section_offset.value, before->section_offset.value + before->code.size());
      }
      before = &program;
    }
  }
}

// Programs.

TEST_P(BothOrders, SeveralProgramsShareASection) {
  const auto open = this->open("programs");
  const Program& first = program(open.object, "first_of_three");
  const Program& second = program(open.object, "second_of_three");
  const Program& third = program(open.object, "third_of_three");
  EXPECT_EQ(first.section, "kprobe/do_exit");
  EXPECT_EQ(second.section_index, first.section_index);
  EXPECT_EQ(third.section_index, first.section_index);
  EXPECT_EQ(first.section_offset, ByteCount{0});
  EXPECT_EQ(second.section_offset, ByteCount{first.code.size()});
  EXPECT_EQ(third.section_offset, ByteCount{first.code.size() + second.code.size()});
  const elf::Section& section = open.object.file().sections()[first.section_index];
  EXPECT_EQ(third.section_offset.value + third.code.size(), section.bytes.size());
  EXPECT_EQ(third.code.data(), section.bytes.data() + third.section_offset.value);
  EXPECT_EQ(third.insn_count(), third.code.size() / 8);
  EXPECT_EQ(second.type.type, "kprobe");
  EXPECT_EQ(second.type.attach, "do_exit");
  for (const Program* each : {&first, &second, &third}) {
    EXPECT_FALSE(each->is_subprogram);
    EXPECT_FALSE(each->is_static);
    EXPECT_FALSE(each->is_weak);
    const auto last = InsnIndex{each->insn_count() - 1};
    EXPECT_EQ(open.object.insn(*each, last).opcode, 0x95) << "exit";
  }
}

TEST_P(BothOrders, FunctionsInTextAreSubprograms) {
  const auto open = this->open("programs");
  std::vector<std::tuple<std::string_view, bool, bool>> subprograms;  // name, static, weak
  for (const Program& each : open.object.programs()) {
    if (!each.is_subprogram) continue;
    EXPECT_EQ(each.section, ".text");
    subprograms.emplace_back(each.name, each.is_static, each.is_weak);
  }
  using Row = std::tuple<std::string_view, bool, bool>;
  EXPECT_THAT(subprograms,
              testing::UnorderedElementsAre(
                  Row{"static_leaf", true, false}, Row{"static_caller", true, false},
                  Row{"global_function", false, false}, Row{"weak_function", false, true},
                  Row{"hidden_function", false, false}, Row{"uncalled_function", false, true},
                  Row{"each_iteration", true, false}, Row{"each_element", true, false}));
}

TEST_P(BothOrders, ProgramsAreNotLoadedUnlessAskedWhereTheSectionSaysSo) {
  const auto open = this->open("programs");
  EXPECT_FALSE(program(open.object, "not_loaded_unless_asked").type.autoload);
  EXPECT_TRUE(program(open.object, "on_return").type.autoload);
  EXPECT_EQ(program(open.object, "on_made_up").type.type, "");
  EXPECT_FALSE(program(open.object, "on_made_up").is_subprogram);
}

TEST_P(BothOrders, LicenseIsItsText) {
  EXPECT_EQ(open("maps").object.license(), "GPL");
  EXPECT_EQ(open("programs").object.license(), "Dual BSD/GPL");
  EXPECT_EQ(open("linked_b").object.license(), "");
}

TEST_P(BothOrders, ByteOrderIsThatOfTheFile) {
  EXPECT_EQ(open("maps").object.order(),
            GetParam() == "bpfel" ? std::endian::little : std::endian::big);
}

// Symbols that instructions use.

std::vector<std::string> symbols_used(const test::OpenObject& open, std::string_view name) {
  const Program& used_by = program(open.object, name);
  std::vector<std::string> uses;
  for (const SymbolUse& use : open.object.symbol_uses(used_by)) {
    EXPECT_LT(use.insn.value, used_by.insn_count());
    const insn::Insn insn = open.object.insn(used_by, use.insn);
    EXPECT_TRUE(insn::is_wide(insn) || insn.opcode == 0x85) << "LDIMM64 or call";
    uses.emplace_back(use.name);
  }
  return uses;
}

TEST_P(BothOrders, InstructionsUseMapsAndFunctions) {
  EXPECT_THAT(symbols_used(open("legacy_maps"), "count"), ElementsAre("first", "second"));
  const auto programs = open("programs");
  // Static functions, called or handed over as callbacks, go by their section.
  EXPECT_THAT(symbols_used(programs, "first_of_three"), ElementsAre(".text"));
  EXPECT_THAT(symbols_used(programs, "second_of_three"), ElementsAre("hidden_function"));
  EXPECT_THAT(symbols_used(programs, "third_of_three"),
              ElementsAre(".text", "counts", ".text", "global_function", "weak_function"));
  EXPECT_THAT(symbols_used(programs, "on_xdp"), ElementsAre());
}

TEST_P(BothOrders, InstructionsUseVariablesAndExterns) {
  const auto maps = open("maps");
  const auto data = symbols_used(maps, "uses_data");
  for (const char* name : {"in_named_data", "hidden_data", "tuned", "zeroed", "settings",
                           "programs", ".data", ".bss", ".rodata.str1.1"}) {
    EXPECT_THAT(data, testing::Contains(name));
  }
  const auto externs = symbols_used(maps, "uses_externs");
  for (const char* name : {"bpf_task_acquire", "CONFIG_HZ", "CONFIG_X86_64", "runqueues",
                           "made_up_function", "task_storage", "events"}) {
    EXPECT_THAT(externs, testing::Contains(name));
  }
  EXPECT_THAT(externs, testing::Not(testing::Contains("flows"))) << "another program's";
}

// Source lines: each is the line of that number in the file of that name, which stands beside the
// object.

std::string trimmed(const std::string& line) {
  const std::size_t start = line.find_first_not_of(" \t");
  return start == std::string::npos ? "" : line.substr(start);
}

TEST(SourceLine, IsTheLineOfTheSource) {
  std::map<std::string, std::vector<std::string>, std::less<>> sources;
  std::size_t lines = 0;
  for (const std::string& path : test::test_objects()) {
    const auto open = test::open_object(path);
    for (const Program& each : open.object.programs()) {
      if (open.object.ext() == nullptr) continue;
      EXPECT_FALSE(open.object.lines_of(each).empty()) << path << " " << each.name;
      std::uint64_t before = 0;
      for (const btf::LineInfo& record : open.object.lines_of(each)) {
        EXPECT_GE(record.insn_offset.value, std::max(before, each.section_offset.value));
        EXPECT_LT(record.insn_offset.value, each.section_offset.value + each.code.size());
        before = record.insn_offset.value;
        const SourceLine line = open.object.source_line(record);
        const std::string file(line.file);
        if (!sources.contains(file)) {
          sources[file] = test::lines_of(test::read_text(test::object_path(file)));
        }
        ASSERT_LE(line.line, sources[file].size()) << path;
        if (line.line == 0) continue;  // made by the compiler, for no line
        EXPECT_EQ(line.text, trimmed(sources[file][line.line - 1]))
            << path << ": " << file << ":" << line.line;
        ++lines;
      }
    }
  }
  EXPECT_GT(lines, 2000U);
}

TEST_P(BothOrders, InstructionsBelongToTheLineBeforeThem) {
  const auto open = this->open("programs");
  const Program& second = program(open.object, "second_of_three");
  const auto source = open.object.source(second, InsnIndex{0});
  ASSERT_TRUE(source);
  EXPECT_EQ(source->file, "programs.bpf.c");
  EXPECT_THAT(std::string(source->text), testing::HasSubstr("task = (void*)ctx[0]"));
  const auto lines = open.object.lines_of(second);
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < second.insn_count(); ++i) {
    const std::uint64_t byte = second.section_offset.value + i * 8;
    while (at + 1 < lines.size() && lines[at + 1].insn_offset.value <= byte) ++at;
    const auto line = open.object.source(second, InsnIndex{i});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->line, lines[at].line) << i;
    EXPECT_EQ(line->column, lines[at].column) << i;
  }
  const auto last = open.object.source(second, InsnIndex{second.insn_count() - 1});
  EXPECT_THAT(std::string(last->text), testing::HasSubstr("return tgid"));
}

TEST_P(BothOrders, WithoutLineInformationThereIsNoSource) {
  const auto open = this->open("no_btf");
  ASSERT_FALSE(open.object.programs().empty());
  const Program& any = open.object.programs()[0];
  EXPECT_FALSE(open.object.source(any, InsnIndex{0}));
  EXPECT_TRUE(open.object.lines_of(any).empty());
}

// Relocations.

/// What the instruction holds where a relocation of this kind patches it.
std::uint64_t value_in(const Object& object, const Program& program, InsnIndex index) {
  const insn::Insn insn = object.insn(program, index);
  switch (insn::class_of(insn.opcode)) {
    case insn::Class::kLdx:
    case insn::Class::kSt:
    case insn::Class::kStx: return static_cast<std::uint64_t>(insn.off);
    default: break;
  }
  if (!insn::is_wide(insn)) return static_cast<std::uint64_t>(insn.imm);
  const insn::Insn next = object.insn(program, InsnIndex{index.value + 1});
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(next.imm)) << 32 |
         static_cast<std::uint32_t>(insn.imm);
}

/// The compiler computed each value when it wrote the instruction, for the byte order of the
/// object: a relocation joined to the wrong instruction, or calculated wrongly, shows.
TEST(Relocation, StandsForWhatItsInstructionHolds) {
  std::map<core::ReloKind, int> compared;
  for (const std::string& path : test::test_objects()) {
    if (path.find("/linked.") != std::string::npos)
      continue;  // bpftool changes ids in records only
    const auto open = test::open_object(path);
    for (const Relocation& relocation : open.object.relocations()) {
      ASSERT_NE(relocation.program, nullptr) << path;
      const btf::View& btf = *open.object.btf();
      const auto kind = core::relo_kind(relocation.record.kind);
      const auto spec = core::parse_spec(btf, relocation.record.type,
                                         btf.string(relocation.record.access), kind.value());
      ASSERT_TRUE(spec) << spec.error().reason;
      SCOPED_TRACE(path + " " + std::string(relocation.program->name) + "#" +
                   std::to_string(relocation.index) + " " + core::format_spec(btf, *spec));
      const std::uint64_t held = value_in(open.object, *relocation.program, relocation.insn);
      const std::uint64_t ours = core::local_value(btf, *spec, open.object.order()).value();
      // How wide a unit it loads for a bitfield is the compiler's choice.
      const bool is_bitfield = core::is_field_based(*kind) &&
                               *kind != core::ReloKind::field_exists &&
                               core::locate_field(btf, *spec, {8}).value().is_bitfield;
      if (is_bitfield && (*kind == core::ReloKind::field_byte_offset ||
                          *kind == core::ReloKind::field_byte_size)) {
        continue;
      }
      if (is_bitfield && *kind == core::ReloKind::field_lshift_u64) {
        // Counted from an end of the unit, so it may differ by whole bytes.
        EXPECT_EQ(held % 8, ours % 8);
        continue;
      }
      EXPECT_EQ(held, ours);
      ++compared[*kind];
    }
  }
  for (std::uint32_t kind = 0; kind < core::kReloKindNames.size(); ++kind) {
    EXPECT_GT(compared[static_cast<core::ReloKind>(kind)], 3) << core::kReloKindNames[kind];
  }
}

TEST_P(BothOrders, RelocationsAreNumberedByProgramAndInstruction) {
  const auto open = this->open("relocations");
  std::size_t total = 0;
  for (const Program& each : open.object.programs()) {
    const auto relocations = open.object.relocations_of(each);
    for (std::uint32_t i = 0; i < relocations.size(); ++i) {
      EXPECT_EQ(relocations[i].program, &each);
      EXPECT_EQ(relocations[i].index, i);
      EXPECT_EQ(relocations[i].section, each.section);
      EXPECT_LE(relocations[i == 0 ? 0 : i - 1].insn, relocations[i].insn);
      EXPECT_EQ(relocations[i].insn.value * 8 + each.section_offset.value,
                relocations[i].record.insn_offset.value);
    }
    total += relocations.size();
  }
  EXPECT_EQ(total, open.object.relocations().size());
  EXPECT_TRUE(open.object.relocations_of(program(this->open("programs").object, "on_xdp")).empty());
}

TEST(Relocation, OfNoProgramComesLast) {
  const auto open = test_object("linked.bpfel.o");
  const auto& relocations = open.object.relocations();
  ASSERT_EQ(relocations.size(), 7U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_NE(relocations[i].program, nullptr);
  EXPECT_EQ(relocations[6].program, nullptr);
  EXPECT_EQ(relocations[6].section, ".text");
  EXPECT_EQ(relocations[6].insn.value * 8, relocations[6].record.insn_offset.value);
}

// BTF.

TEST_P(BothOrders, ConcatenatedObjectHasTwoParts) {
  const auto open = this->open("concatenated");
  const auto halves = {this->open("linked_a"), this->open("linked_b")};
  ASSERT_EQ(open.object.parts().size(), 2U);
  EXPECT_EQ(open.object.btf(), nullptr);
  EXPECT_EQ(open.object.ext(), nullptr);
  EXPECT_TRUE(open.object.relocations().empty()) << "nothing in it can be trusted";
  EXPECT_EQ(open.object.programs().size(), 5U);
  std::size_t i = 0;
  for (const test::OpenObject& half : halves) {
    const BtfPart& part = open.object.parts()[i++];
    EXPECT_EQ(part.btf.size(), half.object.btf()->size());
    ASSERT_TRUE(part.ext);
    EXPECT_EQ(part.ext->core_relo.size(), half.object.ext()->core_relo.size());
    EXPECT_EQ(part.ext->line_info.size(), half.object.ext()->line_info.size());
  }
  EXPECT_EQ(open.object.parts()[0].offset, 0U);
  EXPECT_EQ(open.object.parts()[0].ext_offset, 0U);
  EXPECT_GE(open.object.parts()[1].offset, halves.begin()->object.btf()->header().end());
  EXPECT_GE(open.object.parts()[1].ext_offset, halves.begin()->object.ext()->end);
}

TEST(Object, LinkedByBpftoolHasOnePart) {
  const auto open = test_object("linked.bpfel.o");
  EXPECT_EQ(open.object.parts().size(), 1U);
  EXPECT_NE(open.object.btf(), nullptr);
  EXPECT_NE(open.object.ext(), nullptr);
}

TEST_P(BothOrders, ObjectMayHaveNoBtf) {
  const auto open = this->open("no_btf");
  EXPECT_TRUE(open.object.parts().empty());
  EXPECT_EQ(open.object.btf(), nullptr);
  EXPECT_EQ(open.object.ext(), nullptr);
  EXPECT_TRUE(open.object.relocations().empty());
  EXPECT_EQ(open.object.programs().size(), this->open("no_core").object.programs().size());
}

TEST(Object, StaysWhereItsBytesAreWhenMoved) {
  auto open = test_object("relocations.bpfel.o");
  const Object moved = std::move(open.object);
  ASSERT_FALSE(moved.relocations().empty());
  for (const Program& each : moved.programs()) {
    for (const Relocation& relocation : moved.relocations_of(each)) {
      EXPECT_EQ(relocation.program, &each);
    }
    EXPECT_TRUE(moved.source(each, InsnIndex{0}));
  }
}

// Objects made by hand.

struct OpenBytes {
  test::ByteVector bytes;
  Object object;
};

class SmallObject {
 public:
  explicit SmallObject(std::endian order) : order(order), elf({true, order}) {}

  std::endian order;
  test::ElfBytes elf;
  std::string names = std::string(1, '\0');
  test::ByteVector symbols = test::ByteVector(24);

  std::uint32_t add(const std::string& name, std::uint32_t type, std::uint64_t flags,
                    test::ByteVector bytes) {
    elf.sections.push_back({name, type, flags, std::move(bytes)});
    return static_cast<std::uint32_t>(elf.sections.size() - 1);
  }
  std::uint32_t code(const std::string& name, std::size_t bytes) {
    return add(name, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, test::ByteVector(bytes));
  }
  void symbol(const std::string& name, std::uint8_t binding, std::uint8_t type,
              std::uint32_t section, std::uint64_t value, std::uint64_t size) {
    elf.symbol(symbols, static_cast<std::uint32_t>(names.size()), value, size,
               static_cast<std::uint8_t>(ELF64_ST_INFO(binding, type)), 0,
               static_cast<std::uint16_t>(section));
    names.append(name).push_back('\0');
  }

  Result<OpenBytes> open() {
    const Bytes text = as_bytes(names);
    const std::uint32_t strings = add(".strtab", SHT_STRTAB, 0, {text.begin(), text.end()});
    add(".symtab", SHT_SYMTAB, 0, symbols);
    elf.sections.back().link = strings;
    auto bytes = elf.bytes();
    TRY(Object object, Object::open(bytes));
    return OpenBytes{std::move(bytes), std::move(object)};
  }
};

TEST(Object, ReadsFunctionsWithoutATypeUpToTheNext) {
  // As compilers before LLVM 10 wrote them.
  for (const std::endian order : test::kOrders) {
    SmallObject small(order);
    const std::uint32_t section = small.code("xdp", 40);
    small.symbol("LBB0_1", STB_LOCAL, STT_NOTYPE, section, 8, 0);
    small.symbol("second", STB_GLOBAL, STT_NOTYPE, section, 16, 0);
    small.symbol("first", STB_GLOBAL, STT_NOTYPE, section, 0, 0);
    const auto open = test::must(small.open());
    ASSERT_EQ(open.object.programs().size(), 2U);
    EXPECT_EQ(open.object.programs()[0].name, "first");
    EXPECT_EQ(open.object.programs()[0].insn_count(), 2U);
    EXPECT_EQ(open.object.programs()[1].name, "second");
    EXPECT_EQ(open.object.programs()[1].insn_count(), 3U);
  }
}

TEST(Object, LoadsTextWhenThereIsNothingElse) {
  SmallObject small(std::endian::little);
  small.symbol("only", STB_GLOBAL, STT_FUNC, small.code(".text", 16), 0, 16);
  const auto open = test::must(small.open());
  ASSERT_EQ(open.object.programs().size(), 1U);
  EXPECT_FALSE(open.object.programs()[0].is_subprogram);
}

TEST(Object, RefusesFunctionsOutsideTheirSection) {
  struct Place {
    std::uint64_t value, size;
  };
  for (const auto& [value, size] : {Place{0, 24}, Place{8, 16}, Place{24, 0}, Place{4, 8},
                                    Place{0, 4}, Place{~std::uint64_t{7}, 16}}) {
    SmallObject small(std::endian::little);
    small.symbol("f", STB_GLOBAL, STT_FUNC, small.code("xdp", 16), value, size);
    const auto opened = small.open();
    ASSERT_THAT(opened, FailsWith(Errc::bad_format, value, "function `f` takes")) << value;
    EXPECT_EQ(opened.error().where.section, "xdp");
  }
}

TEST(Object, RefusesHalfAnInstruction) {
  SmallObject small(std::endian::little);
  small.code("xdp", 12);
  const auto opened = small.open();
  ASSERT_THAT(opened, FailsWith(Errc::bad_format, 12, "12 bytes are no whole number"));
  EXPECT_EQ(opened.error().where.section, "xdp");
}

TEST(Object, RefusesBtfExtWithoutBtf) {
  SmallObject small(std::endian::little);
  small.add(".BTF.ext", SHT_PROGBITS, 0, test::ByteVector(32));
  const auto opened = small.open();
  ASSERT_THAT(opened, FailsWith(Errc::bad_format, 0, "there is no .BTF"));
  EXPECT_EQ(opened.error().where.section, ".BTF.ext");
}

TEST(Object, PlacesErrorsOfTheSecondBlobInTheSection) {
  test::BtfBytes btf;
  btf.integer("int", 4);
  const test::ByteVector one = btf.bytes();
  test::ByteVector section = one;
  section.resize((section.size() + 3) / 4 * 4);
  const std::size_t second = section.size();
  section.insert(section.end(), one.begin(), one.end());
  test::put(section, second + 24, std::uint32_t{1000}, std::endian::little);  // a name
  SmallObject small(std::endian::little);
  small.add(".BTF", SHT_PROGBITS, 0, section);
  const auto opened = small.open();
  ASSERT_THAT(opened, FailsWith(Errc::bad_format, second + 24, "string offset 1000"));
  EXPECT_EQ(opened.error().where.section, ".BTF");
}

TEST(Object, RefusesOtherElfFiles) {
  const auto program = test::must(MappedFile::open("/proc/self/exe"));
  EXPECT_THAT(Object::open(program.bytes()),
              FailsWith(Errc::unsupported, std::nullopt, "not a BPF object"));
}

TEST(Object, RefusesEveryObjectThatWasCutShort) {
  const std::string whole = test::read_text(test::object_path("relocations.bpfel.o"));
  for (std::size_t size = 0; size < whole.size(); size += 97) {
    EXPECT_FALSE(Object::open(as_bytes(std::string_view(whole).substr(0, size)))) << size;
  }
}

}  // namespace
}  // namespace btfreloc::object
