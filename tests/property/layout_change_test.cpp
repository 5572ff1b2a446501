#include <gtest/gtest.h>
// GoogleTest first.
#include <rapidcheck/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "btf/builder.h"
#include "support/btf_bytes.h"
#include "support/choices.h"
#include "support/raw.h"
#include "xdp-blacklist/layout/layout_change.h"

namespace xdp_blacklist {
namespace {

using btfreloc::TypeId;
using btfreloc::btf::Builder;
using btfreloc::test::Choices;
using btfreloc::test::must;
using btfreloc::test::OpenBtf;

constexpr std::size_t kBytesPerCase = 300;
constexpr std::uint32_t kEnumerators = 3;

/// What a type says, without where it says it.
struct Shape {
  enum class Kind : std::uint8_t { integer, boolean, enumeration, text, array, structure };
  Kind kind;
  std::uint32_t size = 0;   ///< Of an integer or text, in bytes.
  std::uint32_t count = 0;  ///< Of elements.
  std::vector<Shape> parts = {};
};

Shape random_shape(Choices& choices, int depth) {
  const std::uint32_t kinds = depth == 0 ? 4 : 6;
  Shape shape{.kind = static_cast<Shape::Kind>(choices.below(kinds))};
  switch (shape.kind) {
    case Shape::Kind::integer: shape.size = 1U << choices.below(4); break;
    case Shape::Kind::text: shape.size = choices.below(9); break;
    case Shape::Kind::array:
      shape.count = choices.below(4);
      shape.parts.push_back(random_shape(choices, depth - 1));
      break;
    case Shape::Kind::structure:
      for (std::uint32_t i = choices.below(5); i > 0; --i) {
        shape.parts.push_back(random_shape(choices, depth - 1));
      }
      break;
    default: break;
  }
  return shape;
}

/// A shape as one program lays it out: members in some order, with gaps, integers at least as wide
/// as the shape says, enumerators with some values.
struct Layout {
  TypeId type;
  std::uint32_t size;
  std::vector<std::uint32_t> offsets = {};      ///< Of parts.
  std::vector<std::uint32_t> enumerators = {};  ///< Their values.
  std::vector<Layout> parts = {};
};

class LayoutMaker {
 public:
  LayoutMaker(Builder& builder, Choices& choices, bool may_widen)
      : builder_(builder), choices_(choices), may_widen_(may_widen) {}

  Layout make(const Shape& shape) {
    switch (shape.kind) {
      case Shape::Kind::integer: {
        const bool is_wider = may_widen_ && shape.size < 8 && choices_.percent(30);
        return integer("number", is_wider ? shape.size * 2 : shape.size, 0);
      }
      case Shape::Kind::boolean: return integer("bool", 1, btfreloc::btf::kIntBool);
      case Shape::Kind::enumeration: return enumeration();
      case Shape::Kind::text: {
        const Layout letter = integer("char", 1, btfreloc::btf::kIntSigned);
        return {.type = builder_.add(btfreloc::btf::Array{letter.type, letter.type, shape.size}),
                .size = shape.size};
      }
      case Shape::Kind::array: {
        Layout element = make(shape.parts[0]);
        const TypeId type =
            builder_.add(btfreloc::btf::Array{element.type, element.type, shape.count});
        return {.type = type, .size = element.size * shape.count, .parts = {std::move(element)}};
      }
      case Shape::Kind::structure: return structure(shape);
    }
    return {};
  }

 private:
  Layout integer(const char* name, std::uint32_t size, std::uint8_t encoding) {
    return {.type = builder_.add(btfreloc::btf::Int{.name = builder_.string(name),
                                                    .size = {size},
                                                    .encoding = encoding,
                                                    .offset = {},
                                                    .bits = {size * 8}}),
            .size = size};
  }

  Layout enumeration() {
    std::vector<btfreloc::btf::Enumerator> values;
    Layout layout{.type = {}, .size = 1U << choices_.below(3)};
    const std::uint32_t first = choices_.below(100);
    for (std::uint32_t i = 0; i < kEnumerators; ++i) {
      layout.enumerators.push_back((first + i) % kEnumerators + first);
      values.push_back({builder_.string("NAME_" + std::to_string(i)), layout.enumerators[i]});
    }
    layout.type = builder_.add_enum(builder_.string("choice"), {layout.size}, false, values);
    return layout;
  }

