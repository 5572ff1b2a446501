#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// Names, of everything that has one.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

std::string repeated(std::size_t count) { return std::string(count, 'x'); }

}  // namespace

void add_name_cases(Cases& cases) {
  struct Name {
    const char* text;
    bool anywhere, section;
  };
  static constexpr Name kNames[] = {
      {"a", true, true},         {"_", true, true},
      {"a1", true, true},        {"1a", false, true},
      {"a.b", true, true},       {".a", true, true},
      {"a b", false, true},      {"a::b", false, true},
      {"Vec<u8>", false, true},  {"?.struct_ops", false, true},
      {"\xc3\xa9", false, true}, {"\xc0", true, true},
      {"a\x7f", false, false},   {"a\x01", false, false},
      {"\xd7", false, true},     {"a-b", false, true},
      {"a\x80", false, false},   {"\xff", true, true},
  };
  const auto add = [&](const char* what, Rule rule, bool is_good, std::string_view text,
                       const std::function<void(BtfBytes&, const std::string&)>& make) {
    const std::string name(text);
    const auto with = [=](BtfBytes& b) { make(b, name); };
    const std::string label = fmt::format(
        "{} named {}", what, name.size() > 40 ? fmt::format("{} bytes", name.size()) : name);
    if (is_good)
      cases.good(label, with);
    else
      cases.bad(rule, label, with);
  };
  struct Named {
    const char* what;
    bool section;
    std::function<void(BtfBytes&, const std::string&)> make;
  };
  const Named kinds[] = {
      {"STRUCT", false, [](BtfBytes& b, const std::string& n) { b.add(Kind::kStruct, n, 0); }},
      {"member", false,
       [](BtfBytes& b, const std::string& n) { b.add(Kind::kStruct, "s", 4, {n, kInt, 0}); }},
      {"UNION", false, [](BtfBytes& b, const std::string& n) { b.add(Kind::kUnion, n, 0); }},
      {"ENUM", false,
       [](BtfBytes& b, const std::string& n) { b.add(Kind::kEnum, n, 4, {"A", 0}); }},
      {"enumerator", false,
       [](BtfBytes& b, const std::string& n) { b.add(Kind::kEnum, "e", 4, {n, 0}); }},
      {"enumerator64", false,
       [](BtfBytes& b, const std::string& n) { b.add(Kind::kEnum64, "e", 8, {n, 0, 0}); }},
      {"FWD", false, [](BtfBytes& b, const std::string& n) { b.add(Kind::kFwd, n, 0); }},
      {"TYPEDEF", false, [](BtfBytes& b, const std::string& n) { b.add(Kind::kTypedef, n, kInt); }},
      {"FUNC", false,
       [](BtfBytes& b, const std::string& n) { b.function(n, b.add(Kind::kFuncProto, 0, 0), 1); }},
      {"parameter", false,
       [](BtfBytes& b, const std::string& n) { b.add(Kind::kFuncProto, 0, 0, {n, kInt}); }},
      {"VAR", false, [](BtfBytes& b, const std::string& n) { b.add(Kind::kVar, n, kInt, {1}); }},
      {"DATASEC", true, [](BtfBytes& b, const std::string& n) { b.add(Kind::kDatasec, n, 4); }},
  };
  for (const Named& kind : kinds) {
    for (const Name& name : kNames) {
      add(kind.what, Rule::name_characters, kind.section ? name.section : name.anywhere, name.text,
          kind.make);
    }
    add(kind.what, Rule::name_length, true, repeated(512), kind.make);
    add(kind.what, Rule::name_length, false, repeated(513), kind.make);
    add(kind.what, Rule::name_missing, false, "", kind.make);
  }
  for (const char* text : {"1", "a b", "\x01", "Vec<u8>"}) {
    cases.good(fmt::format("INT named {}", text), [=](BtfBytes& b) { b.integer(text, 4); });
    cases.good(fmt::format("FLOAT named {}", text),
               [=](BtfBytes& b) { b.add(Kind::kFloat, text, 4); });
    cases.good(fmt::format("TYPE_TAG named {}", text),
               [=](BtfBytes& b) { b.pointer(b.add(Kind::kTypeTag, text, kInt)); });
    cases.good(fmt::format("DECL_TAG named {}", text), [=](BtfBytes& b) {
      b.add(Kind::kDeclTag, text, b.add(Kind::kStruct, "s", 0), {-1});
    });
  }
  cases.good("INT without a name", [](BtfBytes& b) { b.integer(0, 4); });
  cases.good("STRUCT without a name", [](BtfBytes& b) { b.add(Kind::kStruct, 0, 0); });
  cases.good("ENUM without a name", [](BtfBytes& b) { b.add(Kind::kEnum, 0, 4); });
  cases.bad(Rule::name_missing, "FWD without a name", [](BtfBytes& b) { b.add(Kind::kFwd, 0, 0); });
  cases.bad(Rule::name_missing, "VAR without a name",
            [](BtfBytes& b) { b.add(Kind::kVar, 0, kInt, {1}); });
  cases.bad(Rule::name_missing, "DATASEC without a name",
            [](BtfBytes& b) { b.add(Kind::kDatasec, 0, 4); });
  cases.bad(Rule::name_missing, "FUNC without a name",
            [](BtfBytes& b) { b.function(0, b.add(Kind::kFuncProto, 0, 0), 1); });
  cases.bad(Rule::name_missing, "enumerator without a name",
            [](BtfBytes& b) { b.add(Kind::kEnum, "e", 4, {0, 0}); });
  cases.bad(Rule::name_missing, "DECL_TAG without a name",
            [](BtfBytes& b) { b.add(Kind::kDeclTag, 0, b.add(Kind::kStruct, "s", 0), {-1}); });
  cases.bad(Rule::name_unwanted, "ARRAY with a name",
            [](BtfBytes& b) { b.add(Kind::kArray, "a", 0, {kInt, kInt, 1}); });
  cases.bad(Rule::name_unwanted, "FUNC_PROTO with a name",
            [](BtfBytes& b) { b.add(Kind::kFuncProto, "p", 0); });
  cases.bad(Rule::name_offset, "member with a name beyond the strings",
            [](BtfBytes& b) { b.add(Kind::kStruct, "s", 4, {90000, kInt, 0}); });
  cases.bad(Rule::name_offset, "enumerator with a name beyond the strings",
            [](BtfBytes& b) { b.add(Kind::kEnum, "e", 4, {90000, 0}); });
  cases.bad(Rule::name_offset, "parameter with a name beyond the strings",
            [](BtfBytes& b) { b.add(Kind::kFuncProto, 0, 0, {90000, kInt}); });
}

}  // namespace btfreloc::test
