#include "btf/header/c_header.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "btf/raw_parser.h"
#include "btf/view.h"

namespace btfreloc::btf {
namespace {

class CHeader : public testing::Test {
 protected:
  const View& open(std::string_view raw) {
    auto builder = parse_raw(raw);
    EXPECT_TRUE(builder) << (builder ? "" : builder.error().message);
    bytes_ = *builder->blob();
    view_ = std::make_unique<View>(*View::open(bytes_));
    return *view_;
  }

  /// Declarations of what `choose` adds, without guards and empty lines.
  std::string declarations(std::string_view raw,
                           const std::function<void(HeaderSelection&)>& choose = {}) {
    const View& view = open(raw);
    HeaderSelection selection = choose ? HeaderSelection(view) : HeaderSelection::all(view);
    if (choose) choose(selection);
    TextBuffer text;
    notes_ = print_c_header(text, selection, {.co_re = CoRe::none, .guard = {}});
    std::string lines;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text.view()[i];
      if (c != '\n' || (!lines.empty() && lines.back() != '\n')) lines += c;
    }
    return lines;
  }

  std::vector<HeaderNote> notes_;

 private:
  std::vector<std::byte> bytes_;
  std::unique_ptr<View> view_;
};

constexpr std::string_view kIntegers = R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] INT 'long int' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED
[3] INT 'char' size=1 bits_offset=0 nr_bits=8 encoding=SIGNED
)";

std::string with_integers(std::string_view raw) { return std::string(kIntegers).append(raw); }

TEST_F(CHeader, PacksAndPadsWhereAlignmentAloneWouldNotDo) {
  EXPECT_EQ(
      declarations(with_integers(R"(
[4] STRUCT 'packed' size=5 vlen=2
	'a' type_id=3 bits_offset=0
	'b' type_id=1 bits_offset=8
[5] STRUCT 'padded' size=32 vlen=2
	'a' type_id=3 bits_offset=0
	'b' type_id=2 bits_offset=128
)")),
      "struct packed {\n\tchar a;\n\tint b;\n} __attribute__((packed));\n"
      "struct padded {\n\tchar a;\n\tlong: 56;\n\tlong: 64;\n\tlong int b;\n\tlong: 64;\n};\n");
}

TEST_F(CHeader, PutsBitfieldsWhereTheyAre) {
  EXPECT_EQ(declarations(with_integers(R"(
[4] STRUCT 'bits' size=8 vlen=4
	'a' type_id=1 bits_offset=0 bitfield_size=3
	'b' type_id=1 bits_offset=8 bitfield_size=4
	'c' type_id=3 bits_offset=16
	'd' type_id=1 bits_offset=32 bitfield_size=30
)")),
            "struct bits {\n\tint a: 3;\n\tchar: 5;\n\tint b: 4;\n\tchar c;\n\tint d: 30;\n};\n");
}

TEST_F(CHeader, DefinesBeforeUseByValueAndDeclaresBeforeParameters) {
  EXPECT_EQ(declarations(with_integers(R"(
[4] STRUCT 'outer' size=16 vlen=2
	'inner' type_id=5 bits_offset=0
	'call' type_id=7 bits_offset=64
[5] TYPEDEF 'inner_t' type_id=6
[6] STRUCT 'inner' size=4 vlen=1
	'a' type_id=1 bits_offset=0
[7] PTR '(anon)' type_id=8
[8] FUNC_PROTO '(anon)' ret_type_id=1 vlen=2
	'(anon)' type_id=10
	'(anon)' type_id=0
[9] STRUCT 'later' size=0 vlen=0
[10] PTR '(anon)' type_id=9
)")),
            "typedef struct inner inner_t;\nstruct inner {\n\tint a;\n};\nstruct later;\n"
            "struct outer {\n\tinner_t inner;\n\tint (*call)(struct later *, ...);\n"
            "};\nstruct later {};\n");
}

TEST_F(CHeader, NumbersNamesThatSeveralTypesHave) {
  EXPECT_EQ(declarations(with_integers(R"(
[4] STRUCT 'twice' size=4 vlen=1
	'a' type_id=1 bits_offset=0
[5] STRUCT 'twice' size=1 vlen=1
	'a' type_id=3 bits_offset=0
[6] STRUCT 'twice___2' size=0 vlen=0
[7] ENUM '(anon)' encoding=UNSIGNED size=4 vlen=2
	'ONE' val=1
	'ONE' val=1
)")),
            "struct twice {\n\tint a;\n};\nstruct twice___3 {\n\tchar a;\n};\n"
            "struct twice___2 {};\nenum {\n\tONE = 1,\n\tONE___2 = 1,\n};\n");
}

TEST_F(CHeader, KeepsSizeAndOffsetsOfPartsOfStructs) {
  const auto part = [](HeaderSelection& selection) { selection.add_record(TypeId{4}, 2); };
  EXPECT_EQ(declarations(with_integers(R"(
[4] STRUCT 'task' size=1024 vlen=3
	'stack' type_id=2 bits_offset=0
	'pad' type_id=2 bits_offset=64
	'pid' type_id=1 bits_offset=4096
)"),
                         part),
            "/* Members that are left out, or alignment: unnamed bitfields. */\n"
            "#define __PAD2(unit) unit unit\n"
            "#define __PAD4(unit) __PAD2(unit) __PAD2(unit)\n"
            "#define __PAD8(unit) __PAD4(unit) __PAD4(unit)\n"
            "#define __PAD16(unit) __PAD8(unit) __PAD8(unit)\n"
            "#define __PAD32(unit) __PAD16(unit) __PAD16(unit)\n"
            "#define __PAD64(unit) __PAD32(unit) __PAD32(unit)\n"
            "struct task {\n\t__PAD64(long: 64;)\n\tint pid;\n\tint: 32;\n"
            "\t__PAD32(long: 64;) __PAD16(long: 64;) __PAD8(long: 64;) __PAD4(long: 64;) "
            "__PAD2(long: 64;) long: 64;\n} __attribute__((aligned(8)));\n");
}

TEST_F(CHeader, LeavesOutWhatCCannotSay) {
  EXPECT_EQ(declarations(with_integers(R"(
[4] STRUCT 'impossible' size=8 vlen=3
	'self' type_id=4 bits_offset=0
	'a' type_id=2 bits_offset=0
	'b' type_id=1 bits_offset=32
)")),
            "struct impossible {\n\t/* self: its type contains itself, or nests too deep */\n"
            "\t/* b: it begins inside of the member before it */\n\tlong int a;\n};\n");
  ASSERT_EQ(notes_.size(), 2U);
  EXPECT_EQ(notes_[0].type, TypeId{4});
}

}  // namespace
}  // namespace btfreloc::btf
