#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <variant>

#include "object/maps.h"
#include "support/objects.h"
#include "xdp-blacklist/layout/layout_change.h"

// rust/layout.rs and bpf/layout.h say the same: keys and values of the maps that both programs have
// are equal, field by field.

namespace xdp_blacklist {
namespace {

using btfreloc::TypeId;
using btfreloc::btf::View;
using btfreloc::object::Map;
using btfreloc::test::must;

/// The types that a map's definition points to.
struct Types {
  std::optional<TypeId> key, value;
};

std::optional<TypeId> pointee(const View& btf, TypeId id) {
  const btfreloc::btf::Type type = btf.decode(btf.skip_modifiers(id));
  const auto* ptr = std::get_if<btfreloc::btf::Ptr>(&type);
  return ptr == nullptr ? std::nullopt : std::optional(ptr->type);
}

/// Of a map's definition, or of the maps inside it.
Types types_of(const View& btf, TypeId definition) {
  Types types;
  const btfreloc::btf::Type type = btf.decode(btf.skip_modifiers_and_typedefs(definition));
  const auto* record = std::get_if<btfreloc::btf::Struct>(&type);
  if (record == nullptr) return types;
  for (const btfreloc::btf::Member member : record->members) {
    const std::string_view name = btf.string(member.name);
    if (name == "key") types.key = pointee(btf, member.type);
    if (name == "value") types.value = pointee(btf, member.type);
    if (name != "values") continue;
    const btfreloc::btf::Type array = btf.decode(btf.skip_modifiers(member.type));
    const auto* maps = std::get_if<btfreloc::btf::Array>(&array);
    if (maps == nullptr) continue;
    if (const auto inner = pointee(btf, maps->type)) return types_of(btf, *inner);
  }
  return types;
}

/// Of the variable in .maps that has this name.
Types types_of(const View& btf, std::string_view map) {
  for (TypeId id{1}; id.value < btf.size(); ++id.value) {
    const btfreloc::btf::Type type = btf.decode(id);
    const auto* variable = std::get_if<btfreloc::btf::Var>(&type);
    if (variable != nullptr && btf.string(variable->name) == map) {
      return types_of(btf, variable->type);
    }
  }
  return {};
}

void expect_same(const View& c, std::optional<TypeId> c_type, const View& rust,
                 std::optional<TypeId> rust_type) {
  ASSERT_TRUE(c_type && rust_type);
  const auto change = must(compare_layouts(c, *c_type, rust, *rust_type, LayoutPart::value));
  EXPECT_TRUE(change.same);
  EXPECT_THAT(change.diff, testing::IsEmpty());
}

TEST(RustProgram, KeysAndValuesAreThoseOfTheCProgram) {
  const auto c = btfreloc::test::open_object(C_OBJECT);
  const auto rust = btfreloc::test::open_object(RUST_OBJECT);
  const View& c_btf = *c.object.btf();
  const View& rust_btf = *rust.object.btf();
  int compared = 0;
  for (const Map& map : btfreloc::object::find_maps(rust.object.file(), &rust_btf)) {
    if (map.origin != btfreloc::object::MapOrigin::btf_defined) continue;
    SCOPED_TRACE(std::string(map.name));
    const Types in_rust = types_of(rust_btf, map.name);
    const Types in_c = types_of(c_btf, map.name);
    expect_same(c_btf, in_c.key, rust_btf, in_rust.key);
    expect_same(c_btf, in_c.value, rust_btf, in_rust.value);
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

/// Types, sizes and flags of the maps; not of the inner ones, which the tool creates.
TEST(RustProgram, MapsAreThoseOfTheCProgram) {
  const auto c = btfreloc::test::open_object(C_OBJECT);
  const auto rust = btfreloc::test::open_object(RUST_OBJECT);
  const auto c_maps = btfreloc::object::find_maps(c.object.file(), c.object.btf());
  for (const Map& map : btfreloc::object::find_maps(rust.object.file(), rust.object.btf())) {
    if (map.origin != btfreloc::object::MapOrigin::btf_defined) continue;
    const auto found = std::ranges::find(c_maps, map.name, &Map::name);
    ASSERT_NE(found, c_maps.end()) << map.name;
    EXPECT_EQ(map.type, found->type) << map.name;
    EXPECT_EQ(map.inner_type, found->inner_type) << map.name;
    EXPECT_EQ(map.max_entries, found->max_entries) << map.name;
    EXPECT_EQ(map.flags, found->flags) << map.name;
    EXPECT_EQ(map.key_size, found->key_size) << map.name;
    EXPECT_EQ(map.value_size, found->value_size) << map.name;
  }
}

}  // namespace
}  // namespace xdp_blacklist
