// What restore() gives is compared byte for byte with what encode_order() was given: hand-made
// files of every form, and real kernels.

#include "kernels/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "btf/raw_parser.h"
#include "btfreloc/input.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/every_kind.h"
#include "support/isomorphic.h"
#include "support/objects.h"

namespace btfreloc::kernels {
namespace {

using btf::Kind;
using btf::View;
using test::BtfBytes;
using test::CanonicalOrder;
using test::Isomorphic;
using test::kOrders;
using test::must;
using test::OpenBtf;

/// True where the file itself was kept, for want of an order.
bool is_whole_file(Bytes order) { return order[0] == std::byte{2}; }

/// The size of the order, in bytes; it was restored.
std::size_t expect_restored(const View& original, const View& canonical,
                            const Sequence* reference = nullptr) {
  const auto order = must(encode_order(original, original.blob(), canonical, reference));
  EXPECT_FALSE(is_whole_file(order));
  const auto restored = must(restore(canonical, original.base(), order, reference));
  EXPECT_TRUE(std::ranges::equal(restored, original.blob()));
  return order.size();
}

/// The types as they are, in the canonical order, and in others.
void expect_restored_from_any(const View& original) {
  expect_restored(original, original);
  expect_restored(original, Isomorphic(original, CanonicalOrder::of(original)).view());
  for (std::uint32_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    expect_restored(original, Isomorphic(original, test::shuffled(original, seed)).view());
  }
}

OpenBtf parsed(std::string_view text, std::endian order = std::endian::little) {
  auto builder = btf::parse_raw(text, order);
  if (!builder) throw std::runtime_error(builder.error().message);
  return test::open(must(builder->blob()));
}

constexpr std::string_view kSmall = R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] PTR '(anon)' type_id=3
[3] STRUCT 'task' size=16 vlen=2
	'pid' type_id=1 bits_offset=0
	'parent' type_id=2 bits_offset=64
[4] FUNC_PROTO '(anon)' ret_type_id=1 vlen=1
	'task' type_id=2
[5] FUNC 'pid_of' type_id=4 linkage=static
[6] CONST '(anon)' type_id=3
[7] PTR '(anon)' type_id=6
[8] TYPEDEF 'pid_t' type_id=1
)";

// Files of every form.

TEST(Order, KeepsEveryKindInBothByteOrders) {
  for (const std::endian order : kOrders) {
    BtfBytes btf(order);
    test::every_kind(btf);
    expect_restored_from_any(test::open(btf).view);
  }
}

TEST(Order, KeepsAnEmptyFile) {
  const OpenBtf empty = test::open(BtfBytes());
  expect_restored(empty.view, empty.view);
}

TEST(Order, TellsTypesOfOneNameApartByTheirOrder) {
  expect_restored_from_any(parsed(R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] STRUCT 'same' size=4 vlen=1
	'a' type_id=1 bits_offset=0
[3] PTR '(anon)' type_id=5
[4] PTR '(anon)' type_id=2
[5] STRUCT 'same' size=4 vlen=1
	'b' type_id=1 bits_offset=0
[6] FWD 'same' fwd_kind=struct
[7] FWD 'same' fwd_kind=union
[8] PTR '(anon)' type_id=7
[9] PTR '(anon)' type_id=6
[10] TYPEDEF 'same' type_id=5
)")
                               .view);
}

