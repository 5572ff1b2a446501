#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "support/scope_names.h"
#include "xdp-blacklist/rules/rule.h"
#include "xdp-blacklist/rules/rule_file.h"

// A file of rules, in each format: what is read can be written and read again, and is the same.

namespace xdp_blacklist {
namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

void look_at(std::string_view content, Format format) {
  static const btfreloc::test::FakeScopeNames names;
  const auto file = parse_rules(content, format, names);
  if (!file) return expect(!file.error().message.empty());
  expect(file->bad.size() <= kBadLinesShown && file->bad.size() <= file->bad_count);
  for (const Format other : {Format::plain, Format::json}) {
    const WrittenRules written = write_rules(file->rules, Mode::block, other, names);
    expect(written.left_out.empty() && format_of(written.text) == other);
    const auto again = parse_rules(written.text, other, names);
    expect(again && again->bad_count == 0 && again->duplicates == 0);
    expect(again->rules.size() == file->rules.size());
    for (std::size_t i = 0; i < file->rules.size(); ++i) {
      expect(again->rules[i].rule == file->rules[i].rule);
      expect(again->rules[i].lasts == file->rules[i].lasts);
    }
  }
  const auto ipset = parse_rules(write_rules(file->rules, Mode::block, Format::ipset, names).text,
                                 Format::ipset, names);
  expect(ipset && ipset->bad_count == 0);
}

}  // namespace
}  // namespace xdp_blacklist

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace xdp_blacklist;
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  format_of(content);
  for (const Format format : {Format::plain, Format::ipset, Format::json}) look_at(content, format);
  return 0;
}
