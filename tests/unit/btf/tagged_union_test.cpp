#include "btf/tagged_union.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "support/btf_bytes.h"
#include "support/objects.h"
#include "support/tagged_unions.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using test::OpenBtf;
using test::OpenObject;
using testing::ElementsAre;

OpenObject rust_object(const std::string& name) {
  return test::open_object(BTFRELOC_TESTDATA "/rust/" + name);
}

/// Calls f(id, TaggedUnion) for every tagged union.
template <class F>
void for_each_tagged_union(const View& view, F&& f) {
  DeclTags tags(view);
  for (TypeId id{1}; id.value < view.size(); ++id.value) {
    if (const auto type = decode_tagged_union(view, id, tags)) f(id, *type);
  }
}

/// The form of a tagged union in BTF: names, sizes, offsets and tags of its STRUCT and UNION, and
/// the ids of the types behind them.
std::string form(const View& view, TypeId id) {
  DeclTags tags(view);
  const auto outer = std::get<Struct>(view.decode(id));
  const TypeId union_id = outer.members[0].type;
  const auto inner = std::get<Union>(view.decode(union_id));
  std::string text =
      fmt::format("STRUCT {} {} UNION {}\n", view.name(id), outer.size.value, inner.size.value);
  for (const Member member : inner.members) {
    const bool is_wrapper = member.name.value == 0 && view.kind(member.type) == Kind::kStruct &&
                            view.name(member.type).empty();
    text += fmt::format("{} at {}", view.string(member.name), member.offset.value);
    if (is_wrapper) {
      const auto wrapper = std::get<Struct>(view.decode(member.type));
      for (const Member wrapped : wrapper.members) {
        text += fmt::format(" in {}: {} [{}] at {}", wrapper.size.value, view.string(wrapped.name),
                            wrapped.type.value, wrapped.offset.value);
      }
      text += '\n';
    } else {
      text += fmt::format(" [{}]\n", member.type.value);
    }
  }
  std::vector<std::string> lines;
  for (const TypeId on : {id, union_id}) {
    for (const TypeId tag_id : tags.on(on)) {
      const auto tag = std::get<DeclTag>(view.decode(tag_id));
      lines.push_back(fmt::format("{} {} {}\n", on == id ? "STRUCT" : "UNION", tag.component,
                                  view.string(tag.name)));
    }
  }
  std::ranges::sort(lines);
  for (const std::string& line : lines) text += line;
  return text;
}

/// The pass writes through debug info and LLVM; this library writes BTF. They write the same.
TEST(TaggedUnion, IsWrittenAsThePassDoes) {
  std::size_t compared = 0;
  for (const char* file :
       {"types.llvm19.o", "types.llvm22.o", "tagged_unions.llvm19.o", "tagged_unions.llvm22.o"}) {
    const OpenObject object = rust_object(file);
    const View& view = *object.object.btf();
    Builder builder = Builder::copy_of(view);
    std::vector<std::pair<TypeId, TypeId>> pairs;
    for_each_tagged_union(view, [&](TypeId id, const TaggedUnion& type) {
      pairs.emplace_back(id, add_tagged_union(builder, type));
    });
    const OpenBtf written = test::open(test::must(builder.blob()));
    for (const auto& [theirs, ours] : pairs) {
      EXPECT_EQ(form(written.view, ours), form(view, theirs)) << file;
    }
    compared += pairs.size();
  }
  EXPECT_EQ(compared, 70U);
}

std::string legal_type_name(const View& view, TypeId id) { return legal_name(view.name(id)); }

/// A member of a payload.
struct PayloadMember {
  std::uint64_t offset;
  std::string name;
  std::string type;
  bool operator==(const PayloadMember&) const = default;
};

std::vector<PayloadMember> payload_members(const View& view, TypeId id) {
  std::vector<PayloadMember> members;
  const auto payload = std::get<Struct>(view.decode(id));
  for (const Member member : payload.members) {
    const auto kind = view.kind(member.type).value_or(Kind::kVoid);
    members.push_back({member.offset.value, std::string(view.string(member.name)),
                       std::string(traits(kind).name) + " " + legal_type_name(view, member.type)});
  }
  return members;
}
std::vector<PayloadMember> sorted(std::vector<PayloadMember> members) {
  std::ranges::stable_sort(members, {}, &PayloadMember::offset);
  return members;
}