TEST(Order, KeepsTypesThatAreEqual) {
  // Three pointers, users of two of them, and equal tags.
  expect_restored_from_any(parsed(R"(
[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
[2] PTR '(anon)' type_id=1
[3] STRUCT 'holder' size=16 vlen=2
	'a' type_id=4 bits_offset=0
	'b' type_id=2 bits_offset=64
[4] PTR '(anon)' type_id=1
[5] PTR '(anon)' type_id=1
[6] DECL_TAG 'tag' type_id=3 component_idx=0
[7] DECL_TAG 'tag' type_id=3 component_idx=0
[8] DECL_TAG 'tag' type_id=3 component_idx=1
)")
                               .view);
}

TEST(Order, KeepsStringsThatNoTypeUsesAndRepeats) {
  BtfBytes btf;
  btf.add_string("unused");
  const TypeId i32 = btf.integer("int", 4);
  btf.add_string("");
  btf.add_string("int");
  btf.add(Kind::kStruct, "s", 8, {"int", i32, 0, "b", i32, 32});
  btf.add_string("unused");
  expect_restored_from_any(test::open(btf).view);
}

TEST(Order, KeepsStringsThatShareTheirEnds) {
  BtfBytes btf;
  const std::uint32_t shared = btf.add_string("unsigned int");
  btf.integer(shared, 4);
  btf.integer(shared + 9, 4, btf::kIntSigned);
  expect_restored_from_any(test::open(btf).view);
}

TEST(Order, KeepsALayoutSectionAndALongerHeader) {
  for (const std::uint32_t header_size : {24U, 32U, 40U}) {
    BtfBytes btf;
    btf.header_size = header_size;
    if (header_size >= 32) {
      for (const btf::KindTraits& kind : btf::kKindTraits) {
        btf.layout.push_back({kind.fixed, static_cast<std::uint8_t>(size_of(kind.record))});
      }
    }
    test::every_kind(btf);
    expect_restored_from_any(test::open(btf).view);
  }
}

TEST(Order, KeepsKindsThatOnlyTheLayoutKnows) {
  BtfBytes btf;
  btf.header_size = 32;
  for (int kind = 0; kind < 25; ++kind) btf.layout.push_back({0, 0});
  btf.layout[1] = {4, 0};
  btf.layout[24] = {4, 8};
  btf.integer("int", 4);
  btf.add_raw(24, 2, true, "unknown", 7, {1, 2, 3, 4, 5});
  btf.add_raw(24, 0, false, 0, 7, {1});
  expect_restored_from_any(test::open(btf).view);
}

TEST(Order, KeepsGapsAndWhatFollows) {
  const auto file = must(btf::parse_raw(kSmall)->blob());
  const btf::Header header = must(View::open(file)).header();
  const auto strings = file.begin() + header.strings_offset;
  // Four bytes before the types, eight behind them, and five at the end.
  std::vector<std::byte> moved(file.begin(), file.begin() + 24);
  test::put(moved, 8, std::uint32_t{4}, std::endian::native);
  test::put(moved, 16, header.types_size + 12, std::endian::native);
  moved.resize(moved.size() + 4, std::byte{0xaa});
  moved.insert(moved.end(), file.begin() + 24, strings);
  moved.resize(moved.size() + 8, std::byte{0xbb});
  moved.insert(moved.end(), strings, file.end());
  moved.resize(moved.size() + 5, std::byte{0xcc});
  expect_restored_from_any(test::open(moved).view);
}

TEST(Order, KeepsModules) {
  for (const std::endian order : kOrders) {
    BtfBytes kernel(order);
    const test::EveryKind kinds = test::every_kind(kernel);
    BtfBytes module(order, &kernel);
    const TypeId pointer = module.pointer(kinds.structure);
    module.add(Kind::kStruct, "plain", 8, {"mine", pointer, 0});
    module.add(Kind::kStruct, "own", 8, {"mine", kinds.pointer, 0, "int", kinds.int32, 64});
    module.pointer(kinds.structure);
    module.add_string("unused");
    const OpenBtf base = test::open(kernel);
    const OpenBtf split = test::open(module, &base.view);
    const Isomorphic other_base(base.view, CanonicalOrder::of(base.view));
    expect_restored(split.view,
                    Isomorphic(split.view, CanonicalOrder::of(split.view), &other_base).view());
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
      const Isomorphic any_base(base.view, test::shuffled(base.view, seed));
      expect_restored(split.view,
                      Isomorphic(split.view, test::shuffled(split.view, seed), &any_base).view());
    }
  }
}

TEST(Order, ChangesTheByteOrderToo) {
  const OpenBtf little = parsed(kSmall, std::endian::little);
  const OpenBtf big = parsed(kSmall, std::endian::big);
  expect_restored(little.view, big.view);
  expect_restored(big.view, little.view);
}

