#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "property/examine.h"
#include "property/guarded_bytes.h"
#include "property/record_words.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/files.h"
#include "support/objects.h"

// Takes files that are well formed, damages them in one place, and reads and prints them. Whatever
// was done to a file, it is read or refused with an error that has all its parts, within limits.
//
// Small files are damaged at every byte. Larger ones at offsets that a generator with a fixed seed
// picks, and at every header and record.
// BTFRELOC_LONG=1 tries more values, more places, and prints every view of each variant.

namespace btfreloc::test {
namespace {

constexpr std::size_t kSmall = 4096;    // bytes
constexpr std::size_t kOffsets = 2000;  // of a file that is not small
constexpr std::size_t kOffsetsOfBenchmarks = 200;
constexpr std::uint32_t kSeed = 20240607;

bool is_long_run() { return std::getenv("BTFRELOC_LONG") != nullptr; }

/// A few of the views of one variant, most often a cheap one. Their number is a prime, so that no
/// view falls on the same byte of every record.
constexpr auto kSchedule = std::to_array<View>(
    {View::overview, View::insns, View::types, View::decisions, View::rewritten, View::raw,
     View::values, View::overview, View::json, View::validated, View::decisions, View::insns,
     View::types, View::rewritten, View::lines, View::validated, View::values});

/// Damages one file in many ways, and counts.
class Damager {
 public:
  explicit Damager(std::string name) : name_(std::move(name)) {}

  void examine_variant(Bytes bytes, const std::string& damage) {
    const std::string what = fmt::format("{} {}", name_, damage);
    const View one = kSchedule[variants_++ % kSchedule.size()];
    const Examination result =
        examine(bytes, is_long_run() ? std::span(kViews) : std::span(&one, 1), what);
    if (result.error) ++refused_;
    const std::string complaint = result.complaint(bytes.size());
    if (complaint.empty()) return;
    if (++complaints_ <= kMostComplaints) {
      ADD_FAILURE() << what << ": " << complaint << "\nkept as " << keep(bytes);
    }
  }

  void truncate(Bytes file, std::size_t size) {
    GuardedBytes cut(file.first(size));
    examine_variant(cut.bytes(), fmt::format("cut to {} bytes", size));
  }

  void replace_byte(std::span<std::byte> file, std::size_t at, std::byte value) {
    const std::byte before = std::exchange(file[at], value);
    if (before != value) {
      examine_variant(
          file, fmt::format("with {:#04x} at byte {:#x}", std::to_integer<unsigned>(value), at));
    }
    file[at] = before;
  }

  void replace_word(std::span<std::byte> file, std::size_t at, std::uint32_t value,
                    std::endian order) {
    std::array<std::byte, 4> before;
    const auto place = file.subspan(at, before.size());
    std::ranges::copy(place, before.begin());
    if (order != std::endian::native) value = std::byteswap(value);
    std::ranges::copy(std::bit_cast<std::array<std::byte, 4>>(value), place.begin());
    examine_variant(file, fmt::format("with {:#010x} in the word at {:#x}", value, at));
    std::ranges::copy(before, place.begin());
  }

  ~Damager() {
    fmt::print("{}: {} variants, {} refused, {} complaints\n", name_, variants_, refused_,
               complaints_);
  }

 private:
  static constexpr std::size_t kMostComplaints = 5;

