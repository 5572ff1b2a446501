// The walk in lanes gives the answer of the serial one, whatever the blob.

#include "btf/scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "btfreloc/input.h"
#include "property/guarded_bytes.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/every_kind.h"
#include "support/objects.h"

namespace btfreloc::btf {
namespace {

using test::BtfBytes;
using test::ByteVector;
using test::GuardedBytes;
using test::must;
using test::put;

/// Types beyond which a blob is walked in lanes, several times over.
constexpr std::size_t kLargeEnough = 600'000;  // bytes
/// What must be readable behind the types, and is all there is in the blobs of these tests.
constexpr std::size_t kBehindTypes = 64;  // bytes

/// Both scans of a blob, its types as they are in the header.
struct Scans {
  explicit Scans(Bytes blob) : header(must(read_header(blob))), scanner(blob, header, 1, "s") {}
  Header header;
  Scanner scanner;
};

void expect_same(const Result<Scan>& found, const Result<Scan>& expected, std::string_view what) {
  ASSERT_EQ(found.has_value(), expected.has_value()) << what;
  if (found) {
    EXPECT_TRUE(*found == *expected) << what;
    return;
  }
  EXPECT_EQ(found.error().code, expected.error().code) << what;
  EXPECT_EQ(found.error().message, expected.error().message) << what;
  EXPECT_EQ(found.error().where.offset, expected.error().where.offset) << what;
}

void expect_lanes_agree(Bytes blob, std::string_view what) {
  const Scans scans(blob);
  const auto in_lanes = scans.scanner.scan_in_lanes();
  ASSERT_TRUE(in_lanes) << what;
  EXPECT_TRUE(*in_lanes == must(scans.scanner.scan_serially())) << what;
}

/// Adds types of all kinds with `vlen` records, their numbers at random.
class RandomTypes {
 public:
  RandomTypes(BtfBytes& btf, std::uint32_t seed) : btf_(btf), random_(seed) {}

  void add(std::uint32_t vlen) {
    const auto kind = static_cast<Kind>(1 + random_() % (kFirstUnknownKind - 1));
    const KindTraits& of = traits(kind);
    std::vector<test::Word> tail(of.fixed / 4, test::Word(small()));
    for (std::size_t i = 0; i < vlen * size_of(of.record) / 4; ++i) tail.emplace_back(small());
    // Without records, vlen means something else or nothing, and must not be multiplied.
    btf_.add_raw(static_cast<std::uint32_t>(kind), vlen, random_() % 2 == 0, small(), small(),
                 tail);
  }

 private:
  /// Mostly small, as ids and names are, so that a large one stands out.
  std::uint32_t small() {
    return static_cast<std::uint32_t>(random_()) >> random_() % 32 & 0xffffff;
  }

