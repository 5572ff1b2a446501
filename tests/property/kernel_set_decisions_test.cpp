#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "core/relo_kind.h"
#include "object/needs.h"
#include "object/relocate.h"
#include "support/errors.h"
#include "support/kernel_sets.h"
#include "support/objects.h"

// Relocations of real objects, on the kernels that went into a set, on what comes out of it, and on
// slices of it: the decisions are the same. BTFRELOC_LONG=1 takes all objects and kernels.

namespace btfreloc::test {
namespace {

using core::Decision;
using kernels::Extracted;

bool is_long_run() { return std::getenv("BTFRELOC_LONG") != nullptr; }

/// Objects with relocations, of both byte orders.
const std::vector<OpenObject>& objects() {
  static const std::vector<OpenObject> all = [] {
    std::vector<std::string> paths = test_objects();
    for (const auto& folder : {std::filesystem::path(BTFRELOC_TESTDATA "/objects/bench"),
                               std::filesystem::path(BTFRELOC_TESTDATA "/rust"),
                               corpus("objects/libbpf-tools"), corpus("objects/big-endian")}) {
      for (const std::string& path : files_in(folder, ".o")) paths.push_back(path);
    }
    std::vector<OpenObject> found;
    for (const std::string& path : paths) {
      auto file = must(MappedFile::open(path));
      auto object = object::Object::open(file.bytes());
      if (!object || object->btf() == nullptr || object->relocations().empty()) continue;
      found.push_back({std::move(file), *std::move(object)});
    }
    return found;
  }();
  return all;
}

/// Modules of a kernel as relocations take them, by name.
std::vector<core::Module> modules_of(const Sources& sources, const Source& kernel) {
  std::vector<core::Module> modules;
  for (const auto& source : sources) {
    if (source->kernel == &kernel) {
      modules.push_back({.name = source->column.module, .btf = &*source->view});
    }
  }
  std::ranges::sort(modules, {}, &core::Module::name);
  return modules;
}

core::Target target_of(const btf::View& kernel, const std::vector<core::Module>& modules) {
  return {.kernel = kernel, .modules = [&]() -> Result<std::span<const core::Module>> {
            return std::span<const core::Module>(modules);
          }};
}

/// A kernel of a set, extracted with its modules.
struct ExtractedKernel {
  std::unique_ptr<Extracted> kernel;
  std::vector<std::unique_ptr<Extracted>> owned;
  std::vector<core::Module> modules;

  ExtractedKernel(const kernels::Set& set, std::size_t column, Extracted::Ids ids)
      : kernel(std::make_unique<Extracted>(must(Extracted::from(set, column, ids)))) {
    for (const std::size_t module : set.modules_of(column)) {
      owned.push_back(
          std::make_unique<Extracted>(must(Extracted::from(set, module, ids, kernel.get()))));
      modules.push_back({.name = set.columns()[module].module, .btf = &owned.back()->btf()});
    }
    std::ranges::sort(modules, {}, &core::Module::name);
  }
};

class Decisions : public testing::TestWithParam<bool> {};

struct Tally {
  std::size_t decisions = 0;
  std::size_t different = 0;
  std::set<std::string> outcomes;
};

void compare(Tally& tally, const object::Object& object, std::span<const Decision> expected,
             const core::Target& target, core::Rules rules, bool with_ids,
             const std::string& what) {
  const auto found = must(object::relocate(object, target, rules));
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    ++tally.decisions;
    tally.outcomes.insert(std::string(name(expected[i].outcome)));
    if (is_alike(expected[i], found[i], with_ids)) continue;
    if (++tally.different > 10) continue;
    const object::Relocation& relocation = object.relocations()[i];
    ADD_FAILURE() << what << ": relocation " << i << " ("
                  << object.btf()->name(relocation.record.type) << ' '
                  << object.btf()->string(relocation.record.access) << ", kind "
                  << relocation.record.kind << "): " << text_of(expected[i]) << " became "
                  << text_of(found[i]);
  }
}

TEST_P(Decisions, AreThoseOfTheKernelItself) {
  const bool keeps_ids = GetParam();
  const Sources sources = corpus_sources(is_long_run());
  if (sources.empty()) GTEST_SKIP() << "BTFRELOC_CORPUS names no kernels";
  const OpenSet open = open_set(packed(pointers_to(sources), keeps_ids));
  kernels::Slicer slicer(open.set);
  Tally extracted_tally;
  Tally sliced_tally;
  for (const auto& source : sources) {
    if (source->kernel != nullptr) continue;
    const std::size_t column = open.set.find(source->column.label).value();
    const auto modules = modules_of(sources, *source);
    const core::Target original = target_of(*source->view, modules);
    const ExtractedKernel extracted(open.set, column,
                                    keeps_ids ? Extracted::Ids::original : Extracted::Ids::any);
    const core::Target whole = target_of(extracted.kernel->btf(), extracted.modules);
    for (const auto& [file, object] : objects()) {
      if (object.order() != source->view->order()) continue;
      const object::Needs needs = object::needs_of(object);
      const SlicedTarget sliced(
          slicer, open.set, column,
          {.types = needs.types, .members = needs.members, .compared_types = needs.compared_types});
      for (const core::Rules rules : {core::Rules::coherent, core::Rules::libbpf}) {
        const auto expected = must(object::relocate(object, original, rules));
        const std::string what =
            fmt::format("{}, an object with {} relocations, {} rules", source->address(),
                        expected.size(), rules == core::Rules::libbpf ? "libbpf's" : "our");
        compare(extracted_tally, object, expected, whole, rules, keeps_ids, what + ", extracted");
        compare(sliced_tally, object, expected, sliced.target(), rules, false, what + ", sliced");
      }
    }
  }
  for (const Tally* tally : {&extracted_tally, &sliced_tally}) {
    fmt::print("{} decisions, {} different\n", tally->decisions, tally->different);
    EXPECT_EQ(tally->different, 0U);
    EXPECT_GT(tally->decisions, 10'000U);
    EXPECT_GE(tally->outcomes.size(), 3U);
  }
}

INSTANTIATE_TEST_SUITE_P(Ids, Decisions, testing::Bool(),
                         [](const auto& info) { return info.param ? "kept" : "given_anew"; });

}  // namespace
}  // namespace btfreloc::test