// What cannot be said as an order.

void expect_whole_file(const View& original, const View& canonical) {
  const auto order = must(encode_order(original, original.blob(), canonical, nullptr));
  EXPECT_TRUE(is_whole_file(order));
  const auto restored = must(restore(canonical, original.base(), order, nullptr));
  EXPECT_TRUE(std::ranges::equal(restored, original.blob()));
}

TEST(Order, KeepsTheFileWhereTypesDiffer) {
  const OpenBtf original = parsed(kSmall);
  std::string other(kSmall);
  other.replace(other.find("'task' size"), 6, "'tusk'");
  expect_whole_file(original.view, parsed(other).view);
  expect_whole_file(original.view, test::open(BtfBytes()).view);
}

TEST(Order, KeepsTheFileWhereMembersDiffer) {
  // Named types are told apart by their names: here most bytes of one differ.
  const auto structure = [](std::uint32_t first) {
    BtfBytes btf;
    const TypeId i32 = btf.integer("int", 4);
    std::vector<test::Word> members;
    for (std::uint32_t i = 0; i < 200; ++i) {
      for (const std::uint32_t word : {0U, i32.value, (first + i) * 0x01010101U})
        members.push_back(word);
    }
    btf.add(Kind::kStruct, "s", 8, members);
    return test::open(btf);
  };
  expect_whole_file(structure(0).view, structure(1).view);
}

TEST(Order, SurvivesTypesThatHoldThemselves) {
  BtfBytes btf;
  btf.pointer(TypeId{2});
  btf.pointer(TypeId{1});
  btf.pointer(TypeId{3});
  for (std::uint32_t i = 4; i < 500; ++i) btf.pointer(TypeId{i + 1});
  btf.integer("int", 4);
  const OpenBtf cycle = test::open(btf);
  for (std::uint32_t seed = 0; seed < 5; ++seed) {
    const Isomorphic other(cycle.view, test::shuffled(cycle.view, seed));
    const auto order = must(encode_order(cycle.view, cycle.bytes, other.view(), nullptr));
    EXPECT_TRUE(
        std::ranges::equal(must(restore(other.view(), nullptr, order, nullptr)), cycle.bytes));
  }
}

// References.

TEST(Order, FollowsAReference) {
  const OpenBtf original = parsed(kSmall);
  const Isomorphic canonical(original.view, test::shuffled(original.view, 1));
  const Sequence same = sequence_of(original.view);
  const Sequence other = sequence_of(canonical.view());
  EXPECT_TRUE(std::ranges::is_permutation(same.types, other.types));
  EXPECT_NE(same.types, other.types);
  expect_restored(original.view, canonical.view(), &same);
  expect_restored(original.view, canonical.view(), &other);
  // A kernel that has some of the types, and other ones, and repeats.
  Sequence odd = {.types = {1, same.types[3], same.types[0], same.types[3], 0},
                  .strings = {same.strings[2], 5, same.strings[2], same.strings[1]}};
  expect_restored(original.view, canonical.view(), &odd);
}

TEST(Order, FailsWithTheWrongReference) {
  const OpenBtf original = parsed(kSmall);
  const Isomorphic canonical(original.view, test::shuffled(original.view, 1));
  const Sequence same = sequence_of(original.view);
  const auto order = must(encode_order(original.view, original.bytes, canonical.view(), &same));
  const auto restored = restore(canonical.view(), nullptr, order, nullptr);
  ASSERT_FALSE(restored.has_value());
  EXPECT_EQ(restored.error().code, Errc::bad_format);
  EXPECT_EQ(restored.error().where.section, ".order");
}

TEST(Order, FailsWithTypesOfAnotherKernel) {
  const OpenBtf original = parsed(kSmall);
  BtfBytes every;
  test::every_kind(every);
  const auto order = must(encode_order(original.view, original.bytes, original.view, nullptr));
  EXPECT_FALSE(restore(test::open(every).view, nullptr, order, nullptr).has_value());
  EXPECT_FALSE(restore(test::open(BtfBytes()).view, nullptr, order, nullptr).has_value());
  EXPECT_FALSE(restore(original.view, &original.view, order, nullptr).has_value());
}

