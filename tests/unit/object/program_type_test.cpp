#include "object/program_type.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string_view>

namespace btfreloc::object {
namespace {

struct SectionCase {
  std::string_view section, type, attach;
  bool autoload = true;

  friend void PrintTo(const SectionCase& expected, std::ostream* out) { *out << expected.section; }
};

class SectionName : public testing::TestWithParam<SectionCase> {};

TEST_P(SectionName, TellsTheTypeAndTheTarget) {
  const SectionType type = section_type(GetParam().section);
  EXPECT_EQ(type.type, GetParam().type);
  EXPECT_EQ(type.attach, GetParam().attach);
  EXPECT_EQ(type.autoload, GetParam().autoload);
}

INSTANTIATE_TEST_SUITE_P(
    Names, SectionName,
    testing::ValuesIn(std::to_array<SectionCase>({
        {"kprobe/do_exit", "kprobe", "do_exit"},
        {"kprobe", "kprobe", ""},
        {"kretprobe/do_exit", "kprobe", "do_exit"},
        {"kprobe.multi/tcp_*", "kprobe", "tcp_*"},
        {"kprobe.session/tcp_*", "kprobe", "tcp_*"},
        {"ksyscall/openat", "kprobe", "openat"},
        {"uprobe//bin/sh:readline", "kprobe", "/bin/sh:readline"},
        {"uretprobe.s//usr/bin/bash:readline+8", "kprobe", "/usr/bin/bash:readline+8"},
        {"usdt/libc.so.6:libc:setjmp", "kprobe", "libc.so.6:libc:setjmp"},
        {"tracepoint/syscalls/sys_enter_openat", "tracepoint", "syscalls/sys_enter_openat"},
        {"tp/sched/sched_switch", "tracepoint", "sched/sched_switch"},
        {"raw_tp/sys_exit", "raw_tracepoint", "sys_exit"},
        {"raw_tracepoint.w/nbd", "raw_tracepoint_writable", "nbd"},
        {"tp_btf/sched_switch", "tracing", "sched_switch"},
        {"fentry.s/vfs_read", "tracing", "vfs_read"},
        {"fexit/vfs_read", "tracing", "vfs_read"},
        {"fmod_ret/security_file_open", "tracing", "security_file_open"},
        {"iter/task", "tracing", "task"},
        {"freplace/f", "ext", "f"},
        {"lsm/file_open", "lsm", "file_open"},
        {"lsm_cgroup/socket_bind", "lsm", "socket_bind"},
        {"struct_ops/init", "struct_ops", "init"},
        {"struct_ops.s/init", "struct_ops", "init"},
        {"syscall", "syscall", ""},
        {"perf_event", "perf_event", ""},
        {"xdp", "xdp", ""},
        {"xdp.frags", "xdp", ""},
        {"xdp/devmap", "xdp", "devmap"},
        {"xdp.frags/cpumap", "xdp", "cpumap"},
        {"tc", "sched_cls", ""},
        {"tc/ingress", "sched_cls", "ingress"},
        {"tcx/egress", "sched_cls", "egress"},
        {"netkit/peer", "sched_cls", "peer"},
        {"classifier", "sched_cls", ""},
        {"action", "sched_act", ""},
        {"socket", "socket_filter", ""},
        {"sk_reuseport", "sk_reuseport", ""},
        {"sk_reuseport/migrate", "sk_reuseport", "migrate"},
        {"sk_skb/stream_parser", "sk_skb", "stream_parser"},
        {"cgroup_skb/ingress", "cgroup_skb", "ingress"},
        {"cgroup/skb", "cgroup_skb", "skb"},
        {"cgroup/sock", "cgroup_sock", "sock"},
        {"cgroup/sock_create", "cgroup_sock", "sock_create"},
        {"cgroup/post_bind6", "cgroup_sock", "post_bind6"},
        {"cgroup/connect4", "cgroup_sock_addr", "connect4"},
        {"cgroup/getpeername_unix", "cgroup_sock_addr", "getpeername_unix"},
        {"cgroup/getsockopt", "cgroup_sockopt", "getsockopt"},
        {"cgroup/sysctl", "cgroup_sysctl", "sysctl"},
        {"cgroup/dev", "cgroup_device", "dev"},
        {"netfilter", "netfilter", ""},
        // A '?' keeps the loader from loading it, and says nothing else.
        {"?kprobe/do_fork", "kprobe", "do_fork", false},
        {"?tc", "sched_cls", "", false},
        {"?", "", "", false},
        {"?made_up", "", "", false},
        // A name goes on with '/' or not at all.
        {"", "", ""},
        {"kprobes/do_exit", "", ""},
        {"kprobe.multiple/x", "", ""},
        {"xd", "", ""},
        {"xdp_pass", "", ""},
        {"tcp", "", ""},
        {"cgroup", "", ""},
        {"cgroup/made_up", "", ""},
        {"made_up/section", "", ""},
        {".text", "", ""},
        {"/kprobe", "", ""},
    })));

}  // namespace
}  // namespace btfreloc::object
