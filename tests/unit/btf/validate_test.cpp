#include "btf/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <ostream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/btf_bytes.h"
#include "support/btf_cases.h"
#include "support/every_kind.h"

namespace btfreloc::test {
namespace {

using btf::As;
using btf::KernelVersion;
using btf::Kind;
using btf::Rule;
using btf::ValidateOptions;
using btf::Validation;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr ValidateOptions kLinux618 = {
    .kernel = KernelVersion{6, 18}, .order = std::endian::little, .pointer_size = ByteCount{8}};

std::set<std::string> codes(const Validation& found) {
  std::set<std::string> codes;
  for (const btf::Violation& violation : found.violations) {
    codes.insert(std::string(btf::traits(violation.rule).code));
  }
  return codes;
}

std::set<std::string> codes(const BtfBytes& btf, const ValidateOptions& options) {
  return codes(btf::validate(btf.bytes(), options));
}

TEST(Validate, FindsTheOneRuleThatABlobBreaks) {
  for (const BtfCase& of : btf_cases()) {
    std::set<std::string> expected;
    if (of.rule) expected.insert(std::string(btf::traits(*of.rule).code));
    // Types that are not aligned have strings before them, which are to be last.
    if (of.rule == Rule::types_align) expected.insert("strings-not-last");
    EXPECT_EQ(codes(btf::validate(of.blob, kLinux618)), expected) << of.name;
  }
}

TEST(Validate, HasACaseForEveryRuleOfTheRunningFormat) {
  std::set<Rule> seen = {Rule::byte_order, Rule::strings_size, Rule::new_kind, Rule::datasec_empty,
                         Rule::modifier_chain};  // below
  for (const BtfCase& of : btf_cases()) {
    if (of.rule) seen.insert(*of.rule);
  }
  for (const btf::RuleTraits& rule : btf::rules()) {
    EXPECT_TRUE(rule.rule >= Rule::ext_header || seen.contains(rule.rule)) << rule.code;
  }
}

/// Something that kernels take from one release on, or up to one.
struct VersionCase {
  const char* name;
  std::function<void(BtfBytes&)> make;
  Rule rule;
  KernelVersion refused;
  KernelVersion taken;
};

void PrintTo(const VersionCase& of, std::ostream* out) { *out << of.name; }

class ValidateVersion : public testing::TestWithParam<VersionCase> {};

TEST_P(ValidateVersion, ChangesWithTheKernel) {
  BtfBytes btf;
  btf.integer("int", 4, btf::kIntSigned);
  GetParam().make(btf);
  ValidateOptions options;
  options.kernel = GetParam().refused;
  EXPECT_THAT(codes(btf, options), ElementsAre(btf::traits(GetParam().rule).code));
  options.kernel = GetParam().taken;
  EXPECT_THAT(codes(btf, options), IsEmpty());
}

constexpr TypeId kInt{1};

INSTANTIATE_TEST_SUITE_P(
    Releases, ValidateVersion,
    testing::ValuesIn<VersionCase>({
        {"FUNC_PROTO",
         [](BtfBytes& b) { b.add(Kind::kFuncProto, 0, 0); },
         Rule::new_kind,
         {4, 20},
         {5, 0}},
        {"kind_flag",
         [](BtfBytes& b) { b.add(Kind::kStruct, "s", 4, {"a", kInt, 0}, true); },
         Rule::info_bits,
         {4, 20},
         {5, 0}},
        {"no name",
         [](BtfBytes& b) { b.add(Kind::kTypedef, 0, kInt); },
         Rule::name_missing,
         {5, 0},
         {4, 20}},
        {"128 bits",
         [](BtfBytes& b) { b.add(Kind::kInt, "i", 16, {128}); },
         Rule::int_bits,
         {5, 0},
         {5, 1}},
        {"VAR",
         [](BtfBytes& b) { b.add(Kind::kVar, "v", kInt, {1}); },
         Rule::new_kind,
         {5, 1},
         {5, 2}},
        {"ENUM of 8 bytes",
         [](BtfBytes& b) { b.add(Kind::kEnum, "e", 8); },
         Rule::enum_size,
         {5, 4},
         {5, 5}},
        {"64 KiB of strings",
         [](BtfBytes& b) { b.add_string(std::string(70000, 'x')); },
         Rule::strings_size,
         {5, 4},
         {5, 5}},
        {"global FUNC",
         [](BtfBytes& b) { b.function("f", b.add(Kind::kFuncProto, 0, 0), 1); },
         Rule::func_linkage,
         {5, 5},
         {5, 6}},
        {"empty DATASEC",
         [](BtfBytes& b) { b.add(Kind::kDatasec, ".data", 4); },
         Rule::datasec_empty,
         {5, 11},
         {5, 12}},
        {"FLOAT",
         [](BtfBytes& b) { b.add(Kind::kFloat, "f", 4); },
         Rule::new_kind,
         {5, 12},
         {5, 13}},
        {"DECL_TAG",
         [](BtfBytes& b) { b.add(Kind::kDeclTag, "t", b.add(Kind::kStruct, "s", 0), {-1}); },
         Rule::new_kind,
         {5, 15},
         {5, 16}},
        {"TYPE_TAG",
         [](BtfBytes& b) { b.pointer(b.add(Kind::kTypeTag, "t", kInt)); },
         Rule::new_kind,
         {5, 16},
         {5, 17}},
        {"tags in disorder",
         [](BtfBytes& b) { b.add(Kind::kConst, 0, b.add(Kind::kTypeTag, "t", kInt)); },
         Rule::tag_order,
         {5, 19},
         {5, 18}},
        {"ENUM64",
         [](BtfBytes& b) { b.add(Kind::kEnum64, "e", 8); },
         Rule::new_kind,
         {5, 19},
         {6, 0}},
        {"signed ENUM",
         [](BtfBytes& b) { b.add(Kind::kEnum, "e", 4, {}, true); },
         Rule::kind_flag,
         {5, 19},
         {6, 0}},
        {"name of 300 bytes",
         [](BtfBytes& b) { b.add(Kind::kStruct, std::string(300, 'x'), 0); },
         Rule::name_length,
         {6, 0},
         {6, 1}},
        {"lock in disorder",
         [](BtfBytes& b) {
           const TypeId lock = b.add(Kind::kStruct, "bpf_spin_lock", 4);
           b.add(Kind::kStruct, "s", 8, {"a", lock, 0, "b", lock, 32});
         },
         Rule::special_field,
         {6, 2},
         {6, 1}},
        {"name with a dot",
         [](BtfBytes& b) { b.add(Kind::kStruct, "a.b", 0); },
         Rule::name_characters,
         {6, 2},
         {6, 3}},
        {"name with a dot, stable",
         [](BtfBytes& b) { b.add(Kind::kStruct, "a.b", 0); },
         Rule::name_characters,
         {6, 0},
         {6, 1}},
        {"section with ?",
         [](BtfBytes& b) { b.add(Kind::kDatasec, "?.x", 4); },
         Rule::name_characters,
         {6, 8},
         {6, 9}},
        {"tag with kind_flag",
         [](BtfBytes& b) { b.pointer(b.add(Kind::kTypeTag, "t", kInt, {}, true)); },
         Rule::kind_flag,
         {6, 14},
         {6, 15}},
        {"layout section",
         [](BtfBytes& b) {
           b.header_size = 32;
           b.layout = {{0, 0}, {4, 0}};
         },
         Rule::layout_section,
         {7, 0},
         {7, 1}},
    }));

TEST(Validate, DemandsWithoutAKernelOnlyWhatEveryKernelDoes) {
  BtfBytes btf;
  btf.integer("int", 4);
  btf.add(Kind::kConst, 0, btf.add(Kind::kTypeTag, "t", kInt));  // refused since 5.19
  btf.add(Kind::kEnum64, "e", 8);                                // refused before 6.0
  EXPECT_THAT(codes(btf, {}), IsEmpty());
  btf.add(Kind::kTypedef, "a b", kInt);
  EXPECT_THAT(codes(btf, {}), ElementsAre("name-characters"));
}

TEST(Validate, TakesEitherByteOrderUnlessTheKernelHasOne) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    btf.integer("int", 4);
    btf.add(Kind::kStruct, "s", 4, {"a", kInt, 0});
    EXPECT_THAT(codes(btf, {}), IsEmpty());
    ValidateOptions options = kLinux618;
    options.order = order == std::endian::little ? std::endian::big : std::endian::little;
    EXPECT_THAT(codes(btf, options), ElementsAre("byte-order"));
  }
}