// Damaged bytes.

/// Restores the bytes, or fails as it should.
void expect_no_harm(const View& canonical, const View* base, Bytes order, Bytes original) {
  const auto restored = restore(canonical, base, order, nullptr);
  if (restored) {
    EXPECT_TRUE(std::ranges::equal(*restored, original));
  } else {
    EXPECT_EQ(restored.error().code, Errc::bad_format);
    EXPECT_EQ(restored.error().where.section, ".order");
    EXPECT_FALSE(restored.error().hint.empty());
  }
}

void expect_damage_is_found(const View& original, const View& canonical) {
  const auto order = must(encode_order(original, original.blob(), canonical, nullptr));
  for (std::size_t size = 0; size < order.size(); ++size) {
    expect_no_harm(canonical, original.base(), Bytes(order).first(size), original.blob());
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (unsigned bits = 1; bits < 256; bits *= 2) {
      auto damaged = order;
      damaged[at] ^= static_cast<std::byte>(bits);
      expect_no_harm(canonical, original.base(), damaged, original.blob());
    }
  }
  auto longer = order;
  longer.push_back(std::byte{0});
  expect_no_harm(canonical, original.base(), longer, original.blob());
}

TEST(Order, DamageIsFound) {
  const OpenBtf original = parsed(kSmall);
  expect_damage_is_found(original.view,
                         Isomorphic(original.view, test::shuffled(original.view, 3)).view());
}

TEST(Order, DamageOfAWholeFileIsFound) {
  expect_damage_is_found(parsed(kSmall).view, test::open(BtfBytes()).view);
}

TEST(Order, DamageOfAModuleIsFound) {
  BtfBytes kernel;
  const test::EveryKind kinds = test::every_kind(kernel);
  BtfBytes module(std::endian::little, &kernel);
  module.add(Kind::kStruct, "own", 8, {"mine", module.pointer(kinds.structure), 0});
  module.add_string("unused");
  const OpenBtf base = test::open(kernel);
  const OpenBtf split = test::open(module, &base.view);
  const Isomorphic other_base(base.view, test::shuffled(base.view, 1));
  expect_damage_is_found(split.view,
                         Isomorphic(split.view, test::shuffled(split.view, 1), &other_base).view());
}

TEST(Order, NoiseIsRefused) {
  const OpenBtf original = parsed(kSmall);
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    auto noise = must(encode_order(original.view, original.bytes, original.view, nullptr));
    for (std::size_t at = 9; at < noise.size(); ++at) {
      if (random() % 4 == 0) noise[at] = static_cast<std::byte>(random());
    }
    expect_no_harm(original.view, nullptr, noise, original.bytes);
  }
}

// Real kernels.

struct KernelCase {
  const char* name;
  const char* reference;  ///< nullptr for none.
  std::size_t most;       ///< Bytes of an order, a fifth above what was measured.
  bool is_long = true;
};
void PrintTo(const KernelCase& kernel, std::ostream* out) { *out << kernel.name; }

OpenBtf corpus_kernel(const std::string& name, const View* base = nullptr) {
  const auto file = must(tool::FileBytes::open(test::corpus("kernels") / (name + ".btf.xz")));
  return test::open(test::ByteVector(file.bytes().begin(), file.bytes().end()), base);
}

class OrderOfKernel : public testing::TestWithParam<KernelCase> {};