/// The struct and union part is LLVM 22's for the same source, but for type ids and three repairs:
/// names, the order of a payload's members, and the discriminant that is not at offset 0.
TEST(TaggedUnion, HasTheShapeOfLlvm22) {
  const OpenObject ours = rust_object("tagged_unions.llvm22.o");
  const OpenObject theirs = rust_object("tagged_unions.rustc.llvm22.o");
  const View& our_view = *ours.object.btf();
  const View& their_view = *theirs.object.btf();
  std::map<std::string, std::pair<TypeId, TaggedUnion>> by_name;
  for_each_tagged_union(their_view, [&](TypeId id, const TaggedUnion& type) {
    by_name.emplace(type.name, std::pair(id, type));
  });
  std::size_t compared = 0;
  std::size_t repaired_names = 0;
  std::size_t repaired_orders = 0;
  std::size_t wrapped = 0;
  for_each_tagged_union(our_view, [&](TypeId id, const TaggedUnion& type) {
    SCOPED_TRACE(type.name);
    const auto found = by_name.find(type.name);
    // Without tags, an unnamed union of one member may be anything.
    if (!type.discriminant && !type.variants.empty()) return;
    ASSERT_NE(found, by_name.end());
    const auto& [their_id, their_type] = found->second;
    ++compared;
    EXPECT_EQ(our_view.name(id), legal_type_name(their_view, their_id));
    repaired_names += our_view.name(id) != their_view.name(their_id) ? 1 : 0;
    EXPECT_EQ(type.size, their_type.size);
    ASSERT_EQ(type.discriminant.has_value(), their_type.discriminant.has_value());
    if (type.discriminant) {
      EXPECT_EQ(type.discriminant->offset, their_type.discriminant->offset);
      EXPECT_EQ(type.discriminant->bits, their_type.discriminant->bits);
      EXPECT_EQ(type.discriminant->is_signed, their_type.discriminant->is_signed);
      EXPECT_EQ(our_view.name(type.discriminant->type),
                their_view.name(their_type.discriminant->type));
      wrapped += type.discriminant->offset.value != 0 ? 1 : 0;
    }
    ASSERT_EQ(type.variants.size(), their_type.variants.size());
    for (std::size_t i = 0; i < type.variants.size(); ++i) {
      const TypeId our_payload = type.variants[i].payload;
      const TypeId their_payload = their_type.variants[i].payload;
      EXPECT_EQ(type.variants[i].name, their_type.variants[i].name);
      EXPECT_TRUE(their_type.variants[i].values.empty() && !their_type.variants[i].is_default);
      EXPECT_FALSE(type.variants[i].values.empty() && !type.variants[i].is_default);
      EXPECT_EQ(our_view.name(our_payload), legal_type_name(their_view, their_payload));
      const auto their_members = payload_members(their_view, their_payload);
      repaired_orders += their_members != sorted(their_members) ? 1 : 0;
      EXPECT_EQ(our_view.third_word(our_payload), their_view.third_word(their_payload));
      EXPECT_EQ(payload_members(our_view, our_payload), sorted(their_members));
    }
  });
  EXPECT_EQ(compared, 10U);
  EXPECT_EQ(repaired_names, 7U);
  EXPECT_EQ(repaired_orders, 1U);
  EXPECT_EQ(wrapped, 2U);
}

/// A tagged union of an i16 and three variants, with tags as they are given.
struct Tag {
  const char* text;
  std::int32_t component;
};
std::optional<TaggedUnion> with_tags(const std::vector<Tag>& tags, bool is_attribute = false) {
  BtfBytes btf;
  const TypeId i16 = btf.integer("i16", 2, kIntSigned);
  const TypeId payload = btf.add(Kind::kStruct, "P", 4);
  btf.add(Kind::kStruct, "Hostile", 4, {0, TypeId{4}, 0});
  btf.add(Kind::kUnion, 0, 4, {0, i16, 0, "A", payload, 0, "B", payload, 0, "C", payload, 0});
  for (const Tag& tag : tags) {
    btf.add(Kind::kDeclTag, tag.text, TypeId{4}, {tag.component}, is_attribute);
  }
  const OpenBtf open = test::open(btf);
  DeclTags index(open.view);
  return decode_tagged_union(open.view, TypeId{3}, index);
}