TEST(Validate, MeasuresPointersAsTheKernelDoes) {
  BtfBytes btf;
  btf.add(Kind::kStruct, "s", 4, {"p", btf.pointer(TypeId{0}), 0});
  ValidateOptions options = kLinux618;
  EXPECT_THAT(codes(btf, options), ElementsAre("member-end"));
  options.pointer_size = ByteCount{4};
  EXPECT_THAT(codes(btf, options), IsEmpty());
}

TEST(Validate, LooksAtTypesOfAKernelOneByOne) {
  BtfBytes btf;
  btf.add(Kind::kStruct, "loop", 8, {"a", TypeId{1}, 0});
  ValidateOptions options = kLinux618;
  EXPECT_THAT(codes(btf, options), ElementsAre("type-loop"));
  options.as = As::kernel;
  EXPECT_THAT(codes(btf, options), IsEmpty());
}

TEST(Validate, ContinuesTheIdsAndStringsOfABase) {
  BtfBytes base_bytes;
  base_bytes.integer("int", 4);
  const OpenBtf base = open(base_bytes);
  BtfBytes module(std::endian::little, &base_bytes);
  module.add(Kind::kTypedef, "mine", kInt);
  ValidateOptions options = kLinux618;
  options.as = As::module;
  options.base = &base.view;
  EXPECT_THAT(codes(module, options), IsEmpty());
  module.add(Kind::kTypedef, "lost", TypeId{90});
  EXPECT_THAT(codes(module, options), ElementsAre("type-id"));
}

