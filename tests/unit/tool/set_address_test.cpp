#include "btfreloc/set_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace btfreloc::tool {
namespace {

using kernels::Column;
using testing::ElementsAre;
using testing::HasSubstr;

struct AddressCase {
  std::string address;
  std::string set;  ///< "" for no address of a set.
  std::string pattern;
  bool is_label = false;
};

class ParseSetAddress : public testing::TestWithParam<AddressCase> {};

TEST_P(ParseSetAddress, TakesItApart) {
  const auto found = parse_set_address(GetParam().address);
  ASSERT_EQ(found.has_value(), !GetParam().set.empty());
  if (!found) return;
  EXPECT_EQ(found->set, GetParam().set);
  EXPECT_EQ(found->pattern, GetParam().pattern);
  EXPECT_EQ(found->is_label, GetParam().is_label);
}

INSTANTIATE_TEST_SUITE_P(Addresses, ParseSetAddress,
                         testing::ValuesIn(std::vector<AddressCase>{
                             {"@shipped", "@shipped", ""},
                             {"@shipped:6.1*", "@shipped", "6.1*"},
                             {"@shipped:a:b", "@shipped", "a:b"},
                             {"@shippedx", "", ""},
                             {"@running", "", ""},
                             {"", "", ""},
                             {"-", "", ""},
                             {"absent/x.btfset", "absent/x.btfset", ""},
                             {"absent/x.btfset:6.1*", "absent/x.btfset", "6.1*"},
                             {"absent/x.btfset:", "absent/x.btfset", ""},
                             {"absent:dir/x.btfset:a", "absent:dir/x.btfset", "a"},
                             {"absent/vmlinux", "", ""},
                             {"absent/vmlinux:a", "", ""},
                             {"6.1.0-56-amd64", "@shipped", "6.1.0-56-amd64", true},
                             {"6.1*", "@shipped", "6.1*", true},
                             // What is there and no set is a file.
                             {BTFRELOC_TESTDATA "/objects/exit.bpfel.o", "", ""},
                             {BTFRELOC_TESTDATA, "", ""},
                             {BTFRELOC_TESTDATA "/objects/exit.bpfel.o:a",
                              BTFRELOC_TESTDATA "/objects/exit.bpfel.o", "a"},
                         }));

std::vector<Column> columns() {
  const auto column = [](std::string label, std::string module = {}) {
    Column made;
    made.label = std::move(label);
    made.module = std::move(module);
    return made;
  };
  return {column("6.1.0-1"),         column("6.1.0-2"),         column("6.*"),
          column("6.1.0-1", "veth"), column("6.1.0-2", "veth"), column("6.1.0-2", "xfs")};
}

std::vector<std::size_t> found(const std::string& pattern) {
  const auto numbers = find_columns(columns(), pattern, "set");
  return numbers ? *numbers : std::vector<std::size_t>{};
}

TEST(FindColumns, PatternsMatchKernelsOrModules) {
  EXPECT_THAT(found("6.1*"), ElementsAre(0, 1));
  EXPECT_THAT(found("6.1.0-2/*"), ElementsAre(4, 5));
  EXPECT_THAT(found("*/veth"), ElementsAre(3, 4));
  EXPECT_THAT(found("6.1.0-[12]"), ElementsAre(0, 1));
  EXPECT_THAT(found("*"), ElementsAre(0, 1, 2));
}

TEST(FindColumns, ALabelToTheLetterIsNoPattern) { EXPECT_THAT(found("6.*"), ElementsAre(2)); }

TEST(FindColumns, NoMatchNamesTheNearest) {
  const auto near = [](const std::string& pattern) {
    return find_columns(columns(), pattern, "set").error();
  };
  EXPECT_EQ(near("6.1.0-3").code, Errc::not_found);
  EXPECT_THAT(near("6.1.0-3").hint, HasSubstr("did you mean `6.1.0-1`"));
  EXPECT_THAT(near("6.1.0-2/xfx").hint, HasSubstr("did you mean `6.1.0-2/xfs`?"));
  EXPECT_THAT(near("9").hint, HasSubstr("name one: 6.1.0-1, 6.1.0-2"));
  EXPECT_THAT(near("nowhere/veth").hint, HasSubstr("name one: 6.1.0-1"));
}

TEST(NameOneOf, ListsTwentyAtMost) {
  EXPECT_EQ(name_one_of({"a", "b"}), "name one: a, b");
  EXPECT_THAT(name_one_of(std::vector<std::string>(21, "a")), HasSubstr("a, ..."));
}

}  // namespace
}  // namespace btfreloc::tool
