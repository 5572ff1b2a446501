#include "core/cases.h"

#include <fmt/format.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>

#include "btf/view.h"
#include "core/field.h"
#include "core/members.h"

namespace btfreloc::test {
namespace {

using core::ReloKind;

class CaseMaker {
 public:
  CaseMaker(const btf::View& local, Choices& choices) : local_(local), choices_(choices) {}

  Case make() {
    // Byte offsets are what most relocations ask for, and the only ones with an access size.
    const std::uint32_t number = choices_.below(kKinds + 6);
    const auto kind = number < kKinds ? static_cast<ReloKind>(number) : ReloKind::field_byte_offset;
    const TypeId root = choose_root(kind);
    Case made{.access = access_for(kind, root), .request = {}};
    made.request = {
        .root = root, .access = made.access, .kind = static_cast<std::uint32_t>(kind), .site = {}};
    made.request.site = site_for(made, kind);
    return made;
  }

 private:
  bool fits(ReloKind kind, TypeId type) const {
    if (local_.name(type).empty()) return false;
    const TypeId skipped = local_.skip_modifiers_and_typedefs(type);
    const auto of = local_.kind(skipped);
    if (core::is_field_based(kind)) return core::members_of(local_, skipped).has_value();
    if (core::is_enumval_based(kind)) return of && is_enum(*of);
    return of != btf::Kind::kInt;
  }

  /// Nearly always a type that the kind is for; the same one often, so that relocations of one
  /// root meet.
  TypeId choose_root(ReloKind kind) {
    const auto any = TypeId{1 + choices_.below(local_.size() - 1)};
    if (choices_.percent(3)) return any;
    for (std::uint32_t i = 0; i < local_.size(); ++i) {
      const TypeId type{1 + (any.value + i) % (local_.size() - 1)};
      if (fits(kind, type)) return type;
    }
    return any;
  }

  std::string access_for(ReloKind kind, TypeId root) {
    if (core::is_type_based(kind)) return choices_.percent(2) ? "1" : "0";
    TypeId at = local_.skip_modifiers_and_typedefs(root);
    if (core::is_enumval_based(kind)) {
      const std::uint32_t count = std::max(local_.info(at).vlen, 1U);
      return std::to_string(choices_.below(count) + (choices_.percent(2) ? count : 0));
    }
    std::string access = choices_.percent(10) ? std::to_string(choices_.below(3)) : "0";
    for (int depth = 0; depth < 6; ++depth) {
      at = local_.skip_modifiers_and_typedefs(at);
      if (depth > 0 && choices_.percent(25)) break;
      const auto members = core::members_of(local_, at);
      if (members && !members->empty()) {
        const std::uint32_t index = choices_.below(members->size());
        access += ":" + std::to_string(index + (choices_.percent(1) ? members->size() : 0));
        at = (*members)[index].type;
      } else if (local_.kind(at) == btf::Kind::kArray) {
        const auto array = std::get<btf::Array>(local_.decode(at));
        access += ":" + std::to_string(choices_.below(array.nr_elems + 1));
        at = array.type;
      } else {
        break;
      }
    }
    return access;
  }

  /// What the compiler would have put in the instruction; 0 where that means nothing.
  std::uint64_t local_value(const Case& made, ReloKind kind) const {
    const auto spec = core::parse_spec(local_, made.request.root, made.access, kind);
    if (!spec) return 0;
    const auto value = core::value_of(
        local_, *spec,
        {.order = std::endian::little, .pointer_size = {8}, .enumerators_are_signed = true});
    return value ? value->number : 0;
  }

  std::uint32_t access_size(const Case& made, ReloKind kind) const {
    if (kind != ReloKind::field_byte_offset) return 8;
    const auto spec = core::parse_spec(local_, made.request.root, made.access, kind);
    if (!spec) return 8;
    const auto value =
        core::value_of(local_, *spec, {.order = std::endian::little, .pointer_size = {8}});
    return value ? static_cast<std::uint32_t>(value->access.size.value) : 8;
  }

  std::uint8_t size_bits(std::uint32_t bytes) {
    if (choices_.percent(5)) bytes = 1U << choices_.below(4);
    switch (bytes) {
      case 1: return BPF_B;
      case 2: return BPF_H;
      case 4: return BPF_W;
      default: return BPF_DW;
    }
  }

  core::Site site_for(const Case& made, ReloKind kind) {
    const std::uint64_t value =
        local_value(made, kind) + (choices_.percent(2) ? 1 + choices_.below(3) : 0);
    constexpr auto kImmediates = std::to_array<int>(
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_ALU | BPF_MOV | BPF_K, BPF_ALU64 | BPF_ADD | BPF_K,
         BPF_ALU64 | BPF_LSH | BPF_K, BPF_ALU64 | BPF_ARSH | BPF_K});
    insn::Insn insn{.dst = 1, .src = 0};
    switch (choices_.below(kind == ReloKind::field_byte_offset ? 8 : 5)) {
      case 0: {
        insn.opcode = BPF_LD | BPF_IMM | BPF_DW;
        insn.imm = static_cast<std::int32_t>(value);
        if (choices_.percent(1)) insn.src = 1;
        return {.first = insn, .second = insn::Insn{.imm = static_cast<std::int32_t>(value >> 32)}};
      }
      case 1:
        insn.opcode =
            static_cast<std::uint8_t>(BPF_STX | BPF_MEM | size_bits(access_size(made, kind)));
        insn.src = 2;
        insn.off = static_cast<std::int16_t>(value);
        return {.first = insn, .second = std::nullopt};
      case 5:
      case 6:
      case 7: {
        const int mode = choices_.percent(10) ? 0x80 : BPF_MEM;  // 0x80: BPF_MEMSX
        const int of = choices_.percent(15) ? BPF_ST : BPF_LDX;
        insn.opcode = static_cast<std::uint8_t>(of | mode | size_bits(access_size(made, kind)));
        insn.off = static_cast<std::int16_t>(value);
        return {.first = insn, .second = std::nullopt};
      }
      default:
        insn.opcode = static_cast<std::uint8_t>(choices_.one_of(kImmediates));
        insn.imm = static_cast<std::int32_t>(value);
        if (choices_.percent(1)) insn.opcode |= BPF_X;
        if (choices_.percent(1)) insn.opcode = BPF_JMP | BPF_JEQ;
        return {.first = insn, .second = std::nullopt};
    }
  }

  const btf::View& local_;
  Choices& choices_;
};

}  // namespace

std::vector<core::Request> Cases::requests() const {
  std::vector<core::Request> requests;
  for (const Case& it : cases) {
    requests.push_back(it.request);
    requests.back().access = it.access;
  }
  return requests;
}

Cases make_cases(BtfBytes types, std::size_t count, Choices& choices) {
  std::vector<Case> cases;
  std::vector<std::uint32_t> access_offsets;
  const OpenBtf open_types = open(types);
  for (std::size_t i = 0; i < count; ++i) {
    cases.push_back(CaseMaker(open_types.view, choices).make());
    access_offsets.push_back(types.end_of_strings());
    types.add_string(cases.back().access);
  }
  return {std::move(cases), std::move(access_offsets), open(types)};
}

std::string insn_text(const core::Site& site) {
  const auto one = [](const insn::Insn& i) {
    return fmt::format("{:02x} dst {} src {} off {} imm {}", i.opcode, i.dst, i.src, i.off, i.imm);
  };
  return one(site.first) + (site.second ? "; " + one(*site.second) : "");
}

}  // namespace btfreloc::test
