// Specs and local values as libbpf computes them, from the same BTF.

#include <bpf/libbpf.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/field.h"
#include "core/spec.h"
#include "support/btf_bytes.h"
#include "support/libbpf_internals.h"
#include "support/objects.h"

namespace btfreloc::core {
namespace {

using btf::Kind;
using test::BtfBytes;
using test::LibbpfBtf;

/// What libbpf makes of a relocation.
struct Libbpf {
  bool parsed = false;
  bpf_core_spec spec{};
  std::string text;
  std::optional<std::uint64_t> value;
};

Libbpf ask_libbpf(const ::btf* btf, bpf_core_relo relo) {
  libbpf_set_print(nullptr);
  Libbpf answer;
  answer.parsed = bpf_core_parse_spec("test", btf, &relo, &answer.spec) == 0;
  if (!answer.parsed) return answer;
  char text[1024];
  bpf_core_format_spec(text, sizeof text, &answer.spec);
  answer.text = text;
  // Without candidates it still calculates the local side.
  bpf_core_cand_list none{};
  static bpf_core_spec scratch[3];
  bpf_core_relo_res result{};
  if (bpf_core_calc_relo_insn("test", &relo, 0, btf, &none, scratch, &result) == 0) {
    answer.value = result.orig_val;
  }
  return answer;
}

void expect_same_spec(const btf::View& btf, const Spec& ours, const Libbpf& theirs) {
  EXPECT_EQ(format_spec(btf, ours), theirs.text);
  if (is_type_based(ours.kind)) return;
  ASSERT_EQ(ours.access.size(), static_cast<std::size_t>(theirs.spec.raw_len));
  for (std::size_t i = 0; i < ours.access.size(); ++i) {
    EXPECT_EQ(ours.access[i], static_cast<std::uint32_t>(theirs.spec.raw_spec[i]));
  }
  if (is_enumval_based(ours.kind)) {
    EXPECT_EQ(access_path(btf, ours), theirs.spec.spec[0].name);
    return;
  }
  EXPECT_EQ(ours.offset.value, theirs.spec.bit_offset);
  ASSERT_EQ(ours.path.size(), static_cast<std::size_t>(theirs.spec.len));
  for (std::size_t i = 0; i < ours.path.size(); ++i) {
    const bpf_core_accessor& accessor = theirs.spec.spec[i];
    EXPECT_EQ(ours.path[i].type.value, accessor.type_id);
    EXPECT_EQ(ours.path[i].index, accessor.idx);
    EXPECT_EQ(ours.path[i].is_member(), accessor.name != nullptr);
    EXPECT_EQ(btf.string(ours.path[i].name), accessor.name == nullptr ? "" : accessor.name);
  }
}

// The differences that are wanted.

/// libbpf extends every 32-bit enumerator with its top bit, signed or not.
bool is_large_unsigned_enumerator(const btf::View& btf, const Spec& spec, std::uint64_t value) {
  return spec.kind == ReloKind::enumval_value && btf.kind(spec.enum_type) == Kind::kEnum &&
         !btf.info(spec.enum_type).kind_flag && value >= 0x80000000;
}

/// libbpf shifts as its host does, not as the object's machine does.
bool is_shift_of_the_other_order(const btf::View& btf, const Spec& spec) {
  return spec.kind == ReloKind::field_lshift_u64 && btf.order() != std::endian::native;
}

TEST(Relocation, IsWhatLibbpfMakesOfIt) {
  auto paths = test::test_objects();
  std::ranges::copy(test::corpus_objects(), std::back_inserter(paths));
  int specs = 0;
  int values = 0;
  int large_enumerators = 0;
  int other_shifts = 0;
  for (const std::string& path : paths) {
    const auto object = test::open_object(path);
    if (object.object.btf() == nullptr) continue;
    const btf::View& btf = *object.object.btf();
    const LibbpfBtf theirs(object.object.file().section(".BTF")->bytes);
    for (const object::Relocation& relocation : object.object.relocations()) {
      const btf::CoreRelo& record = relocation.record;
      const auto kind = relo_kind(record.kind);
      ASSERT_TRUE(kind) << path;
      const std::string_view access = btf.string(record.access);
      SCOPED_TRACE(path + " [" + std::to_string(record.type.value) + "] " + std::string(access));
      const auto ours = parse_spec(btf, record.type, access, *kind);
      const Libbpf answer =
          ask_libbpf(theirs.get(), {.insn_off = 0,
                                    .type_id = record.type.value,
                                    .access_str_off = record.access.value,
                                    .kind = static_cast<bpf_core_relo_kind>(record.kind)});
      ASSERT_TRUE(ours) << ours.error().reason;
      ASSERT_TRUE(answer.parsed);
      expect_same_spec(btf, *ours, answer);
      ++specs;

      const auto value = local_value(btf, *ours, btf.order());
      ASSERT_TRUE(value) << value.error().reason;
      if (is_large_unsigned_enumerator(btf, *ours, *value)) {
        EXPECT_EQ(*value | 0xffffffff00000000, answer.value);
        ++large_enumerators;
      } else if (is_shift_of_the_other_order(btf, *ours)) {
        ++other_shifts;
      } else if (btf.name(record.type).empty() && *kind != ReloKind::type_id_local) {
        EXPECT_FALSE(answer.value) << "libbpf does not search for types without a name";
      } else {
        EXPECT_EQ(*value, answer.value);
        ++values;
      }
    }
  }
  EXPECT_GT(specs, 1000);
  EXPECT_GT(values, specs * 9 / 10);
  EXPECT_GT(large_enumerators, 0);
  EXPECT_GT(other_shifts, 0) << "objects of both byte orders are there";
}

// Random types and random ways into them.

class RandomTypes {
 public:
  explicit RandomTypes(unsigned seed) : random_(seed) {
    for (const std::uint32_t size : {1, 2, 4, 8}) {
      plain_.push_back(btf_.integer("unsigned_" + std::to_string(size), size));
      plain_.push_back(btf_.integer("signed_" + std::to_string(size), size, btf::kIntSigned));
    }
    plain_.push_back(btf_.add(Kind::kEnum, "e", 4, {"A", 1}));
    plain_.push_back(btf_.add(Kind::kEnum, "e_signed", 4, {"B", 1}, true));
    plain_.push_back(btf_.add(Kind::kEnum64, "e64", 8, {"C", 1, 1}, true));
    all_ = plain_;
    all_.push_back(btf_.pointer(TypeId{0}));
    all_.push_back(btf_.add(Kind::kFloat, "double", 8));
    all_.push_back(btf_.add(Kind::kFwd, "fwd", 0));
    for (int n = 0; n < 30; ++n) add();
    for (int n = 0; n < 300; ++n) accesses_.push_back(btf_.add(Kind::kFwd, access(), 0));
  }

