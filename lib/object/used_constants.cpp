#include "object/used_constants.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace btfreloc::object {
namespace {

/// What calls of a helper name in their arguments. Lines of .BTF.ext often lack it, since calls go
/// over several lines, of which each call keeps one.
struct HelperConstants {
  std::int32_t helper;     ///< Its number, BPF_FUNC_*.
  std::string_view names;  ///< With blanks between them.
};

// Source: include/uapi/linux/bpf.h, the comments on helpers and the enums behind enum bpf_func_id.
constexpr std::string_view kUpdate = "BPF_ANY BPF_NOEXIST BPF_EXIST BPF_F_LOCK";
constexpr std::string_view kPerCpu = "BPF_F_INDEX_MASK BPF_F_CURRENT_CPU";
constexpr std::string_view kStack =
    "BPF_F_SKIP_FIELD_MASK BPF_F_USER_STACK BPF_F_FAST_STACK_CMP BPF_F_REUSE_STACKID "
    "BPF_F_USER_BUILD_ID";
constexpr std::string_view kStorage = "BPF_LOCAL_STORAGE_GET_F_CREATE BPF_SK_STORAGE_GET_F_CREATE";
constexpr std::string_view kRingBuffer = "BPF_RB_NO_WAKEUP BPF_RB_FORCE_WAKEUP";
constexpr std::string_view kTunnel =
    "BPF_F_TUNINFO_IPV6 BPF_F_ZERO_CSUM_TX BPF_F_DONT_FRAGMENT BPF_F_SEQ_NUMBER";
constexpr std::string_view kNetns = "BPF_F_CURRENT_NETNS";

constexpr auto kHelperConstants = std::to_array<HelperConstants>({
    {2, kUpdate},
    {9, "BPF_F_RECOMPUTE_CSUM BPF_F_INVALIDATE_HASH"},
    {10, "BPF_F_HDR_FIELD_MASK"},
    {11, "BPF_F_HDR_FIELD_MASK BPF_F_PSEUDO_HDR BPF_F_MARK_MANGLED_0"},
    {13, "BPF_F_INGRESS"},
    {16, "TASK_COMM_LEN"},
    {20, kTunnel},
    {21, kTunnel},
    {22, kPerCpu},
    {23, "BPF_F_INGRESS"},
    {25, kPerCpu},
    {27, kStack},
    {51, "BPF_F_INGRESS BPF_F_BROADCAST BPF_F_EXCLUDE_INGRESS"},
    {53, kUpdate},
    {55, kPerCpu},
    {67, kStack},
    {69, "BPF_FIB_LOOKUP_DIRECT BPF_FIB_LOOKUP_OUTPUT BPF_FIB_LKUP_RET_SUCCESS"},
    {84, kNetns},
    {85, kNetns},
    {87, kUpdate},
    {99, kNetns},
    {107, kStorage},
    {111, kPerCpu},
    {121, kPerCpu},
    {130, kRingBuffer},
    {132, kRingBuffer},
    {133, kRingBuffer},
    {134, "BPF_RB_AVAIL_DATA BPF_RB_RING_SIZE BPF_RB_CONS_POS BPF_RB_PROD_POS"},
    {141, kStack},
    {145, kStorage},
    {156, kStorage},
    {210, kStorage},
});

/// Returned by programs; what decides between two of them often keeps no line.
struct Verdicts {
  std::string_view program_type;
  std::string_view name;
};
constexpr auto kVerdicts = std::to_array<Verdicts>({{"xdp", "xdp_action"},
                                                    {"sk_skb", "sk_action"},
                                                    {"sk_msg", "sk_action"},
                                                    {"sk_lookup", "sk_action"},
                                                    {"sk_reuseport", "sk_action"},
                                                    {"lwt_in", "bpf_ret_code"},
                                                    {"lwt_out", "bpf_ret_code"},
                                                    {"lwt_xmit", "bpf_ret_code"},
                                                    {"flow_dissector", "bpf_ret_code"}});

void add_words(std::string_view text, std::set<std::string_view>& words) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.insert(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// The helpers that a program calls.
void add_helpers(const Object& object, const Program& program, std::set<std::int32_t>& helpers) {
  constexpr std::uint8_t kCall = 0x85;
  for (InsnIndex at{0}; at.value < program.insn_count(); ++at.value) {
    const insn::Insn insn = object.insn(program, at);
    if (insn::is_wide(insn)) ++at.value;
    if (insn.opcode == kCall && insn.src == 0) helpers.insert(insn.imm);
  }
}

void add_map(const Map& map, UsedConstants& used) {
  used.map_types.insert(map.type);
  if (map.inner_type) used.map_types.insert(*map.inner_type);
  used.map_flags |= map.flags;
}

/// Those that the object defines or, to be linked with others, declares.
void add_maps(const btf::View& btf, UsedConstants& used) {
  for (TypeId id{1}; id.value < btf.size(); ++id.value) {
    if (btf.kind(id) != btf::Kind::kDatasec || btf.name(id) != ".maps") continue;
    const auto section = std::get<btf::Datasec>(btf.decode(id));
    for (const btf::SectionVar variable : section.vars) {
      if (const auto map = find_map(btf, variable.type)) add_map(*map, used);
    }
  }
}

}  // namespace

UsedConstants used_constants(const Object& object) {
  UsedConstants used;
  std::set<std::int32_t> helpers;
  for (const Program& program : object.programs()) {
    add_helpers(object, program, helpers);
    for (const Verdicts& verdicts : kVerdicts) {
      if (verdicts.program_type == program.type.type) used.enums.insert(verdicts.name);
    }
  }
  for (const HelperConstants& constants : kHelperConstants) {
    if (helpers.contains(constants.helper)) add_words(constants.names, used.names);
  }
  for (const Map& map : object.maps()) {
    if (map.origin == MapOrigin::legacy) add_map(map, used);
  }
  if (object.btf() != nullptr) add_maps(*object.btf(), used);
  return used;
}

}  // namespace btfreloc::object
