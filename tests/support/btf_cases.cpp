#include "support/btf_cases.h"

#include <fmt/format.h>

#include <utility>

namespace btfreloc::test {
namespace {

using btf::Kind;
using btf::Rule;

constexpr auto kLittle = std::endian::little;

/// Collects cases. Each blob begins with [1] int, 4 bytes.
class Cases {
 public:
  using Make = std::function<void(BtfBytes&)>;
  using Spoil = std::function<void(ByteVector&)>;

  void good(std::string name, const Make& make) { add(std::move(name), {}, make); }
  void bad(Rule rule, std::string name, const Make& make) { add(std::move(name), rule, make); }
  /// One int, and the finished blob changed.
  void spoilt(std::optional<Rule> rule, std::string name, const Spoil& spoil) {
    BtfBytes btf;
    btf.integer("int", 4, btf::kIntSigned);
    ByteVector blob = btf.bytes();
    spoil(blob);
    cases_.push_back({std::move(name), rule, std::move(blob)});
  }
  std::vector<BtfCase> take() { return std::move(cases_); }

 private:
  void add(std::string name, std::optional<Rule> rule, const Make& make) {
    BtfBytes btf;
    btf.integer("int", 4, btf::kIntSigned);
    make(btf);
    cases_.push_back({std::move(name), rule, btf.bytes()});
  }

