#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "property/examine.h"
#include "property/guarded_bytes.h"
#include "property/object_bytes.h"
#include "support/btf_bytes.h"
#include "support/errors.h"

// Files made to hurt: every case says what it must come to. Those that are well formed, as far as
// their format goes, are read, and what is printed of them is clean text.

namespace btfreloc::test {
namespace {

using btf::Kind;
using testing::HasSubstr;

/// What a view prints of the file.
std::string printed(const tool::Input& input, View view) {
  const int fd = ::memfd_create("output", MFD_CLOEXEC);
  tool::Output out(tool::ColorMode::never, fd);
  print_view(out, input, view);
  if (!out.complete()) throw std::runtime_error("cannot write");
  std::string text(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  ::close(fd);
  if (got != static_cast<ssize_t>(text.size())) throw std::runtime_error("cannot read");
  return text;
}

/// Bytes that make a terminal do things: control characters, those of Unicode too, but not what
/// separates lines and columns.
bool has_controls(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < text.size() && (text[i + 1] & 0xe0) == 0x80) return true;
  }
  return false;
}

/// An object with one program, `xdp`, of two instructions.
ObjectBytes small_object(ByteVector btf, ByteVector ext = {}) {
  ObjectBytes object;
  const std::uint16_t code = object.add_code("xdp", 2);
  object.symbols = {{.name = "prog", .section = code, .value = 0, .size = 16}};
  object.add({.name = ".BTF", .content = std::move(btf)});
  if (!ext.empty()) object.add({.name = ".BTF.ext", .content = std::move(ext)});
  return object;
}

/// An object whose program has one relocation of struct task { int pid; int a[4]; }.
ByteVector object_with_relocation(std::string access, std::uint32_t kind, std::uint32_t type = 3) {
  BtfBytes btf;
  const TypeId i32 = btf.integer("int", 4, btf::kIntSigned);
  const TypeId array = btf.array(i32, i32, 4);
  btf.add(Kind::kStruct, "task", 20, {"pid", i32, 0, "a", array, 32});
  const std::uint32_t section = add_string(btf, "xdp");
  const std::uint32_t access_string = add_string(btf, std::move(access));
  const ExtWords ext{.core_relo = {16, section, 1, 0, type, access_string, kind}};
  return small_object(btf.bytes(), ext.bytes()).bytes();
}

/// An object with .BTF.ext, whose strings are "xdp" at 1.
ByteVector object_with_ext(const ExtWords& ext) {
  BtfBytes btf;
  add_string(btf, "xdp");
  return small_object(btf.bytes(), ext.bytes()).bytes();
}

/// `depth` anonymous structs, each with `width` members of the one before; the last is `outer`.
BtfBytes nested_structs(std::uint32_t depth, std::uint32_t width) {
  BtfBytes btf;
  TypeId inner = btf.integer("int", 4);
  for (std::uint32_t i = 0; i < depth; ++i) {
    std::vector<Word> members;
    for (std::uint32_t m = 0; m < width; ++m) members.insert(members.end(), {0, inner, 0});
    inner = btf.add(Kind::kStruct, i + 1 == depth ? Word("outer") : Word(0), 4, std::move(members));
  }
  return btf;
}

struct Refused {
  const char* name;
  ByteVector (*make)();
  Errc code;
  std::string_view message;
};
void PrintTo(const Refused& hostile, std::ostream* out) { *out << hostile.name; }

class RefusedFiles : public testing::TestWithParam<Refused> {};

TEST_P(RefusedFiles, AreRefusedForTheRightReason) {
  GuardedBytes file(GetParam().make());
  const Examination result = examine(file.bytes(), kViews, GetParam().name);
  EXPECT_EQ(result.complaint(file.bytes().size()), "");
  ASSERT_TRUE(result.error);
  EXPECT_EQ(name(result.error->code), name(GetParam().code)) << result.error->message;
  EXPECT_THAT(result.error->message, HasSubstr(GetParam().message));
}

template <class Case>
std::string case_name(const testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Btf, RefusedFiles,
    testing::ValuesIn<Refused>({
        {"Empty", [] { return ByteVector(); }, Errc::bad_format, "empty"},
        {"OneByte", [] { return ByteVector(1); }, Errc::truncated, "1 bytes"},
        {"OnlyMagic", [] { return ByteVector{std::byte{0x9f}, std::byte{0xeb}}; }, Errc::truncated,
         "2 bytes are too few"},
        {"VlenThatReachesPastTheEnd",
         [] {
           BtfBytes btf;
           btf.add_raw(static_cast<std::uint32_t>(Kind::kStruct), 0xffffff, false, "s", 4);
           return btf.bytes();
         },
         Errc::truncated, "STRUCT [1] needs 201326592 bytes for 16777215 records"},
        {"UnknownKindOfUnknownLength",
         [] {
           BtfBytes btf;
           btf.add_raw(20, 0xffffff, false, "s", 4);
           return btf.bytes();
         },
         Errc::unsupported, "kind 20"},
        {"LayoutThatMakesATypeHuge",
         [] {
           BtfBytes btf;
           btf.header_size = 32;
           btf.layout.assign(21, {255, 255});
           btf.add_raw(20, 0xffffff, false, "s", 4);
           return btf.bytes();
         },
         Errc::truncated, "[1] needs 4278190092 bytes for 16777215 records"},
        {"NameBehindTheStrings",
         [] {
           BtfBytes btf;
           btf.integer(1, 4);
           return btf.bytes();
         },
         Errc::bad_format, "string offset 1, strings end at 1"},
        {"TypeIdThatIsNone",
         [] {
           BtfBytes btf;
           btf.pointer(TypeId{2});
           return btf.bytes();
         },
         Errc::bad_type_id, "type id 2, there are 2"},
        {"HeaderThatWrapsAround",
         [] {
           auto bytes = BtfBytes().bytes();
           put(bytes, 8, 0xfffffff8U, std::endian::little);
           put(bytes, 12, 0xfffffff8U, std::endian::little);
           return bytes;
         },
         Errc::truncated, "types end at byte 8589934600"},
    }),
    case_name<Refused>);

INSTANTIATE_TEST_SUITE_P(
    BtfExt, RefusedFiles,
    testing::ValuesIn<Refused>({
        {"RecordSizeZero", [] { return object_with_ext({.core_relo = {0, 1, 1, 0, 1, 0, 0}}); },
         Errc::bad_format, "core_relo records of 0 bytes"},
        {"RecordSizeTooSmall", [] { return object_with_ext({.line_info = {12, 1, 1, 0, 0, 0}}); },
         Errc::bad_format, "line_info records of 12 bytes"},
        {"RecordSizeHuge", [] { return object_with_ext({.func_info = {0xfffffffc, 1, 1, 0, 1}}); },
         Errc::truncated, "4294967292 more bytes needed, 8 remain"},
        {"NoRecords", [] { return object_with_ext({.func_info = {8, 1, 0}}); }, Errc::bad_format,
         "without records"},
        {"RecordCountHuge",
         [] { return object_with_ext({.core_relo = {16, 1, 0xffffffff, 0, 1, 0, 0}}); },
         Errc::truncated, "68719476720 more bytes needed"},
        {"SectionNameBehindTheStrings",
         [] { return object_with_ext({.core_relo = {16, 99, 1, 0, 1, 0, 0}}); }, Errc::bad_format,
         "beyond the strings"},
    }),
    case_name<Refused>);

INSTANTIATE_TEST_SUITE_P(
    Elf, RefusedFiles,
    testing::ValuesIn<Refused>({
        {"CodeOfHalfAnInstruction",
         [] {
           ObjectBytes object;
           object.add({.name = "xdp", .flags = SHF_EXECINSTR, .content = ByteVector(4)});
           return object.bytes();
         },
         Errc::bad_format, "4 bytes are no whole number of 8-byte instructions"},
        {"FunctionBehindItsSection",
         [] {
           ObjectBytes object;
           const auto code = object.add_code("xdp", 2);
           object.symbols = {{.name = "f", .section = code, .value = 24, .size = 8}};
           return object.bytes();
         },
         Errc::bad_format, "function `f` takes 8 bytes from byte 24 of a section of 16"},
        {"FunctionWhoseSizeWrapsAround",
         [] {
           ObjectBytes object;
           const auto code = object.add_code("xdp", 2);
           object.symbols = {{.name = "f", .section = code, .value = 8, .size = ~7ULL}};
           return object.bytes();
         },
         Errc::bad_format, "function `f` takes 18446744073709551608 bytes"},
        {"FunctionsThatOverlap",
         [] {
           ObjectBytes object;
           const auto code = object.add_code("xdp", 4);
           object.symbols = {{.name = "f", .section = code, .value = 0, .size = 24},
                             {.name = "g", .section = code, .value = 16, .size = 16}};
           return object.bytes();
         },
         Errc::bad_format, "functions `f` and `g` overlap"},
        {"RelocationForNoSymbol",
         [] {
           ObjectBytes object;
           const auto code = object.add_code("xdp", 2);
           ByteVector entry(16);
           put(entry, 12, 77U, std::endian::little);
           object.add({.name = ".relxdp",
                       .type = SHT_REL,
                       .content = entry,
                       .link = object.symtab() + 1,
                       .info = code});
           return object.bytes();
         },
         Errc::bad_format, "symbol 77, there are 1"},
        {"HalfARelocation",
         [] {
           ObjectBytes object;
           const auto code = object.add_code("xdp", 2);
           object.add({.name = ".relxdp",
                       .type = SHT_REL,
                       .content = ByteVector(20),
                       .link = object.symtab() + 1,
                       .info = code});
           return object.bytes();
         },
         Errc::bad_format, "no whole number of 16-byte entries"},
        {"SectionCountHuge",
         [] {
           auto bytes = ObjectBytes().bytes();
           put(bytes, offsetof(Elf64_Ehdr, e_shnum), std::uint16_t{0xffff}, std::endian::little);
           return bytes;
         },
         Errc::truncated, "section headers"},
        {"SectionCountHugeInTheNullSection",
         [] {
           auto bytes = ObjectBytes().bytes();
           const auto table = load<std::uint64_t>(bytes.data() + offsetof(Elf64_Ehdr, e_shoff),
                                                  std::endian::little);
           put(bytes, offsetof(Elf64_Ehdr, e_shnum), std::uint16_t{0}, std::endian::little);
           put(bytes, table + offsetof(Elf64_Shdr, sh_size), std::uint64_t{1} << 40,
               std::endian::little);
           return bytes;
         },
         Errc::bad_format, "invalid ELF file data"},
    }),
    case_name<Refused>);

struct Read {
  const char* name;
  ByteVector (*make)();
  View view;
  std::string_view text;  ///< In what that view prints.
};
void PrintTo(const Read& hostile, std::ostream* out) { *out << hostile.name; }

class ReadFiles : public testing::TestWithParam<Read> {};

TEST_P(ReadFiles, ArePrintedAsCleanText) {
  GuardedBytes file(GetParam().make());
  const Examination result = examine(file.bytes(), kViews, GetParam().name);
  EXPECT_EQ(result.complaint(file.bytes().size()), "");
  const auto input = must(tool::Input::from_bytes(file.bytes(), kFileName));
  EXPECT_THAT(printed(input, GetParam().view), HasSubstr(GetParam().text));
  for (const View view : kViews) {
    const std::string text = printed(input, view);
    if (view == View::json) {
      EXPECT_TRUE(nlohmann::json::accept(text)) << text;  // which excludes the worst of them
    } else {
      EXPECT_FALSE(has_controls(text)) << testing::PrintToString(text);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ReadFiles,
                         testing::ValuesIn<Read>({
                             {"TypedefsInACircle",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kTypedef, "a", 2);
                                btf.add(Kind::kTypedef, "b", 1);
                                return btf.bytes();
                              },
                              View::types, "typedef b a;"},
                             {"ConstOfItself",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kConst, 0, 1);
                                btf.add(Kind::kTypedef, "t", 1);
                                return btf.bytes();
                              },
                              View::types, "endless modifiers"},
                             {"PointerToItself",
                              [] {
                                BtfBytes btf;
                                btf.pointer(TypeId{1});
                                btf.add(Kind::kTypedef, "t", 1);
                                return btf.bytes();
                              },
                              View::types, "/* ... */ void *"},
                             {"ArrayOfItself",
                              [] {
                                BtfBytes btf;
                                btf.array(TypeId{1}, TypeId{1}, 0xffffffff);
                                btf.add(Kind::kTypedef, "t", 1);
                                return btf.bytes();
                              },
                              View::types, "[4294967295][4294967295]"},
                             {"ArraysLargerThanAnyMemory",
                              [] {
                                BtfBytes btf;
                                TypeId inner = btf.integer("int", 4);
                                for (int i = 0; i < 40; ++i)
                                  inner = btf.array(inner, TypeId{1}, 0xffffffff);
                                btf.add(Kind::kStruct, "s", 4, {"a", inner, 0});
                                return btf.bytes();
                              },
                              View::types, "[4294967295];"},
                             {"AnonymousStructInsideItself",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kStruct, 0, 4, {"in", 1, 0});
                                btf.add(Kind::kTypedef, "t", 1);
                                return btf.bytes();
                              },
                              View::types, "struct {...} in;"},
                             {"AnonymousStructsInsideEachOther",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kStruct, 0, 4, {"in", 2, 0, "again", 2, 0});
                                btf.add(Kind::kUnion, 0, 4, {"in", 1, 0, "again", 1, 0});
                                btf.add(Kind::kTypedef, "t", 1);
                                return btf.bytes();
                              },
                              View::types, "too many members to print"},
                             {"NestedDeeply", [] { return nested_structs(1000, 1).bytes(); },
                              View::types, "struct {...};"},
                             {"NestedExponentially", [] { return nested_structs(100, 5).bytes(); },
                              View::types, "too many members to print"},
                             {"FunctionThatTakesAndReturnsItself",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kFuncProto, 0, 1, {"f", 1, "g", 1});
                                btf.function("recursive", TypeId{1}, 1);
                                return btf.bytes();
                              },
                              View::types, "recursive("},
                             {"FunctionThatTakesPointersToItself",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kFuncProto, 0, 2, {"f", 2, "g", 2});
                                btf.pointer(TypeId{1});
                                btf.function("recursive", TypeId{1}, 1);
                                return btf.bytes();
                              },
                              View::types, "recursive("},
                             {"SectionOfItself",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kDatasec, ".maps", 4, {1, 0, 4});
                                return btf.bytes();
                              },
                              View::types, ".maps"},
                             {"TagsAndVariablesOfThemselves",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kVar, "v", 1, {1});
                                btf.add(Kind::kDeclTag, "d", 2, {-1});
                                btf.add(Kind::kTypeTag, "t", 3);
                                btf.function("f", TypeId{4}, 1);
                                btf.add(Kind::kDatasec, ".data", 4,
                                        {1, 0, 4, 2, 0, 4, 3, 0, 4, 4, 0, 4, 5, 0, 4});
                                return btf.bytes();
                              },
                              View::raw, "DECL_TAG 'd' type_id=2"},
                             {"UnknownKindWithoutLength",
                              [] {
                                BtfBytes btf;
                                btf.header_size = 32;
                                btf.layout.assign(128, {0, 0});
                                btf.add_raw(127, 0xffffff, true, "s", 0xffffffff);
                                btf.add(Kind::kTypedef, "t", 1);
                                return btf.bytes();
                              },
                              View::types, "/* kind 127 */"},
                             {"NameOfTheLastByte",
                              [] {
                                BtfBytes btf;
                                btf.integer("int", 4);
                                btf.integer(4, 4);  // the NUL of "int"
                                return btf.bytes();
                              },
                              View::raw, "[2] INT ''"},
                         }),
                         case_name<Read>);

