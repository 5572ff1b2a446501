#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// PTR, TYPEDEF and the other modifiers, and the tags.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

/// Kinds whose third word is a type, and what they are called in the cases below.
struct Referring {
  Kind kind;
  const char* what;
  bool named;
};
constexpr Referring kReferring[] = {
    {Kind::kPtr, "PTR", false},           {Kind::kConst, "CONST", false},
    {Kind::kVolatile, "VOLATILE", false}, {Kind::kRestrict, "RESTRICT", false},
    {Kind::kTypedef, "TYPEDEF", true},    {Kind::kTypeTag, "TYPE_TAG", true},
};

void add_tag_cases(Cases& cases) {
  struct Target {
    const char* what;
    std::uint32_t components;
    bool is_good;
    std::function<TypeId(BtfBytes&)> make;
  };
  const Target targets[] = {
      {"STRUCT", 2, true,
       [](BtfBytes& b) { return b.add(Kind::kStruct, "s", 4, {"a", kInt, 0, "b", kInt, 0}); }},
      {"UNION", 1, true, [](BtfBytes& b) { return b.add(Kind::kUnion, "u", 4, {"a", kInt, 0}); }},
      {"FUNC", 1, true,
       [](BtfBytes& b) { return b.function("f", b.add(Kind::kFuncProto, 0, 0, {"p", kInt}), 1); }},
      {"VAR", 0, true, [](BtfBytes& b) { return b.add(Kind::kVar, "v", kInt, {1}); }},
      {"TYPEDEF", 0, true, [](BtfBytes& b) { return b.add(Kind::kTypedef, "t", kInt); }},
      {"INT", 0, false, [](BtfBytes&) { return kInt; }},
      {"void", 0, false, [](BtfBytes&) { return kVoid; }},
      {"PTR", 0, false, [](BtfBytes& b) { return b.pointer(kInt); }},
      {"ENUM", 0, false, [](BtfBytes& b) { return b.add(Kind::kEnum, "e", 4); }},
      {"FUNC_PROTO", 0, false, [](BtfBytes& b) { return b.add(Kind::kFuncProto, 0, 0); }},
      {"DECL_TAG", 0, false,
       [](BtfBytes& b) { return b.add(Kind::kDeclTag, "t", b.add(Kind::kStruct, "s", 0), {-1}); }},
  };
  for (const Target& target : targets) {
    for (const int component : {-2, -1, 0, 1, 2}) {
      const auto make = [=](BtfBytes& b) {
        b.add(Kind::kDeclTag, "tag", target.make(b), {component});
      };
      const std::string name = fmt::format("DECL_TAG on {} component {}", target.what, component);
      const bool fits = component == -1 || (component >= 0 && component < int(target.components));
      if (component < -1)
        cases.bad(Rule::component_index, name, make);
      else if (!target.is_good)
        cases.bad(Rule::tag_target, name, make);
      else if (!fits)
        cases.bad(Rule::component_index, name, make);
      else
        cases.good(name, make);
    }
  }
  cases.good("DECL_TAG with kind_flag", [](BtfBytes& b) {
    b.add(Kind::kDeclTag, "tag", b.add(Kind::kStruct, "s", 0), {-1}, true);
  });
  cases.bad(Rule::vlen_unused, "DECL_TAG with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kDeclTag), 1, false, "tag",
              b.add(Kind::kStruct, "s", 0), {-1});
  });
  cases.good("PTR to TYPE_TAG to const", [](BtfBytes& b) {
    b.pointer(b.add(Kind::kTypeTag, "t", b.add(Kind::kConst, 0, kInt)));
  });
  cases.good("two TYPE_TAGs", [](BtfBytes& b) {
    b.pointer(b.add(Kind::kTypeTag, "t", b.add(Kind::kTypeTag, "u", kInt)));
  });
  cases.bad(Rule::tag_order, "const to TYPE_TAG",
            [](BtfBytes& b) { b.add(Kind::kConst, 0, b.add(Kind::kTypeTag, "t", kInt)); });
  cases.bad(Rule::tag_order, "TYPE_TAG to const to TYPE_TAG", [](BtfBytes& b) {
    b.add(Kind::kTypeTag, "t", b.add(Kind::kConst, 0, b.add(Kind::kTypeTag, "u", kInt)));
  });
  cases.bad(Rule::tag_order, "const to a later TYPE_TAG", [](BtfBytes& b) {
    b.add(Kind::kConst, 0, TypeId{3});
    b.add(Kind::kTypeTag, "t", kInt);
  });
}

}  // namespace