  test::ByteVector bytes() const { return btf_.bytes(); }
  const std::vector<TypeId>& roots() const { return all_; }
  /// FWDs that bear the access strings as their names.
  const std::vector<TypeId>& accesses() const { return accesses_; }
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }

 private:
  TypeId any(const std::vector<TypeId>& types) {
    return types[below(static_cast<std::uint32_t>(types.size()))];
  }

  void add() {
    const TypeId of = any(all_);
    switch (below(6)) {
      case 0: all_.push_back(btf_.array(of, plain_[0], below(4))); return;
      case 1: all_.push_back(btf_.add(Kind::kConst, 0, of)); return;
      case 2: all_.push_back(btf_.add(Kind::kTypedef, "alias", of)); return;
      default: break;
    }
    std::vector<test::Word> members;
    std::uint32_t bit = 0;
    for (std::uint32_t n = below(6); n > 0; --n) {
      const bool is_bitfield = below(3) == 0;
      const TypeId type = is_bitfield ? any(plain_) : any(all_);
      const std::uint32_t bits = is_bitfield ? 1 + below(12) : 0;
      members.insert(members.end(), {test::Word("m" + std::to_string(n)), type, bits << 24 | bit});
      if (below(4) == 0) members[members.size() - 3] = 0;
      bit += is_bitfield ? bits : 8 * (1 + below(16));
    }
    all_.push_back(btf_.add(below(3) == 0 ? Kind::kUnion : Kind::kStruct,
                            below(4) == 0 ? test::Word(0) : test::Word("composite"), bit / 8 + 1,
                            members, true));
  }

