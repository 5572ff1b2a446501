// What is left of a kernel's BTF, and that it decides as the whole.

#include "core/minimize.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "btf/raw_text.h"
#include "unit/core/resolve_case.h"

namespace btfreloc::core {
namespace {

using enum ReloKind;

/// The types in bpftool's raw notation.
std::string raw(const btf::View& view) {
  TextBuffer text;
  for (std::uint32_t id = 1; id < view.size(); ++id) btf::print_raw(text, view, TypeId{id});
  return std::string(text.view());
}

/// Decides, minimizes, and compares what the small BTF decides, by both rules; what it has.
std::string minimized(Case& c) {
  const auto libbpf = texts(c.resolve(Rules::libbpf));
  const auto ours = texts(c.resolve());
  const OpenBtf local = open(c.local);
  const DecidedObject object{.local = local.view, .decisions = c.decisions};
  const auto blob = must(minimize({.kernel = c.kernel_view()}, {&object, 1}));
  const auto small = must(btf::View::open(blob));
  const auto again = [&](Rules rules) {
    return texts(
        must(resolve(local.view, std::endian::little, c.requests, {.kernel = small}, rules)));
  };
  EXPECT_EQ(again(Rules::coherent), ours);
  EXPECT_EQ(again(Rules::libbpf), libbpf);
  return raw(small);
}

struct Cut {
  const char* name;
  MakeType local;
  std::string_view access;
  ReloKind kind;
  std::int32_t value;  ///< What the compiler put in the instruction.
  MakeType kernel;
  std::string_view expected;
};

class MinimizeOne : public testing::TestWithParam<Cut> {};

TEST_P(MinimizeOne, KeepsWhatDecides) {
  Case c;
  const TypeId root = GetParam().local(c.local);
  GetParam().kernel(c.kernel);
  c.ask(root, GetParam().access, GetParam().kind, mov(GetParam().value));
  EXPECT_EQ(minimized(c), GetParam().expected);
}

const MakeType kTask = structure("task", {{"pid", i32()}});
const MakeType kState = enumeration("state", {{"A", 1}});

INSTANTIATE_TEST_SUITE_P(
    Fields, MinimizeOne,
    testing::Values(
        Cut{"Member", kTask, "0:0", field_byte_offset, 0,
            structure("task", {{"flags", u64()}, {"pid", alias("pid_t", i32()), 64}}),
            "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
            "[2] STRUCT 'task' size=64 vlen=1\n\t'pid' type_id=1 bits_offset=64\n"},
        Cut{"ThroughAnonymous", kTask, "0:0", field_byte_offset, 0,
            structure("task", {{"a", u8()}, {"", either("", {{"b", u8()}, {"pid", i32()}}), 64}}),
            "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
            "[2] UNION '(anon)' size=64 vlen=1\n\t'pid' type_id=1 bits_offset=0\n"
            "[3] STRUCT 'task' size=64 vlen=1\n\t'(anon)' type_id=2 bits_offset=64\n"},
        Cut{"LacksMember", kTask, "0:0", field_exists, 1, structure("task", {{"tgid", i32()}}),
            "[1] STRUCT 'task' size=64 vlen=0\n"},
        Cut{"PointersWithoutPointees", structure("task", {{"mm", ptr(structure("mm", {}))}}), "0:0",
            field_byte_offset, 0, structure("task", {{"mm", ptr(structure("mm", {{"x", u64()}}))}}),
            "[1] PTR '(anon)' type_id=0\n"
            "[2] INT 'unsigned long' size=8 bits_offset=0 nr_bits=64 encoding=(none)\n"
            "[3] STRUCT 'task' size=64 vlen=1\n\t'mm' type_id=1 bits_offset=0\n"},
        Cut{"Bitfield", structure("task", {{"dead", u32(), 0, 1}}), "0:0", field_lshift_u64, 63,
            structure("task", {{"a", u32(), 0, 3}, {"dead", u32(), 3, 1}}),
            "[1] INT 'unsigned int' size=4 bits_offset=0 nr_bits=32 encoding=(none)\n"
            "[2] STRUCT 'task' size=64 vlen=1\n\t'dead' type_id=1 bits_offset=3 "
            "bitfield_size=1\n"},
        Cut{"BeyondTheArray", structure("task", {{"v", array(u8(), 4)}}), "0:0:2",
            field_byte_offset, 2,
            structure("task", {{"v", array(u8(), 0)}, {"x", u8()}, {"y", u8()}}),
            "[1] STRUCT 'task' size=64 vlen=0\n"}),
    [](const auto& of) { return of.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Others, MinimizeOne,
    testing::Values(Cut{"Enumerator", kState, "0", enumval_value, 1,
                        enumeration("state", {{"Z", 0}, {"A___6", 5}, {"B", 6}}),
                        "[1] ENUM 'state' encoding=UNSIGNED size=4 vlen=1\n\t'A___6' val=5\n"},
                    Cut{"LacksEnumerator", kState, "0", enumval_exists, 1,
                        enumeration("state", {{"B", 6}}),
                        "[1] ENUM 'state' encoding=UNSIGNED size=4 vlen=0\n"},
                    Cut{"TypeExists", kTask, "0", type_exists, 1, structure("task", {{"x", u64()}}),
                        "[1] STRUCT 'task' size=64 vlen=0\n"},
                    // void* would be taken for void.
                    Cut{"OtherPointee", alias("f", ptr(nothing())), "0", type_exists, 1,
                        alias("f", ptr(structure("s", {{"x", u8()}}))),
                        "[1] STRUCT 's' size=64 vlen=0\n[2] PTR '(anon)' type_id=1\n"
                        "[3] TYPEDEF 'f' type_id=2\n"},
                    Cut{"Matches", structure("task", {{"pid", i32()}, {"s", ptr(kTask)}}), "0",
                        type_matches, 1,
                        structure("task", {{"x", u8()}, {"s", ptr(kTask)}, {"pid", i32(), 64}}),
                        "[1] STRUCT 'task' size=64 vlen=0\n[2] PTR '(anon)' type_id=1\n"
                        "[3] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
                        "[4] STRUCT 'task' size=64 vlen=2\n\t's' type_id=2 bits_offset=0\n"
                        "\t'pid' type_id=3 bits_offset=64\n"}),
    [](const auto& of) { return of.param.name; });

TEST(Minimize, KeepsCandidatesThatAreTurnedDown) {
  Case c;
  const TypeId root = structure("s", {{"x", i32()}, {"y", i32()}})(c.local);
  structure("s", {{"x", i32(), 64}})(c.kernel);
  structure("s", {{"x", i32(), 96}, {"y", i32(), 128}})(c.kernel);
  c.ask(root, "0:0", field_byte_offset, mov(0));
  c.ask(root, "0:1", field_byte_offset, mov(4));
  c.ask(root, "0:1", field_exists, mov(1));
  EXPECT_EQ(minimized(c),
            "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
            "[2] STRUCT 's' size=64 vlen=1\n\t'x' type_id=1 bits_offset=64\n"
            "[3] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
            "[4] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n"
            "[5] STRUCT 's' size=64 vlen=2\n\t'x' type_id=3 bits_offset=96\n"
            "\t'y' type_id=4 bits_offset=128\n");
}

/// An id of this BTF would be a wrong number; 0 says that the type is not there.
TEST(Minimize, LeavesOutWhatOnlyItsIdIsAskedOf) {
  Case c;
  const TypeId root = kTask(c.local);
  const TypeId other = kState(c.local);
  kTask(c.kernel);
  kState(c.kernel);
  c.ask(root, "0", type_id_target, mov(1));
  c.ask(other, "0", type_id_target, mov(1));
  c.ask(other, "0", type_exists, mov(1));
  c.resolve();
  const OpenBtf local = open(c.local);
  const DecidedObject object{.local = local.view, .decisions = c.decisions};
  const auto blob = must(minimize({.kernel = c.kernel_view()}, {&object, 1}));
  EXPECT_EQ(raw(must(btf::View::open(blob))), "[1] ENUM 'state' encoding=UNSIGNED size=4 vlen=0\n");
}

/// Without what is behind it, the array would be the last member, and have any element.
TEST(Minimize, KeepsWhatIsBehindAnArrayWithoutABound) {
  Case c;
  const TypeId root = structure("s", {{"v", array(u8(), 4)}})(c.local);
  structure("s", {{"v", array(u8(), 0)}, {"x", u8()}, {"y", u8()}})(c.kernel);
  c.ask(root, "0:0", field_byte_offset, mov(0));
  c.ask(root, "0:0:2", field_byte_offset, mov(2));
  minimized(c);
  EXPECT_EQ(text(c.decisions[1]), "poisoned missing-member");
}

TEST(Minimize, KeepsThatEnumsTellTheirSign) {
  Case c;
  const TypeId root = enumeration("e", {{"A", 0x80000000}}, 4, true)(c.local);
  enumeration("e", {{"A", 0x80000001}})(c.kernel);
  enumeration("signed_one", {{"B", 1}}, 4, true)(c.kernel);
  c.ask(root, "0", enumval_value, wide(0xffffffff80000000));
  EXPECT_EQ(minimized(c),
            "[1] ENUM 'e' encoding=UNSIGNED size=4 vlen=1\n\t'A' val=2147483649\n"
            "[2] ENUM 'signed_one' encoding=SIGNED size=4 vlen=0\n");
  EXPECT_EQ(text(c.decisions[0]), "patched 2147483649");
}

/// The kernel's BTF tells nothing of signs, but a module's does, and both become one.
TEST(Minimize, KeepsTheSignOfEnumsBesideThoseOfModules) {
  BtfBytes local_bytes;
  const TypeId e = enumeration("e", {{"A", 0x80000000}}, 4, true)(local_bytes);
  const TypeId m = enumeration("m", {{"B", 1}}, 4, true)(local_bytes);
  const OpenBtf local = open(local_bytes);
  BtfBytes kernel_bytes;
  enumeration("e", {{"A", 0x80000001}})(kernel_bytes);
  const OpenBtf kernel = open(kernel_bytes);
  BtfBytes module_bytes(std::endian::little, &kernel_bytes);
  enumeration("m", {{"B", 2}}, 4, true)(module_bytes);
  const OpenBtf module = open(module_bytes, &kernel.view);
  const std::vector<Module> modules = {{"mod", &module.view}};
  const Target target{.kernel = kernel.view,
                      .modules = [&] { return std::span<const Module>(modules); }};
  std::vector<Request> requests = {
      {.root = e, .access = "0", .kind = 11, .site = wide(0xffffffff80000000)},
      {.root = m, .access = "0", .kind = 11, .site = mov(1)},
  };
  for (const std::size_t count : {2U, 1U}) {
    requests.resize(count);
    const auto decisions =
        must(resolve(local.view, std::endian::little, requests, target, Rules::coherent));
    EXPECT_EQ(text(decisions[0]), "patched 18446744071562067969");
    const DecidedObject object{.local = local.view, .decisions = decisions};
    const auto blob = must(minimize(target, {&object, 1}));
    const auto small = must(btf::View::open(blob));
    for (const Rules rules : {Rules::coherent, Rules::libbpf}) {
      EXPECT_EQ(
          texts(must(resolve(local.view, std::endian::little, requests, {.kernel = small}, rules))),
          texts(must(resolve(local.view, std::endian::little, requests, target, rules))));
    }
    // Alone, it stays what the kernel has.
    EXPECT_EQ(small.info(TypeId{1}).kind_flag, count == 2);
  }
}

TEST(Minimize, KeepsTheSizeOfPointers) {
  Case c;
  const TypeId root = structure("s", {{"p", ptr(nothing())}})(c.local);
  integer("long int", 4, btf::kIntSigned)(c.kernel);
  structure("s", {{"p", ptr(u8())}})(c.kernel);
  c.ask(root, "0:0", field_byte_size, mov(8));
  minimized(c);
  EXPECT_EQ(text(c.decisions[0]), "patched 4");
}

TEST(Minimize, MakesTypesOfModulesTypesOfTheKernel) {
  BtfBytes local_bytes;
  const TypeId conn = structure("conn", {{"t", structure("tuple", {{"x", i32()}})}})(local_bytes);
  const TypeId tuple = structure("tuple", {{"y", i32()}})(local_bytes);
  const OpenBtf local = open(local_bytes);
  BtfBytes kernel_bytes;
  structure("tuple", {{"y", i32(), 32}})(kernel_bytes);
  const OpenBtf kernel = open(kernel_bytes);
  BtfBytes module_bytes(std::endian::little, &kernel_bytes);
  // Has the name of a type of the kernel, but is none of its candidates.
  structure("conn", {{"t", structure("tuple", {{"x", i32()}}), 64}})(module_bytes);
  const OpenBtf module = open(module_bytes, &kernel.view);
  const std::vector<Module> modules = {{"nf", &module.view}};
  const Target target{.kernel = kernel.view,
                      .modules = [&] { return std::span<const Module>(modules); }};
  const std::vector<Request> requests = {
      {.root = conn, .access = "0:0:0", .kind = 0, .site = mov(0)},
      {.root = tuple, .access = "0:0", .kind = 0, .site = mov(0)},
  };
  const auto decisions =
      must(resolve(local.view, std::endian::little, requests, target, Rules::coherent));
  EXPECT_EQ(texts(decisions), (std::vector<std::string>{"patched 8", "patched 4"}));
  const DecidedObject object{.local = local.view, .decisions = decisions};
  const auto blob = must(minimize(target, {&object, 1}));
  const auto small = must(btf::View::open(blob));
  EXPECT_EQ(texts(must(resolve(local.view, std::endian::little, requests, {.kernel = small}))),
            texts(decisions));
  EXPECT_EQ(small.named("tuple").size(), 1U);
  EXPECT_EQ(small.named("conn").size(), 1U);
}

}  // namespace
}  // namespace btfreloc::core
