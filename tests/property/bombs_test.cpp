#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "property/examine.h"
#include "property/guarded_bytes.h"
#include "property/object_bytes.h"
#include "support/btf_bytes.h"

// Files of a few hundred KB in which one thing is combined with many others, so that an algorithm
// that takes the product of two numbers of the file takes minutes or gigabytes. Whether they are
// read or refused does not matter here, only what it costs: see Examination::complaint().

namespace btfreloc::test {
namespace {

using btf::Kind;

struct Bomb {
  const char* name;
  ByteVector (*make)();
};
void PrintTo(const Bomb& bomb, std::ostream* out) { *out << bomb.name; }

class Bombs : public testing::TestWithParam<Bomb> {};

TEST_P(Bombs, CostNoMoreThanTheirSize) {
  GuardedBytes file(GetParam().make());
  const Examination result = examine(file.bytes(), kViews, GetParam().name);
  EXPECT_EQ(result.complaint(file.bytes().size()), "");
}

/// As many as a type or symbol table of a few hundred KB holds.
constexpr std::uint32_t kMany = 10'000;

/// Adds a string of `size` characters and returns its offset: every offset in it is a name, too.
std::uint32_t add_long_string(BtfBytes& btf, std::size_t size) {
  return add_string(btf, std::string(size, 'a'));
}

/// A section with code and BTF, ready for more.
ObjectBytes object_of(const BtfBytes& btf, const ExtWords& ext = {}, std::size_t slots = 2) {
  ObjectBytes object;
  object.add_code("xdp", slots);
  object.add({.name = ".BTF", .content = btf.bytes()});
  object.add({.name = ".BTF.ext", .content = ext.bytes()});
  return object;
}

/// `count` relocations of a type in the program `prog`, which is two instructions long.
ByteVector object_with_relocations(BtfBytes& btf, TypeId type, std::string access,
                                   std::uint32_t kind, std::uint32_t count) {
  const std::uint32_t section = add_string(btf, "xdp");
  const std::uint32_t access_string = add_string(btf, std::move(access));
  ExtWords ext{.core_relo = {16, section, count}};
  for (std::uint32_t i = 0; i < count; ++i) {
    ext.core_relo.insert(ext.core_relo.end(), {0, type.value, access_string, kind});
  }
  ObjectBytes object = object_of(btf, ext);
  object.symbols = {{.name = "prog", .section = 1, .value = 0, .size = 16}};
  return object.bytes();
}

/// An anonymous struct of 5 to the power of 31 members, all in all.
TypeId add_nested_struct(BtfBytes& btf) {
  TypeId inner = btf.integer("int", 4);
  for (int depth = 0; depth < 31; ++depth) {
    inner = btf.add(Kind::kStruct, 0, 4,
                    {0, inner, 0, 0, inner, 0, 0, inner, 0, 0, inner, 0, 0, inner, 0});
  }
  return inner;
}

TypeId add_function_type(BtfBytes& btf, std::uint32_t parameters) {
  const TypeId i32 = btf.integer("int", 4);
  std::vector<Word> params;
  for (std::uint32_t i = 0; i < parameters; ++i) params.insert(params.end(), {0, i32});
  return btf.add(Kind::kFuncProto, 0, i32, std::move(params));
}

INSTANTIATE_TEST_SUITE_P(
    Elf, Bombs,
    testing::ValuesIn<Bomb>({
        {"SectionsAndSymbols",
         [] {
           ObjectBytes object;
           for (std::uint32_t i = 0; i < 4000; ++i) object.add_code("xdp", 1);
           for (std::uint32_t i = 0; i < kMany; ++i) {
             object.symbols.push_back({.name = "f",
                                       .section = static_cast<std::uint16_t>(i % 4000),
                                       .value = 0,
                                       .size = 8});
           }
           return object.bytes();
         }},
        {"RelocationSectionsWithTheSameBytes",
         [] {
           ObjectBytes object;
           object.add_code("xdp", 1);
           object.add(
               {.name = ".rel", .type = SHT_REL, .content = ByteVector(kMany * 16), .info = 1});
           for (std::uint32_t i = 0; i < 4000; ++i) {
             object.add({.name = ".rel", .type = SHT_REL, .info = 1, .same_bytes_as = 2});
           }
           return object.bytes();
         }},
        {"CodeSectionsWithTheSameBytes",
         [] {
           ObjectBytes object;
           object.add_code("xdp", kMany);
           object.symbols.push_back({.name = "f", .section = 1, .value = 0, .size = kMany * 8});
           for (std::uint32_t i = 0; i < 4000; ++i) {
             const std::uint16_t code =
                 object.add({.name = "xdp", .flags = SHF_EXECINSTR, .same_bytes_as = 1});
             object.symbols.push_back(
                 {.name = "f", .section = code, .value = 0, .size = kMany * 8});
           }
           return object.bytes();
         }},
        {"FunctionsWithTheSameBytes",
         [] {
           ObjectBytes object;
           object.add_code("xdp", kMany);
           for (std::uint32_t i = 0; i < 10'000; ++i) {
             object.symbols.push_back({.name = "f", .section = 1, .value = 0, .size = kMany * 8});
           }
           return object.bytes();
         }},
        {"FunctionsWithoutInstructions",
         [] {
           ObjectBytes object;
           object.add_code("xdp", kMany);
           for (std::uint32_t i = 0; i < kMany; ++i) {
             object.symbols.push_back({.name = "f", .section = 1, .value = i * 8, .size = 0});
           }
           return object.bytes();
         }},
        {"SymbolsWithLongNames",
         [] {
           ObjectBytes object;
           object.add_code("xdp", kMany);
           object.names.append(400'000, 'a').push_back('\0');
           for (std::uint32_t i = 0; i < kMany; ++i) {
             object.symbols.push_back({.name = i + 1, .section = 1, .value = i * 8, .size = 8});
             object.symbols.push_back({.name = i + 1, .section = SHN_UNDEF, .value = 0, .size = 0});
           }
           return object.bytes();
         }},
        {"SectionsWithLongNames",
         [] {
           ObjectBytes object;
           object.names.append(400'000, 'a').push_back('\0');
           for (std::uint32_t i = 0; i < 8000; ++i) object.add_code(i + 1, 1);
           return object.bytes();
         }},
        {"LegacyMapsFromLastToFirst",
         [] {
           ObjectBytes object;
           object.add({.name = "maps", .content = ByteVector(kMany * 20)});
           for (std::uint32_t i = kMany; i-- > 0;) {
             object.symbols.push_back(
                 {.name = "m", .section = 1, .value = i * 20, .size = 20, .info = STB_GLOBAL << 4});
           }
           return object.bytes();
         }},
        {"LegacyMapSectionsAndSymbols",
         [] {
           ObjectBytes object;
           for (std::uint32_t i = 0; i < 8000; ++i) {
             object.add({.name = "maps", .content = ByteVector(20)});
           }
           for (std::uint32_t i = 0; i < kMany; ++i) {
             object.symbols.push_back(
                 {.name = "m", .section = 1, .value = 0, .size = 20, .info = STB_GLOBAL << 4});
           }
           return object.bytes();
         }},
    }),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(Btf, Bombs,
                         testing::ValuesIn<Bomb>({
                             {"NamesThatAreOneLongString",
                              [] {
                                BtfBytes btf;
                                const std::uint32_t name = add_long_string(btf, 400'000);
                                for (std::uint32_t i = 0; i < kMany; ++i)
                                  btf.add(Kind::kFwd, name + i, 0);
                                // Maps are looked up by name.
                                ObjectBytes object = object_of(btf);
                                object.add({.name = ".maps", .content = ByteVector(8)});
                                return object.bytes();
                              }},
                             {"NoLongAndManyTypes",
                              [] {
                                BtfBytes btf;
                                const TypeId i32 = btf.integer("int", 4);
                                for (std::uint32_t i = 0; i < kMany * 2; ++i)
                                  btf.add(Kind::kTypedef, "t", i32);
                                return btf.bytes();
                              }},
                             {"TypedefsOfOneNestedStruct",
                              [] {
                                BtfBytes btf;
                                const TypeId nested = add_nested_struct(btf);
                                for (std::uint32_t i = 0; i < kMany; ++i)
                                  btf.add(Kind::kTypedef, "t", nested);
                                return btf.bytes();
                              }},
                             {"MembersOfOneNestedStruct",
                              [] {
                                BtfBytes btf;
                                const TypeId nested = add_nested_struct(btf);
                                std::vector<Word> members;
                                for (std::uint32_t i = 0; i < kMany; ++i)
                                  members.insert(members.end(), {0, nested, 0});
                                btf.add(Kind::kStruct, "s", 4, members);
                                return btf.bytes();
                              }},
                             {"FunctionsOfOneTypeWithManyParameters",
                              [] {
                                BtfBytes btf;
                                const TypeId proto = add_function_type(btf, kMany);
                                for (std::uint32_t i = 0; i < kMany; ++i)
                                  btf.function("f", proto, 1);
                                return btf.bytes();
                              }},
                             {"FunctionsThatTakeThemselves",
                              [] {
                                BtfBytes btf;
                                btf.add(Kind::kFuncProto, 0, 2, {0, 2, 0, 2, 0, 2, 0, 2, 0, 2});
                                btf.pointer(TypeId{1});
                                for (std::uint32_t i = 0; i < kMany; ++i)
                                  btf.function("f", TypeId{1}, 1);
                                return btf.bytes();
                              }},
                             {"TagsOnOneFunctionType",
                              [] {
                                BtfBytes btf;
                                const TypeId proto = add_function_type(btf, kMany);
                                for (std::uint32_t i = 0; i < kMany; ++i)
                                  btf.add(Kind::kDeclTag, "t", proto, {0});
                                return btf.bytes();
                              }},
                             {"LongChainsOfModifiers",
                              [] {
                                BtfBytes btf;
                                TypeId inner = btf.integer("int", 4);
                                for (std::uint32_t i = 0; i < kMany * 2; ++i)
                                  inner = btf.add(Kind::kConst, 0, inner);
                                btf.add(Kind::kTypedef, "t", inner);
                                return btf.bytes();
                              }},
                             {"OneStructOfManyMembers",
                              [] {
                                BtfBytes btf;
                                const TypeId i32 = btf.integer("int", 4);
                                std::vector<Word> members;
                                for (std::uint32_t i = 0; i < kMany * 4; ++i)
                                  members.insert(members.end(), {0, i32, 0});
                                btf.add(Kind::kStruct, "s", 4, members);
                                return btf.bytes();
                              }},
                         }),
                         [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Objects, Bombs,
    testing::ValuesIn<Bomb>({
        {"ProgramsAndRelocations",
         [] {
           BtfBytes btf;
           const TypeId s = btf.add(Kind::kStruct, "s", 4, {"m", btf.integer("int", 4), 0});
           const std::uint32_t section = add_string(btf, "xdp");
           const std::uint32_t access = add_string(btf, "0:0");
           ExtWords ext{.line_info = {16, section, kMany}, .core_relo = {16, section, kMany}};
           for (std::uint32_t i = 0; i < kMany; ++i) {
             ext.core_relo.insert(ext.core_relo.end(), {i * 8, s.value, access, 0});
             ext.line_info.insert(ext.line_info.end(), {i * 8, access, access, 0});
           }
           ObjectBytes object = object_of(btf, ext, kMany);
           for (std::uint32_t i = 0; i < kMany; ++i) {
             object.symbols.push_back({.name = "f", .section = 1, .value = i * 8, .size = 8});
           }
           return object.bytes();
         }},
        {"RelocationsOfAFunctionTypeWithManyParameters",
         [] {
           BtfBytes btf;
           const TypeId proto = add_function_type(btf, kMany);
           return object_with_relocations(btf, proto, "0", 8, kMany);
         }},
        {"RelocationsWithLongPaths",
         [] {
           BtfBytes btf;
           const std::uint32_t name = add_long_string(btf, 100'000);
           TypeId inner = btf.integer("int", 4);
           std::string access = "0";
           for (int depth = 0; depth < 63; ++depth) {
             inner = btf.add(Kind::kStruct, name, 4, {name + 1, inner, 0});
             access += ":0";
           }
           return object_with_relocations(btf, inner, access, 0, kMany);
         }},
        {"RelocationsOfAnEnumWithManyValues",
         [] {
           BtfBytes btf;
           std::vector<Word> values;
           for (std::uint32_t i = 0; i < kMany; ++i) values.insert(values.end(), {0, i});
           const TypeId e = btf.add(Kind::kEnum, "e", 4, values);
           return object_with_relocations(btf, e, "9999", 11, kMany);
         }},
        {"RelocationsInManySectionsWithOneName",
         [] {
           BtfBytes btf;
           const TypeId s = btf.add(Kind::kStruct, "s", 4, {"m", btf.integer("int", 4), 0});
           const std::uint32_t section = add_string(btf, "xdp");
           const std::uint32_t access = add_string(btf, "0:0");
           ExtWords ext{.line_info = {16}, .core_relo = {16}};
           for (std::uint32_t i = 0; i < kMany; ++i) {
             ext.core_relo.insert(ext.core_relo.end(), {section, 1, 0, s.value, access, 0});
             ext.line_info.insert(ext.line_info.end(), {section, 1, 0, access, access, 0});
           }
           ObjectBytes object = object_of(btf, ext);
           for (std::uint32_t i = 0; i < 4000; ++i) object.add_code("xdp", 1);
           return object.bytes();
         }},
        {"MapSectionsAndVariables",
         [] {
           BtfBytes btf;
           const TypeId var = btf.add(Kind::kVar, "v", btf.integer("int", 4), {1});
           std::vector<Word> vars;
           for (std::uint32_t i = 0; i < kMany; ++i) vars.insert(vars.end(), {var, 0, 4});
           btf.add(Kind::kDatasec, ".maps", 4, vars);
           ObjectBytes object = object_of(btf);
           for (std::uint32_t i = 0; i < 4000; ++i) {
             object.add({.name = ".maps", .content = ByteVector(8)});
           }
           return object.bytes();
         }},
        {"MapsOfOneLargeDefinition",
         [] {
           BtfBytes btf;
           const TypeId i32 = btf.integer("int", 4);
           std::vector<Word> members;
           for (std::uint32_t i = 0; i < kMany; ++i) {
             members.insert(members.end(), {0, i32, 0});
           }
           const TypeId definition = btf.add(Kind::kStruct, "d", 4, members);
           const TypeId var = btf.add(Kind::kVar, "v", definition, {1});
           std::vector<Word> vars;
           for (std::uint32_t i = 0; i < kMany; ++i) vars.insert(vars.end(), {var, 0, 4});
           btf.add(Kind::kDatasec, ".maps", 4, vars);
           ObjectBytes object = object_of(btf);
           object.add({.name = ".maps", .content = ByteVector(8)});
           return object.bytes();
         }},
        {"DataSectionsAndTypesWithOneEssentialName",
         [] {
           BtfBytes btf;
           for (std::uint32_t i = 0; i < kMany; ++i) {
             btf.add(Kind::kFwd, ".data.x___" + std::to_string(i), 0);
           }
           ObjectBytes object = object_of(btf);
           for (std::uint32_t i = 0; i < 8000; ++i) {
             object.add({.name = ".data.x___s" + std::to_string(i), .content = ByteVector(8)});
           }
           return object.bytes();
         }},
        {"ExternSectionsThatListOneVariable",
         [] {
           BtfBytes btf;
           const TypeId proto = add_function_type(btf, kMany);
           const TypeId function = btf.function("f", proto, 2);
           std::vector<Word> vars;
           for (std::uint32_t i = 0; i < kMany; ++i) vars.insert(vars.end(), {function, 0, 4});
           btf.add(Kind::kDatasec, ".ksyms", 4, vars);
           return object_of(btf).bytes();
         }},
        {"ManyBlobs",
         [] {
           const ByteVector btf = BtfBytes().bytes();
           ByteVector all;
           for (std::uint32_t i = 0; i < kMany; ++i) {
             all.insert(all.end(), btf.begin(), btf.end());
             all.resize((all.size() + 3) / 4 * 4);
           }
           ObjectBytes object;
           object.add({.name = ".BTF", .content = all});
           return object.bytes();
         }},
    }),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace btfreloc::test
