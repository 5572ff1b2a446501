#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// FUNC_PROTO, FUNC, VAR and DATASEC.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

void add_variable_cases(Cases& cases) {
  for (const std::uint32_t linkage : {0U, 1U, 2U, 7U}) {
    const auto make = [=](BtfBytes& b) { b.add(Kind::kVar, "v", kInt, {linkage}); };
    const std::string name = fmt::format("VAR of linkage {}", linkage);
    if (linkage <= 1)
      cases.good(name, make);
    else
      cases.bad(Rule::var_linkage, name, make);
  }
  cases.bad(Rule::void_type, "VAR of void",
            [](BtfBytes& b) { b.add(Kind::kVar, "v", kVoid, {1}); });
  cases.bad(Rule::var_type, "VAR of FWD",
            [](BtfBytes& b) { b.add(Kind::kVar, "v", b.add(Kind::kFwd, "f", 0), {1}); });
  cases.bad(Rule::var_type, "VAR of const void",
            [](BtfBytes& b) { b.add(Kind::kVar, "v", b.add(Kind::kConst, 0, kVoid), {1}); });
  cases.bad(Rule::target_kind, "VAR of VAR",
            [](BtfBytes& b) { b.add(Kind::kVar, "v", b.add(Kind::kVar, "w", kInt, {1}), {1}); });
  cases.bad(Rule::kind_flag, "VAR with kind_flag",
            [](BtfBytes& b) { b.add(Kind::kVar, "v", kInt, {1}, true); });
  cases.bad(Rule::vlen_unused, "VAR with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kVar), 1, false, "v", kInt, {1});
  });
  const auto section = [](std::uint32_t size, std::vector<Word> vars, bool flag = false) {
    return [=](BtfBytes& b) {
      b.add(Kind::kVar, "v", kInt, {1});  // [2]
      b.add(Kind::kVar, "w", kInt, {0});  // [3]
      b.add(Kind::kDatasec, ".data", size, vars, flag);
    };
  };
  cases.good("DATASEC", section(8, {2, 0, 4, 3, 4, 4}));
  cases.good("DATASEC with a gap", section(16, {2, 0, 4, 3, 12, 4}));
  cases.good("DATASEC with larger variables", section(16, {2, 0, 8, 3, 8, 8}));
  cases.good("DATASEC without variables", section(4, {}));
  cases.good("DATASEC before its variables", [](BtfBytes& b) {
    b.add(Kind::kDatasec, ".data", 4, {TypeId{3}, 0, 4});
    b.add(Kind::kVar, "v", TypeId{4}, {1});
    b.add(Kind::kStruct, "s", 4, {"a", kInt, 0});
  });
  cases.bad(Rule::datasec_size, "DATASEC without a size", section(0, {}));
  cases.bad(Rule::datasec_offset, "DATASEC out of order", section(8, {2, 4, 4, 3, 0, 4}));
  cases.bad(Rule::datasec_offset, "DATASEC with an overlap", section(8, {2, 0, 4, 3, 2, 4}));
  cases.bad(Rule::datasec_offset, "DATASEC with a variable behind it", section(8, {2, 8, 4}));
  cases.bad(Rule::datasec_var_size, "DATASEC with an empty variable", section(8, {2, 0, 0}));
  cases.bad(Rule::datasec_var_size, "DATASEC with a variable out of it", section(8, {2, 4, 8}));
  cases.bad(Rule::datasec_var_short, "DATASEC with a short variable", section(8, {2, 0, 2}));
  cases.bad(Rule::void_type, "DATASEC with void", section(8, {0, 0, 4}));
  cases.bad(Rule::datasec_var, "DATASEC with INT", section(8, {1, 0, 4}));
  cases.bad(Rule::type_id, "DATASEC with nothing", section(8, {90, 0, 4}));
  cases.bad(Rule::kind_flag, "DATASEC with kind_flag", section(8, {2, 0, 4}, true));
  cases.bad(Rule::datasec_var, "DATASEC with FUNC", [](BtfBytes& b) {
    const TypeId func = b.function("f", b.add(Kind::kFuncProto, 0, 0), 1);
    b.add(Kind::kDatasec, ".text", 8, {func, 0, 4});
  });
}

}  // namespace

