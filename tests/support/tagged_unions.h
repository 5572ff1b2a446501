#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "btf/tagged_union.h"
#include "support/choices.h"

// Tagged unions for tests: one of every case that docs/tagged-unions.md describes, and random ones.
// All of them are types that kernels take.

namespace btfreloc::test {

/// Types that tagged unions are made of, each added when it is asked for.
class PartMaker {
 public:
  explicit PartMaker(btf::Builder& btf) : btf_(btf) {}

  TypeId integer(std::uint32_t size, bool is_signed) {
    return btf_.add(
        btf::Int{.name = btf_.string((is_signed ? "i" : "u") + std::to_string(size * 8)),
                 .size = {size},
                 .encoding = is_signed ? btf::kIntSigned : std::uint8_t{0},
                 .offset = {},
                 .bits = {size * 8}});
  }
  TypeId enumeration(std::uint32_t size, bool is_signed) {
    const btf::Enumerator values[] = {{.name = btf_.string("LOW"), .value = 0},
                                      {.name = btf_.string("HIGH"), .value = 1}};
    const StrOff name = btf_.string("level");
    return size == 8 ? btf_.add_enum64(name, {size}, is_signed, values)
                     : btf_.add_enum(name, {size}, is_signed, values);
  }
  TypeId pointer(TypeId to) { return btf_.add(btf::Ptr{.type = to}); }
  TypeId payload(const std::string& name, ByteCount size, const std::vector<btf::Member>& members) {
    return btf_.add_struct(btf_.string(btf::legal_name(name)), size, members);
  }
  btf::Member member(const char* name, TypeId type, std::uint32_t byte) {
    return {
        .name = btf_.string(name), .type = type, .offset = ByteCount{byte}, .bitfield_size = {}};
  }

 private:
  btf::Builder& btf_;
};

using TaggedUnion = btf::TaggedUnion;

inline TaggedUnion::Range one_value(std::int64_t value) {
  const auto wide = btf::WideInt::of_signed(value);
  return {.first = wide, .last = wide};
}
inline TaggedUnion::Range values(std::int64_t first, std::int64_t last) {
  return {.first = btf::WideInt::of_signed(first), .last = btf::WideInt::of_signed(last)};
}

/// Every case of the document. Adds the parts, not the tagged unions, but those inside of others.
inline std::vector<TaggedUnion> every_tagged_union(btf::Builder& btf,
                                                   const btf::EncodeOptions& options = {}) {
  PartMaker part(btf);
  const TypeId u8 = part.integer(1, false);
  const TypeId i16 = part.integer(2, true);
  const TypeId u32 = part.integer(4, false);
  const TypeId u64 = part.integer(8, false);
  const TypeId u128 = part.integer(16, false);
  const TypeId i128 = part.integer(16, true);
  const auto on = [](TypeId type, std::uint32_t byte, std::uint32_t size, bool is_signed = false) {
    return TaggedUnion::Discriminant{
        .type = type, .offset = {byte}, .bits = {size * 8}, .is_signed = is_signed};
  };
  const auto empty = [&](const char* name, std::uint32_t size) {
    return part.payload(name, {size}, {});
  };
  std::vector<TaggedUnion> all;

  all.push_back(
      {"Event",
       {24},
       on(u32, 0, 4),
       {{"DropIp",
         part.payload("DropIp", {24}, {part.member("addr", u32, 4), part.member("prefix", u8, 8)}),
         {one_value(0)},
         false},
        {"DropSni",
         part.payload("DropSni", {24}, {part.member("len", u8, 4)}),
         {one_value(1)},
         false},
        {"Nothing", empty("Nothing", 0), {one_value(2)}, false}}});
  const TypeId event = btf::add_tagged_union(btf, all.back(), options);
  all.push_back({"Option<&u64>",
                 {8},
                 on(u64, 0, 8),
                 {{"None", empty("None", 8), {one_value(0)}, false},
                  {"Some",
                   part.payload("Some", {8}, {part.member("__0", part.pointer(u64), 0)}),
                   {},
                   true}}});
  all.push_back({"Option<Event>",
                 {24},
                 on(u32, 0, 4),
                 {{"None", empty("None", 24), {one_value(3)}, false},
                  {"Some", part.payload("Some", {24}, {part.member("__0", event, 0)}), {}, true}}});
  all.push_back(
      {"Niche<core::num::NonZero<u32>>",
       {16},
       on(u32, 12, 4),
       {{"Empty", empty("Empty", 16), {values(0, 4), one_value(7), values(9, 12)}, false},
        {"Full",
         part.payload("Full", {16}, {part.member("__0", u64, 0), part.member("__1", u32, 12)}),
         {},
         true}}});
  all.push_back({"Signed",
                 {16},
                 on(i16, 0, 2, true),
                 {{"Below",
                   part.payload("Below", {16}, {part.member("__0", u64, 8)}),
                   {one_value(-300)},
                   false},
                  {"Around", empty("Around", 16), {values(-3, 3)}, false},
                  {"Above", empty("Above", 16), {one_value(300)}, false}}});
  const btf::WideInt largest = {.high = ~std::uint64_t{0}, .low = ~std::uint64_t{0}};
  all.push_back({"Wide",
                 {32},
                 on(u128, 0, 16),
                 {{"Low", empty("Low", 32), {{.first = {}, .last = btf::WideInt::of(9)}}, false},
                  {"High",
                   part.payload("High", {32}, {part.member("__0", u64, 16)}),
                   {{.first = largest, .last = largest}},
                   false}}});
  all.push_back({"WideSigned",
                 {32},
                 on(i128, 16, 16, true),
                 {{"Negative", empty("Negative", 32), {values(-5, -1)}, false},
                  {"Rest", empty("Rest", 32), {}, true}}});
  all.push_back(
      {"ByEnum",
       {8},
       on(part.enumeration(4, false), 0, 4),
       {{"Low", empty("Low", 8), {one_value(0)}, false}, {"Number", u64, {one_value(1)}, false}}});
  all.push_back({"ByEnum64",
                 {16},
                 on(part.enumeration(8, true), 8, 8, true),
                 {{"Low", empty("Low", 16), {one_value(INT64_MIN)}, false},
                  {"High", empty("High", 16), {one_value(INT64_MAX)}, false}}});
  all.push_back(
      {"Single",
       {16},
       std::nullopt,
       {{"Only",
         part.payload("Only", {16}, {part.member("second", u64, 0), part.member("first", u8, 8)}),
         {},
         true}}});
  all.push_back({"Never", {0}, std::nullopt, {}});
  all.push_back({"Partial",
                 {4},
                 on(u32, 0, 4),
                 {{"Known", empty("Known", 4), {one_value(1)}, false},
                  {"Unknown", empty("Unknown", 4), {}, false}}});
  all.push_back({"größe<'a, &&T>",
                 {2},
                 on(u8, 1, 1),
                 {{"höhe", empty("höhe", 2), {one_value(0)}, false},
                  {"hähe", empty("hähe", 2), {one_value(1)}, false},
                  {"", empty("", 2), {one_value(2)}, false}}});
  return all;
}

/// Makes random tagged unions, nested ones among them.
class TaggedUnionMaker {
 public:
  TaggedUnionMaker(btf::Builder& btf, Choices& choices)
      : btf_(btf), choices_(choices), part_(btf) {}

