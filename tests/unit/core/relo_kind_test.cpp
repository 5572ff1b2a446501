#include "core/relo_kind.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <string_view>

namespace btfreloc::core {
namespace {

struct KindCase {
  ReloKind kind;
  bpf_core_relo_kind number;
  std::string_view name;
  char family;  ///< f(ield), t(ype), e(numerator)
};

TEST(ReloKind, HasTheNumbersOfTheKernelAndTheNamesOfLibbpf) {
  using enum ReloKind;
  std::uint32_t number = 0;
  for (const KindCase& expected : std::to_array<KindCase>({
           {field_byte_offset, BPF_CORE_FIELD_BYTE_OFFSET, "byte_off", 'f'},
           {field_byte_size, BPF_CORE_FIELD_BYTE_SIZE, "byte_sz", 'f'},
           {field_exists, BPF_CORE_FIELD_EXISTS, "field_exists", 'f'},
           {field_signed, BPF_CORE_FIELD_SIGNED, "signed", 'f'},
           {field_lshift_u64, BPF_CORE_FIELD_LSHIFT_U64, "lshift_u64", 'f'},
           {field_rshift_u64, BPF_CORE_FIELD_RSHIFT_U64, "rshift_u64", 'f'},
           {type_id_local, BPF_CORE_TYPE_ID_LOCAL, "local_type_id", 't'},
           {type_id_target, BPF_CORE_TYPE_ID_TARGET, "target_type_id", 't'},
           {type_exists, BPF_CORE_TYPE_EXISTS, "type_exists", 't'},
           {type_size, BPF_CORE_TYPE_SIZE, "type_size", 't'},
           {enumval_exists, BPF_CORE_ENUMVAL_EXISTS, "enumval_exists", 'e'},
           {enumval_value, BPF_CORE_ENUMVAL_VALUE, "enumval_value", 'e'},
           {type_matches, BPF_CORE_TYPE_MATCHES, "type_matches", 't'},
       })) {
    EXPECT_EQ(static_cast<std::uint32_t>(expected.kind), std::uint32_t{expected.number});
    EXPECT_EQ(relo_kind(number), expected.kind);
    EXPECT_EQ(name(expected.kind), expected.name);
    EXPECT_EQ(is_field_based(expected.kind), expected.family == 'f') << expected.name;
    EXPECT_EQ(is_type_based(expected.kind), expected.family == 't') << expected.name;
    EXPECT_EQ(is_enumval_based(expected.kind), expected.family == 'e') << expected.name;
    ++number;
  }
  EXPECT_EQ(relo_kind(number), std::nullopt);
  EXPECT_EQ(relo_kind(0xffffffff), std::nullopt);
}

}  // namespace
}  // namespace btfreloc::core
