#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "kernels/directory.h"
#include "kernels/format.h"
#include "property/guarded_bytes.h"
#include "support/btf_bytes.h"
#include "support/errors.h"
#include "support/exploded_set.h"
#include "support/kernel_sets.h"
#include "support/random_btf.h"

// Small sets, damaged at every byte, cut at every length, put together from parts of others:
// whatever was done to them, they are read or refused with an error that names the place, verify()
// tells, and kernels that the damage is no concern of come out as they went in. BTFRELOC_LONG=1
// tries more.

namespace btfreloc::test {
namespace {

using kernels::Editor;
using kernels::Extracted;

bool is_long_run() { return std::getenv("BTFRELOC_LONG") != nullptr; }

/// A set to be damaged, and what comes out of it while it is whole.
struct Whole {
  ByteVector bytes;
  Sources sources;
  std::vector<kernels::Column> columns;
  std::vector<ByteVector> extracted;  ///< By column.
  std::vector<std::string> names;     ///< For slices.
};

ByteVector copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// Two or three kernels and two modules, of which one came with a segment of its own.
Whole make_set(std::uint64_t seed, std::uint32_t types, bool is_appended) {
  Random random(seed);
  Whole whole;
  const Model model = random_kernel(random, types);
  const WriteOptions options = {.shuffle = Shuffle::any, .has_odd_strings = true};
  const auto add = [&](const char* label, const char* module, const WrittenBtf& btf,
                       const Source* kernel) -> const Source& {
    Source source;
    source.column.label = label;
    source.column.module = module;
    source.column.keeps_ids = kernel == nullptr && std::string_view(label) == "6.1";
    source.bytes = btf.bytes;
    source.kernel = kernel;
    return append(whole.sources, std::move(source));
  };
  const WrittenBtf first = write(random, model, options);
  const Source& first_source = add("6.1", "", first, nullptr);
  add("6.1", "veth", write(random, random_module(random, model, types / 3), options, &first),
      &first_source);
  Model other = model;
  mutate(random, other, nullptr, types / 6);
  const WrittenBtf second = write(random, other, options);
  const Source& second_source = add("6.12", "", second, nullptr);
  add("6.12", "tun", write(random, random_module(random, other, types / 3), options, &second),
      &second_source);
  const Model lone = random_kernel(random, types);
  add("7.0", "", write(random, lone, options), nullptr);

  const auto pointers = pointers_to(whole.sources);
  const auto put = [&](Editor& editor, std::span<const Source* const> some) {
    for (const Source* source : some) {
      const bool keeps = source->column.label == "6.1";
      test::add(editor, std::span(&source, 1), keeps);
    }
  };
  Editor editor;
  put(editor, std::span(pointers).first(is_appended ? 3 : 5));
  whole.bytes = must(editor.packed());
  if (is_appended) {
    const OpenSet begun = open_set(whole.bytes);
    Editor more = must(Editor::of(begun.set));
    put(more, std::span(pointers).subspan(3));
    whole.bytes = must(more.appended());
  }
  const OpenSet open = open_set(whole.bytes);
  EXPECT_TRUE(open.set.verify().empty());
  for (const auto& source : whole.sources) EXPECT_EQ(difference_from(*source, open.set), "");
  whole.columns = open.set.columns();
  for (std::size_t i = 0; i < whole.columns.size(); ++i) {
    whole.extracted.push_back(
        copy_of(must(extract(open.set, i, Extracted::Ids::any)).own->bytes()));
  }
  for (const char* name : {"task", "inode", "nf_conn", "class_t", "a", "int"}) {
    whole.names.emplace_back(name);
  }
  return whole;
}

void expect_complete(const Error& error, const std::string& what) {
  EXPECT_NE(error.message, "") << what;
  EXPECT_NE(error.code, Errc::io) << what;
}

struct Tally {
  std::size_t variants = 0;
  std::size_t refused = 0;   ///< By open().
  std::size_t reported = 0;  ///< By verify().
  std::size_t unnoticed = 0;
  std::size_t readable = 0;  ///< Columns of reported ones that are as they were.
  std::size_t lost = 0;
};

/// Reads all that there is in a set that may be damaged. True when something was said about it.
bool examine(const Whole& whole, Bytes bytes, const std::string& what, Tally& tally) {
  ++tally.variants;
  const auto set = kernels::Set::open(bytes);
  if (!set) {
    ++tally.refused;
    expect_complete(set.error(), what);
    return true;
  }
  const auto damages = set->verify();
  bool concerns_all = false;
  std::set<std::string> concerned;
  for (const kernels::Set::Damage& damage : damages) {
    expect_complete(damage.error, what);
    concerns_all |= damage.kernels.empty();
    concerned.insert(damage.kernels.begin(), damage.kernels.end());
  }
  for (std::size_t i = 0; i < set->columns().size(); ++i) {
    const std::string address = kernels::address(set->columns()[i]);
    const auto extracted = extract(*set, i, Extracted::Ids::any);
    if (!extracted) {
      ++tally.lost;
      expect_complete(extracted.error(), what);
      EXPECT_FALSE(damages.empty()) << what << ": " << extracted.error().message;
      EXPECT_TRUE(concerns_all || concerned.contains(address))
          << what << ": verify() says nothing of " << address << ", but "
          << extracted.error().message;
    }
    const bool is_known = i < whole.columns.size() && set->columns().size() == whole.columns.size();
    if (extracted && is_known) {
      const bool is_same = std::ranges::equal(extracted->own->bytes(), whole.extracted[i]);
      if (is_same) ++tally.readable;
      EXPECT_TRUE(is_same || !damages.empty()) << what << ": " << address << " is another";
      EXPECT_TRUE(is_same || concerns_all || concerned.contains(address))
          << what << ": " << address << " is another, and verify() does not say so";
    }
    (void)extract(*set, i, Extracted::Ids::original);
  }
  kernels::Slicer slicer(*set);
  std::vector<std::string_view> names(whole.names.begin(), whole.names.end());
  for (std::size_t i = 0; i < set->columns().size(); ++i) {
    const auto slice =
        slicer.slice(i, {.types = names, .compared_types = names, .functions = names});
    if (!slice) {
      expect_complete(slice.error(), what);
      EXPECT_FALSE(damages.empty()) << what << ": " << slice.error().message;
    }
  }
  if (auto editor = Editor::of(*set)) {
    (void)editor->packed();
  } else {
    expect_complete(editor.error(), what);
    EXPECT_FALSE(damages.empty()) << what << ": " << editor.error().message;
  }
  ++(damages.empty() ? tally.unnoticed : tally.reported);
  return !damages.empty();
}

class DamagedSet : public testing::TestWithParam<bool> {
 protected:
  void report(const Tally& tally) {
    fmt::print("{} variants: {} refused, {} reported, {} unnoticed; {} columns read, {} lost\n",
               tally.variants, tally.refused, tally.reported, tally.unnoticed, tally.readable,
               tally.lost);
  }
};

TEST_P(DamagedSet, IsNoticedAtEveryByte) {
  const Whole whole = make_set(1, 14, GetParam());
  GuardedBytes file(whole.bytes);
  const auto bytes = file.bytes();
  Tally tally;
  for (std::size_t at = 0; at < bytes.size() && !HasFailure(); ++at) {
    const std::byte before = bytes[at];
    const std::array<std::byte, 5> values = {before ^ std::byte{1}, before ^ std::byte{0x80},
                                             std::byte{0}, std::byte{0xff},
                                             before ^ std::byte{0x10}};
    const std::size_t step = is_long_run() ? 1 : values.size();
    for (std::size_t i = at % step; i < values.size(); i += step) {
      if (values[i] == before) continue;
      bytes[at] = values[i];
      EXPECT_TRUE(
          examine(whole, bytes, fmt::format("byte {:#x} of {:#x}", at, bytes.size()), tally))
          << "byte " << at << " of " << bytes.size() << " counts for nothing";
    }
    bytes[at] = before;
  }
  report(tally);
  EXPECT_GT(tally.readable, 0U);
}

TEST_P(DamagedSet, IsRefusedWhenItIsCut) {
  const Whole whole = make_set(2, 30, GetParam());
  for (std::size_t size = 0; size < whole.bytes.size(); ++size) {
    GuardedBytes file(Bytes(whole.bytes).first(size));
    const auto set = kernels::Set::open(file.bytes());
    ASSERT_FALSE(set) << "cut to " << size << " bytes";
    expect_complete(set.error(), fmt::format("cut to {} bytes", size));
  }
  ByteVector longer = whole.bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(kernels::Set::open(longer));
}

TEST_P(DamagedSet, IsNoticedWhenPartsOfItAreOthers) {
  const Whole whole = make_set(3, 30, GetParam());
  Tally tally;
  Random random(4);
  const std::size_t count = is_long_run() ? 20'000 : 300;
  for (std::size_t i = 0; i < count && !HasFailure(); ++i) {
    ByteVector changed = whole.bytes;
    const std::size_t size = 1 + random.below(random.percent(50) ? 16 : 400);
    const std::size_t from = random.below(changed.size());
    const std::size_t to = random.below(changed.size());
    const std::size_t end = std::min({size, changed.size() - from, changed.size() - to});
    std::copy_n(whole.bytes.begin() + static_cast<std::ptrdiff_t>(from), end,
                changed.begin() + static_cast<std::ptrdiff_t>(to));
    if (changed == whole.bytes) continue;
    const std::string what = fmt::format("{} bytes from {:#x} to {:#x}", end, from, to);
    EXPECT_TRUE(examine(whole, changed, what, tally)) << what;
  }
  report(tally);
}

INSTANTIATE_TEST_SUITE_P(Sets, DamagedSet, testing::Bool(), [](const auto& info) {
  return info.param ? "of_two_segments" : "packed";
});

/// Changes one part in some way.
void change(Random& random, ByteVector& chunk) {
  if (chunk.empty()) return chunk.push_back(static_cast<std::byte>(random.below(256)));
  for (std::uint32_t times = 1 + random.below(3); times > 0 && !chunk.empty(); --times) {
    const std::size_t at = random.below(chunk.size());
    const auto place = chunk.begin() + static_cast<std::ptrdiff_t>(at);
    constexpr auto kValues = std::to_array<std::uint8_t>({0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff});
    switch (random.below(7)) {
      case 0: chunk[at] = static_cast<std::byte>(random.one_of(kValues)); break;
      case 1: chunk[at] ^= static_cast<std::byte>(1U << random.below(8)); break;
      case 2: chunk.erase(place); break;
      case 3: chunk.insert(place, static_cast<std::byte>(random.one_of(kValues))); break;
      case 4: chunk[at] = chunk[random.below(chunk.size())]; break;
      case 5: chunk[at] = static_cast<std::byte>(std::to_integer<unsigned>(chunk[at]) + 1); break;
      default: chunk.resize(at); break;
    }
  }
}

/// With checksums that are right, it is up to the reader.
TEST(MutatedSets, AreReadOrRefused) {
  constexpr std::uint64_t kSets = 6;
  const int count = is_long_run() ? 100'000 : 500;
  std::size_t opened = 0;
  for (std::uint64_t seed = 1; seed <= kSets; ++seed) {
    const Whole whole = make_set(seed, seed % 3 == 0 ? 200 : 20, seed % 2 == 0);
    const Chunks chunks = explode(whole.bytes);
    ASSERT_EQ(split(joined(chunks)), chunks);
    ASSERT_TRUE(kernels::Set::open(implode(chunks)));
    ASSERT_TRUE(must(kernels::Set::open(implode(chunks))).verify().empty());
    Random random(seed);
    for (int i = 0; i < count; ++i) {
      Chunks changed = chunks;
      change(random, random.one_of(changed));
      if (random.percent(20)) change(random, random.one_of(changed));
      const ByteVector set = implode(changed);
      GuardedBytes file(set);
      const Bytes bytes = file.bytes();
      opened += kernels::Set::open(bytes).has_value() ? 1 : 0;
      ASSERT_EQ(complaint_about(bytes), "") << "seed " << seed << ", variant " << i;
    }
  }
  fmt::print("{} of {} were opened\n", opened, kSets * static_cast<std::uint64_t>(count));
  EXPECT_GT(opened, kSets * static_cast<std::uint64_t>(count) / 4);
}

/// Damage in the middle of a larger set: most of the blocks are of one kernel or another.
TEST(DamagedSets, KernelsWithoutDamageStayReadable) {
  const Whole whole = make_set(5, 3000, true);
  Tally tally;
  Random random(6);
  for (int i = 0; i < (is_long_run() ? 2000 : 20); ++i) {
    ByteVector changed = whole.bytes;
    const std::size_t at = 64 + random.below(changed.size() - 64);
    changed[at] ^= std::byte{0x20};
    examine(whole, changed, fmt::format("byte {:#x}", at), tally);
    if (HasFailure()) break;
  }
  fmt::print("{} bytes, {} variants: {} refused, {} columns read, {} lost\n", whole.bytes.size(),
             tally.variants, tally.refused, tally.readable, tally.lost);
  EXPECT_EQ(tally.unnoticed, 0U);
  EXPECT_GT(tally.readable, tally.lost / 4);
}

TEST(DamagedSets, ErrorsNameTheBlock) {
  const Whole whole = make_set(5, 3000, false);
  ByteVector changed = whole.bytes;
  std::size_t named = 0;
  for (std::size_t at = 64; at < changed.size(); at += changed.size() / 50) {
    changed[at] ^= std::byte{1};
    if (const auto set = kernels::Set::open(changed)) {
      for (const auto& damage : set->verify()) {
        if (damage.error.message.find("block") != std::string::npos) ++named;
        EXPECT_TRUE(damage.error.where.offset.has_value()) << damage.error.message;
        EXPECT_NE(damage.error.hint, "") << damage.error.message;
      }
    }
    changed[at] ^= std::byte{1};
  }
  EXPECT_GT(named, 25U);
}

/// A block of zeros packs to nearly nothing, and each byte of it could be a record.
TEST(DamagedSets, BombsAreRefused) {
  constexpr std::uint32_t kRecords = 9'000'000;
  Chunks chunks = explode(make_set(1, 14, false).bytes);
  auto directory = must(kernels::decode_directory(chunks[1], std::uint64_t{1} << 40));
  kernels::SegmentEntry& segment = directory.segments[0];
  // One byte of switches and the directory come before the parts of the segment, its blocks behind.
  const std::size_t index = 2 + static_cast<std::size_t>(kernels::Part::blocks);
  const std::size_t blocks = chunks[index].size() / kernels::kBlockEntrySize;
  ASSERT_GT(blocks, 0U);
  const std::size_t last = (blocks - 1) * kernels::kBlockEntrySize;
  constexpr std::size_t kFirstRecordAt = 16;
  constexpr std::size_t kFirstSymbolAt = 20;
  const auto number = [&](std::size_t at) {
    return load<std::uint32_t>(chunks[index].data() + last + at, std::endian::little);
  };
  segment.records = number(kFirstRecordAt) + kRecords;
  segment.symbols = number(kFirstSymbolAt) + kRecords;
  chunks[1] = kernels::encode(directory);
  ByteVector& block = chunks[2 + kernels::kParts + blocks - 1];
  block.assign(7 * std::size_t{kRecords}, std::byte{0});
  const ByteVector bomb = implode(chunks);
  EXPECT_LT(bomb.size(), 10'000U);
  const kernels::Set set = must(kernels::Set::open(bomb));
  const auto damages = set.verify();
  ASSERT_FALSE(damages.empty());
  EXPECT_THAT(damages[0].error.message, testing::HasSubstr("too large for its records"));
}

TEST(DamagedSets, NewerVersionIsRefusedByName) {
  Whole whole = make_set(1, 14, false);
  put(whole.bytes, 8, std::uint32_t{2}, std::endian::little);
  const auto set = kernels::Set::open(whole.bytes);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.error().code, Errc::unsupported);
  EXPECT_THAT(set.error().message, testing::HasSubstr("version 2"));
  EXPECT_THAT(set.error().hint, testing::HasSubstr("newer"));
  EXPECT_TRUE(kernels::Set::is_set(whole.bytes));
  put(whole.bytes, 8, std::uint32_t{0x01000000}, std::endian::little);
  EXPECT_FALSE(kernels::Set::open(whole.bytes));
}

TEST(DamagedSets, OtherFilesAreNoSets) {
  for (const std::string_view content : {"", "BTF", "BTFSET", "\177ELF", "BTFSET1"}) {
    EXPECT_FALSE(kernels::Set::is_set(as_bytes(content)));
    EXPECT_FALSE(kernels::Set::open(as_bytes(content)));
  }
}

}  // namespace
}  // namespace btfreloc::test