  BtfBytes& btf_;
  std::mt19937 random_;
};

/// The blob with `size` bytes behind its types, whatever the strings were.
ByteVector with_strings_of(ByteVector bytes, std::uint32_t size, std::endian order) {
  const Header header = must(read_header(bytes));
  put(bytes, 20, size, order);
  bytes.resize(header.strings_offset);
  bytes.resize(header.strings_offset + size);
  return bytes;
}

/// Types of all kinds with 0 to 40 records, a few with hundreds, and the least there may be behind
/// them.
ByteVector random_blob(std::uint32_t seed, std::size_t types_size) {
  BtfBytes btf(std::endian::native);
  RandomTypes types(btf, seed);
  std::mt19937 random(seed);
  while (btf.offset_of_strings() < types_size) {
    types.add(random() % 100 == 0 ? random() % 900
              : random() % 4 == 0 ? random() % 40
                                  : random() % 4);
  }
  return with_strings_of(btf.bytes(), kBehindTypes, std::endian::native);
}

TEST(ScanInLanes, AgreesOnTypesOfEveryKind) {
  BtfBytes btf(std::endian::native);
  while (btf.offset_of_strings() < kLargeEnough) test::every_kind(btf);
  expect_lanes_agree(btf.bytes(), "every kind");
}

TEST(ScanInLanes, AgreesOnRandomTypes) {
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    for (const std::size_t size : {70'000UL, 100'000UL, kLargeEnough}) {
      GuardedBytes blob(random_blob(seed, size));
      expect_lanes_agree(blob.bytes(), "seed " + std::to_string(seed));
    }
  }
}

/// One type of each kind with records, from none to many, each alone holding the largest numbers,
/// in each of its places in turn.
TEST(ScanInLanes, SeesEveryReferenceOfATypeOfAnyLength) {
  for (const KindTraits& of : kKindTraits) {
    if (of.kind == Kind::kVoid) continue;
    for (const std::uint32_t vlen : {0U, 1U, 2U, 4U, 5U, 6U, 7U, 8U, 9U, 12U, 13U, 17U, 41U}) {
      BtfBytes btf(std::endian::native);
      while (btf.offset_of_strings() < 70'000) test::every_kind(btf);
      const std::size_t start = btf.offset_of_strings();
      const std::uint32_t records = size_of(of.record) / 4 * vlen;
      btf.add_raw(static_cast<std::uint32_t>(of.kind), vlen, false, 0, 0,
                  std::vector<test::Word>(of.fixed / 4 + records, test::Word(0)));
      const std::size_t end = btf.offset_of_strings();
      while (btf.offset_of_strings() < 100'000) test::every_kind(btf);
      ByteVector bytes = btf.bytes();
      for (std::size_t at = start; at != end; at += 4) {
        if (at == start + 4) continue;
        put(bytes, at, 0xfffffff0, std::endian::native);
        expect_lanes_agree(bytes, std::string(of.name) + " " + std::to_string(vlen));
        put(bytes, at, 0U, std::endian::native);
      }
    }
  }
}

/// Longer than a segment of a scan, a batch of them, and all types that went before.
TEST(ScanInLanes, StepsOverTypesOfAnyLength) {
  for (const std::size_t records : {2'000UL, 5'000UL, 60'000UL}) {
    for (const Kind kind : {Kind::kEnum, Kind::kDatasec}) {
      BtfBytes btf(std::endian::native);
      const auto add_long = [&] {
        const std::size_t words = records * size_of(traits(kind).record) / 4;
        btf.add(kind, 0, 0, std::vector<test::Word>(words, test::Word(7)));
      };
      add_long();
      while (btf.offset_of_strings() < kLargeEnough) test::every_kind(btf);
      add_long();
      test::every_kind(btf);
      add_long();
      expect_lanes_agree(btf.bytes(), std::to_string(records));
    }
  }
}

/// Enumerators that look like a row of structs, at every place where a segment could start: the
/// guess is wrong, and it shows.
TEST(ScanInLanes, AWrongGuessIsNoticed) {
  BtfBytes btf(std::endian::native);
  const std::uint32_t looks_like_struct = 4U << 24 | 1;
  std::vector<test::Word> tail;
  for (int i = 0; i < 30'000; ++i) {
    for (const std::uint32_t word : {0U, looks_like_struct, 0U, 1U, 0U, 2U})
      tail.emplace_back(word);
  }
  test::every_kind(btf);
  btf.add(Kind::kEnum, 0, 4, tail);
  test::every_kind(btf);
  const ByteVector bytes = btf.bytes();
  const Scans scans(bytes);
  EXPECT_FALSE(scans.scanner.scan_in_lanes());
  expect_same(scans.scanner.scan(), scans.scanner.scan_serially(), "enumerators");
}

TEST(ScanInLanes, HasNoAnswerForBlobsItIsNotMadeFor) {
  constexpr auto kForeign =
      std::endian::native == std::endian::little ? std::endian::big : std::endian::little;
  const auto lanes_take = [](const ByteVector& bytes) {
    return Scans(bytes).scanner.scan_in_lanes().has_value();
  };
  const ByteVector good = random_blob(1, 100'000);
  EXPECT_TRUE(lanes_take(good));
  EXPECT_FALSE(lanes_take(random_blob(1, 60'000))) << "small";
  EXPECT_FALSE(lanes_take(with_strings_of(good, kBehindTypes - 1, std::endian::native)));
  BtfBytes foreign(kForeign);
  while (foreign.offset_of_strings() < 100'000) test::every_kind(foreign);
  EXPECT_FALSE(lanes_take(foreign.bytes()));

  BtfBytes unknown(std::endian::native);
  unknown.header_size = 32;
  unknown.layout.resize(26);
  while (unknown.offset_of_strings() < 100'000) test::every_kind(unknown);
  EXPECT_TRUE(lanes_take(unknown.bytes())) << "a layout section alone is no hindrance";
  unknown.add_raw(25, 0, false, 0, 0);
  const ByteVector bytes = unknown.bytes();
  EXPECT_FALSE(lanes_take(bytes));
  EXPECT_TRUE(Scans(bytes).scanner.scan());
}

// Damage. The blob ends where readable memory ends, so that a load behind it is a crash.

class DamagedBlob : public testing::TestWithParam<std::uint32_t> {};

TEST_P(DamagedBlob, HasTheSerialAnswer) {
  std::mt19937 random(GetParam());
  GuardedBytes guarded(random_blob(GetParam(), 70'000 + 40'000 * (GetParam() % 4)));
  const std::span<std::byte> blob = guarded.bytes();
  const Scans scans(blob);
  const auto at_word = [&](std::size_t word) {
    return blob.data() + scans.header.types_offset + 4 * word;
  };
  for (int i = 0; i < 400; ++i) {
    // Infos are one word in six, and where most damage is done.
    std::size_t word = random() % (scans.header.types_size / 4);
    if (i % 2 == 0) {
      const Scan good = must(scans.scanner.scan_serially());
      word = good.offsets[random() % good.offsets.size()] / 4 + 1;
    }
    const auto before = load<std::uint32_t>(at_word(word), std::endian::native);
    const std::uint32_t damages[] = {0,
                                     ~0U,
                                     before ^ 1,
                                     before ^ 1U << random() % 32,
                                     before + 0x01000000,
                                     before | 0x00ffffff,
                                     static_cast<std::uint32_t>(random())};
    for (const std::uint32_t damage : damages) {
      std::memcpy(at_word(word), &damage, sizeof damage);
      expect_same(scans.scanner.scan(), scans.scanner.scan_serially(),
                  "word " + std::to_string(word) + " is " + std::to_string(damage));
    }
    std::memcpy(at_word(word), &before, sizeof before);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, DamagedBlob, testing::Range(1U, 9U));

/// Types that end anywhere, in the middle of a type or of its header.
TEST(DamagedTypes, CutAnywhereHaveTheSerialAnswer) {
  const ByteVector good = random_blob(3, 70'000);
  const auto types_size = must(read_header(good)).types_size;
  for (std::uint32_t cut = 0; cut < 3000; cut += 1 + cut / 64) {
    ByteVector bytes = good;
    put(bytes, 12, types_size - cut, std::endian::native);
    const Scans scans(bytes);
    expect_same(scans.scanner.scan(), scans.scanner.scan_serially(), std::to_string(cut));
  }
}

/// Nothing but noise behind a header.
TEST(DamagedTypes, NoiseHasTheSerialAnswer) {
  std::mt19937 random(1);
  ByteVector noise = random_blob(1, 100'000);
  for (int round = 0; round < 200; ++round) {
    for (std::size_t at = 24; at < noise.size() - kBehindTypes; at += 4) {
      const auto word = static_cast<std::uint32_t>(random());
      put(noise, at, at % 12 == 4 ? word & 0x1f000003 : word, std::endian::native);
    }
    const Scans scans(noise);
    expect_same(scans.scanner.scan(), scans.scanner.scan_serially(), std::to_string(round));
  }
}

// Real kernels and modules.

std::vector<std::string> kernels() {
  std::vector<std::string> paths;
  if (std::filesystem::exists("/sys/kernel/btf/vmlinux"))
    paths.push_back("/sys/kernel/btf/vmlinux");
  if (const char* corpus = std::getenv("BTFRELOC_CORPUS")) {
    std::error_code missing;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             std::filesystem::path(corpus) / "kernels", missing)) {
      if (entry.path().string().ends_with(".btf.xz")) paths.push_back(entry.path().string());
    }
  }
  return paths;
}

TEST(ScanInLanes, AgreesOnKernels) {
  const auto paths = kernels();
  if (paths.empty()) GTEST_SKIP() << "no kernel BTF here, and BTFRELOC_CORPUS is not set";
  for (const std::string& path : paths) {
    const auto file = must(tool::FileBytes::open(path));
    const Scans scans(file.bytes());
    const bool is_for_lanes =
        scans.header.order == std::endian::native && scans.header.types_size >= 64 * 1024;
    const auto in_lanes = scans.scanner.scan_in_lanes();
    EXPECT_EQ(in_lanes.has_value(), is_for_lanes) << path;
    if (in_lanes) {
      EXPECT_TRUE(*in_lanes == must(scans.scanner.scan_serially())) << path;
    }
  }
}

}  // namespace
}  // namespace btfreloc::btf
