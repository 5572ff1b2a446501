#include <bit>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/field.h"
#include "core/spec.h"
#include "support/btf_bytes.h"
#include "support/every_kind.h"

// A relocation kind, a type and an access string, one byte each for the first two, over types of
// every kind and structs that hold each other.

namespace btfreloc {
namespace {

void expect(bool condition) {
  if (!condition) std::abort();
}

const btf::View& types() {
  static const test::OpenBtf open = [] {
    using btf::Kind;
    test::BtfBytes btf;
    const test::EveryKind id = test::every_kind(btf);
    const TypeId anonymous = btf.add(
        Kind::kUnion, 0, 8, {"packed", id.packed, 0, 0, id.unions, 0, "sized", id.enum64, 0});
    const TypeId flexible = btf.array(anonymous, id.uint32, 0);
    const TypeId grid = btf.array(btf.array(id.packed, id.uint32, 3), id.uint32, 5);
    const TypeId outer = btf.add(Kind::kStruct, "outer", 256,
                                 {"grid", grid, 0, 0, anonymous, 960, "huge", id.structure, 1024,
                                  "void", TypeId{0}, 0, "tail", flexible, 2048});
    btf.add(Kind::kTypedef, "outer_t", outer);
    const TypeId endless = btf.add(Kind::kConst, 0, TypeId{outer.value + 2});
    btf.array(endless, id.uint32, 0xffffffff);
    return test::open(btf);
  }();
  return open.view;
}

void look_at(const core::Spec& spec) {
  core::access_path(types(), spec);
  expect(!core::format_spec(types(), spec).empty());
  expect(!spec.access.empty() && spec.access.size() <= core::kMaxAccessDepth);
  for (const std::endian order : test::kOrders) {
    const auto value = core::local_value(types(), spec, order);
    expect(value.has_value() || !value.error().reason.empty());
  }
  if (!core::is_field_based(spec.kind)) return;
  const auto field = core::locate_field(types(), spec, {8});
  expect(!field || !field->is_bitfield || field->size.value <= 8);
}

}  // namespace
}  // namespace btfreloc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace btfreloc;
  if (size < 2) return 0;
  const auto kind = core::relo_kind(data[0]);
  if (!kind) return 0;
  const std::string_view access(reinterpret_cast<const char*>(data + 2), size - 2);
  const auto spec = core::parse_spec(types(), TypeId{data[1]}, access, *kind);
  if (spec) {
    look_at(*spec);
  } else {
    expect(!spec.error().reason.empty());
  }
  return 0;
}