TEST_P(OrderOfKernel, IsSmall) {
  const KernelCase& kernel = GetParam();
  if (!std::filesystem::exists(test::corpus("kernels"))) {
    GTEST_SKIP() << "BTFRELOC_CORPUS is not set";
  }
  if (kernel.is_long && std::getenv("BTFRELOC_LONG") == nullptr) {
    GTEST_SKIP() << "BTFRELOC_LONG is not set";
  }
  const OpenBtf original = corpus_kernel(kernel.name);
  Sequence reference;
  if (kernel.reference != nullptr) {
    reference = sequence_of(corpus_kernel(kernel.reference).view);
  }
  const Isomorphic canonical(original.view, CanonicalOrder::of(original.view));
  EXPECT_LE(expect_restored(original.view, canonical.view(),
                            kernel.reference == nullptr ? nullptr : &reference),
            kernel.most);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, OrderOfKernel,
    testing::ValuesIn<KernelCase>({
        {"amd64/5.10.0-46-cloud-amd64", nullptr, 91'000},
        {"amd64/6.1.0-47-cloud-amd64", "amd64/5.10.0-46-cloud-amd64", 53'900},
        {"amd64/6.1.0-56-amd64", "amd64/6.1.0-47-cloud-amd64", 34'800},
        {"amd64/6.12.43+deb12-cloud-amd64", "amd64/6.1.0-47-cloud-amd64", 54'100},
        {"amd64/6.12.117+deb13-cloud-amd64", "amd64/6.12.43+deb12-cloud-amd64", 12'600},
        {"amd64/6.16.12+deb13-cloud-amd64", "amd64/6.12.117+deb13-cloud-amd64", 12'400},
        {"amd64/6.18.15+deb13-cloud-amd64", "amd64/6.16.12+deb13-cloud-amd64", 8'300, false},
        {"amd64/7.1.13+deb13-amd64", "amd64/6.18.15+deb13-cloud-amd64", 24'700},
        {"arm64/5.10.0-32-cloud-arm64", "amd64/5.10.0-46-cloud-amd64", 19'200},
        {"arm64/6.12.107+deb13-cloud-arm64", "amd64/6.12.117+deb13-cloud-amd64", 19'900},
        {"i386/6.1.0-50-686-pae", "amd64/6.1.0-56-amd64", 26'100},
        {"riscv64/7.2.13+deb14-riscv64", "amd64/7.1.13+deb13-amd64", 19'500},
        {"s390x/6.12.107+deb13-s390x", "arm64/6.12.107+deb13-cloud-arm64", 12'500, false},
    }));

TEST(Order, OfAShuffledKernelIsKept) {
  if (std::getenv("BTFRELOC_LONG") == nullptr) GTEST_SKIP() << "BTFRELOC_LONG is not set";
  if (!std::filesystem::exists(test::corpus("kernels"))) {
    GTEST_SKIP() << "BTFRELOC_CORPUS is not set";
  }
  const OpenBtf original = corpus_kernel("s390x/6.12.107+deb13-s390x");
  expect_restored(original.view,
                  Isomorphic(original.view, test::shuffled(original.view, 1)).view());
}

/// Of all modules of a kernel, or one.
void expect_modules_are_small(const std::vector<std::string>& names, std::size_t most) {
  const std::string kernel = "amd64/6.12.117+deb13-cloud-amd64";
  const OpenBtf base = corpus_kernel(kernel);
  const Isomorphic other_base(base.view, CanonicalOrder::of(base.view));
  std::size_t size = 0;
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const OpenBtf module = corpus_kernel(kernel + ".modules/" + name, &base.view);
    size += expect_restored(
        module.view, Isomorphic(module.view, CanonicalOrder::of(module.view), &other_base).view());
  }
  EXPECT_LE(size, most);
}

TEST(Order, OfAModuleIsSmall) {
  if (!std::filesystem::exists(test::corpus("kernels"))) {
    GTEST_SKIP() << "BTFRELOC_CORPUS is not set";
  }
  expect_modules_are_small({"nf_conntrack"}, 600);
}

TEST(Order, OfModulesIsSmall) {
  if (std::getenv("BTFRELOC_LONG") == nullptr) GTEST_SKIP() << "BTFRELOC_LONG is not set";
  std::vector<std::string> names;
  const auto folder = test::corpus("kernels/amd64/6.12.117+deb13-cloud-amd64.modules");
  for (const std::string& path : test::files_in(folder, ".btf.xz")) {
    names.push_back(std::filesystem::path(path).stem().stem().string());
  }
  if (names.empty()) GTEST_SKIP() << "BTFRELOC_CORPUS is not set";
  expect_modules_are_small(names, 15'000);
}

}  // namespace
}  // namespace btfreloc::kernels
