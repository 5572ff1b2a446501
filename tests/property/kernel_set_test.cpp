#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <ranges>

#include "support/errors.h"
#include "support/kernel_sets.h"

// Real kernels and modules, in one set: what comes out is what went in. BTFRELOC_LONG=1 takes all
// of the corpus, and holds the sizes of sets against those of compressed files.

namespace btfreloc::test {
namespace {

using kernels::Editor;

bool is_long_run() { return std::getenv("BTFRELOC_LONG") != nullptr; }

const Sources& all_sources() {
  static const Sources sources = corpus_sources(is_long_run());
  return sources;
}

std::vector<const Source*> kernels_and_modules() { return pointers_to(all_sources()); }

/// Those that tests take which make many sets.
std::vector<const Source*> a_few() {
  std::vector<const Source*> few = kernels_and_modules();
  if (is_long_run() || few.size() < 5) return few;
  std::erase_if(few, [](const Source* source) { return source->column.arch != "x86_64"; });
  return few;
}

class KernelSet : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (all_sources().empty()) GTEST_SKIP() << "BTFRELOC_CORPUS names no kernels";
  }
};

class ChangedKernelSet : public KernelSet {};

void expect_all(std::span<const Source* const> sources, const kernels::Set& set) {
  for (const Source* source : sources) {
    EXPECT_EQ(difference_from(*source, set), "") << source->address();
  }
}

std::uint64_t sum_of_compressed(std::span<const Source* const> sources) {
  std::uint64_t sum = 0;
  for (const Source* source : sources) sum += source->compressed_size;
  return sum;
}

/// True when its own types tell which enums are signed.
bool has_signed_enum(const btf::View& btf) {
  for (std::uint32_t id = btf.first_id().value; id < btf.size(); ++id) {
    const auto kind = btf.kind(TypeId{id});
    if (kind == btf::Kind::kEnum64) return true;
    if (kind == btf::Kind::kEnum && btf.info(TypeId{id}).kind_flag) return true;
  }
  return false;
}

TEST_P(KernelSet, GivesBackWhatWentIn) {
  const bool keeps_ids = GetParam();
  const auto sources = kernels_and_modules();
  const OpenSet open = open_set(packed(sources, keeps_ids));
  EXPECT_TRUE(open.set.verify().empty());
  ASSERT_EQ(open.set.columns().size(), sources.size());
  EXPECT_TRUE(std::ranges::is_sorted(open.set.columns(), kernels::goes_before));
  for (const Source* source : sources) {
    const auto found = open.set.find(source->column.label, source->column.module);
    ASSERT_TRUE(found) << source->address();
    kernels::Column expected = source->column;
    expected.order = source->view->order();
    expected.pointer_size = static_cast<std::uint8_t>(source->view->pointer_size().value);
    expected.types = source->view->own_count();
    expected.keeps_ids = keeps_ids;
    expected.tells_signs =
        has_signed_enum(source->kernel != nullptr ? *source->view->base() : *source->view);
    EXPECT_EQ(open.set.columns()[*found], expected) << source->address();
    if (source->kernel != nullptr) {
      EXPECT_EQ(open.set.kernel_of(*found), open.set.find(source->column.label));
    }
  }
  expect_all(sources, open.set);
  const kernels::Set::Size size = open.set.size();
  const std::uint64_t files = sum_of_compressed(sources);
  fmt::print(
      "{} columns{}: {} bytes ({} of them for ids), 1/{:.2f} of their xz files, {} symbols, "
      "{} versions, {} blocks\n",
      sources.size(), keeps_ids ? " with ids" : "", size.bytes, size.ids_bytes,
      static_cast<double>(files) / static_cast<double>(size.bytes), size.symbols, size.versions,
      size.blocks);
  EXPECT_EQ(size.bytes, open.bytes.size());
  EXPECT_EQ(size.segments, 1U);
  EXPECT_EQ(size.ids_bytes > 0, keeps_ids);
  if (is_long_run()) {
    EXPECT_LE(size.bytes * (keeps_ids ? 3 : 4), files);
  }
}