  /// Adds its parts; the next may hold it after added().
  TaggedUnion make() {
    TaggedUnion type;
    type.name = name();
    std::optional<TaggedUnion::Discriminant>& discriminant = type.discriminant;
    if (choices_.percent(85)) discriminant = make_discriminant();
    const std::uint32_t least =
        discriminant
            ? static_cast<std::uint32_t>(discriminant->offset.value + discriminant->bits.value / 8)
            : 0;
    type.size = {(least + 16 + choices_.below(4) * 8) / 8 * 8};
    const std::uint32_t count = discriminant ? choices_.below(7) : choices_.below(2);
    std::int64_t next = first_value(discriminant);
    for (std::uint32_t i = 0; i < count; ++i) {
      TaggedUnion::Variant& variant = type.variants.emplace_back();
      variant.name = name();
      variant.payload = make_payload(variant.name, type.size);
      const bool is_default = !discriminant || choices_.percent(15);
      if (is_default) {
        variant.is_default = true;
      } else if (!choices_.percent(10)) {
        variant.values = make_values(next);
      }
    }
    return type;
  }

  void added(TypeId id, ByteCount size) { inner_.push_back({id, size}); }

 private:
  std::string name() {
    static constexpr auto kNames =
        std::to_array<const char*>({"Event", "Option<u32>", "", "Foo<&&T>", "größe", "_", "None",
                                    "Some", "a::b::C", "9", "x___y"});
    std::string text = choices_.one_of(kNames);
    if (choices_.percent(5)) text += std::string(130, 'n');
    return text;
  }

  TaggedUnion::Discriminant make_discriminant() {
    const std::uint32_t size = 1U << choices_.below(5);
    const bool is_signed = choices_.percent(40);
    const bool is_enum = size <= 8 && choices_.percent(20);
    const std::uint32_t slot = choices_.percent(40) ? choices_.below(3) : 0;
    return {.type = is_enum ? part_.enumeration(size, is_signed) : part_.integer(size, is_signed),
            .offset = {slot * size},
            .bits = {size * 8},
            .is_signed = is_signed};
  }

  static std::int64_t first_value(const std::optional<TaggedUnion::Discriminant>& discriminant) {
    return discriminant && discriminant->is_signed ? -40 : 0;
  }

  /// Up to three ranges from `next` on, which is moved behind them. All fit a byte.
  std::vector<TaggedUnion::Range> make_values(std::int64_t& next) {
    std::vector<TaggedUnion::Range> ranges;
    for (std::uint32_t count = 1 + choices_.below(3); count != 0; --count) {
      const std::int64_t first = next + choices_.below(3);
      const std::int64_t last = first + (choices_.percent(30) ? choices_.below(3) : 0);
      ranges.push_back(values(first, last));
      next = last + 1;
    }
    return ranges;
  }

  TypeId make_payload(const std::string& name, ByteCount size) {
    switch (choices_.below(5)) {
      case 0: return part_.payload(name, {0}, {});
      case 1: return part_.integer(8, false);
      case 2:
        for (const auto& [id, inner_size] : inner_) {
          if (inner_size <= size) {
            return part_.payload(name, size, {part_.member("inner", id, 0)});
          }
        }
        [[fallthrough]];
      default:
        return part_.payload(name, size,
                             {part_.member("a", part_.integer(4, true), 4),
                              part_.member("b", part_.integer(8, false), 8)});
    }
  }

  btf::Builder& btf_;
  Choices& choices_;
  PartMaker part_;
  std::vector<std::pair<TypeId, ByteCount>> inner_;
};

}  // namespace btfreloc::test