std::vector<std::string> selections(const std::optional<TaggedUnion>& type) {
  std::vector<std::string> texts;
  if (!type) return {"none"};
  for (const TaggedUnion::Variant& variant : type->variants) {
    texts.push_back(selection_text(*type, variant));
  }
  return texts;
}

TEST(TaggedUnion, WhatCannotBeReadIsNotKnown) {
  EXPECT_THAT(selections(with_tags({})), ElementsAre("", "", ""));
  EXPECT_THAT(selections(with_tags({{"discriminant", 0}})), ElementsAre("", "", ""));
  for (const char* text :
       {"discriminant=",        "discriminant=abc",
        "discriminant=1,",      "discriminant=,1",
        "discriminant=1..",     "discriminant=..1",
        "discriminant=2..1",    "discriminant= 1",
        "discriminant=+1",      "discriminant=1 ",
        "discriminant=32768",   "discriminant=-32769",
        "discriminant=0x1",     "discriminant=99999999999999999999999999999999999999999999",
        "discriminant=1..2..3", "discriminant=-",
        "discriminant=--1",     "discriminant=-0",
        "discriminant=007",     "discriminant=-01",
        "discriminant=Default", "discriminant=1,default"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(selections(with_tags({{text, 1}, {"discriminant=1", 2}})),
                ElementsAre("", "1", ""));
  }
  // Twice: which of them?
  EXPECT_THAT(selections(with_tags({{"discriminant=1", 1}, {"discriminant=2", 1}})),
              ElementsAre("", "", ""));
  // The reader cuts strings, and a cut list would be another list.
  std::string long_list = "discriminant=1";
  while (long_list.size() < kMaxStringSize + 10) long_list += ",22";
  EXPECT_THAT(selections(with_tags({{long_list.c_str(), 1}})), ElementsAre("", "", ""));
  EXPECT_THAT(selections(with_tags({{"discriminant=1", 1}}, /*is_attribute=*/true)),
              ElementsAre("", "", ""));
  EXPECT_THAT(selections(with_tags({{"discriminants", 1}})), ElementsAre("", "", ""));
}

TEST(TaggedUnion, ContradictionsMakeItNone) {
  for (const std::int32_t component : {-1, 4, 5, INT32_MAX, INT32_MIN}) {
    EXPECT_THAT(selections(with_tags({{"discriminant=1", component}})), ElementsAre("none"));
  }
  EXPECT_THAT(selections(with_tags({{"discriminant", 1}})), ElementsAre("none"));
  EXPECT_THAT(selections(with_tags({{"discriminant", 0}, {"discriminant=1", 0}})),
              ElementsAre("none"));
}

TEST(TaggedUnion, ExtremesOfTheDiscriminantAreValues) {
  EXPECT_THAT(selections(with_tags({{"discriminant=-32768..-1", 1},
                                    {"discriminant=0,2,5..7,32767", 2},
                                    {"discriminant=default", 3}})),
              ElementsAre("-32768..-1", "0,2,5..7,32767", "default"));
}

using Outcome = Selection::Outcome;

Outcome outcome(const std::vector<Tag>& tags, std::int64_t value) {
  return select(*with_tags(tags), WideInt::of_signed(value)).outcome;
}

TEST(Select, NeverGuesses) {
  EXPECT_EQ(outcome({{"discriminant=1", 1}, {"discriminant=1..3", 2}}, 1), Outcome::ambiguous);
  EXPECT_EQ(outcome({{"discriminant=1", 1}, {"discriminant=1..3", 2}}, 3), Outcome::variant);
  EXPECT_EQ(outcome({{"discriminant=1", 1}, {"discriminant=default", 2}}, 5), Outcome::unknown);
  EXPECT_EQ(outcome({{"discriminant=1", 1}}, 1), Outcome::variant);
  EXPECT_EQ(outcome({}, 1), Outcome::unknown);
  EXPECT_EQ(outcome({{"discriminant=1", 1}, {"discriminant=2", 2}, {"discriminant=3", 3}}, 4),
            Outcome::none);
  EXPECT_EQ(
      outcome({{"discriminant=default", 1}, {"discriminant=default", 2}, {"discriminant=3", 3}}, 4),
      Outcome::ambiguous);
  const std::vector<Tag> all = {
      {"discriminant=-5..-1", 1}, {"discriminant=0", 2}, {"discriminant=default", 3}};
  EXPECT_EQ(select(*with_tags(all), WideInt::of_signed(-3)).variant, 0U);
  EXPECT_EQ(select(*with_tags(all), WideInt::of_signed(0)).variant, 1U);
  EXPECT_EQ(select(*with_tags(all), WideInt::of_signed(1)).variant, 2U);
}

TEST(TaggedUnion, StructsOfCAreNone) {
  BtfBytes btf;
  const TypeId u32 = btf.integer("unsigned int", 4);
  const TypeId inner = btf.add(Kind::kStruct, 0, 4, {"a", u32, 0});
  const TypeId named = btf.add(Kind::kUnion, 0, 4, {"a", u32, 0, "b", u32, 0});
  const TypeId of_struct = btf.add(Kind::kUnion, 0, 4, {0, inner, 0, "b", u32, 0});
  std::vector<TypeId> structs;
  for (const TypeId of : {named, of_struct}) {
    structs.push_back(btf.add(Kind::kStruct, "s", 4, {0, of, 0}));
  }
  const TypeId tagged = btf.add(Kind::kUnion, 0, 4, {0, u32, 0, "b", u32, 0});
  structs.push_back(btf.add(Kind::kStruct, "s", 4, {"u", tagged, 0}));  // named
  structs.push_back(btf.add(Kind::kStruct, "s", 8, {0, tagged, 0}));    // larger
  structs.push_back(btf.add(Kind::kStruct, "s", 8, {0, tagged, 32}));
  structs.push_back(btf.add(Kind::kStruct, "s", 4, {0, tagged, 0, "c", u32, 0}));
  structs.push_back(btf.add(Kind::kUnion, "s", 4, {0, tagged, 0}));
  const OpenBtf open = test::open(btf);
  DeclTags tags(open.view);
  for (const TypeId id : structs) {
    EXPECT_FALSE(decode_tagged_union(open.view, id, tags)) << id.value;
  }
}

TEST(TaggedUnion, SeveralVariantsWithoutADiscriminantAreNone) {
  for (const std::size_t variants : {1, 2}) {
    BtfBytes btf;
    const TypeId payload = btf.add(Kind::kStruct, "P", 4);
    const TypeId id = btf.add(Kind::kStruct, "s", 4, {0, TypeId{3}, 0});
    std::vector<test::Word> members = {"A", payload, 0};
    if (variants == 2) members.insert(members.end(), {"B", payload, 0});
    btf.add(Kind::kUnion, 0, 4, members);
    btf.add(Kind::kDeclTag, "discriminant=default", TypeId{3}, {0});
    const OpenBtf open = test::open(btf);
    DeclTags tags(open.view);
    EXPECT_EQ(decode_tagged_union(open.view, id, tags).has_value(), variants == 1);
  }
}

/// `struct cfg { union { }; };` is C.
TEST(TaggedUnion, WithoutVariantsTagsHaveToSaySo) {
  const auto is_one = [](const char* tag, std::int32_t component, TypeId on) {
    BtfBytes btf;
    const TypeId id = btf.add(Kind::kStruct, "cfg", 0, {0, TypeId{2}, 0});
    btf.add(Kind::kUnion, 0, 0);
    if (tag != nullptr) btf.add(Kind::kDeclTag, tag, on, {component});
    const OpenBtf open = test::open(btf);
    DeclTags tags(open.view);
    return decode_tagged_union(open.view, id, tags).has_value();
  };
  EXPECT_FALSE(is_one(nullptr, -1, {}));
  EXPECT_FALSE(is_one("user", -1, TypeId{1}));
  EXPECT_FALSE(is_one("discriminant=none", 0, TypeId{1}));
  EXPECT_FALSE(is_one("discriminant=none", -1, TypeId{2}));
  EXPECT_TRUE(is_one("discriminant=none", -1, TypeId{1}));
  EXPECT_TRUE(is_one("name=a::b", -1, TypeId{1}));
}

TEST(TaggedUnion, WithoutVariantsIsReadAsItWasWritten) {
  for (const char* name : {"Never", "a::Never", ""}) {
    for (const bool has_tags : {false, true}) {
      const TaggedUnion type = {
          .name = name, .size = {8}, .discriminant = std::nullopt, .variants = {}};
      Builder btf;
      const TypeId id = add_tagged_union(btf, type, {.tags = has_tags});
      const OpenBtf open = test::open(test::must(btf.blob()));
      DeclTags tags(open.view);
      const auto read = decode_tagged_union(open.view, id, tags);
      EXPECT_EQ(read, has_tags ? std::optional(type) : std::nullopt) << name;
    }
  }
}

/// Each tag would be two thousand ranges, of one text.
TEST(TaggedUnions, AreReadInProportionToTheFile) {
  constexpr int kVariants = 5'000;
  std::string text = "discriminant=1";
  while (text.size() < kMaxStringSize - 10) text += ",1";
  for (const bool is_hostile : {false, true}) {
    Builder btf;
    test::PartMaker part(btf);
    const TypeId u32 = part.integer(4, false);
    const TypeId payload = part.payload("P", {4}, {});
    std::vector<Member> members = {part.member("", u32, 0)};
    for (int i = 0; i < kVariants; ++i) members.push_back(part.member("V", payload, 0));
    const Member inner = part.member("", TypeId{3}, 0);
    btf.add_union({}, {4}, members);
    const TypeId id = btf.add_struct(btf.string("Many"), {4}, {&inner, 1});
    for (int i = 0; i < kVariants; ++i) {
      const StrOff tag = btf.string(is_hostile ? text : "discriminant=1");
      btf.add(DeclTag{.name = tag, .type = TypeId{3}, .component = i + 1, .is_attribute = false});
    }
    const OpenBtf open = test::open(test::must(btf.blob()));
    TaggedUnions types(open.view);
    EXPECT_EQ(types.find(id) == nullptr, is_hostile);
  }
}

TEST(WideInt, TextIsThatOfTheNumber) {
  const WideInt most = {.high = ~std::uint64_t{0}, .low = ~std::uint64_t{0}};
  const WideInt least = {.high = std::uint64_t{1} << 63, .low = 0};
  EXPECT_EQ(decimal(most, false), "340282366920938463463374607431768211455");
  EXPECT_EQ(decimal(most, true), "-1");
  EXPECT_EQ(decimal(least, true), "-170141183460469231731687303715884105728");
  EXPECT_EQ(decimal(WideInt::of_signed(INT64_MIN), true), "-9223372036854775808");
  EXPECT_EQ(hexadecimal(most), "0xffffffffffffffffffffffffffffffff");
  EXPECT_EQ(hexadecimal(most, {8}), "0xff");
  EXPECT_EQ(hexadecimal({.high = 1, .low = 2}), "0x10000000000000002");
  EXPECT_EQ(hexadecimal({}), "0x0");
  for (const char* text : {"340282366920938463463374607431768211455", "0", "18446744073709551616",
                           "-170141183460469231731687303715884105728", "-1"}) {
    const auto value = parse_integer(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(decimal(*value, text[0] == '-'), text);
  }
  EXPECT_FALSE(parse_integer("340282366920938463463374607431768211456"));
  EXPECT_FALSE(parse_integer("-170141183460469231731687303715884105729"));
  EXPECT_EQ(parse_integer("0x10000000000000002"), (WideInt{.high = 1, .low = 2}));
  for (const char* text :
       {"", "-", "0x", "0xg", "1x", " 1", "0x1000000000000000000000000000000000"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
  EXPECT_EQ(extended(WideInt::of(0x80), {8}, true), WideInt::of_signed(-128));
  EXPECT_EQ(extended(WideInt::of(0x17f), {8}, true), WideInt::of(0x7f));
  EXPECT_EQ(extended(WideInt{.high = 1, .low = 0}, {65}, true),
            (WideInt{.high = ~std::uint64_t{0}, .low = 0}));
}

}  // namespace
}  // namespace btfreloc::btf