INSTANTIATE_TEST_SUITE_P(
    Relocations, ReadFiles,
    testing::ValuesIn<Read>({
        {"WellFormed", [] { return object_with_relocation("0:1:3", 0); }, View::overview,
         "task.a[3]"},
        {"AccessStringEmpty", [] { return object_with_relocation("", 0); }, View::overview,
         "invalid: access string `` is empty"},
        {"AccessStringEndsInColon", [] { return object_with_relocation("0:1:", 0); },
         View::overview, "has no number at byte 4"},
        {"AccessStringStartsWithColon", [] { return object_with_relocation(":0", 0); },
         View::overview, "is empty"},
        {"AccessStringNegative", [] { return object_with_relocation("0:-1", 0); }, View::overview,
         "has no number at byte 2"},
        {"AccessStringTooLarge", [] { return object_with_relocation("0:2147483648", 0); },
         View::overview, "has no number at byte 2"},
        {"AccessStringWithTrailingJunk", [] { return object_with_relocation("0:1x", 0); },
         View::overview, "has no number at byte 3"},
        {"AccessStringOf65Parts",
         [] {
           std::string access = "0";
           for (int i = 0; i < 64; ++i) access += ":0";
           return object_with_relocation(access, 0);
         },
         View::overview, "more than 64 numbers"},
        {"AccessStringOfAMegabyte",
         [] { return object_with_relocation(std::string(1 << 20, '0'), 0); }, View::overview,
         "task"},
        {"AccessStringThatControlsTerminals", [] { return object_with_relocation("0:\033[2J", 0); },
         View::overview, "0:?[2J"},
        {"OffsetBeyondAnyStruct", [] { return object_with_relocation("2147483647:1:3", 0); },
         View::overview, "beyond 512 MiB"},
        {"TypeThatIsNone", [] { return object_with_relocation("0", 0, 99); }, View::overview,
         "its root is type [99]"},
        {"TypeVoid", [] { return object_with_relocation("0", 8, 0); }, View::overview,
         "its root is type [0]"},
        {"KindThatIsNone", [] { return object_with_relocation("0", 13); }, View::overview,
         "kind 13"},
        {"KindThatIsTheLargestNumber", [] { return object_with_relocation("0", 0xffffffff); },
         View::overview, "kind 4294967295"},
        {"EnumeratorOfAStruct", [] { return object_with_relocation("0", 10); }, View::overview,
         "an enumerator of [3], a STRUCT"},
        {"ShiftOfAnArrayElement", [] { return object_with_relocation("0:1:3", 4); }, View::overview,
         "of an array element"},
        {"InstructionOutsideTheProgram",
         [] {
           BtfBytes btf;
           const auto section = add_string(btf, "xdp");
           const auto access = add_string(btf, "0");
           const ExtWords ext{.line_info = {16, section, 1, 0xfffffff8, access, access, 0},
                              .core_relo = {16, section, 3, 16, 1, access, 0, 0xfffffff8, 1, access,
                                            0, 3, 1, access, 0}};
           return small_object(btf.bytes(), ext.bytes()).bytes();
         },
         View::overview, "in no program"},
    }),
    case_name<Read>);

