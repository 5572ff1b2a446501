#include "core/oracle.h"

#include <array>
#include <cstdlib>

extern "C" {
int bpf_core_patch_insn(const char* prog_name, struct bpf_insn* insn, int insn_idx,
                        const struct bpf_core_relo* relo, int relo_idx,
                        const struct bpf_core_relo_res* res);
int bpf_core_add_cands(struct bpf_core_cand* local_cand, std::size_t local_essent_len,
                       const struct btf* targ_btf, const char* targ_btf_name, int targ_start_id,
                       struct bpf_core_cand_list* cands);
void bpf_core_free_cands(struct bpf_core_cand_list* cands);
}

namespace btfreloc::test {
namespace {

bpf_insn to_libbpf(const insn::Insn& insn) {
  return {.code = insn.opcode,
          .dst_reg = static_cast<__u8>(insn.dst & 0xf),
          .src_reg = static_cast<__u8>(insn.src & 0xf),
          .off = insn.off,
          .imm = insn.imm};
}

insn::Insn from_libbpf(const bpf_insn& insn) {
  return {.opcode = insn.code,
          .dst = insn.dst_reg,
          .src = insn.src_reg,
          .off = insn.off,
          .imm = insn.imm};
}

}  // namespace

LibbpfRelocator::~LibbpfRelocator() {
  for (const auto& [root, list] : lists_) bpf_core_free_cands(list);
}

bpf_core_cand_list* LibbpfRelocator::candidates(std::uint32_t root) {
  const auto [found, is_new] = lists_.try_emplace(root, nullptr);
  if (!is_new) return found->second;
  // Freed with free() by bpf_core_free_cands().
  found->second = static_cast<bpf_core_cand_list*>(std::calloc(1, sizeof(bpf_core_cand_list)));
  const btf_type* type = btf__type_by_id(local_, root);
  const char* name = type == nullptr ? "" : btf__name_by_offset(local_, type->name_off);
  if (name == nullptr || name[0] == '\0') return found->second;
  bpf_core_cand local{.btf = local_, .id = root};
  bpf_core_add_cands(&local, bpf_core_essential_name_len(name), target_, "vmlinux", 1,
                     found->second);
  return found->second;
}

LibbpfResult LibbpfRelocator::relocate(const core::Request& request, std::uint32_t access) {
  const LibbpfResult fatal{.outcome = core::Outcome::fatal, .after = request.site};
  const bpf_core_relo relo{.insn_off = 0,
                           .type_id = request.root.value,
                           .access_str_off = access,
                           .kind = static_cast<bpf_core_relo_kind>(request.kind)};
  // Specs of some 1.5 KB each; libbpf keeps them off the stack, too.
  static std::array<bpf_core_spec, 3> specs;
  bpf_core_relo_res result{};
  if (bpf_core_calc_relo_insn("prog", &relo, 0, local_, candidates(request.root.value),
                              specs.data(), &result) != 0) {
    return fatal;
  }
  std::array<bpf_insn, 2> insns = {to_libbpf(request.site.first), bpf_insn{}};
  if (request.site.second) insns[1] = to_libbpf(*request.site.second);
  if (bpf_core_patch_insn("prog", insns.data(), 0, &relo, 0, &result) != 0) return fatal;

  LibbpfResult done{.outcome = core::Outcome::patched,
                    .after = {.first = from_libbpf(insns[0]), .second = std::nullopt}};
  if (request.site.second) done.after.second = from_libbpf(insns[1]);
  const bool is_poison = insns[0].code == (BPF_JMP | BPF_CALL) && insns[0].imm == 0x0bad2310;
  if (is_poison) done.outcome = core::Outcome::poisoned;
  return done;
}

}  // namespace btfreloc::test
