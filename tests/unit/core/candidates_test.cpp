#include "core/candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/btf_bytes.h"
#include "support/errors.h"

namespace btfreloc::core {
namespace {

using btf::Kind;
using test::BtfBytes;
using test::must;
using testing::ElementsAre;

/// A type of which only the name and the kind count.
struct NamedKind {
  Kind kind;
  std::string_view name;  ///< "": none.
};

TypeId add(BtfBytes& btf, const NamedKind& type) {
  const test::Word name = type.name.empty() ? test::Word(0) : test::Word(std::string(type.name));
  switch (type.kind) {
    case Kind::kInt: return btf.integer(name, 4);
    case Kind::kArray: return btf.array(TypeId{0}, TypeId{0}, 1);
    case Kind::kVar: return btf.add(Kind::kVar, name, TypeId{0}, {1});
    case Kind::kFunc: {
      const TypeId proto = btf.add(Kind::kFuncProto, 0, 0);
      return btf.function(name, proto, 1);
    }
    default: return btf.add(type.kind, name, 0);
  }
}

std::vector<std::uint32_t> ids(const std::vector<Candidate>& candidates) {
  std::vector<std::uint32_t> ids;
  for (const Candidate& candidate : candidates) ids.push_back(candidate.type.value);
  return ids;
}

struct SearchCase {
  std::string_view what;
  NamedKind root;
  std::vector<NamedKind> kernel;  ///< Types [1], [2], ...; the function types of FUNC count too.
  std::vector<std::uint32_t> expected;

