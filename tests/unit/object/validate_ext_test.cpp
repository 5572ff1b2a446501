#include "object/validate_ext.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "object/loader_btf.h"
#include "support/byte_vector.h"
#include "support/objects.h"

namespace btfreloc::test {
namespace {

using btf::Rule;

constexpr auto kLittle = std::endian::little;

/// An object of ours whose .BTF.ext is spoilt: exit.bpfel.o has one function of some instructions.
class ValidateExt : public testing::Test {
 protected:
  std::string codes() {
    btf::Validation found;
    object::validate_ext(ext_, *object_.object.btf(), object_.object.file(), {}, found);
    std::string codes;
    for (const btf::Violation& violation : found.violations) {
      codes += std::string(btf::traits(violation.rule).code) + " ";
    }
    return codes;
  }
  std::uint32_t word(std::size_t at) const {
    return load<std::uint32_t>(ext_.data() + at, kLittle);
  }
  void set(std::size_t at, std::uint32_t value) { put(ext_, at, value, kLittle); }
  /// Where a part begins, whose offset is that word of the header.
  std::size_t part(std::size_t field) const { return word(4) + word(field); }

  OpenObject object_ = test_object("exit.bpfel.o");
  ByteVector ext_ = [&] {
    const Bytes bytes = object_.object.file().section(".BTF.ext")->bytes;
    return ByteVector(bytes.begin(), bytes.end());
  }();
};

TEST_F(ValidateExt, TakesWhatACompilerWrote) { EXPECT_EQ(codes(), ""); }

TEST_F(ValidateExt, FindsWhatIsWrongWithTheHeader) {
  set(0, 0);
  EXPECT_EQ(codes(), "ext-header ");
}

TEST_F(ValidateExt, FindsAPartThatEndsBehind) {
  set(12, 100000);
  EXPECT_EQ(codes(), "ext-part ");
}

TEST_F(ValidateExt, FindsRecordsOfAnUnknownSize) {
  set(part(8), 6);
  EXPECT_EQ(codes(), "ext-record-size ");
}

TEST_F(ValidateExt, FindsASectionWithoutRecords) {
  set(12, 4);  // func_info is no more than the size of its records
  EXPECT_EQ(codes(), "ext-empty ");
}

TEST_F(ValidateExt, FindsNamesBeyondTheStrings) {
  set(part(16) + 4 + 8 + 4, 1 << 20);
  EXPECT_EQ(codes(), "ext-string ");
}

TEST_F(ValidateExt, FindsSectionsWithoutCode) {
  set(part(8) + 4, 0);
  EXPECT_EQ(codes(), "ext-section ");
}

TEST_F(ValidateExt, FindsFunctionsThatAreNone) {
  set(part(8) + 12 + 4, 1);
  EXPECT_EQ(codes(), "ext-func-type ");
}

TEST_F(ValidateExt, FindsFunctionsThatStartElsewhere) {
  set(part(8) + 12, 8);
  EXPECT_EQ(codes(), "ext-func-start ext-func-start ");
}

TEST_F(ValidateExt, FindsRecordsOfNoInstruction) {
  set(part(16) + 12 + 16, 3);
  EXPECT_EQ(codes(), "ext-insn ");
}

TEST_F(ValidateExt, FindsLinesOutOfOrder) {
  set(part(16) + 12 + 16, word(part(16) + 12 + 2 * 16));
  EXPECT_EQ(codes(), "ext-line-order ");
}

TEST_F(ValidateExt, FindsAFunctionWithoutALine) {
  set(part(16) + 12, 8);
  EXPECT_THAT(codes(), testing::HasSubstr("ext-line-start "));
}

TEST_F(ValidateExt, FindsRelocationsOfNoType) {
  set(part(24) + 12 + 4, 10000);
  EXPECT_EQ(codes(), "ext-core-type ");
}

TEST(LoaderBtf, MakesEveryObjectValidThatIsComplete) {
  for (const std::string& path : test_objects()) {
    if (path.find("concatenated") != std::string::npos) continue;
    if (path.find("linked_b") != std::string::npos) continue;  // needs linked_a
    const OpenObject of = open_object(path);
    if (of.object.btf() == nullptr) continue;
    const auto loaded = object::loader_btf(of.object.file(), *of.object.btf());
    btf::ValidateOptions options = {.kernel = btf::KernelVersion{6, 18}};
    options.rewritten = loaded.rewritten;
    const btf::Validation found = btf::validate(loaded.bytes, options);
    EXPECT_TRUE(found.valid()) << path << ": "
                               << (found.valid() ? "" : found.violations[0].message);
  }
}

}  // namespace
}  // namespace btfreloc::test
