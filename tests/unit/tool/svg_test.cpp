#include "btfreloc/svg.h"

#include <gmock/gmock.h>

#include <string>
#include <string_view>

namespace btfreloc::tool {
namespace {

using testing::HasSubstr;
using testing::Not;

struct TextCase {
  std::string_view text, xml;
};

class XmlText : public testing::TestWithParam<TextCase> {};

TEST_P(XmlText, IsWhatXmlTakes) { EXPECT_EQ(xml_text(GetParam().text), GetParam().xml); }

INSTANTIATE_TEST_SUITE_P(
    Texts, XmlText,
    testing::ValuesIn<TextCase>({
        {"task_struct", "task_struct"},
        {"a<b>&\"c", "a&lt;b&gt;&amp;&quot;c"},
        {"]]>", "]]&gt;"},
        {"\xc3\xa4\xe2\x80\xa6\xf0\x9f\x90\xa7", "\xc3\xa4\xe2\x80\xa6\xf0\x9f\x90\xa7"},
        {"\x01\x7f", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // control
        {"\xff", "\xef\xbf\xbd"},                                                  // no UTF-8
        {"\xc3", "\xef\xbf\xbd"},                                                  // cut short
        {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // overlong
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                  // a surrogate
        {"\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                  // no character
        {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // above U+10FFFF
    }));

TEST(FitCharacters, CountsCharactersAndNotBytes) {
  EXPECT_EQ(fit_characters("\xc3\xa4\xc3\xb6\xc3\xbc", 3), "\xc3\xa4\xc3\xb6\xc3\xbc");
  EXPECT_EQ(fit_characters("\xc3\xa4\xc3\xb6\xc3\xbc", 2), "\xc3\xa4…");
  EXPECT_EQ(fit_characters("abc", 0), "");
  EXPECT_EQ(count_characters("\xc3\xa4…"), 2U);
}

TEST(Svg, EscapesTextAndTooltips) {
  Svg svg;
  svg.text("name", {1, 2}, "</text><script>");
  svg.text_down("name", {1, 2}, "<b>");
  svg.rectangle("box", {0, 0, 1.26, 2}, 0, "a & b");
  const std::string document = svg.document(10, 10, "<title>", "", "");
  EXPECT_THAT(document, HasSubstr("&lt;/text&gt;&lt;script&gt;"));
  EXPECT_THAT(document, Not(HasSubstr("<script>")));
  EXPECT_THAT(document, Not(HasSubstr("<b>")));
  EXPECT_THAT(document, HasSubstr("<title>a &amp; b</title>"));
  EXPECT_THAT(document, HasSubstr("<title>&lt;title&gt;</title>"));
  EXPECT_THAT(document, HasSubstr("width=\"1.3\" height=\"2\""));
}

}  // namespace
}  // namespace btfreloc::tool