  friend void PrintTo(const SearchCase& each, std::ostream* out) { *out << each.what; }
};

class Search : public testing::TestWithParam<SearchCase> {};

TEST_P(Search, FindsTypesOfThatEssentialNameAndKindById) {
  for (const std::endian order : test::kOrders) {
    BtfBytes local_bytes;
    const TypeId root = add(local_bytes, GetParam().root);
    BtfBytes kernel_bytes(order);
    kernel_bytes.integer("int", 4);
    for (const NamedKind& type : GetParam().kernel) add(kernel_bytes, type);
    const auto local = test::open(local_bytes);
    const auto kernel = test::open(kernel_bytes);
    const auto found =
        must(Candidates::find(local.view, std::to_array({root}), {.kernel = kernel.view}));
    std::vector<std::uint32_t> expected = GetParam().expected;
    for (std::uint32_t& id : expected) ++id;  // [1] is the int.
    EXPECT_EQ(ids(found.of(root)), expected);
    for (const Candidate& candidate : found.of(root)) {
      EXPECT_EQ(candidate.btf, &kernel.view);
      EXPECT_EQ(candidate.module, "");
    }
  }
}

constexpr Kind kStruct = Kind::kStruct;

INSTANTIATE_TEST_SUITE_P(
    Names, Search,
    testing::ValuesIn(std::to_array<SearchCase>({
        {"the same", {kStruct, "task"}, {{kStruct, "other"}, {kStruct, "task"}}, {2}},
        {"none", {kStruct, "task"}, {{kStruct, "tas"}, {kStruct, "task_"}, {kStruct, "Task"}}, {}},
        {"several, by id",
         {kStruct, "task"},
         {{kStruct, "task"}, {kStruct, "x"}, {kStruct, "task"}, {kStruct, "task"}},
         {1, 3, 4}},
        {"a flavor here", {kStruct, "task___old"}, {{kStruct, "task"}}, {1}},
        {"a flavor there", {kStruct, "task"}, {{kStruct, "task___old"}}, {1}},
        {"flavors on both sides", {kStruct, "task___a"}, {{kStruct, "task___b"}}, {1}},
        {"only the last flavor goes",
         {kStruct, "task___a___b"},
         {{kStruct, "task"}, {kStruct, "task___a"}, {kStruct, "task___a___c"}},
         {3}},
        {"four underscores are no flavor",
         {kStruct, "task"},
         {{kStruct, "task____x"}, {kStruct, "task___"}, {kStruct, "___task"}},
         {}},
        {"a name of one character",
         {kStruct, "a"},
         {{kStruct, "a"}, {kStruct, "a___x"}, {kStruct, "ab"}, {kStruct, "a__x"}, {kStruct, "b"}},
         {1, 2}},
        {"a name of two",
         {kStruct, "ab"},
         {{kStruct, "ab"}, {kStruct, "ab___x"}, {kStruct, "ab__"}, {kStruct, "a"}},
         {1, 2}},
        {"a name of three",
         {kStruct, "abc"},
         {{kStruct, "abc___x"}, {kStruct, "abc"}, {kStruct, "abc_"}, {kStruct, "ab"}},
         {1, 2}},
        {"a name of four",
         {kStruct, "abcd"},
         {{kStruct, "abcd___x"}, {kStruct, "abcd"}, {kStruct, "abcde"}},
         {1, 2}},
        {"short flavors here", {kStruct, "a___x"}, {{kStruct, "a"}, {kStruct, "a___y"}}, {1, 2}},
        {"the last of the strings", {kStruct, "z"}, {{kStruct, "yy"}, {kStruct, "z"}}, {2}},
        {"two characters, the last of the strings", {kStruct, "zz"}, {{kStruct, "zz"}}, {1}},
        {"three characters, the last of the strings", {kStruct, "zzz"}, {{kStruct, "zzz"}}, {1}},
        {"four characters, the last of the strings", {kStruct, "zzzz"}, {{kStruct, "zzzz"}}, {1}},
        {"a flavor, the last of the strings", {kStruct, "z"}, {{kStruct, "z___v"}}, {1}},
        {"another one, the last of the strings", {kStruct, "z"}, {{kStruct, "y"}}, {}},
        {"no name here", {kStruct, ""}, {{kStruct, ""}, {kStruct, "task"}}, {}},
        {"no name there", {kStruct, "task"}, {{kStruct, ""}}, {}},
    })));

INSTANTIATE_TEST_SUITE_P(
    Kinds, Search,
    testing::ValuesIn(std::to_array<SearchCase>({
        {"a struct",
         {kStruct, "x"},
         {{Kind::kUnion, "x"},
          {Kind::kFwd, "x"},
          {Kind::kTypedef, "x"},
          {Kind::kEnum, "x"},
          {Kind::kInt, "x"},
          {kStruct, "x"}},
         {6}},
        {"a union",
         {Kind::kUnion, "x"},
         {{kStruct, "x"}, {Kind::kUnion, "x"}, {Kind::kFwd, "x"}},
         {2}},
        {"a forward declaration",
         {Kind::kFwd, "x"},
         {{kStruct, "x"}, {Kind::kUnion, "x"}, {Kind::kFwd, "x"}},
         {3}},
        {"a typedef",
         {Kind::kTypedef, "x"},
         {{kStruct, "x"}, {Kind::kTypedef, "x"}, {Kind::kInt, "x"}, {Kind::kTypedef, "x___v"}},
         {2, 4}},
        {"an enum",
         {Kind::kEnum, "x"},
         {{Kind::kEnum, "x"}, {Kind::kInt, "x"}, {Kind::kEnum64, "x"}},
         {1, 3}},
        {"an enum64",
         {Kind::kEnum64, "x"},
         {{Kind::kEnum, "x"}, {kStruct, "x"}, {Kind::kEnum64, "x"}},
         {1, 3}},
        {"an int", {Kind::kInt, "x"}, {{Kind::kFloat, "x"}, {Kind::kInt, "x"}}, {2}},
        {"a float", {Kind::kFloat, "x"}, {{Kind::kFloat, "x"}, {Kind::kInt, "x"}}, {1}},
        // The function's type is [2], the function [3].
        {"not a function of that name", {kStruct, "x"}, {{kStruct, "x"}, {Kind::kFunc, "x"}}, {1}},
        {"a function", {Kind::kFunc, "x"}, {{Kind::kFunc, "x"}, {kStruct, "x"}}, {2}},
        {"a pointer has no name", {Kind::kPtr, ""}, {{Kind::kPtr, ""}}, {}},
        {"a variable", {Kind::kVar, "x"}, {{Kind::kVar, "x"}, {Kind::kTypedef, "x"}}, {1}},
    })));

// Many roots at once.

TEST(Candidates, OfEachRootAreItsOwn) {
  BtfBytes local_bytes;
  const TypeId a = local_bytes.add(kStruct, "a", 0);
  const TypeId a_flavor = local_bytes.add(kStruct, "a___x", 0);
  const TypeId a_typedef = local_bytes.add(Kind::kTypedef, "a", a);
  const TypeId a_enum = local_bytes.add(Kind::kEnum, "a", 4);
  const TypeId a_enum64 = local_bytes.add(Kind::kEnum64, "a", 8);
  const TypeId missing = local_bytes.add(kStruct, "missing", 0);
  const TypeId nameless = local_bytes.add(kStruct, 0, 0);
  BtfBytes kernel_bytes;
  kernel_bytes.add(kStruct, "a", 0);            // 1
  kernel_bytes.add(Kind::kEnum, "a", 4);        // 2
  kernel_bytes.add(Kind::kTypedef, "a", 1);     // 3
  kernel_bytes.add(kStruct, "a___y", 0);        // 4
  kernel_bytes.add(Kind::kEnum64, "a___y", 8);  // 5
  const auto local = test::open(local_bytes);
  const auto kernel = test::open(kernel_bytes);
  const auto roots =
      std::to_array({a, nameless, a_flavor, a, a_typedef, missing, a_enum64, a_enum, nameless});
  const auto found = must(Candidates::find(local.view, roots, {.kernel = kernel.view}));
  EXPECT_THAT(ids(found.of(a)), ElementsAre(1, 4));
  EXPECT_THAT(ids(found.of(a_flavor)), ElementsAre(1, 4));
  EXPECT_THAT(ids(found.of(a_typedef)), ElementsAre(3));
  EXPECT_THAT(ids(found.of(a_enum)), ElementsAre(2, 5));
  EXPECT_THAT(ids(found.of(a_enum64)), ElementsAre(2, 5));
  EXPECT_THAT(ids(found.of(missing)), ElementsAre());
  EXPECT_THAT(ids(found.of(nameless)), ElementsAre());
}

TEST(Candidates, OfNoRootsAreNone) {
  BtfBytes bytes;
  bytes.integer("int", 4);
  const auto open = test::open(bytes);
  bool asked = false;
  const Target target{.kernel = open.view, .modules = [&]() -> Result<std::span<const Module>> {
                        asked = true;
                        return std::span<const Module>();
                      }};
  EXPECT_TRUE(Candidates::find(open.view, {}, target));
  EXPECT_FALSE(asked);
}

// Modules.

/// A kernel with `in_kernel` and two modules that continue it: `first` has module_only ([3]) and
/// in_kernel ([4]), `second` has module_only ([3]) and a struct in_one ([4]).
struct Kernel {
  static BtfBytes kernel() {
    BtfBytes bytes;
    bytes.add(kStruct, "in_kernel", 0);
    bytes.add(Kind::kFwd, "module_only", 0);
    return bytes;
  }
  static BtfBytes module(const BtfBytes& base, std::string_view other) {
    BtfBytes bytes(std::endian::little, &base);
    bytes.add(kStruct, "module_only", 8);
    bytes.add(kStruct, std::string(other), 8);
    return bytes;
  }