TEST_P(ChangedKernelSet, HasTheSameBytesInWhateverOrderKernelsAreAdded) {
  auto sources = a_few();
  const ByteVector forwards = packed(sources, GetParam());
  // Modules come behind their kernels.
  std::ranges::stable_sort(sources, {}, [](const Source* source) {
    return std::pair(source->kernel != nullptr, -static_cast<int>(source->bytes.size()));
  });
  EXPECT_EQ(packed(sources, GetParam()), forwards);
}

TEST_P(ChangedKernelSet, IsTheSameWithASegmentMore) {
  const bool keeps_ids = GetParam();
  const auto sources = a_few();
  // The last kernel and the last module come later.
  const Source* last_kernel = nullptr;
  for (const Source* source : sources) {
    if (source->kernel == nullptr) last_kernel = source;
  }
  std::vector<const Source*> later;
  std::vector<const Source*> first;
  for (const Source* source : sources) {
    const bool is_later =
        source == last_kernel || source->kernel == last_kernel || source->column.module == "kvm";
    (is_later ? later : first).push_back(source);
  }
  std::ranges::stable_sort(later, {}, [](const Source* s) { return s->kernel != nullptr; });
  const OpenSet begun = open_set(packed(first, keeps_ids));
  Editor editor = must(Editor::of(begun.set));
  add(editor, later, keeps_ids);
  const OpenSet appended = open_set(must(editor.appended()));
  EXPECT_TRUE(appended.set.verify().empty());
  EXPECT_EQ(appended.set.size().segments, 2U);
  expect_all(sources, appended.set);
  const ByteVector expected = packed(sources, keeps_ids);
  fmt::print("{} bytes packed, {} with a segment of {} columns\n", expected.size(),
             appended.bytes.size(), later.size());
  EXPECT_EQ(must(editor.packed()), expected);
  EXPECT_EQ(must(must(Editor::of(appended.set)).packed()), expected);
}

TEST_P(ChangedKernelSet, HasNoTraceOfWhatWasRemoved) {
  const bool keeps_ids = GetParam();
  auto sources = a_few();
  const OpenSet open = open_set(packed(sources, keeps_ids));
  const auto removed =
      std::ranges::find_if(sources, [](const Source* source) { return source->kernel == nullptr; });
  const Source* const kernel = *removed;
  const Source* const module = sources.back()->kernel != nullptr ? sources.back() : nullptr;
  Editor editor = must(Editor::of(open.set));
  must(editor.remove(kernel->column.label));
  if (module != nullptr && module->kernel != kernel) {
    must(editor.remove(module->column.label, module->column.module));
  }
  EXPECT_FALSE(editor.remove(kernel->column.label));
  EXPECT_FALSE(editor.appended());
  std::erase_if(sources, [&](const Source* source) {
    return source == kernel || source->kernel == kernel || source == module;
  });
  EXPECT_EQ(editor.columns().size(), sources.size());
  const ByteVector left = must(editor.packed());
  EXPECT_EQ(left, packed(sources, keeps_ids));
  expect_all(sources, open_set(left).set);
}

TEST_P(ChangedKernelSet, TakesAKernelOnlyOnce) {
  const auto sources = a_few();
  Editor editor;
  kernels::Column column = sources[0]->column;
  column.keeps_ids = GetParam();
  EXPECT_EQ(must(editor.add(column, *sources[0]->view, sources[0]->bytes)), Editor::Added::yes);
  EXPECT_EQ(must(editor.add(column, *sources[0]->view, sources[0]->bytes)),
            Editor::Added::was_there);
  const auto other = std::ranges::find_if(sources, [&](const Source* source) {
    return source->kernel == nullptr && source != sources[0];
  });
  if (other == sources.end()) return;
  const auto refused = editor.add(column, *(*other)->view, (*other)->bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::bad_format);
  EXPECT_EQ(editor.columns().size(), 1U);
}

std::string name_of(const testing::TestParamInfo<bool>& info) {
  return info.param ? "kept" : "given_anew";
}
INSTANTIATE_TEST_SUITE_P(Ids, KernelSet, testing::Bool(), name_of);

// Sets that keep ids take longer to make; those of random kernels do in every run.
std::vector<bool> changed_in_this_run() {
  return is_long_run() ? std::vector<bool>{false, true} : std::vector<bool>{false};
}
INSTANTIATE_TEST_SUITE_P(Ids, ChangedKernelSet, testing::ValuesIn(changed_in_this_run()), name_of);

}  // namespace
}  // namespace btfreloc::test
