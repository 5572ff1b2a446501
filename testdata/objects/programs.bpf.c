// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Programs and functions: several programs in one section, subprograms in .text (static, global,
 * weak, hidden, called by other subprograms, handed to a helper as callbacks), and section names of
 * most program types. CO-RE relocations sit in programs that do not begin their section, in
 * subprograms and in callbacks, so that section offset and instruction index differ.
 */
#include "bpf.h"

struct task_struct {
  int pid, tgid;
  struct task_struct* real_parent;
  __u64 start_time;
} __core;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 64);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

static __noinline int static_leaf(struct task_struct* task) {
  int pid = 0;
  core_read(&pid, &task->pid);
  return pid;
}

static __noinline int static_caller(struct task_struct* task) {
  struct task_struct* parent = 0;
  core_read(&parent, &task->real_parent);
  return static_leaf(parent) + static_leaf(task);
}

/* Verified on its own, with an unknown argument. */
__noinline int global_function(__u64 address) {
  struct task_struct* task = (void*)address;
  __u64 start_time = 0;
  core_read(&start_time, &task->start_time);
  barrier_var(start_time);
  return start_time;
}

__weak __noinline int weak_function(__u64 address) {
  struct task_struct* task = (void*)address;
  int tgid = 0;
  core_read(&tgid, &task->tgid);
  barrier_var(tgid);
  return tgid;
}

/* Global to the linker, static to the verifier. */
__hidden __noinline int hidden_function(struct task_struct* task) { return static_caller(task); }

/* Nobody calls it; a loader still has to make sense of its relocation. */
__weak __noinline int uncalled_function(__u64 address) {
  struct task_struct* task = (void*)address;
  return core_field_exists(task->real_parent) + core_field_byte_size(task->start_time);
}

static long each_iteration(__u32 index, void* data) {
  struct task_struct** task = data;
  core_read(task, &(*task)->real_parent);
  return index > 8;
}

static long each_element(void* map, const __u32* key, __u64* value, void* data) {
  struct task_struct* task = *(struct task_struct**)data;
  *value += core_field_exists(task->start_time);
  return 0;
}

/* Three programs, one section: the second and the third begin in the middle of it. */
SEC("kprobe/do_exit") int first_of_three(__u64* ctx) { return static_leaf((void*)ctx[0]); }

SEC("kprobe/do_exit") int second_of_three(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  int tgid = 0;
  core_read(&tgid, &task->tgid);
  return tgid + hidden_function(task);
}

SEC("kprobe/do_exit") int third_of_three(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  bpf_loop(16, each_iteration, &task, 0);
  bpf_for_each_map_elem(&counts, each_element, &task, 0);
  return global_function((__u64)task) + weak_function((__u64)task);
}

/* Two more with the same type and another target, in sections of their own. */
SEC("kretprobe/do_exit") int on_return(__u64* ctx) { return static_caller((void*)ctx[0]); }
SEC("?kprobe/do_fork") int not_loaded_unless_asked(__u64* ctx) { return ctx[0]; }

struct tcp_congestion_ops {
  unsigned int (*ssthresh)(void* sock);
  void (*init)(void* sock);
  char name[16];
} __core;

SEC("struct_ops/ops_ssthresh") unsigned int ops_ssthresh(__u64* ctx) { return 2; }
SEC("struct_ops/ops_init") void ops_init(__u64* ctx) { (void)ctx; }

SEC(".struct_ops")
struct tcp_congestion_ops ops = {
    .ssthresh = (void*)ops_ssthresh,
    .init = (void*)ops_init,
    .name = "testdata",
};

/* One program for each remaining section name; without the prefix the two names would collide. */
#define PROGRAM(section, name, verdict) \
  SEC(section) int name(void* ctx) { return verdict; }

