#include "object/externs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include "btf/c_text.h"
#include "object/object.h"
#include "support/objects.h"

namespace btfreloc::object {
namespace {

/// Section, declaration, function, weak.
using Row = std::tuple<std::string, std::string, bool, bool>;

std::vector<Row> externs_of(const Object& object) {
  std::vector<Row> rows;
  for (const Extern& found : object.externs()) {
    const std::string text = found.type ? btf::declaration(*object.btf(), *found.type, found.name)
                                        : std::string(found.name);
    rows.emplace_back(found.section, text, found.is_function, found.is_weak);
  }
  return rows;
}

class Externs : public testing::TestWithParam<std::string> {
 protected:
  std::vector<Row> of(const std::string& name) const {
    return externs_of(test::test_object(name + "." + GetParam() + ".o").object);
  }
};

TEST_P(Externs, OfEveryKind) {
  EXPECT_THAT(
      of("maps"),
      testing::UnorderedElementsAre(
          Row{".kconfig", "int CONFIG_HZ", false, false},
          Row{".kconfig", "unsigned long CONFIG_NR_CPUS", false, false},
          Row{".kconfig", "bool CONFIG_BPF_SYSCALL", false, false},
          Row{".kconfig", "enum libbpf_tristate CONFIG_NET_CLS_BPF", false, false},
          Row{".kconfig", "char CONFIG_DEFAULT_HOSTNAME[16]", false, false},
          Row{".kconfig", "char CONFIG_X86_64", false, true},
          Row{".kconfig", "unsigned int CONFIG_NOT_IN_ANY_KERNEL", false, true},
          Row{".kconfig", "int LINUX_KERNEL_VERSION", false, false},
          Row{".kconfig", "bool LINUX_HAS_BPF_COOKIE", false, true},
          Row{".ksyms", "const struct rq runqueues", false, false},
          Row{".ksyms", "const int bpf_prog_active", false, false},
          Row{".ksyms", "const void bpf_link_fops", false, false},
          Row{".ksyms", "const void made_up_symbol", false, true},
          Row{".ksyms", "const int made_up_variable", false, true},
          Row{".ksyms", "struct task_struct *bpf_task_acquire(struct task_struct *)", true, false},
          Row{".ksyms", "void bpf_task_release(struct task_struct *)", true, false},
          Row{".ksyms", "int made_up_function(__u64)", true, true}));
}

/// What another object file defines is no kernel symbol; only its name is known.
TEST_P(Externs, OfAnObjectThatIsToBeLinked) {
  const auto externs = of("linked_b");
  std::vector<std::string> names;
  for (const Row& row : externs) {
    EXPECT_EQ(std::get<0>(row), "");
    names.push_back(std::get<1>(row));
  }
  EXPECT_THAT(names,
              testing::UnorderedElementsAre("shared_function", "shared_counter", "shared_map"));
}

TEST_P(Externs, AreNoneInACompleteObject) {
  EXPECT_THAT(of("programs"), testing::IsEmpty());
  EXPECT_THAT(of("no_btf"), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(ByteOrders, Externs, testing::Values("bpfel", "bpfeb"));

}  // namespace
}  // namespace btfreloc::object