  /// For `btfreloc dump` and a debugger.
  std::string keep(Bytes bytes) {
    const auto path = std::filesystem::path(testing::TempDir()) /
                      fmt::format("btfreloc-damaged-{}-{}", name_, complaints_);
    std::ofstream(path, std::ios::binary)
        .write(as_chars(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    return path.string();
  }

  std::string name_;
  std::size_t variants_ = 0;
  std::size_t refused_ = 0;
  std::size_t complaints_ = 0;
};

ByteVector read_bytes(const std::string& path) {
  const auto file = must(MappedFile::open(path));
  return {file.bytes().begin(), file.bytes().end()};
}

/// Where to damage a file byte by byte, and where to cut it.
std::vector<std::size_t> offsets_in(std::size_t size, std::size_t at_most) {
  std::vector<std::size_t> offsets(size);
  for (std::size_t i = 0; i < size; ++i) offsets[i] = i;
  if (size <= kSmall) return offsets;
  std::mt19937 random(kSeed);
  std::ranges::shuffle(offsets, random);
  offsets.resize(is_long_run() ? at_most * 4 : at_most);
  return offsets;
}

void damage_bytes(Damager& damager, const ByteVector& content, std::size_t offsets) {
  GuardedBytes file(content);
  const auto bytes = file.bytes();
  for (const std::size_t at : offsets_in(bytes.size(), offsets)) {
    damager.truncate(bytes, at);
    const std::byte now = bytes[at];
    const std::array<std::byte, 4> values = {std::byte{0}, now ^ std::byte{1}, std::byte{0xff},
                                             now ^ std::byte{0x80}};
    const std::size_t step = is_long_run() ? 1 : content.size() <= kSmall ? 2 : 4;
    for (std::size_t i = at % step; i < values.size(); i += step) {
      damager.replace_byte(bytes, at, values[i]);
    }
  }
}

std::endian order_of(const ByteVector& content) {
  const bool is_elf = as_chars(content).starts_with("\177ELF");
  return content[is_elf ? 5 : 0] == std::byte(is_elf ? 2 : 0xeb) ? std::endian::big
                                                                 : std::endian::little;
}

void damage_words(Damager& damager, const ByteVector& content) {
  GuardedBytes file(content);
  const auto bytes = file.bytes();
  const std::endian order = order_of(content);
  const auto size = static_cast<std::uint32_t>(content.size());
  const std::uint32_t extremes[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff, size + 1};
  const RecordWords words = record_words(content, is_long_run());
  for (const std::uint32_t at : words.headers) {
    for (const std::uint32_t value : extremes) damager.replace_word(bytes, at, value, order);
  }
  std::size_t turn = 0;
  for (const std::uint32_t at : words.records) {
    damager.truncate(bytes, at);
    for (const std::uint32_t value : extremes) {
      if (is_long_run() || turn++ % (std::size(extremes) + 1) == 0) {
        damager.replace_word(bytes, at, value, order);
      }
    }
  }
}

/// The name of a test out of that of a file.
std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).filename();
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

class Objects : public testing::TestWithParam<std::string> {};

TEST_P(Objects, AreReadOrRefusedWhateverIsDamaged) {
  const ByteVector content = read_bytes(GetParam());
  Damager damager(std::filesystem::path(GetParam()).filename());
  damager.examine_variant(content, "as it is");
  damage_bytes(damager, content, kOffsets);
  damage_words(damager, content);
}

INSTANTIATE_TEST_SUITE_P(Damaged, Objects, testing::ValuesIn(test_objects()), test_name);

class Benchmarks : public testing::TestWithParam<std::string> {};

// One view of the largest takes a second with sanitizers.
TEST_P(Benchmarks, AreReadOrRefusedWhateverIsDamaged) {
  const ByteVector content = read_bytes(GetParam());
  Damager damager(std::filesystem::path(GetParam()).filename());
  const std::size_t relative_cost = content.size() / 65536 + 1;
  damage_bytes(damager, content, kOffsetsOfBenchmarks / relative_cost);
}

INSTANTIATE_TEST_SUITE_P(Damaged, Benchmarks,
                         testing::ValuesIn(files_in(BTFRELOC_TESTDATA "/objects/bench", ".o")),
                         test_name);

class RawBtf : public testing::TestWithParam<std::string> {};

TEST_P(RawBtf, IsReadOrRefusedWhateverIsDamaged) {
  const ByteVector object = read_bytes(object_path(GetParam()));
  const Bytes section = btf_section(object);
  const ByteVector content(section.begin(), section.end());
  Damager damager(".BTF of " + GetParam());
  damage_bytes(damager, content, kOffsets);
  damage_words(damager, content);
}

INSTANTIATE_TEST_SUITE_P(Damaged, RawBtf,
                         testing::Values("tags.bpfel.o", "tags.bpfeb.o", "enums.bpfel.o",
                                         "enums.bpfeb.o", "arena.bpfel.o",
                                         "../rust/tagged_unions.llvm19.o"),
                         test_name);

class Compressed : public testing::TestWithParam<std::string> {};

TEST_P(Compressed, IsReadOrRefusedWhateverIsDamaged) {
  const auto compressed = output_of(GetParam() + " -c <" + object_path("exit.bpfel.o"));
  if (!compressed) GTEST_SKIP() << GetParam() << " is not installed";
  const Bytes bytes = as_bytes(*compressed);
  Damager damager("exit.bpfel.o by " + GetParam());
  damage_bytes(damager, ByteVector(bytes.begin(), bytes.end()), kOffsets);
}

INSTANTIATE_TEST_SUITE_P(Damaged, Compressed, testing::Values("xz", "zstd", "gzip"), test_name);

}  // namespace
}  // namespace btfreloc::test