void add_reference_cases(Cases& cases) {
  add_tag_cases(cases);
  for (const Referring& of : kReferring) {
    const Kind kind = of.kind;
    const Word name = of.named ? Word("t") : Word(0);
    const auto add = [&](std::optional<Rule> rule, const char* what, const Cases::Make& make) {
      const std::string text = fmt::format("{} {}", of.what, what);
      if (rule)
        cases.bad(*rule, text, make);
      else
        cases.good(text, make);
    };
    const auto to = [&](auto make_target) {
      return [=](BtfBytes& b) {
        const TypeId target = make_target(b);
        b.add(kind, name, target);
      };
    };
    add({}, "to INT", [=](BtfBytes& b) { b.add(kind, name, kInt); });
    add({}, "to void", [=](BtfBytes& b) { b.add(kind, name, kVoid); });
    add({}, "to a later type", [=](BtfBytes& b) {
      b.add(kind, name, TypeId{3});
      b.add(Kind::kStruct, "s", 4, {"a", kInt, 0});
    });
    add({}, "to FWD", to([](BtfBytes& b) { return b.add(Kind::kFwd, "f", 0); }));
    add({}, "to FUNC_PROTO", to([](BtfBytes& b) { return b.add(Kind::kFuncProto, 0, 0); }));
    add({}, "to ENUM", to([](BtfBytes& b) { return b.add(Kind::kEnum, "e", 4, {"A", 0}); }));
    add({}, "to ENUM64", to([](BtfBytes& b) { return b.add(Kind::kEnum64, "e", 8, {"A", 0, 0}); }));
    add({}, "to FLOAT", to([](BtfBytes& b) { return b.add(Kind::kFloat, "f", 8); }));
    add({}, "to ARRAY", to([](BtfBytes& b) { return b.array(kInt, kInt, 3); }));
    add({}, "to UNION",
        to([](BtfBytes& b) { return b.add(Kind::kUnion, "u", 4, {"a", kInt, 0}); }));
    add(Rule::target_kind, "to VAR",
        to([](BtfBytes& b) { return b.add(Kind::kVar, "v", kInt, {1}); }));
    add(Rule::target_kind, "to DATASEC",
        to([](BtfBytes& b) { return b.add(Kind::kDatasec, ".data", 4); }));
    add(Rule::target_kind, "to DECL_TAG", to([](BtfBytes& b) {
          const TypeId s = b.add(Kind::kStruct, "s", 4, {"a", kInt, 0});
          return b.add(Kind::kDeclTag, "tag", s, {-1});
        }));
    add(Rule::type_id, "to nothing", [=](BtfBytes& b) { b.add(kind, name, TypeId{100}); });
    add(Rule::type_id, "to a huge id", [=](BtfBytes& b) { b.add(kind, name, TypeId{0x100000}); });
    add(Rule::type_loop, "to itself", [=](BtfBytes& b) { b.add(kind, name, TypeId{2}); });
    add(Rule::vlen_unused, "with vlen",
        [=](BtfBytes& b) { b.add_raw(static_cast<std::uint32_t>(kind), 1, false, name, kInt); });
    const bool may_be_flagged = kind == Kind::kTypeTag;
    add(may_be_flagged ? std::nullopt : std::optional(Rule::kind_flag), "with kind_flag",
        [=](BtfBytes& b) { b.add(kind, name, kInt, {}, true); });
    add(of.named ? Rule::name_missing : Rule::name_unwanted, "with the wrong name",
        [=](BtfBytes& b) { b.add(kind, of.named ? Word(0) : Word("x"), kInt); });
    add(Rule::name_offset, "with a name beyond the strings",
        [=](BtfBytes& b) { b.add(kind, 5000, kInt); });
  }
  cases.good("PTR to FUNC",
             [](BtfBytes& b) { b.pointer(b.function("f", b.add(Kind::kFuncProto, 0, 0), 1)); });
  cases.bad(Rule::target_kind, "PTR to a later FUNC", [](BtfBytes& b) {
    const TypeId proto = b.add(Kind::kFuncProto, 0, 0);
    b.pointer(TypeId{4});
    b.function("f", proto, 1);
  });
  cases.good("CONST to FUNC", [](BtfBytes& b) {
    b.add(Kind::kConst, 0, b.function("f", b.add(Kind::kFuncProto, 0, 0), 1));
  });
  cases.bad(Rule::type_loop, "pointers in a circle", [](BtfBytes& b) {
    b.pointer(TypeId{3});
    b.add(Kind::kConst, 0, TypeId{2});
  });
  for (const int depth : {30, 31, 32, 33, 64}) {
    const auto chain = [=](BtfBytes& b) {
      for (int i = 0; i < depth; ++i) b.pointer(TypeId{static_cast<std::uint32_t>(i + 3)});
      b.add(Kind::kStruct, "end", 0);
    };
    if (depth <= 32)
      cases.good(fmt::format("{} pointers forwards", depth), chain);
    else
      cases.bad(Rule::type_depth, fmt::format("{} pointers forwards", depth), chain);
  }
  cases.good("100 pointers backwards", [](BtfBytes& b) {
    TypeId last = kInt;
    for (int i = 0; i < 100; ++i) last = b.pointer(last);
  });
}

}  // namespace btfreloc::test
