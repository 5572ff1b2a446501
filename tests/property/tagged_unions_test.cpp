#include <gtest/gtest.h>
// GoogleTest first.
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

#include "btf/builder.h"
#include "btf/raw_text.h"
#include "btf/tagged_union.h"
#include "support/btf_bytes.h"
#include "support/choices.h"
#include "support/objects.h"
#include "support/tagged_unions.h"

namespace btfreloc::btf {
namespace {

using test::OpenBtf;

constexpr std::size_t kBytesPerCase = 400;
constexpr std::size_t kUnionsPerCase = 4;

struct Written {
  std::vector<TaggedUnion> types;
  std::vector<TypeId> ids;
  OpenBtf btf;
};

/// Writes random tagged unions, some of them inside of others.
Written write_random(std::span<const std::uint8_t> bytes, std::endian order,
                     const EncodeOptions& options) {
  test::Choices choices(bytes);
  Builder builder(order);
  test::TaggedUnionMaker maker(builder, choices);
  std::vector<TaggedUnion> types;
  std::vector<TypeId> ids;
  for (std::size_t i = 0; i < kUnionsPerCase; ++i) {
    types.push_back(maker.make());
    ids.push_back(add_tagged_union(builder, types.back(), options));
    maker.added(ids.back(), types.back().size);
  }
  return {std::move(types), std::move(ids), test::open(test::must(builder.blob()))};
}

std::vector<std::uint8_t> random_bytes() {
  // Of the nominal size, all numbers would be below 100.
  return *rc::gen::resize(rc::kNominalSize * 10,
                          rc::gen::container<std::vector<std::uint8_t>>(
                              kBytesPerCase, rc::gen::arbitrary<std::uint8_t>()));
}

std::string raw_text(const View& view) {
  TextBuffer text;
  for (TypeId id{1}; id.value < view.size(); ++id.value) print_raw(text, view, id);
  return std::string(text.view());
}

RC_GTEST_PROP(TaggedUnions, AreReadAsTheyWereWritten, ()) {
  const auto bytes = random_bytes();
  for (const std::endian order : test::kOrders) {
    const Written written = write_random(bytes, order, {});
    DeclTags tags(written.btf.view);
    RC_LOG() << raw_text(written.btf.view);
    for (std::size_t i = 0; i < written.ids.size(); ++i) {
      const auto read = decode_tagged_union(written.btf.view, written.ids[i], tags);
      RC_ASSERT(read.has_value());
      RC_ASSERT(*read == written.types[i]);
    }
  }
}

/// Without tags: the same shape, and values that nobody knows. A wrapped discriminant is legal C,
/// as is a union without members.
RC_GTEST_PROP(TaggedUnions, HaveTheirShapeWithoutTags, ()) {
  const Written written = write_random(random_bytes(), std::endian::little, {.tags = false});
  DeclTags tags(written.btf.view);
  RC_LOG() << raw_text(written.btf.view);
  for (std::size_t i = 0; i < written.ids.size(); ++i) {
    const auto read = decode_tagged_union(written.btf.view, written.ids[i], tags);
    TaggedUnion expected = written.types[i];
    // Of one member, it may look like anything.
    if (!expected.discriminant && !expected.variants.empty()) continue;
    const bool is_seen = expected.discriminant && expected.discriminant->offset.value == 0;
    RC_ASSERT(read.has_value() == is_seen);
    if (!is_seen) continue;
    LegalNames names;
    for (const TaggedUnion::Variant& variant : expected.variants) names.add(variant.name);
    expected.name = legal_name(expected.name);
    for (TaggedUnion::Variant& variant : expected.variants) {
      variant.name = names.unique(variant.name);
      variant.values.clear();
      variant.is_default = false;
    }
    RC_ASSERT(*read == expected);
  }
}

TEST(TaggedUnions, EveryCaseIsReadAsItWasWritten) {
  for (const std::endian order : test::kOrders) {
    Builder builder(order);
    std::vector<TypeId> ids;
    const std::vector<TaggedUnion> types = test::every_tagged_union(builder);
    for (const TaggedUnion& type : types) ids.push_back(add_tagged_union(builder, type));
    const OpenBtf btf = test::open(test::must(builder.blob()));
    DeclTags tags(btf.view);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto read = decode_tagged_union(btf.view, ids[i], tags);
      EXPECT_TRUE(read == types[i]) << types[i].name;
    }
  }
}

}  // namespace
}  // namespace btfreloc::btf