  BtfBytes kernel_bytes = kernel();
  test::OpenBtf vmlinux = test::open(kernel_bytes);
  test::OpenBtf first = test::open(module(kernel_bytes, "in_kernel"), &vmlinux.view);
  test::OpenBtf second = test::open(module(kernel_bytes, "in_one"), &vmlinux.view);
  std::vector<Module> modules = {{"first", &first.view}, {"second", &second.view}};
  int asked = 0;
  Target target{.kernel = vmlinux.view, .modules = [this]() -> Result<std::span<const Module>> {
                  ++asked;
                  return std::span<const Module>(modules);
                }};
};

Result<Candidates> find(const Kernel& kernel, std::initializer_list<std::string_view> names,
                        std::vector<TypeId>& roots) {
  BtfBytes local_bytes;
  roots.clear();
  for (const std::string_view name : names) {
    roots.push_back(local_bytes.add(kStruct, std::string(name), 0));
  }
  const auto local = test::open(local_bytes);
  return Candidates::find(local.view, roots, kernel.target);
}

TEST(Modules, AreLookedAtOnlyForWhatTheKernelLacks) {
  Kernel kernel;
  std::vector<TypeId> roots;
  const auto found = must(find(kernel, {"in_kernel", "module_only", "in_one", "nowhere"}, roots));
  EXPECT_THAT(ids(found.of(roots[0])), ElementsAre(1)) << "though a module has one too";
  EXPECT_EQ(found.of(roots[0])[0].module, "");
  ASSERT_THAT(ids(found.of(roots[1])), ElementsAre(3, 3))
      << "the forward declaration in the kernel is no struct";
  EXPECT_EQ(found.of(roots[1])[0].module, "first");
  EXPECT_EQ(found.of(roots[1])[0].btf, &kernel.first.view);
  EXPECT_EQ(found.of(roots[1])[1].module, "second");
  EXPECT_EQ(found.of(roots[1])[1].btf, &kernel.second.view);
  ASSERT_THAT(ids(found.of(roots[2])), ElementsAre(4)) << "ids continue the kernel's";
  EXPECT_EQ(found.of(roots[2])[0].module, "second");
  EXPECT_THAT(ids(found.of(roots[3])), ElementsAre());
  EXPECT_EQ(kernel.asked, 1);
}

TEST(Modules, AreNotOpenedWhenTheKernelHasEverything) {
  Kernel kernel;
  std::vector<TypeId> roots;
  must(find(kernel, {"in_kernel", "in_kernel___flavor"}, roots));
  EXPECT_EQ(kernel.asked, 0);
}

TEST(Modules, MayBeNone) {
  Kernel kernel;
  kernel.target.modules = {};
  std::vector<TypeId> roots;
  const auto found = must(find(kernel, {"in_kernel", "module_only"}, roots));
  EXPECT_THAT(ids(found.of(roots[0])), ElementsAre(1));
  EXPECT_THAT(ids(found.of(roots[1])), ElementsAre());
}

TEST(Modules, ThatCannotBeReadFailTheSearch) {
  Kernel kernel;
  kernel.target.modules = []() -> Result<std::span<const Module>> {
    return fail(Errc::bad_format, "not a module", {.section = ".BTF", .offset = 7});
  };
  std::vector<TypeId> roots;
  EXPECT_THAT(find(kernel, {"module_only"}, roots),
              test::FailsWith(Errc::bad_format, 7, "not a module"));
}

}  // namespace
}  // namespace btfreloc::core
