// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * As tracing tools are written with libbpf's headers: calls over several lines, arguments that are
 * not used, constants of helpers, members through macros, code that no instruction is left of.
 */
// clang-format off
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "events.h"
// clang-format on

const volatile bool is_wanted = true;
const volatile uid_t wanted_uid = -1;

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, sizeof(u32));
  __uint(value_size, sizeof(u32));
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, pid_t);
  __type(value, struct event);
} by_pid SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 64);
  __uint(key_size, sizeof(u32));
  __uint(value_size, 127 * sizeof(u64));
} stacks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, u64);
} storage SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} ring SEC(".maps");

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(tcp_v6_connect, struct sock* sk, struct sockaddr* uaddr,
               int addr_len) {
  struct event event = {};
  pid_t pid = bpf_get_current_pid_tgid() >> 32;

  if (!is_wanted) return 0;
  event.when = bpf_ktime_get_ns();
  event.pid = pid;
  event.type = PIDTYPE_TGID;
  BPF_CORE_READ_INTO(&event.address, sk,
                     __sk_common.skc_v6_daddr);
  bpf_get_current_comm(&event.comm, sizeof(event.comm));
  bpf_map_update_elem(&by_pid, &pid, &event,
                      BPF_NOEXIST);
  bpf_perf_event_output(ctx, &events,
                        BPF_F_CURRENT_CPU,
                        &event, sizeof(event));
  return bpf_get_stackid(ctx, &stacks,
                         BPF_F_USER_STACK);
}

SEC("kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(tcp_v6_connect_ret, int ret) {
  return ret;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct* prev,
             struct task_struct* next) {
  u64* slot = bpf_task_storage_get(&storage, prev, 0,
                                   BPF_LOCAL_STORAGE_GET_F_CREATE);
  u64* record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

  if (slot) *slot = next->se.sum_exec_runtime + next->signal->rlim[3].rlim_cur;
  if (record) {
    *record = BPF_CORE_READ(prev, real_parent, nsproxy, mnt_ns, ns.inum) +
              BPF_CORE_READ_BITFIELD_PROBED(prev, sched_reset_on_fork);
    bpf_ringbuf_submit(record,
                       BPF_RB_NO_WAKEUP);
  }
  return 0;
}

SEC("fentry/vfs_open")
int BPF_PROG(vfs_open, const struct path* path, struct file* file) {
  struct qstr name = {};
  umode_t mode = BPF_CORE_READ(path, dentry, d_inode, i_mode);

  if (bpf_core_field_exists(file->f_inode) && bpf_core_type_exists(struct bpf_ringbuf))
    name = BPF_CORE_READ(path, dentry, d_name);
  return mode + name.len + bpf_core_type_size(struct path);
}

SEC("lsm/file_open")
int BPF_PROG(file_open, struct file* file) {
  return file->f_mode & 1 ? -1 : 0;
}

SEC("tp/syscalls/sys_enter_openat")
int sys_enter_openat(struct trace_event_raw_sys_enter* ctx) {
  return ctx->id == 257 && ctx->args[0] ? 1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
