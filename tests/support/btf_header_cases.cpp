#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/btf_case_list.h"

// The header, where the parts lie, and the second word of a type.

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

constexpr auto kLittle = std::endian::little;

void add_info_cases(Cases& cases) {
  const auto raw = [](std::uint32_t kind, std::uint32_t vlen, bool flag) {
    return [=](BtfBytes& b) { b.add_raw(kind, vlen, flag, "name", kInt); };
  };
  cases.bad(Rule::unknown_kind, "kind 0", raw(0, 0, false));
  cases.bad(Rule::unknown_kind, "kind 20", raw(20, 0, false));
  cases.bad(Rule::unknown_kind, "kind 31", raw(31, 0, false));
  cases.bad(Rule::type_cut, "a header cut", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kInt), 0, false, "i", 4);
  });
  cases.bad(Rule::type_cut, "members cut", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kStruct), 2, false, "s", 8, {"a", kInt, 0});
  });
  cases.bad(Rule::type_cut, "a vlen bomb", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kStruct), 0xffff, false, "s", 8);
  });
  for (const int bit : {16, 20, 23, 29, 30}) {
    cases.bad(Rule::info_bits, fmt::format("info bit {}", bit), [=](BtfBytes& b) {
      b.add_raw(static_cast<std::uint32_t>(Kind::kTypedef) | (bit > 28 ? 1U << (bit - 24) : 0),
                bit < 24 ? 1U << bit : 0, false, "t", kInt);
    });
  }
}

}  // namespace

void add_header_cases(Cases& cases) {
  add_info_cases(cases);
  const auto word = [](std::size_t at, std::uint32_t value) {
    return [=](ByteVector& blob) { put(blob, at, value, kLittle); };
  };
  const auto byte = [](std::size_t at, std::uint8_t value) {
    return [=](ByteVector& blob) { put(blob, at, value, kLittle); };
  };
  cases.spoilt({}, "as it is", [](ByteVector&) {});
  for (const std::size_t size : {0U, 1U, 7U}) {
    cases.spoilt(Rule::header_cut, fmt::format("{} bytes", size),
                 [=](ByteVector& blob) { blob.resize(size); });
  }
  cases.spoilt(Rule::header_cut, "23 bytes", [](ByteVector& blob) { blob.resize(23); });
  cases.spoilt(Rule::header_cut, "a header longer than the blob", word(4, 4000));
  cases.spoilt(Rule::header_cut, "a header of 4 bytes", word(4, 4));
  cases.spoilt(Rule::magic, "another magic number", byte(0, 0));
  cases.spoilt(Rule::version, "version 2", byte(2, 2));
  cases.spoilt(Rule::version, "version 0", byte(2, 0));
  cases.spoilt(Rule::flags, "flags", byte(3, 1));
  cases.spoilt(Rule::types_align, "types at 6", [](ByteVector& blob) {
    const ByteVector types(blob.begin() + 24, blob.begin() + 40);
    blob.erase(blob.begin() + 24, blob.begin() + 40);
    blob.resize(24 + 6);  // "", "int" and another ""
    blob.insert(blob.end(), types.begin(), types.end());
    put(blob, 8, std::uint32_t{6}, kLittle);
    put(blob, 16, std::uint32_t{0}, kLittle);
    put(blob, 20, std::uint32_t{6}, kLittle);
  });
  cases.spoilt(Rule::section_bounds, "longer types", word(12, 4000));
  cases.spoilt(Rule::section_bounds, "far strings", word(16, 4000));
  cases.spoilt(Rule::section_gap, "a byte behind the strings",
               [](ByteVector& blob) { blob.push_back(std::byte{0}); });
  cases.spoilt(Rule::section_gap, "types after a gap", [](ByteVector& blob) {
    blob.insert(blob.begin() + 24, 4, std::byte{0});
    put(blob, 8, std::uint32_t{4}, kLittle);
    put(blob, 16, std::uint32_t{20}, kLittle);
  });
  cases.spoilt(Rule::section_overlap, "strings in the types", [](ByteVector& blob) {
    put(blob, 16, std::uint32_t{12}, kLittle);
    put(blob, 20, std::uint32_t{9}, kLittle);
  });
  cases.spoilt(Rule::no_strings, "no strings", [](ByteVector& blob) {
    blob.resize(40);
    put(blob, 20, std::uint32_t{0}, kLittle);
    put(blob, 24, std::uint32_t{0}, kLittle);
  });
  cases.spoilt(Rule::strings_start, "strings without the empty one",
               [](ByteVector& blob) { put(blob, 40, std::uint8_t{'x'}, kLittle); });
  cases.spoilt(Rule::strings_end, "a last string without end",
               [](ByteVector& blob) { put(blob, blob.size() - 1, std::uint8_t{'x'}, kLittle); });
  cases.spoilt(Rule::no_types, "no types", [](ByteVector& blob) {
    blob.erase(blob.begin() + 24, blob.begin() + 40);
    put(blob, 12, std::uint32_t{0}, kLittle);
    put(blob, 16, std::uint32_t{0}, kLittle);
  });
  cases.spoilt(Rule::strings_last, "types behind the strings", [](ByteVector& blob) {
    const ByteVector types(blob.begin() + 24, blob.begin() + 40);
    blob.erase(blob.begin() + 24, blob.begin() + 40);
    blob.resize(24 + 8);  // a multiple of 4 behind "" and "int"
    blob.insert(blob.end(), types.begin(), types.end());
    put(blob, 8, std::uint32_t{8}, kLittle);
    put(blob, 16, std::uint32_t{0}, kLittle);
    put(blob, 20, std::uint32_t{8}, kLittle);
  });
  for (const std::size_t extra : {4U, 8U, 12U, 40U}) {
    cases.spoilt({}, fmt::format("{} more header bytes, all zero", extra), [=](ByteVector& blob) {
      blob.insert(blob.begin() + 24, extra, std::byte{0});
      put(blob, 4, static_cast<std::uint32_t>(24 + extra), kLittle);
    });
  }
  cases.spoilt(Rule::layout_section, "more header, not zero", [](ByteVector& blob) {
    blob.insert(blob.begin() + 24, 8, std::byte{4});
    put(blob, 4, std::uint32_t{32}, kLittle);
  });
  cases.spoilt(Rule::header_tail, "more header than any kernel knows", [](ByteVector& blob) {
    blob.insert(blob.begin() + 24, 16, std::byte{0});
    put(blob, 36, std::uint8_t{1}, kLittle);
    put(blob, 4, std::uint32_t{40}, kLittle);
  });
  cases.spoilt(Rule::blob_size, "more than 16 MiB", [](ByteVector& blob) {
    blob.resize((std::size_t{16} << 20) + 1);
    put(blob, 20, static_cast<std::uint32_t>(blob.size() - 40), kLittle);
  });
  cases.spoilt({}, "16 MiB", [](ByteVector& blob) {
    blob.resize(std::size_t{16} << 20);
    put(blob, 20, static_cast<std::uint32_t>(blob.size() - 40), kLittle);
  });
}

}  // namespace btfreloc::test