  std::vector<BtfCase> cases_;
};

constexpr TypeId kInt{1};
constexpr TypeId kVoid{0};

std::string repeated(std::size_t count) { return std::string(count, 'x'); }

void add_header_cases(Cases& cases) {
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
  cases.spoilt(Rule::types_align, "types at 2", [](ByteVector& blob) {
    blob.insert(blob.begin() + 24, {std::byte{0}, std::byte{0}});
    put(blob, 4, std::uint32_t{22}, kLittle);
    put(blob, 8, std::uint32_t{2}, kLittle);
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
  cases.spoilt(Rule::strings_end, "a last string without end", [](ByteVector& blob) {
    put(blob, blob.size() - 1, std::uint8_t{'x'}, kLittle);
  });
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

void add_referring_cases(Cases& cases) {
  for (const Referring& of : kReferring) {
    const Kind kind = of.kind;
    const Word name = of.named ? Word("t") : Word(0);
    const auto add = [&](std::optional<Rule> rule, const char* what, const Cases::Make& make) {
      const std::string text = fmt::format("{} {}", of.what, what);
      if (rule) cases.bad(*rule, text, make);
      else cases.good(text, make);
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
    add({}, "to UNION", to([](BtfBytes& b) { return b.add(Kind::kUnion, "u", 4, {"a", kInt, 0}); }));
    add(Rule::target_kind, "to VAR", to([](BtfBytes& b) {
          return b.add(Kind::kVar, "v", kInt, {1});
        }));
    add(Rule::target_kind, "to DATASEC", to([](BtfBytes& b) {
          return b.add(Kind::kDatasec, ".data", 4);
        }));
    add(Rule::target_kind, "to DECL_TAG", to([](BtfBytes& b) {
          const TypeId s = b.add(Kind::kStruct, "s", 4, {"a", kInt, 0});
          return b.add(Kind::kDeclTag, "tag", s, {-1});
        }));
    add(Rule::type_id, "to nothing", [=](BtfBytes& b) { b.add(kind, name, TypeId{100}); });
    add(Rule::type_id, "to a huge id", [=](BtfBytes& b) { b.add(kind, name, TypeId{0x100000}); });
    add(Rule::type_loop, "to itself", [=](BtfBytes& b) { b.add(kind, name, TypeId{2}); });
    add(Rule::vlen_unused, "with vlen", [=](BtfBytes& b) {
      b.add_raw(static_cast<std::uint32_t>(kind), 1, false, name, kInt);
    });
    const bool may_be_flagged = kind == Kind::kTypeTag;
    add(may_be_flagged ? std::nullopt : std::optional(Rule::kind_flag), "with kind_flag",
        [=](BtfBytes& b) { b.add(kind, name, kInt, {}, true); });
    add(of.named ? Rule::name_missing : Rule::name_unwanted, "with the wrong name",
        [=](BtfBytes& b) { b.add(kind, of.named ? Word(0) : Word("x"), kInt); });
    add(Rule::name_offset, "with a name beyond the strings",
        [=](BtfBytes& b) { b.add(kind, 5000, kInt); });
  }
  cases.good("PTR to FUNC", [](BtfBytes& b) {
    b.pointer(b.function("f", b.add(Kind::kFuncProto, 0, 0), 1));
  });
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
    if (depth <= 32) cases.good(fmt::format("{} pointers forwards", depth), chain);
    else cases.bad(Rule::type_depth, fmt::format("{} pointers forwards", depth), chain);
  }
  cases.good("100 pointers backwards", [](BtfBytes& b) {
    TypeId last = kInt;
    for (int i = 0; i < 100; ++i) last = b.pointer(last);
  });
}

void add_name_cases(Cases& cases) {
  struct Name {
    const char* text;
    bool anywhere, section;
  };
  static constexpr Name kNames[] = {
      {"a", true, true},           {"_", true, true},          {"a1", true, true},
      {"1a", false, true},         {"a.b", true, true},        {".a", true, true},
      {"a b", false, true},        {"a::b", false, true},      {"Vec<u8>", false, true},
      {"?.struct_ops", false, true}, {"\xc3\xa9", false, true}, {"\xc0", true, true},
      {"a\x7f", false, false},     {"a\x01", false, false},    {"\xd7", false, true},
      {"a-b", false, true},        {"a\x80", false, false},    {"\xff", true, true},
  };
  const auto add = [&](const char* what, Rule rule, bool is_good, std::string_view text,
                       const std::function<void(BtfBytes&, const std::string&)>& make) {
    const std::string name(text);
    const auto with = [=](BtfBytes& b) { make(b, name); };
    const std::string label =
        fmt::format("{} named {}", what, name.size() > 40 ? fmt::format("{} bytes", name.size())
                                                          : name);
    if (is_good) cases.good(label, with);
    else cases.bad(rule, label, with);
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
      {"DATASEC", true,
       [](BtfBytes& b, const std::string& n) { b.add(Kind::kDatasec, n, 4); }},
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

void add_int_cases(Cases& cases) {
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
  cases.bad(Rule::array_element, "ARRAY of odd integers", [](BtfBytes& b) {
    b.array(b.add(Kind::kInt, "i", 4, {17}), kInt, 8);
  });
  cases.bad(Rule::array_index, "ARRAY by ENUM",
            [](BtfBytes& b) { b.array(kInt, b.add(Kind::kEnum, "e", 4), 8); });
  cases.bad(Rule::array_index, "ARRAY by a pointer",
            [](BtfBytes& b) { b.array(kInt, b.pointer(kInt), 8); });
  cases.bad(Rule::array_index, "ARRAY by odd integers", [](BtfBytes& b) {
    b.array(kInt, b.add(Kind::kInt, "i", 4, {17}), 8);
  });
  cases.bad(Rule::array_size, "ARRAY of 4 GiB", [](BtfBytes& b) { b.array(kInt, kInt, 1U << 30); });
  cases.good("ARRAY below 4 GiB", [](BtfBytes& b) { b.array(kInt, kInt, (1U << 30) - 1); });
  cases.bad(Rule::array_size, "ARRAY of arrays of 4 GiB", [](BtfBytes& b) {
    b.array(b.array(kInt, kInt, 1U << 16), kInt, 1U << 14);
  });
  cases.bad(Rule::type_loop, "ARRAY of itself", [](BtfBytes& b) { b.array(TypeId{2}, kInt, 4); });
  cases.bad(Rule::kind_flag, "ARRAY with kind_flag",
            [](BtfBytes& b) { b.add(Kind::kArray, 0, 0, {kInt, kInt, 1}, true); });
  cases.bad(Rule::vlen_unused, "ARRAY with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kArray), 1, false, 0, 0, {kInt, kInt, 1});
  });
}

/// A STRUCT of that size, whose one member is of the type that `make` gives.
Cases::Make member_of(std::uint32_t size, std::uint32_t offset, bool flag,
                      std::function<TypeId(BtfBytes&)> make) {
  return [=](BtfBytes& b) {
    const TypeId type = make(b);
    b.add(Kind::kStruct, "s", size, {"m", type, offset}, flag);
  };
}

void add_member_type_cases(Cases& cases) {
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
  bad_member(Rule::member_type, "typedef of FWD", [](BtfBytes& b) {
    return b.add(Kind::kTypedef, "t", b.add(Kind::kFwd, "f", 0));
  });
  bad_member(Rule::member_type, "FUNC_PROTO",
             [](BtfBytes& b) { return b.add(Kind::kFuncProto, 0, 0); });
  bad_member(Rule::member_type, "FUNC", [](BtfBytes& b) {
    return b.function("f", b.add(Kind::kFuncProto, 0, 0), 1);
  });
  bad_member(Rule::member_type, "VAR", [](BtfBytes& b) { return b.add(Kind::kVar, "v", kInt, {1}); });
  bad_member(Rule::member_type, "DATASEC",
             [](BtfBytes& b) { return b.add(Kind::kDatasec, ".data", 4); });
  cases.good("small enum at the end, kind_flag",
             [](BtfBytes& b) { b.add(Kind::kStruct, "s", 4, {"m", TypeId{3}, 0}, true);
                               b.add(Kind::kEnum, "e", 1); });
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
    const auto make = member_of(16, offset, false,
                                [](BtfBytes& b) { return b.add(Kind::kFloat, "d", 8); });
    if (offset % 64 == 0) cases.good(fmt::format("double at bit {}", offset), make);
    else cases.bad(Rule::member_alignment, fmt::format("double at bit {}", offset), make);
  }
}

void add_struct_cases(Cases& cases) {
  cases.good("STRUCT", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 8, {"a", kInt, 0, "b", kInt, 32});
  });
  cases.good("STRUCT of nothing", [](BtfBytes& b) { b.add(Kind::kStruct, "s", 0); });
  cases.good("members at one place", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 8, {"a", kInt, 0, "b", kInt, 0});
  });
  cases.bad(Rule::member_order, "members out of order", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 8, {"a", kInt, 32, "b", kInt, 0});
  });
  cases.bad(Rule::union_offset, "UNION with an offset", [](BtfBytes& b) {
    b.add(Kind::kUnion, "u", 8, {"a", kInt, 0, "b", kInt, 32});
  });
  cases.good("flexible array", [](BtfBytes& b) {
    const TypeId array = b.array(kInt, kInt, 0);
    b.add(Kind::kStruct, "s", 4, {"a", kInt, 0, "b", array, 32});
  });
  cases.good("STRUCT with a pointer to itself", [](BtfBytes& b) {
    b.pointer(TypeId{3});
    b.add(Kind::kStruct, "s", 8, {"next", TypeId{2}, 0});
  });
  cases.bad(Rule::type_loop, "STRUCT in itself", [](BtfBytes& b) {
    b.add(Kind::kStruct, "s", 8, {"a", TypeId{2}, 0});
  });
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
    if (depth <= 32) cases.good(name, make);
    else cases.bad(Rule::type_depth, name, make);
  }
  cases.good("FWD of a union", [](BtfBytes& b) { b.add(Kind::kFwd, "u", 0, {}, true); });
  cases.bad(Rule::fwd_type, "FWD with a type", [](BtfBytes& b) { b.add(Kind::kFwd, "f", kInt); });
  cases.bad(Rule::vlen_unused, "FWD with vlen", [](BtfBytes& b) {
    b.add_raw(static_cast<std::uint32_t>(Kind::kFwd), 1, false, "f", 0);
  });
  cases.bad(Rule::type_id, "member of nothing",
            [](BtfBytes& b) { b.add(Kind::kStruct, "s", 8, {"a", TypeId{99}, 0}); });
}