  Layout structure(const Shape& shape) {
    Layout layout{.type = {}, .size = 0};
    std::vector<std::size_t> order;
    for (const Shape& part : shape.parts) {
      layout.parts.push_back(make(part));
      order.insert(order.begin() + choices_.below(static_cast<std::uint32_t>(order.size() + 1)),
                   order.size());
    }
    layout.offsets.resize(order.size());
    std::vector<btfreloc::btf::Member> members;
    for (const std::size_t i : order) {
      layout.size += choices_.below(3);
      layout.offsets[i] = layout.size;
      members.push_back({.name = builder_.string("part_" + std::to_string(i)),
                         .type = layout.parts[i].type,
                         .offset = {layout.size * 8},
                         .bitfield_size = {}});
      layout.size += layout.parts[i].size;
    }
    layout.size += choices_.below(3);
    layout.type = builder_.add_struct(builder_.string("record"), {layout.size}, members);
    return layout;
  }

  Builder& builder_;
  Choices& choices_;
  bool may_widen_;
};

/// A value of a layout in memory that was zero.
void fill(const Shape& shape, const Layout& layout, Choices& choices, std::byte* at) {
  switch (shape.kind) {
    case Shape::Kind::integer:
    case Shape::Kind::text:
      for (std::uint32_t i = 0; i < shape.size; ++i) at[i] = std::byte(choices.below(256));
      break;
    case Shape::Kind::boolean: at[0] = std::byte(choices.below(2)); break;
    case Shape::Kind::enumeration: at[0] = std::byte(choices.one_of(layout.enumerators)); break;
    case Shape::Kind::array:
      for (std::uint32_t i = 0; i < shape.count; ++i) {
        fill(shape.parts[0], layout.parts[0], choices, at + i * layout.parts[0].size);
      }
      break;
    case Shape::Kind::structure:
      for (std::size_t i = 0; i < shape.parts.size(); ++i) {
        fill(shape.parts[i], layout.parts[i], choices, at + layout.offsets[i]);
      }
      break;
  }
}

struct Written {
  Layout layout;
  OpenBtf btf;
};

Written write(const Shape& shape, Choices& choices, bool may_widen) {
  Builder builder;
  Layout layout = LayoutMaker(builder, choices, may_widen).make(shape);
  return {std::move(layout), btfreloc::test::open(must(builder.blob()))};
}

LayoutChange compare(const Written& before, const Written& after) {
  return must(compare_layouts(before.btf.view, before.layout.type, after.btf.view,
                              after.layout.type, LayoutPart::value));
}

std::vector<std::uint8_t> random_bytes() {
  // Of the nominal size, all numbers would be below 100.
  return *rc::gen::resize(rc::kNominalSize * 10,
                          rc::gen::container<std::vector<std::uint8_t>>(
                              kBytesPerCase, rc::gen::arbitrary<std::uint8_t>()));
}

RC_GTEST_PROP(LayoutChange, NothingChangesFromALayoutToItself, ()) {
  const auto bytes = random_bytes();
  Choices choices(bytes);
  const Shape shape = random_shape(choices, 4);
  const Written written = write(shape, choices, false);
  std::vector<std::byte> value(written.layout.size);
  for (std::byte& byte : value) byte = std::byte(choices.below(256));
  const LayoutChange change = compare(written, written);
  RC_ASSERT(change.same);
  RC_ASSERT(must(change.migration.migrate(value)) == value);
}

/// There, through fields in other places, wider integers and other numbers for names, and back.
RC_GTEST_PROP(LayoutChange, ValuesComeBackFromAnotherLayout, ()) {
  const auto bytes = random_bytes();
  Choices choices(bytes);
  const Shape shape = random_shape(choices, 4);
  const Written one = write(shape, choices, false);
  const Written other = write(shape, choices, true);
  RC_LOG() << btfreloc::test::all_raw(one.btf.view) << btfreloc::test::all_raw(other.btf.view);
  std::vector<std::byte> value(one.layout.size);
  fill(shape, one.layout, choices, value.data());

  const LayoutChange there = compare(one, other);
  const LayoutChange back = compare(other, one);
  RC_ASSERT(there.can_migrate);
  RC_ASSERT(back.can_migrate);
  RC_ASSERT(there.same == back.same);
  const std::vector<std::byte> migrated = must(there.migration.migrate(value));
  RC_ASSERT(migrated.size() == other.layout.size);
  RC_ASSERT(must(back.migration.migrate(migrated)) == value);
}

}  // namespace
}  // namespace xdp_blacklist
