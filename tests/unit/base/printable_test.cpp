#include "base/printable.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace btfreloc {
namespace {

struct TextCase {
  std::string_view text, safe;
};

TEST(Printable, LeavesNothingThatATerminalActsOn) {
  for (const auto& [text, safe] : std::to_array<TextCase>({
           {"", ""},
           {"struct task_struct", "struct task_struct"},
           {"a\tb", "a b"},
           {"red \x1b[31m", "red ?[31m"},
           {"\n\r\x7f\x01", "????"},
           {std::string_view("nul\0", 4), "nul?"},
           {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
           {"\xc2\xa0\xc2\xb5", "\xc2\xa0\xc2\xb5"},  // U+00A0, U+00B5
           {"\xc2\x80\xc2\x9b"
            "31m\xc2\x9f",
            "??31m?"},
           {"cut \xc2", "cut \xc2"},
       })) {
    EXPECT_EQ(printable(text), safe);
    EXPECT_EQ(printable(safe), safe);
    if (text != safe) {
      EXPECT_FALSE(is_printable(text)) << safe;
    }
  }
}

}  // namespace
}  // namespace btfreloc