void add_function_cases(Cases& cases) {
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
        if (as_result) b.add(Kind::kFuncProto, 0, type);
        else b.add(Kind::kFuncProto, 0, 0, {"p", type});
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
    if (linkage <= 1) cases.good(name, make);
    else cases.bad(Rule::func_linkage, name, make);
  }
  cases.good("FUNC with ...", [](BtfBytes& b) {
    b.function("f", b.add(Kind::kFuncProto, 0, 0, {"a", kInt, 0, kVoid}), 1);
  });
  cases.bad(Rule::param_name, "FUNC with a nameless parameter", [](BtfBytes& b) {
    b.function("f", b.add(Kind::kFuncProto, 0, 0, {0, kInt}), 1);
  });
  cases.bad(Rule::func_type, "FUNC of INT", [](BtfBytes& b) { b.function("f", kInt, 1); });
  cases.bad(Rule::func_type, "FUNC of void", [](BtfBytes& b) { b.function("f", kVoid, 1); });
  cases.bad(Rule::kind_flag, "FUNC with kind_flag", [](BtfBytes& b) {
    b.add(Kind::kFunc, "f", b.add(Kind::kFuncProto, 0, 0), {}, true);
  });
}

void add_variable_cases(Cases& cases) {
  for (const std::uint32_t linkage : {0U, 1U, 2U, 7U}) {
    const auto make = [=](BtfBytes& b) { b.add(Kind::kVar, "v", kInt, {linkage}); };
    const std::string name = fmt::format("VAR of linkage {}", linkage);
    if (linkage <= 1) cases.good(name, make);
    else cases.bad(Rule::var_linkage, name, make);
  }
  cases.bad(Rule::void_type, "VAR of void", [](BtfBytes& b) { b.add(Kind::kVar, "v", kVoid, {1}); });
  cases.bad(Rule::var_type, "VAR of FWD", [](BtfBytes& b) {
    b.add(Kind::kVar, "v", b.add(Kind::kFwd, "f", 0), {1});
  });
  cases.bad(Rule::var_type, "VAR of const void", [](BtfBytes& b) {
    b.add(Kind::kVar, "v", b.add(Kind::kConst, 0, kVoid), {1});
  });
  cases.bad(Rule::target_kind, "VAR of VAR", [](BtfBytes& b) {
    b.add(Kind::kVar, "v", b.add(Kind::kVar, "w", kInt, {1}), {1});
  });
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
       [](BtfBytes& b) {
         return b.function("f", b.add(Kind::kFuncProto, 0, 0, {"p", kInt}), 1);
       }},
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
      if (component < -1) cases.bad(Rule::component_index, name, make);
      else if (!target.is_good) cases.bad(Rule::tag_target, name, make);
      else if (!fits) cases.bad(Rule::component_index, name, make);
      else cases.good(name, make);
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
  cases.bad(Rule::tag_order, "const to TYPE_TAG", [](BtfBytes& b) {
    b.add(Kind::kConst, 0, b.add(Kind::kTypeTag, "t", kInt));
  });
  cases.bad(Rule::tag_order, "TYPE_TAG to const to TYPE_TAG", [](BtfBytes& b) {
    b.add(Kind::kTypeTag, "t", b.add(Kind::kConst, 0, b.add(Kind::kTypeTag, "u", kInt)));
  });
  cases.bad(Rule::tag_order, "const to a later TYPE_TAG", [](BtfBytes& b) {
    b.add(Kind::kConst, 0, TypeId{3});
    b.add(Kind::kTypeTag, "t", kInt);
  });
}

}  // namespace

std::vector<BtfCase> btf_cases() {
  Cases cases;
  add_header_cases(cases);
  add_info_cases(cases);
  add_referring_cases(cases);
  add_name_cases(cases);
  add_int_cases(cases);
  add_array_cases(cases);
  add_member_type_cases(cases);
  add_struct_cases(cases);
  add_function_cases(cases);
  add_variable_cases(cases);
  add_tag_cases(cases);
  return cases.take();
}

}  // namespace btfreloc::test
