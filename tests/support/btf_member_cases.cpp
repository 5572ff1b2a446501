#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// STRUCT, UNION, FWD, and members of every kind.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

/// A STRUCT of that size, whose one member is of the type that `make` gives.
Cases::Make member_of(std::uint32_t size, std::uint32_t offset, bool flag,
                      std::function<TypeId(BtfBytes&)> make) {
  return [=](BtfBytes& b) {
    const TypeId type = make(b);
    b.add(Kind::kStruct, "s", size, {"m", type, offset}, flag);
  };
}

void add_struct_cases(Cases& cases) {
  cases.good("STRUCT",
             [](BtfBytes& b) { b.add(Kind::kStruct, "s", 8, {"a", kInt, 0, "b", kInt, 32}); });
  cases.good("STRUCT of nothing", [](BtfBytes& b) { b.add(Kind::kStruct, "s", 0); });
  cases.good("members at one place",
             [](BtfBytes& b) { b.add(Kind::kStruct, "s", 8, {"a", kInt, 0, "b", kInt, 0}); });
  cases.bad(Rule::member_order, "members out of order",
            [](BtfBytes& b) { b.add(Kind::kStruct, "s", 8, {"a", kInt, 32, "b", kInt, 0}); });
  cases.bad(Rule::union_offset, "UNION with an offset",
            [](BtfBytes& b) { b.add(Kind::kUnion, "u", 8, {"a", kInt, 0, "b", kInt, 32}); });
  cases.good("flexible array", [](BtfBytes& b) {
    const TypeId array = b.array(kInt, kInt, 0);
    b.add(Kind::kStruct, "s", 4, {"a", kInt, 0, "b", array, 32});
  });
  cases.good("STRUCT with a pointer to itself", [](BtfBytes& b) {
    b.pointer(TypeId{3});
    b.add(Kind::kStruct, "s", 8, {"next", TypeId{2}, 0});
  });
  cases.bad(Rule::type_loop, "STRUCT in itself",
            [](BtfBytes& b) { b.add(Kind::kStruct, "s", 8, {"a", TypeId{2}, 0}); });
  cases.bad(Rule::type_loop, "STRUCT in a STRUCT in itself", [](BtfBytes& b) {
    b.add(Kind::kStruct, "a", 8, {"b", TypeId{3}, 0});
    b.add(Kind::kStruct, "b", 8, {"a", TypeId{2}, 0});
  });
  cases.bad(Rule::type_loop, "STRUCT in an array in itself", [](BtfBytes& b) {
    b.add(Kind::kStruct, "a", 8, {"b", TypeId{3}, 0});
    b.array(TypeId{2}, kInt, 1);
  });
  for (const int depth : {31, 32, 40}) {
    const auto make = [=](BtfBytes& b) {
      for (int i = 0; i < depth; ++i) {
        const TypeId next = i + 1 == depth ? kInt : TypeId{static_cast<std::uint32_t>(i + 3)};
        b.add(Kind::kStruct, "s", 4, {"m", next, 0});
      }
    };
    const std::string name = fmt::format("{} structs inside each other", depth);
    if (depth <= 32)
      cases.good(name, make);
    else
      cases.bad(Rule::type_depth, name, make);
  }
  cases.good("FWD of a union", [](BtfBytes& b) { b.add(Kind::kFwd, "u", 0, {}, true); });
  cases.bad(Rule::fwd_type, "FWD with a type", [](BtfBytes& b) { b.add(Kind::kFwd, "f", kInt); });
  cases.bad(Rule::vlen_unused, "FWD with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kFwd), 1, false, "f", 0);
  });
  cases.bad(Rule::type_id, "member of nothing",
            [](BtfBytes& b) { b.add(Kind::kStruct, "s", 8, {"a", TypeId{99}, 0}); });
}

}  // namespace