/* Tracing */
PROGRAM("kprobe.multi/tcp_*", on_kprobe_multi, 0)
PROGRAM("kprobe.session/tcp_*", on_kprobe_session, 0)
PROGRAM("ksyscall/openat", on_ksyscall, 0)
PROGRAM("kretsyscall/openat", on_kretsyscall, 0)
PROGRAM("uprobe//usr/bin/bash:readline", on_uprobe, 0)
PROGRAM("uprobe.s//usr/bin/bash:readline+8", on_uprobe_sleepable, 0)
PROGRAM("uretprobe//usr/bin/bash:readline", on_uretprobe, 0)
PROGRAM("uprobe.multi//usr/bin/bash:rl_*", on_uprobe_multi, 0)
PROGRAM("usdt/libc.so.6:libc:setjmp", on_usdt, 0)
PROGRAM("tracepoint/syscalls/sys_enter_openat", on_tracepoint, 0)
PROGRAM("tp/sched/sched_switch", on_tp, 0)
PROGRAM("raw_tracepoint/sys_enter", on_raw_tracepoint, 0)
PROGRAM("raw_tp/sys_exit", on_raw_tp, 0)
PROGRAM("raw_tp.w/nbd_send_request", on_raw_tp_writable, 0)
PROGRAM("tp_btf/sched_switch", on_tp_btf, 0)
PROGRAM("fentry/vfs_read", on_fentry, 0)
PROGRAM("fentry.s/__x64_sys_getpgid", on_fentry_sleepable, 0)
PROGRAM("fexit/vfs_read", on_fexit, 0)
PROGRAM("fmod_ret/security_file_open", on_fmod_ret, 0)
PROGRAM("freplace/global_function", on_freplace, 0)
PROGRAM("lsm/file_open", on_lsm, 0)
PROGRAM("lsm.s/bprm_committed_creds", on_lsm_sleepable, 0)
PROGRAM("lsm_cgroup/socket_bind", on_lsm_cgroup, 1)
PROGRAM("iter/task", on_iter, 0)
PROGRAM("iter.s/bpf_map", on_iter_sleepable, 0)
PROGRAM("perf_event", on_perf_event, 0)
PROGRAM("syscall", on_syscall, 0)

/* Networking */
PROGRAM("xdp", on_xdp, 2)
PROGRAM("xdp", on_xdp_in_the_same_section, 1)
PROGRAM("xdp.frags", on_xdp_frags, 2)
PROGRAM("xdp/devmap", on_xdp_devmap, 2)
PROGRAM("xdp.frags/cpumap", on_xdp_frags_cpumap, 2)
PROGRAM("tc", on_tc, 0)
PROGRAM("tcx/ingress", on_tcx_ingress, -1)
PROGRAM("tcx/egress", on_tcx_egress, -1)
PROGRAM("netkit/primary", on_netkit_primary, -1)
PROGRAM("classifier", on_classifier, 0)
PROGRAM("classifier/with_suffix", on_classifier_with_suffix, 0)
PROGRAM("action", on_action, 0)
PROGRAM("socket", on_socket, 0)
PROGRAM("sk_lookup", on_sk_lookup, 1)
PROGRAM("sk_reuseport", on_sk_reuseport, 1)
PROGRAM("sk_reuseport/migrate", on_sk_reuseport_migrate, 1)
PROGRAM("sk_skb/stream_parser", on_sk_skb_parser, 0)
PROGRAM("sk_skb/stream_verdict", on_sk_skb_verdict, 1)
PROGRAM("sk_msg", on_sk_msg, 1)
PROGRAM("sockops", on_sockops, 1)
PROGRAM("flow_dissector", on_flow_dissector, 0)
PROGRAM("lwt_in", on_lwt_in, 0)
PROGRAM("lwt_xmit", on_lwt_xmit, 0)
PROGRAM("lwt_seg6local", on_lwt_seg6local, 0)
PROGRAM("netfilter", on_netfilter, 1)

/* Control groups and the rest */
PROGRAM("cgroup_skb/ingress", on_cgroup_skb_ingress, 1)
PROGRAM("cgroup_skb/egress", on_cgroup_skb_egress, 1)
PROGRAM("cgroup/skb", on_cgroup_skb, 1)
PROGRAM("cgroup/sock_create", on_cgroup_sock_create, 1)
PROGRAM("cgroup/connect4", on_cgroup_connect4, 1)
PROGRAM("cgroup/connect_unix", on_cgroup_connect_unix, 1)
PROGRAM("cgroup/sendmsg6", on_cgroup_sendmsg6, 1)
PROGRAM("cgroup/getsockopt", on_cgroup_getsockopt, 1)
PROGRAM("cgroup/setsockopt", on_cgroup_setsockopt, 1)
PROGRAM("cgroup/sysctl", on_cgroup_sysctl, 1)
PROGRAM("cgroup/dev", on_cgroup_dev, 1)
PROGRAM("lirc_mode2", on_lirc_mode2, 0)

/* No loader knows this one. */
PROGRAM("made_up/section", on_made_up, 0)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
