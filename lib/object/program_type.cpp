#include "object/program_type.h"

#include <array>

namespace btfreloc::object {
namespace {

struct SectionDef {
  std::string_view prefix;
  std::string_view type;
};

/// A section matches the first row whose prefix it equals or continues with '/'.
constexpr auto kSectionDefs = std::to_array<SectionDef>({
    {"socket", "socket_filter"},
    {"sk_reuseport/migrate", "sk_reuseport"},
    {"sk_reuseport", "sk_reuseport"},
    {"kprobe", "kprobe"},
    {"kprobe.multi", "kprobe"},
    {"kprobe.session", "kprobe"},
    {"kretprobe", "kprobe"},
    {"kretprobe.multi", "kprobe"},
    {"ksyscall", "kprobe"},
    {"kretsyscall", "kprobe"},
    {"uprobe", "kprobe"},
    {"uprobe.s", "kprobe"},
    {"uprobe.multi", "kprobe"},
    {"uprobe.multi.s", "kprobe"},
    {"uprobe.session", "kprobe"},
    {"uprobe.session.s", "kprobe"},
    {"uretprobe", "kprobe"},
    {"uretprobe.s", "kprobe"},
    {"uretprobe.multi", "kprobe"},
    {"uretprobe.multi.s", "kprobe"},
    {"usdt", "kprobe"},
    {"usdt.s", "kprobe"},
    {"tc/ingress", "sched_cls"},
    {"tc/egress", "sched_cls"},
    {"tcx/ingress", "sched_cls"},
    {"tcx/egress", "sched_cls"},
    {"netkit/primary", "sched_cls"},
    {"netkit/peer", "sched_cls"},
    {"tc", "sched_cls"},
    {"classifier", "sched_cls"},
    {"action", "sched_act"},
    {"tracepoint", "tracepoint"},
    {"tp", "tracepoint"},
    {"raw_tracepoint", "raw_tracepoint"},
    {"raw_tp", "raw_tracepoint"},
    {"raw_tracepoint.w", "raw_tracepoint_writable"},
    {"raw_tp.w", "raw_tracepoint_writable"},
    {"tp_btf", "tracing"},
    {"fentry", "tracing"},
    {"fentry.s", "tracing"},
    {"fmod_ret", "tracing"},
    {"fmod_ret.s", "tracing"},
    {"fexit", "tracing"},
    {"fexit.s", "tracing"},
    {"fsession", "tracing"},
    {"fsession.s", "tracing"},
    {"iter", "tracing"},
    {"iter.s", "tracing"},
    {"freplace", "ext"},
    {"lsm", "lsm"},
    {"lsm.s", "lsm"},
    {"lsm_cgroup", "lsm"},
    {"syscall", "syscall"},
    {"xdp.frags/devmap", "xdp"},
    {"xdp/devmap", "xdp"},
    {"xdp.frags/cpumap", "xdp"},
    {"xdp/cpumap", "xdp"},
    {"xdp.frags", "xdp"},
    {"xdp", "xdp"},
    {"perf_event", "perf_event"},
    {"lwt_in", "lwt_in"},
    {"lwt_out", "lwt_out"},
    {"lwt_xmit", "lwt_xmit"},
    {"lwt_seg6local", "lwt_seg6local"},
    {"sockops", "sock_ops"},
    {"sk_skb/stream_parser", "sk_skb"},
    {"sk_skb/stream_verdict", "sk_skb"},
    {"sk_skb/verdict", "sk_skb"},
    {"sk_skb", "sk_skb"},
    {"sk_msg", "sk_msg"},
    {"lirc_mode2", "lirc_mode2"},
    {"flow_dissector", "flow_dissector"},
    {"cgroup_skb/ingress", "cgroup_skb"},
    {"cgroup_skb/egress", "cgroup_skb"},
    {"cgroup/skb", "cgroup_skb"},
    {"cgroup/sock_create", "cgroup_sock"},
    {"cgroup/sock_release", "cgroup_sock"},
    {"cgroup/sock", "cgroup_sock"},
    {"cgroup/post_bind4", "cgroup_sock"},
    {"cgroup/post_bind6", "cgroup_sock"},
    {"cgroup/bind4", "cgroup_sock_addr"},
    {"cgroup/bind6", "cgroup_sock_addr"},
    {"cgroup/connect4", "cgroup_sock_addr"},
    {"cgroup/connect6", "cgroup_sock_addr"},
    {"cgroup/connect_unix", "cgroup_sock_addr"},
    {"cgroup/sendmsg4", "cgroup_sock_addr"},
    {"cgroup/sendmsg6", "cgroup_sock_addr"},
    {"cgroup/sendmsg_unix", "cgroup_sock_addr"},
    {"cgroup/recvmsg4", "cgroup_sock_addr"},
    {"cgroup/recvmsg6", "cgroup_sock_addr"},
    {"cgroup/recvmsg_unix", "cgroup_sock_addr"},
    {"cgroup/getpeername4", "cgroup_sock_addr"},
    {"cgroup/getpeername6", "cgroup_sock_addr"},
    {"cgroup/getpeername_unix", "cgroup_sock_addr"},
    {"cgroup/getsockname4", "cgroup_sock_addr"},
    {"cgroup/getsockname6", "cgroup_sock_addr"},
    {"cgroup/getsockname_unix", "cgroup_sock_addr"},
    {"cgroup/sysctl", "cgroup_sysctl"},
    {"cgroup/getsockopt", "cgroup_sockopt"},
    {"cgroup/setsockopt", "cgroup_sockopt"},
    {"cgroup/dev", "cgroup_device"},
    {"struct_ops", "struct_ops"},
    {"struct_ops.s", "struct_ops"},
    {"sk_lookup", "sk_lookup"},
    {"netfilter", "netfilter"},
});

/// The part after the first '/' is what these attach to, even where a longer prefix is a row.
std::string_view attach_point(std::string_view section) {
  const std::size_t slash = section.find('/');
  return slash == std::string_view::npos ? std::string_view() : section.substr(slash + 1);
}

}  // namespace

SectionType section_type(std::string_view section) {
  const bool autoload = !section.starts_with('?');
  if (!autoload) section.remove_prefix(1);
  for (const SectionDef& def : kSectionDefs) {
    if (section.starts_with(def.prefix) &&
        (section.size() == def.prefix.size() || section[def.prefix.size()] == '/')) {
      return {.type = def.type, .attach = attach_point(section), .autoload = autoload};
    }
  }
  return {.type = {}, .attach = {}, .autoload = autoload};
}

}  // namespace btfreloc::object