void add_member_cases(Cases& cases) {
  add_struct_cases(cases);
  struct Of {
    const char* what;
    std::uint32_t size;
    bool bits;  ///< May start anywhere, without kind_flag.
    std::function<TypeId(BtfBytes&)> make;
  };
  const Of types[] = {
      {"int", 4, true, [](BtfBytes&) { return kInt; }},
      {"const int", 4, true, [](BtfBytes& b) { return b.add(Kind::kConst, 0, kInt); }},
      {"pointer", 8, false, [](BtfBytes& b) { return b.pointer(kInt); }},
      {"struct", 8, false,
       [](BtfBytes& b) { return b.add(Kind::kStruct, "in", 8, {"a", kInt, 0}); }},
      {"union", 8, false, [](BtfBytes& b) { return b.add(Kind::kUnion, "in", 8, {"a", kInt, 0}); }},
      {"array", 8, false, [](BtfBytes& b) { return b.array(kInt, kInt, 2); }},
      {"typedef of array", 8, false,
       [](BtfBytes& b) { return b.add(Kind::kTypedef, "t", b.array(kInt, kInt, 2)); }},
      {"enum", 4, false, [](BtfBytes& b) { return b.add(Kind::kEnum, "e", 4); }},
      {"enum64", 8, false, [](BtfBytes& b) { return b.add(Kind::kEnum64, "e", 8); }},
      {"float", 4, false, [](BtfBytes& b) { return b.add(Kind::kFloat, "f", 4); }},
  };
  for (const Of& of : types) {
    const auto name = [&](const char* what) { return fmt::format("{} {}", of.what, what); };
    const bool is_enum64 = of.what == std::string_view("enum64");
    for (const bool flag : {false, true}) {
      const std::string suffix = flag ? ", kind_flag" : "";
      cases.good(name("member") + suffix, member_of(of.size, 0, flag, of.make));
      cases.good(name("member at 8") + suffix, member_of(of.size + 8, 64, flag, of.make));
      // With kind_flag the kernel takes every enumeration for 4 bytes.
      if (flag && is_enum64) {
        cases.good(name("member that ends behind") + suffix, member_of(7, 0, flag, of.make));
      } else {
        cases.bad(Rule::member_end, name("member that ends behind") + suffix,
                  member_of(of.size - 1, 0, flag, of.make));
      }
      if (of.bits && !flag) {
        cases.good(name("member at bit 3"), member_of(of.size + 4, 3, flag, of.make));
      } else {
        cases.bad(Rule::member_alignment, name("member at bit 3") + suffix,
                  member_of(of.size + 4, 3, flag, of.make));
      }
      cases.bad(Rule::member_offset, name("member that starts behind") + suffix,
                member_of(4, 4096, flag, of.make));
    }
    const bool may_be_bits = of.bits || of.what == std::string_view("enum") || is_enum64;
    if (may_be_bits) {
      cases.good(name("bitfield"), member_of(of.size, 3U << 24 | 5, true, of.make));
      cases.bad(Rule::bitfield_size, name("bitfield that is too wide"),
                member_of(of.size + 8, 33U << 24, true, of.make));
    } else {
      cases.bad(Rule::bitfield_size, name("bitfield"), member_of(of.size, 3U << 24, true, of.make));
    }
  }
  const auto bad_member = [&](Rule rule, const char* what, std::function<TypeId(BtfBytes&)> make) {
    cases.bad(rule, fmt::format("{} member", what), member_of(8, 0, false, std::move(make)));
  };
  bad_member(Rule::void_type, "void", [](BtfBytes&) { return kVoid; });
  bad_member(Rule::member_type, "const void",
             [](BtfBytes& b) { return b.add(Kind::kConst, 0, kVoid); });
  bad_member(Rule::member_type, "FWD", [](BtfBytes& b) { return b.add(Kind::kFwd, "f", 0); });
  bad_member(Rule::member_type, "typedef of FWD",
             [](BtfBytes& b) { return b.add(Kind::kTypedef, "t", b.add(Kind::kFwd, "f", 0)); });
  bad_member(Rule::member_type, "FUNC_PROTO",
             [](BtfBytes& b) { return b.add(Kind::kFuncProto, 0, 0); });
  bad_member(Rule::member_type, "FUNC",
             [](BtfBytes& b) { return b.function("f", b.add(Kind::kFuncProto, 0, 0), 1); });
  bad_member(Rule::member_type, "VAR",
             [](BtfBytes& b) { return b.add(Kind::kVar, "v", kInt, {1}); });
  bad_member(Rule::member_type, "DATASEC",
             [](BtfBytes& b) { return b.add(Kind::kDatasec, ".data", 4); });
  cases.good("small enum at the end, kind_flag", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 4, {"m", TypeId{3}, 0}, true);
    b.add(Kind::kEnum, "e", 1);
  });
  cases.bad(Rule::member_end, "small enum in a small struct, kind_flag", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 1, {"m", TypeId{3}, 0}, true);
    b.add(Kind::kEnum, "e", 1);
  });
  cases.bad(Rule::bitfield_size, "bitfield of an odd integer", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 4, {"m", b.add(Kind::kInt, "i", 4, {17}), 3U << 24}, true);
  });
  cases.bad(Rule::bitfield_size, "128 bits from bit 1", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 32, {"m", b.add(Kind::kInt, "i", 16, {128}), 1});
  });
  for (const std::uint32_t offset : {0U, 32U, 64U}) {
    const auto make =
        member_of(16, offset, false, [](BtfBytes& b) { return b.add(Kind::kFloat, "d", 8); });
    if (offset % 64 == 0)
      cases.good(fmt::format("double at bit {}", offset), make);
    else
      cases.bad(Rule::member_alignment, fmt::format("double at bit {}", offset), make);
  }
}

}  // namespace btfreloc::test