TEST(Validate, NamesThePlaceTheTypeAndTheRule) {
  BtfBytes btf;
  btf.integer("int", 4);
  btf.add(Kind::kStruct, "pair", 8, {"a", kInt, 32, "b", kInt, 0});
  const Validation found = btf::validate(btf.bytes(), kLinux618);
  ASSERT_EQ(found.violations.size(), 1U);
  const btf::Violation& violation = found.violations[0];
  EXPECT_EQ(violation.rule, Rule::member_order);
  EXPECT_EQ(violation.type, TypeId{2});
  EXPECT_EQ(violation.kind, "STRUCT");
  EXPECT_EQ(violation.name, "pair");
  EXPECT_EQ(violation.offset, btf.offset_of(1) + 12 + 12 + 8);
  EXPECT_EQ(violation.message, "member 1 is at bit 0, the one before at 32");
}

TEST(Validate, GoesOnBehindAViolation) {
  BtfBytes btf;
  btf.integer("int", 4);
  btf.add(Kind::kTypedef, 0, kInt);
  btf.add(Kind::kStruct, "s", 4, {"1", kInt, 0, "b", kInt, 32});
  btf.add(Kind::kFloat, "f", 3);
  EXPECT_THAT(codes(btf, kLinux618),
              ElementsAre("float-size", "member-end", "name-characters", "name-missing"));
  ValidateOptions options = kLinux618;
  options.fail_fast = true;
  EXPECT_THAT(codes(btf, options), ElementsAre("name-missing"));
}

TEST(Validate, CountsWhatItDoesNotKeep) {
  BtfBytes btf;
  for (int i = 0; i < 1000; ++i) btf.add(Kind::kTypedef, 0, TypeId{0});
  const Validation found = btf::validate(btf.bytes(), kLinux618);
  EXPECT_EQ(found.violations.size(), kLinux618.most_per_rule);
  EXPECT_EQ(found.count(), 1000U);
}

TEST(Validate, LeavesOutWhatTheLoaderRewrites) {
  BtfBytes btf;
  const TypeId var = btf.add(Kind::kVar, "v", TypeId{0}, {2});
  const TypeId section = btf.add(Kind::kDatasec, ".ksyms", 0, {var, 0, 0});
  const std::vector<TypeId> rewritten = {var, section};
  ValidateOptions options = kLinux618;
  EXPECT_THAT(codes(btf, options), testing::Not(IsEmpty()));
  options.rewritten = rewritten;
  EXPECT_THAT(codes(btf, options), IsEmpty());
}

/// Blobs that would take long, or much, where each type is not looked at once.
TEST(Validate, TakesHostileTypesInLinearTime) {
  const auto check = [](const char* what, const std::function<void(BtfBytes&)>& make) {
    BtfBytes btf;
    btf.integer("int", 4);
    make(btf);
    const ByteVector blob = btf.bytes();
    const auto start = std::chrono::steady_clock::now();
    btf::validate(blob, kLinux618);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2)) << what;
  };
  constexpr std::uint32_t kMany = 200'000;
  check("a chain forwards", [](BtfBytes& b) {
    for (std::uint32_t i = 0; i < kMany; ++i) b.add(Kind::kConst, 0, TypeId{i + 3});
    b.integer("end", 4);
  });
  check("a chain backwards", [](BtfBytes& b) {
    for (std::uint32_t i = 0; i < kMany; ++i) b.add(Kind::kConst, 0, TypeId{i + 1});
  });
  check("structs inside each other", [](BtfBytes& b) {
    for (std::uint32_t i = 0; i < kMany; ++i) {
      b.add(Kind::kStruct, 0, 0, {0, TypeId{i + 3}, 0, 0, TypeId{i + 3}, 0});
    }
    b.add(Kind::kStruct, 0, 0);
  });
  check("a circle", [](BtfBytes& b) {
    for (std::uint32_t i = 0; i < kMany; ++i) {
      b.add(Kind::kStruct, 0, 0, {0, TypeId{i + 1 == kMany ? 2 : i + 3}, 0});
    }
  });
  check("doubled structs around a lock", [](BtfBytes& b) {
    const TypeId lock = b.add(Kind::kStruct, "bpf_spin_lock", 4);
    TypeId last = b.add(Kind::kStruct, 0, 0);
    for (int i = 0; i < 28; ++i) last = b.add(Kind::kStruct, 0, 0, {0, last, 0, 0, last, 0});
    b.add(Kind::kStruct, 0, 4, {0, lock, 0, 0, last, 0});
  });
  check("names that share their bytes", [](BtfBytes& b) {
    const std::uint32_t text = b.add_string(std::string(kMany, 'x'));
    for (std::uint32_t i = 0; i < kMany; ++i) b.add(Kind::kTypedef, text + i, kInt);
  });
}

TEST(Validate, IsListedInTheDocument) {
  std::ifstream file(BTFRELOC_TESTDATA "/../docs/validate.md");
  std::stringstream text;
  text << file.rdbuf();
  for (const btf::RuleTraits& rule : btf::rules()) {
    const std::string row = "| `" + std::string(rule.code) + "` | " + rule.since.text() + " | " +
                            std::string(rule.demand) + " |\n";
    EXPECT_NE(text.str().find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace btfreloc::test
