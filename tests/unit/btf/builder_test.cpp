#include "btf/builder.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "support/btf_bytes.h"
#include "support/every_kind.h"
#include "support/raw.h"

namespace btfreloc::btf {
namespace {

using test::all_raw;
using test::BtfBytes;
using test::ByteVector;
using test::kOrders;
using test::must;

/// The same blob with more header, and gaps before, between and after its parts.
ByteVector with_gaps(const BtfBytes& btf, std::endian order) {
  ByteVector blob = btf.bytes();
  const Header header = must(read_header(blob));
  const auto bytes_of = [&](std::uint32_t offset, std::uint32_t size) {
    return ByteVector(blob.begin() + offset, blob.begin() + offset + size);
  };
  const ByteVector types = bytes_of(header.types_offset, header.types_size);
  const ByteVector strings = bytes_of(header.strings_offset, header.strings_size);
  ByteVector spaced(blob.begin(), blob.begin() + 24);
  const auto append = [&](const ByteVector& bytes) {
    spaced.insert(spaced.end(), bytes.begin(), bytes.end());
  };
  constexpr std::uint32_t kHeaderSize = 40;
  spaced.resize(kHeaderSize + 8, std::byte{0xaa});
  test::put(spaced, 4, kHeaderSize, order);
  test::put(spaced, 8, std::uint32_t{8}, order);
  test::put(spaced, 28, std::uint32_t{0}, order);  // no layout section
  append(types);
  append(ByteVector(3, std::byte{0xbb}));
  test::put(spaced, 16, static_cast<std::uint32_t>(spaced.size() - kHeaderSize), order);
  append(strings);
  append(ByteVector(5, std::byte{0xcc}));
  return spaced;
}

TEST(Builder, CopyIsTheSameBytes) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    btf.add_string("a string that no type has");
    const auto plain = test::open(btf);
    EXPECT_EQ(must(Builder::copy_of(plain.view).blob()), plain.bytes);

    const auto spaced = test::open(with_gaps(btf, order));
    EXPECT_EQ(all_raw(spaced.view), all_raw(plain.view));
    EXPECT_EQ(must(Builder::copy_of(spaced.view).blob()), spaced.bytes);
  }
}

TEST(Builder, CopyKeepsTheLayoutSectionWhereItWas) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    btf.header_size = 32;
    btf.layout = {{0, 0}, {4, 0}};
    ByteVector bytes = btf.bytes();
    const auto between = test::open(bytes);
    EXPECT_EQ(must(Builder::copy_of(between.view).blob()), bytes);

    // The same entries, behind the strings.
    const auto entries = static_cast<std::uint32_t>(bytes.size());
    bytes.insert(bytes.end(), {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}});
    test::put(bytes, 24, entries - 32, order);
    test::put(bytes, 28, std::uint32_t{4}, order);
    const auto last = test::open(bytes);
    EXPECT_EQ(must(Builder::copy_of(last.view).blob()), bytes);
  }
}

TEST(Builder, CopyTakesMoreTypesAndStrings) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    const auto before = test::open(with_gaps(btf, order));
    Builder builder = Builder::copy_of(before.view);
    const TypeId id = builder.add(Typedef{builder.string("one_more"), TypeId{1}});
    EXPECT_EQ(id.value, before.view.size());
    const auto after = test::open(must(builder.blob()));
    EXPECT_EQ(all_raw(after.view), all_raw(before.view) + "[" + std::to_string(id.value) +
                                       "] TYPEDEF 'one_more' type_id=1\n");
    EXPECT_EQ(after.view.header().header_size, before.view.header().header_size);
  }
}

/// Adds a decoded type to a builder that has the same strings.
struct AddDecoded {
  Builder& to;

  template <class R>
  static std::vector<R> all(const Records<R>& records) {
    return {records.begin(), records.end()};
  }
  static std::vector<Enumerator> values(const auto& type) {
    return {type.values.begin(), type.values.end()};
  }
  void operator()(const Struct& type) { to.add_struct(type.name, type.size, all(type.members)); }
  void operator()(const Union& type) { to.add_union(type.name, type.size, all(type.members)); }
  void operator()(const Enum& type) {
    to.add_enum(type.name, type.size, type.is_signed, values(type));
  }
  void operator()(const Enum64& type) {
    to.add_enum64(type.name, type.size, type.is_signed, values(type));
  }
  void operator()(const FuncProto& type) { to.add_func_proto(type.return_type, all(type.params)); }
  void operator()(const Datasec& type) { to.add_datasec(type.name, type.size, all(type.vars)); }
  void operator()(const Void&) { FAIL() << "void is no type of the file"; }
  void operator()(const Unknown&) { FAIL() << "every kind is known"; }
  void operator()(const auto& type) { to.add(type); }
};

TEST(Builder, DecodedTypesComeBack) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    const auto original = test::open(btf);
    Builder builder = Builder::with_strings_of(original.view);
    for (TypeId id{1}; id.value < original.view.size(); ++id.value) {
      std::visit(AddDecoded{builder}, original.view.decode(id));
    }
    EXPECT_EQ(must(builder.blob()), original.bytes);
  }
}

TEST(Builder, CopyMapsReferencesAndByteOrder) {
  for (const std::endian from : kOrders) {
    for (const std::endian to : kOrders) {
      BtfBytes btf(from);
      test::every_kind(btf);
      const auto original = test::open(btf);
      Builder builder(to);
      const TypeId first = builder.add(Float{builder.string("before"), {8}});
      for (TypeId id{1}; id.value < original.view.size(); ++id.value) {
        builder.copy(
            original.view, id,
            [&](TypeId of) { return of.value == 0 ? of : TypeId{of.value + first.value}; },
            [&](StrOff name) { return builder.string(original.view.string(name)); });
      }
      const auto copy = test::open(must(builder.blob()));
      // Moved by one, once more, by a writer that shares nothing with this one.
      BtfBytes expected(to);
      expected.add(Kind::kFloat, "before", 8);
      test::every_kind(expected);
      EXPECT_EQ(all_raw(copy.view), all_raw(test::open(expected).view));
    }
  }
}