void add_function_cases(Cases& cases) {
  add_variable_cases(cases);
  const auto proto = [](TypeId result, std::vector<Word> params, bool flag = false) {
    return [=](BtfBytes& b) { b.add(Kind::kFuncProto, 0, result, params, flag); };
  };
  cases.good("FUNC_PROTO", proto(kInt, {"a", kInt, "b", kInt}));
  cases.good("FUNC_PROTO with nameless parameters", proto(kInt, {0, kInt, 0, kInt}));
  cases.good("FUNC_PROTO with ...", proto(kVoid, {"a", kInt, 0, kVoid}));
  cases.good("FUNC_PROTO of nothing but ...", proto(kVoid, {0, kVoid}));
  cases.bad(Rule::name_unwanted, "FUNC_PROTO with a named ...", proto(kVoid, {"a", kVoid}));
  cases.bad(Rule::param_type, "FUNC_PROTO with void before the last",
            proto(kVoid, {0, kVoid, "a", kInt}));
  cases.bad(Rule::kind_flag, "FUNC_PROTO with kind_flag", proto(kVoid, {}, true));
  cases.bad(Rule::type_id, "FUNC_PROTO of no parameter", proto(kVoid, {"a", TypeId{77}}));
  cases.bad(Rule::type_id, "FUNC_PROTO that returns nothing there is", proto(TypeId{77}, {}));
  struct Target {
    const char* what;
    bool is_good;
    std::function<TypeId(BtfBytes&)> make;
  };
  const Target targets[] = {
      {"struct", true, [](BtfBytes& b) { return b.add(Kind::kStruct, "s", 0); }},
      {"later struct", true, [](BtfBytes&) { return TypeId{4}; }},
      {"pointer", true, [](BtfBytes& b) { return b.pointer(kVoid); }},
      {"const int", true, [](BtfBytes& b) { return b.add(Kind::kConst, 0, kInt); }},
      {"const void", false, [](BtfBytes& b) { return b.add(Kind::kConst, 0, kVoid); }},
      {"FWD", false, [](BtfBytes& b) { return b.add(Kind::kFwd, "f", 0); }},
      {"FUNC_PROTO", false, [](BtfBytes& b) { return b.add(Kind::kFuncProto, 0, 0); }},
      {"VAR", false, [](BtfBytes& b) { return b.add(Kind::kVar, "v", kInt, {1}); }},
      {"DATASEC", false, [](BtfBytes& b) { return b.add(Kind::kDatasec, ".data", 4); }},
  };
  for (const Target& target : targets) {
    const auto make = [&](bool as_result) {
      return [=](BtfBytes& b) {
        const TypeId type = target.make(b);
        if (as_result)
          b.add(Kind::kFuncProto, 0, type);
        else
          b.add(Kind::kFuncProto, 0, 0, {"p", type});
        if (type == TypeId{4}) {
          b.integer("filler", 4);
          b.add(Kind::kStruct, "late", 0);
        }
      };
    };
    const auto name = [&](const char* what) { return fmt::format("{} of {}", what, target.what); };
    if (target.is_good) {
      cases.good(name("FUNC_PROTO result"), make(true));
      cases.good(name("FUNC_PROTO parameter"), make(false));
    } else {
      cases.bad(Rule::return_type, name("FUNC_PROTO result"), make(true));
      cases.bad(Rule::param_type, name("FUNC_PROTO parameter"), make(false));
    }
  }
  for (const std::uint32_t linkage : {0U, 1U, 2U, 3U}) {
    const auto make = [=](BtfBytes& b) {
      b.function("f", b.add(Kind::kFuncProto, 0, 0, {"a", kInt}), linkage);
    };
    const std::string name = fmt::format("FUNC of linkage {}", linkage);
    if (linkage <= 1)
      cases.good(name, make);
    else
      cases.bad(Rule::func_linkage, name, make);
  }
  cases.good("FUNC with ...", [](BtfBytes& b) {
    b.function("f", b.add(Kind::kFuncProto, 0, 0, {"a", kInt, 0, kVoid}), 1);
  });
  cases.bad(Rule::param_name, "FUNC with a nameless parameter",
            [](BtfBytes& b) { b.function("f", b.add(Kind::kFuncProto, 0, 0, {0, kInt}), 1); });
  cases.bad(Rule::func_type, "FUNC of INT", [](BtfBytes& b) { b.function("f", kInt, 1); });
  cases.bad(Rule::func_type, "FUNC of void", [](BtfBytes& b) { b.function("f", kVoid, 1); });
  cases.bad(Rule::kind_flag, "FUNC with kind_flag",
            [](BtfBytes& b) { b.add(Kind::kFunc, "f", b.add(Kind::kFuncProto, 0, 0), {}, true); });
}

}  // namespace btfreloc::test
