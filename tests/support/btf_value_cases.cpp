#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// INT, FLOAT, ENUM, ENUM64 and ARRAY.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

void add_array_cases(Cases& cases) {
  cases.good("ARRAY", [](BtfBytes& b) { b.array(kInt, kInt, 8); });
  cases.good("ARRAY of none", [](BtfBytes& b) { b.array(kInt, kInt, 0); });
  cases.good("ARRAY of arrays", [](BtfBytes& b) { b.array(b.array(kInt, kInt, 8), kInt, 8); });
  cases.good("ARRAY of pointers", [](BtfBytes& b) { b.array(b.pointer(kVoid), kInt, 8); });
  cases.good("ARRAY of itself through a pointer", [](BtfBytes& b) {
    b.pointer(TypeId{3});
    b.array(TypeId{2}, kInt, 4);
  });
  cases.good("ARRAY by a typedef index",
             [](BtfBytes& b) { b.array(kInt, b.add(Kind::kTypedef, "t", kInt), 8); });
  cases.bad(Rule::void_type, "ARRAY of void", [](BtfBytes& b) { b.array(kVoid, kInt, 8); });
  cases.bad(Rule::void_type, "ARRAY by void", [](BtfBytes& b) { b.array(kInt, kVoid, 8); });
  cases.bad(Rule::array_size_word, "ARRAY with a size",
            [](BtfBytes& b) { b.add(Kind::kArray, 0, 4, {kInt, kInt, 1}); });
  cases.bad(Rule::array_element, "ARRAY of FWD",
            [](BtfBytes& b) { b.array(b.add(Kind::kFwd, "f", 0), kInt, 8); });
  cases.bad(Rule::array_element, "ARRAY of functions",
            [](BtfBytes& b) { b.array(b.add(Kind::kFuncProto, 0, 0), kInt, 8); });
  cases.bad(Rule::array_element, "ARRAY of const void",
            [](BtfBytes& b) { b.array(b.add(Kind::kConst, 0, kVoid), kInt, 8); });
  cases.bad(Rule::array_element, "ARRAY of VAR",
            [](BtfBytes& b) { b.array(b.add(Kind::kVar, "v", kInt, {1}), kInt, 8); });
  cases.bad(Rule::array_element, "ARRAY of odd integers",
            [](BtfBytes& b) { b.array(b.add(Kind::kInt, "i", 4, {17}), kInt, 8); });
  cases.bad(Rule::array_index, "ARRAY by ENUM",
            [](BtfBytes& b) { b.array(kInt, b.add(Kind::kEnum, "e", 4), 8); });
  cases.bad(Rule::array_index, "ARRAY by a pointer",
            [](BtfBytes& b) { b.array(kInt, b.pointer(kInt), 8); });
  cases.bad(Rule::array_index, "ARRAY by odd integers",
            [](BtfBytes& b) { b.array(kInt, b.add(Kind::kInt, "i", 4, {17}), 8); });
  cases.bad(Rule::array_size, "ARRAY of 4 GiB", [](BtfBytes& b) { b.array(kInt, kInt, 1U << 30); });
  cases.good("ARRAY below 4 GiB", [](BtfBytes& b) { b.array(kInt, kInt, (1U << 30) - 1); });
  cases.bad(Rule::array_size, "ARRAY of arrays of 4 GiB",
            [](BtfBytes& b) { b.array(b.array(kInt, kInt, 1U << 16), kInt, 1U << 14); });
  cases.bad(Rule::type_loop, "ARRAY of itself", [](BtfBytes& b) { b.array(TypeId{2}, kInt, 4); });
  cases.bad(Rule::kind_flag, "ARRAY with kind_flag",
            [](BtfBytes& b) { b.add(Kind::kArray, 0, 0, {kInt, kInt, 1}, true); });
  cases.bad(Rule::vlen_unused, "ARRAY with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kArray), 1, false, 0, 0, {kInt, kInt, 1});
  });
}

}  // namespace

void add_value_cases(Cases& cases) {
  add_array_cases(cases);
  const auto of = [](std::uint32_t size, std::uint32_t data) {
    return [=](BtfBytes& b) { b.add(Kind::kInt, "i", size, {data}); };
  };
  for (const std::uint32_t size : {1U, 2U, 4U, 8U, 16U}) {
    cases.good(fmt::format("INT of {} bytes", size), of(size, size * 8));
  }
  for (const std::uint32_t encoding : {0U, 1U, 2U, 4U}) {
    cases.good(fmt::format("INT encoding {}", encoding), of(4, encoding << 24 | 32));
  }
  for (const std::uint32_t encoding : {3U, 5U, 6U, 7U, 8U}) {
    cases.bad(Rule::int_encoding, fmt::format("INT encoding {}", encoding),
              of(4, encoding << 24 | 32));
  }
  cases.good("INT of no bits", of(0, 0));
  cases.good("INT larger than its bits", of(400, 8));
  cases.good("INT with an offset", of(4, 16U << 16 | 16));
  cases.bad(Rule::int_size, "INT with more bits than bytes", of(4, 33));
  cases.bad(Rule::int_size, "INT that its offset pushes out", of(4, 1U << 16 | 32));
  cases.bad(Rule::int_bits, "INT of 129 bits", of(32, 129));
  cases.bad(Rule::int_bits, "INT up to bit 136", of(32, 8U << 16 | 128));
  cases.bad(Rule::int_data, "INT with unknown data", of(4, 1U << 28 | 32));
  cases.bad(Rule::vlen_unused, "INT with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kInt), 1, false, "i", 4, {32});
  });
  cases.bad(Rule::kind_flag, "INT with kind_flag",
            [](BtfBytes& b) { b.add(Kind::kInt, "i", 4, {32}, true); });
  for (const std::uint32_t size : {2U, 4U, 8U, 12U, 16U}) {
    cases.good(fmt::format("FLOAT of {} bytes", size),
               [=](BtfBytes& b) { b.add(Kind::kFloat, "f", size); });
  }
  for (const std::uint32_t size : {0U, 1U, 3U, 10U, 32U}) {
    cases.bad(Rule::float_size, fmt::format("FLOAT of {} bytes", size),
              [=](BtfBytes& b) { b.add(Kind::kFloat, "f", size); });
  }
  cases.bad(Rule::kind_flag, "FLOAT with kind_flag",
            [](BtfBytes& b) { b.add(Kind::kFloat, "f", 4, {}, true); });
  cases.bad(Rule::vlen_unused, "FLOAT with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kFloat), 1, false, "f", 4);
  });
  for (const Kind kind : {Kind::kEnum, Kind::kEnum64}) {
    const char* const name = kind == Kind::kEnum ? "ENUM" : "ENUM64";
    for (const std::uint32_t size : {1U, 2U, 4U, 8U}) {
      for (const bool flag : {false, true}) {
        cases.good(fmt::format("{} of {} bytes, kind_flag {}", name, size, flag),
                   [=](BtfBytes& b) { b.add(kind, "e", size, {}, flag); });
      }
    }
    for (const std::uint32_t size : {0U, 3U, 5U, 16U, 0x80000000U}) {
      cases.bad(Rule::enum_size, fmt::format("{} of {} bytes", name, size),
                [=](BtfBytes& b) { b.add(kind, "e", size); });
    }
  }
}

}  // namespace btfreloc::test