/// Every way a name could reach a terminal.
ByteVector object_named(const std::string& evil) {
  BtfBytes btf;
  const TypeId i32 = btf.integer(evil, 4);
  const TypeId s = btf.add(Kind::kStruct, evil, 4, {evil, i32, 0});
  const TypeId e = btf.add(Kind::kEnum, evil, 4, {evil, 1});
  const TypeId e64 = btf.add(Kind::kEnum64, evil, 8, {evil, 1, 0});
  const TypeId t = btf.add(Kind::kTypedef, evil, s);
  const TypeId proto = btf.add(Kind::kFuncProto, 0, t, {evil, e, evil, e64});
  const TypeId func = btf.function(evil, proto, 2);
  const TypeId var = btf.add(Kind::kVar, evil, s, {2});
  btf.add(Kind::kDatasec, ".ksyms", 4, {var, 0, 4, func, 0, 8});
  const TypeId map = btf.add(Kind::kStruct, evil, 8, {"key", btf.pointer(t), 0});
  const TypeId map_var = btf.add(Kind::kVar, evil, map, {1});
  btf.add(Kind::kDatasec, ".maps", 4, {map_var, 0, 4});
  btf.add(Kind::kDatasec, evil, 4, {map_var, 0, 4});
  btf.add(Kind::kFwd, evil, 0);
  btf.add(Kind::kFloat, evil, 8);
  btf.add(Kind::kDeclTag, evil, s, {0});
  const TypeId tag = btf.add(Kind::kTypeTag, evil, i32);
  btf.add(Kind::kTypedef, evil, btf.pointer(tag));
  const std::uint32_t section = add_string(btf, evil);
  const std::uint32_t good = add_string(btf, "0:0");
  const std::uint32_t zero = add_string(btf, "0");
  ExtWords ext{.line_info = {16, section, 1, 0, section, section, 1 << 10},
               .core_relo = {16, section, 5}};
  for (const auto& [type, access, kind] :
       std::initializer_list<std::tuple<TypeId, std::uint32_t, std::uint32_t>>{
           {s, good, 0}, {e, zero, 10}, {t, zero, 8}, {s, section, 0}, {func, zero, 0}}) {
    ext.core_relo.insert(ext.core_relo.end(), {0, type.value, access, kind});
  }
  ObjectBytes object = small_object(btf.bytes(), ext.bytes());
  object.sections[0].name = evil;
  object.symbols[0].name = evil;
  object.symbols.push_back({.name = evil + "2", .section = SHN_UNDEF, .value = 0, .size = 0});
  const Bytes license = as_bytes(evil);
  object.add({.name = "license", .content = ByteVector(license.begin(), license.end())});
  object.add({.name = ".maps", .content = ByteVector(8)});
  object.add({.name = ".data." + evil, .content = ByteVector(8)});
  ByteVector use(16);
  put(use, 12, 2U, std::endian::little);
  object.add({.name = ".relxdp", .type = SHT_REL, .content = use, .info = 1});
  return object.bytes();
}

INSTANTIATE_TEST_SUITE_P(
    Names, ReadFiles,
    testing::ValuesIn<Read>({
        {"ThatClearTheScreen", [] { return object_named("\033[2J"); }, View::overview, "?[2J"},
        {"ThatSetTheTitle", [] { return object_named("\033]0;root#\007"); }, View::types,
         "struct ?]0;root#? {"},
        {"WithNewLines", [] { return object_named("a\nerror[x]: b\r"); }, View::types,
         "struct a?error[x]: b? {"},
        {"WithNewLinesRaw", [] { return object_named("a\n[9] INT"); }, View::raw,
         "STRUCT 'a?[9] INT'"},
        {"WithUnicodeControls",
         [] {
           return object_named(
               "a\xc2\x9b"
               "2J");
         },
         View::types, "struct a?2J {"},
        {"ThatAreNoUtf8", [] { return object_named("\xff\xfe\xc3"); }, View::json, "\xef\xbf\xbd"},
        {"WithDelete", [] { return object_named("\x7f\x01"); }, View::raw, "STRUCT '\?\?'"},
    }),
    case_name<Read>);

}  // namespace
}  // namespace btfreloc::test