  /// Mostly numbers that lead somewhere; sometimes the debris that a parser has to refuse.
  std::string access() {
    std::string text;
    for (std::uint32_t n = 1 + below(5); n > 0; --n) {
      if (!text.empty()) text += ':';
      if (below(40) == 0) text += std::string(1, " +-x:\t"[below(6)]);
      text += std::to_string(below(n == 1 ? 5 : 3));
      if (below(60) == 0) text += std::string(1, " +-x:"[below(5)]);
    }
    return text;
  }

  std::mt19937 random_;
  BtfBytes btf_;
  std::vector<TypeId> plain_;
  std::vector<TypeId> all_;
  std::vector<TypeId> accesses_;
};

/// libbpf 1.1 takes negative indices and reads what is not there; 1.8 refuses them.
bool has_negative_number(std::string_view access) {
  for (std::size_t at = access.find('-'); at < access.size(); at = access.find('-', at + 1)) {
    if (at + 1 < access.size() && access[at + 1] >= '1' && access[at + 1] <= '9') return true;
  }
  return false;
}

TEST(RandomAccess, IsWhatLibbpfMakesOfIt) {
  int parsed = 0;
  int refused = 0;
  std::map<ReloKind, int> values;
  for (unsigned seed = 0; seed < 60; ++seed) {
    RandomTypes types(seed);
    const auto open = test::open(types.bytes());
    const btf::View& btf = open.view;
    const LibbpfBtf theirs(open.bytes);
    for (const TypeId access_type : types.accesses()) {
      const StrOff offset = btf.name_offset(access_type);
      const std::string_view access = btf.string(offset);
      if (has_negative_number(access)) continue;
      for (const TypeId root : types.roots()) {
        const auto kind = static_cast<ReloKind>(types.below(13));
        const auto ours = parse_spec(btf, root, access, kind);
        const Libbpf answer =
            ask_libbpf(theirs.get(), {.insn_off = 0,
                                      .type_id = root.value,
                                      .access_str_off = offset.value,
                                      .kind = static_cast<bpf_core_relo_kind>(kind)});
        SCOPED_TRACE("seed " + std::to_string(seed) + " [" + std::to_string(root.value) + "] `" +
                     std::string(access) + "` " + std::string(name(kind)));
        ASSERT_EQ(ours.has_value(), answer.parsed) << (ours ? "" : ours.error().reason);
        if (!ours) {
          ++refused;
          continue;
        }
        expect_same_spec(btf, *ours, answer);
        ++parsed;
        if (btf.name(root).empty() && kind != ReloKind::type_id_local) continue;
        const auto value = local_value(btf, *ours, std::endian::native);
        ASSERT_EQ(value.has_value(), answer.value.has_value())
            << (value ? "" : value.error().reason);
        if (!value) continue;
        // Shifts of fields above 8 bytes mean nothing; libbpf computes them in 32 bits.
        const bool is_shift =
            kind == ReloKind::field_lshift_u64 || kind == ReloKind::field_rshift_u64;
        EXPECT_EQ(is_shift ? static_cast<std::uint32_t>(*value) : *value, *answer.value);
        ++values[kind];
      }
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(parsed, 10'000);
  EXPECT_GT(refused, 10'000);
  for (std::uint32_t kind = 0; kind < kReloKindNames.size(); ++kind) {
    EXPECT_GT(values[static_cast<ReloKind>(kind)], 20) << kReloKindNames[kind];
  }
}

}  // namespace
}  // namespace btfreloc::core
