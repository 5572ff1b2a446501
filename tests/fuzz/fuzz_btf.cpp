#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "btf/c_text.h"
#include "btf/raw_text.h"
#include "btf/tagged_union.h"
#include "btf/value.h"
#include "btf/value_text.h"
#include "btf/view.h"
#include "support/btf_bytes.h"
#include "support/every_kind.h"

// BTF from anywhere, as a blob of its own and as one that is split on another.

namespace btfreloc {
namespace {

constexpr std::size_t kValueSize = 48;  // bytes

void expect(bool condition) {
  if (!condition) std::abort();
}

/// Everything that a view answers, for every type, and what open() has promised.
void look_at(const btf::View& view) {
  TextBuffer text;
  btf::CText c_text(view);
  btf::ValueReader values(view, {kValueSize * view.size()});
  const std::vector<std::byte> bytes(kValueSize, std::byte{1});
  for (std::uint32_t i = 0; i < view.size(); ++i) {
    const TypeId id{i};
    view.for_each_type_id(id, [&](TypeId to) { expect(view.contains(to)); });
    expect(view.has_string(view.name_offset(id)) || view.header().strings_size == 0);
    expect(view.contains(view.skip_modifiers_and_typedefs(id)));
    expect(view.type_offset(id) < view.header().end() || id < view.first_id());
    btf::size_of(view, id, view.pointer_size());
    btf::print_raw(text, view, id);
    c_text.print(text, id);
    btf::print_value(text, values.read(id, bytes));
    btf::title(view, id);  // may be empty: an integer may have the empty name
    btf::declaration(view, id, "name");
    const std::string_view name = view.name(id);
    const auto same_name = view.named(name.substr(0, btf::essential_length(name)));
    expect(name.empty() || id < view.first_id() ||
           std::ranges::find(same_name, id) != same_name.end());
    text.clear();
  }
}

/// Strings that the reader does not cut.
bool is_short(const btf::TaggedUnion& type) {
  constexpr std::size_t kLongest = 4000;
  return type.name.size() < kLongest &&
         std::ranges::all_of(
             type.variants,
             [&](const btf::TaggedUnion::Variant& variant) {
               return variant.name.size() < kLongest &&
                      btf::selection_text(type, variant).size() < kLongest;
             });
}

/// What was read as a tagged union is read again when it was written.
void rewrite_tagged_unions(const btf::View& view) {
  btf::TaggedUnions types(view);
  btf::Builder copy = btf::Builder::copy_of(view);
  std::vector<std::pair<TypeId, const btf::TaggedUnion*>> written;
  for (TypeId id{1}; id.value < view.size(); ++id.value) {
    const btf::TaggedUnion* type = types.find(id);
    if (type == nullptr || !is_short(*type)) continue;
    written.emplace_back(btf::add_tagged_union(copy, *type), type);
  }
  if (written.empty()) return;
  const auto blob = copy.blob();
  expect(blob.has_value());
  const auto again = btf::View::open(*blob, view.base());
  expect(again.has_value());
  btf::DeclTags tags(*again);
  for (const auto& [id, type] : written) {
    expect(btf::decode_tagged_union(*again, id, tags) == *type);
  }
}

void open_and_look(Bytes bytes, const btf::View* base) {
  const auto view = btf::View::open(bytes, base);
  if (view) {
    look_at(*view);
    rewrite_tagged_unions(*view);
  } else {
    expect(!view.error().message.empty() && view.error().where.offset.has_value());
  }
}

const test::OpenBtf& base() {
  static const test::OpenBtf open = [] {
    test::BtfBytes btf;
    test::every_kind(btf);
    return test::open(btf);
  }();
  return open;
}

}  // namespace
}  // namespace btfreloc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const btfreloc::Bytes bytes(reinterpret_cast<const std::byte*>(data), size);
  btfreloc::open_and_look(bytes, nullptr);
  btfreloc::open_and_look(bytes, &btfreloc::base().view);
  return 0;
}