TEST(Builder, StringsAreStoredOnce) {
  Builder builder;
  const StrOff a = builder.string("same");
  const StrOff b = builder.string(std::string("same"));
  EXPECT_EQ(a, b);
  EXPECT_EQ(builder.string(""), StrOff{0});
  EXPECT_NE(builder.string("sam"), a);
  EXPECT_EQ(builder.text(a), "same");
  // Enough of them that the table of strings grows several times.
  for (int i = 0; i < 1000; ++i) builder.string("string " + std::to_string(i));
  for (int i = 0; i < 1000; ++i) {
    const std::string text = "string " + std::to_string(i);
    EXPECT_EQ(builder.text(builder.string(text)), text);
  }
  EXPECT_EQ(builder.string("same"), a);
}

TEST(Builder, SplitContinuesItsBase) {
  for (const std::endian order : kOrders) {
    BtfBytes kernel(order);
    const TypeId int32 = kernel.integer("int", 4, kIntSigned);
    kernel.add(Kind::kTypedef, "pid_t", int32);
    const auto base = test::open(kernel);

    Builder module(order, &base.view);
    EXPECT_EQ(module.next_id(), TypeId{3});
    const StrOff base_name = module.string("pid_t");
    EXPECT_LT(base_name.value, base.view.strings_end());
    const StrOff own_name = module.string("of_the_module");
    EXPECT_EQ(own_name.value, base.view.strings_end());
    EXPECT_EQ(module.text(base_name), "pid_t");
    EXPECT_EQ(module.text(own_name), "of_the_module");
    module.add_struct(own_name, {4}, {{{base_name, TypeId{2}, {0}, {0}}}});

    const auto split = test::open(must(module.blob()), &base.view);
    EXPECT_EQ(all_raw(split.view),
              "[3] STRUCT 'of_the_module' size=4 vlen=1\n\t'pid_t' type_id=2 bits_offset=0\n");
    EXPECT_EQ(must(Builder::copy_of(split.view).blob()), split.bytes);
    EXPECT_EQ(all_raw(test::open(must(canonical(split.view).blob()), &base.view).view),
              all_raw(split.view));
  }
}

TEST(Builder, LayoutSectionTellsEveryLength) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    const auto plain = test::open(btf);
    Builder builder = canonical(plain.view);
    builder.add_layout();
    const ByteVector blob = must(builder.blob());
    const auto open = test::open(blob);
    const Header& header = open.view.header();
    EXPECT_EQ(all_raw(open.view), all_raw(plain.view));
    EXPECT_EQ(header.header_size, 32U);
    EXPECT_EQ(header.layout_size, 4 * kFirstUnknownKind);
    for (const KindTraits& kind : kKindTraits) {
      const auto entry = header.layout_offset + 4 * static_cast<std::size_t>(kind.kind);
      EXPECT_EQ(std::to_integer<unsigned>(blob[entry]), kind.fixed) << kind.name;
      EXPECT_EQ(std::to_integer<unsigned>(blob[entry + 1]), size_of(kind.record)) << kind.name;
    }
  }
}

TEST(Builder, CanonicalHasNoGapsAndNoUnusedStrings) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    btf.add_string("a string that no type has");
    const auto spaced = test::open(with_gaps(btf, order));
    const ByteVector blob = must(canonical(spaced.view).blob());
    const auto open = test::open(blob);
    const Header& header = open.view.header();
    EXPECT_EQ(header.types_offset, 24U);
    EXPECT_EQ(header.strings_offset, header.types_offset + header.types_size);
    EXPECT_EQ(header.end(), blob.size());
    EXPECT_EQ(as_chars(blob).find("a string that no type has"), std::string_view::npos);
    EXPECT_EQ(all_raw(open.view), all_raw(spaced.view));
    EXPECT_EQ(must(canonical(open.view).blob()), blob);
  }
}

TEST(Builder, UnknownKindsAreCopiedWhole) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    btf.header_size = 32;
    btf.layout.assign(41, {0, 0});
    btf.layout[40] = {.fixed = 4, .per_record = 8};
    btf.add_raw(40, 2, true, "newer", 7, {1, 2, 3, 4, 5});
    const TypeId int32 = btf.integer("int", 4);
    const auto open = test::open(btf);
    EXPECT_EQ(must(Builder::copy_of(open.view).blob()), open.bytes);
    Builder builder(order);
    builder.copy(
        open.view, TypeId{1}, [](TypeId id) { return id; },
        [&](StrOff name) { return builder.string(open.view.string(name)); });
    EXPECT_EQ(builder.next_id(), int32);
    EXPECT_EQ(open.view.record(TypeId{1}).size(), 32U);
    // The layout section stays: without it nobody could step over the kind.
    EXPECT_EQ(all_raw(test::open(must(canonical(open.view).blob())).view), all_raw(open.view));
  }
}

TEST(Builder, NamesKindsThatHaveNone) {
  Builder builder;
  builder.add(Ptr{TypeId{0}});
  builder.rename_last(builder.string("*const u8"));
  const auto open = test::open(must(builder.blob()));
  EXPECT_EQ(all_raw(open.view), "[1] PTR '*const u8' type_id=0\n");
}

}  // namespace
}  // namespace btfreloc::btf
