// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Facts about the task that runs the program and about the types of the kernel, stored for user
 * space to compare with what it knows itself: tests/kernel/. The programs are started with
 * BPF_PROG_TEST_RUN, in the process of who asks, and are never attached.
 *
 * Runs on 6.1 and later. Compiled for -mcpu=v4 without those of its instructions that 6.1 lacks,
 * which leaves ST: it carries relocations too.
 */
#include "kernel_values.h"

#include "bpf.h"

typedef struct {
  unsigned int val;
} __core kuid_t;

struct cred {
  kuid_t fsuid;
} __core;

struct ns_common {
  unsigned int inum;
} __core;

struct new_utsname {
  char release[65];
} __core;

struct uts_namespace {
  struct new_utsname name;
  struct ns_common ns;
} __core;

struct mnt_namespace {
  struct ns_common ns;
} __core;

struct ipc_namespace {
  struct ns_common ns;
} __core;

struct net {
  struct ns_common ns;
} __core;

struct nsproxy {
  struct uts_namespace* uts_ns;
  struct ipc_namespace* ipc_ns;
  struct mnt_namespace* mnt_ns;
  struct net* net_ns;
} __core;

struct timespec64 {
  __s64 tv_sec;
} __core;

struct inode {
  unsigned long i_ino;
  __s64 i_ctime_sec;
} __core;

/* Linux kernel commit 3aa63a569c64 ("fs: switch timespec64 fields in inode to discrete integers")
 * (in v6.11). */
struct inode___6_6 {
  struct timespec64 __i_ctime;
} __core;

/* Linux kernel commit 13bc24457850 ("fs: rename i_ctime field to __i_ctime") (in v6.6). */
struct inode___6_1 {
  struct timespec64 i_ctime;
} __core;

struct file {
  struct inode* f_inode;
} __core;

/* The kernel keeps arg_start in an anonymous struct inside mm_struct. */
struct mm_struct {
  unsigned long arg_start;
  struct file* exe_file;
} __core;

struct rlimit {
  unsigned long rlim_cur, rlim_max;
} __core;

struct signal_struct {
  unsigned int is_child_subreaper : 1;
  short oom_score_adj;
  struct rlimit rlim[16];
} __core;

typedef struct {
  unsigned long sig[1];
} __core sigset_t;

struct task_struct {
  unsigned int __state;
  unsigned int flags;
  int static_prio;
  unsigned int policy;
  struct mm_struct* mm;
  unsigned int personality;
  unsigned int sched_reset_on_fork : 1;
  int pid, tgid;
  struct task_struct *real_parent, *group_leader;
  __u64 start_boottime;
  struct cred* cred;
  char comm[16];
  struct nsproxy* nsproxy;
  struct signal_struct* signal;
  sigset_t blocked;
  __u64 timer_slack_ns;
} __core;

/* Wider than the kernel's: a load of it has to be made narrower. */
struct task_struct___wide {
  unsigned long personality;
} __core;

/* Linux kernel commit 2f064a59a11f ("sched: Change task_struct::state") (in v5.14). */
struct task_struct___old {
  long state;
} __core;

struct list_head {
  struct list_head *next, *prev;
} __core;

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };
/* Depends on the configuration. */
enum zone_type { ZONE_DMA, ZONE_NORMAL, ZONE_MOVABLE };
enum lru_list___flavored { LRU_UNEVICTABLE___flavored = 77 };
enum perf_callchain_context { PERF_CONTEXT_KERNEL = (__u64)-128 };

/* No kernel has it. */
struct btfreloc_missing {
  int member;
} __core;

/*
 * Exists in the module that tests/kernel/ makes up, there with other offsets, other sizes for
 * *_grown and *_shrunk, and other enumerator values.
 */
struct btfreloc_private {
  __u8 stx_byte;
  __u16 stx_half;
  __u32 stx_word;
  __u64 stx_quad;
  __u32 stx_grown;
  __u64 stx_shrunk;
  __u8 st_byte;
  __u16 st_half;
  __u32 st_word;
  __u64 st_quad;
  __u32 st_grown;
  __u64 ldx_quad;
  __u64 ldx_shrunk;
  __u32 bits : 5;
  __s32 signed_bits : 7;
} __core;

enum btfreloc_private_wide { BTFRELOC_WIDE = 1 };
enum btfreloc_private_negative { BTFRELOC_NEGATIVE = -1 };

static __u64 (*const bpf_get_current_task)(void) = (void*)35;
static struct task_struct* (*const bpf_get_current_task_btf)(void) = (void*)158;

struct kernel_values values = {};

#define TRACEPOINT SEC("raw_tp/sys_enter")

/* Reads a member with a load or with a helper; `direct` is known when this is compiled. */
#define get(direct, base, field)         \
  ({                                     \
    typeof((base)->field) value = 0;     \
    if (direct)                          \
      value = (base)->field;             \
    else                                 \
      core_read(&value, &(base)->field); \
    value;                               \
  })

/* Of little-endian kernels: the storage is in the low bytes of `raw`. */
#define get_bits(direct, base, field)                                                              \
  ({                                                                                               \
    const void* at = (const void*)(base) + core_field_byte_offset((base)->field);                  \
    __u64 raw = 0;                                                                                 \
    if (direct) {                                                                                  \
      /* Without this clang folds the offset into the load of each arm. */                         \
      barrier_var(at);                                                                             \
      switch (core_field_byte_size((base)->field)) {                                               \
        case 1: raw = *(const __u8*)at; break;                                                     \
        case 2: raw = *(const __u16*)at; break;                                                    \
        case 4: raw = *(const __u32*)at; break;                                                    \
        case 8: raw = *(const __u64*)at; break;                                                    \
      }                                                                                            \
    } else {                                                                                       \
      bpf_probe_read_kernel(&raw, core_field_byte_size((base)->field), at);                        \
    }                                                                                              \
    raw <<= core_field_lshift_u64((base)->field);                                                  \
    core_field_signed((base)->field) ? (__u64)((__s64)raw >> core_field_rshift_u64((base)->field)) \
                                     : raw >> core_field_rshift_u64((base)->field);                \
  })

static __always_inline __u64 ctime_of(struct inode* inode, bool direct) {
  struct inode___6_6* inode_6_6 = (void*)inode;
  struct inode___6_1* inode_6_1 = (void*)inode;
  if (core_field_exists(inode->i_ctime_sec)) return get(direct, inode, i_ctime_sec);
  if (core_field_exists(inode_6_6->__i_ctime)) return get(direct, inode_6_6, __i_ctime.tv_sec);
  return get(direct, inode_6_1, i_ctime.tv_sec);
}

/* Pointers are checked for the verifier, which takes some of them for null otherwise. */
static __always_inline void read_exe(struct task_values* out, struct mm_struct* mm, bool direct) {
  struct inode* inode;
  struct file* file;
  if (!mm) return;
  out->arg_start = get(direct, mm, arg_start);
  file = get(direct, mm, exe_file);
  if (!file) return;
  inode = get(direct, file, f_inode);
  if (!inode) return;
  out->exe_inode = get(direct, inode, i_ino);
  out->exe_ctime = ctime_of(inode, direct);
}

static __always_inline void read_signal(struct task_values* out, struct signal_struct* signal,
                                        bool direct) {
  if (!signal) return;
  out->oom_score_adj = get(direct, signal, oom_score_adj);
  out->child_subreaper = get_bits(direct, signal, is_child_subreaper);
  out->stack_limit = get(direct, signal, rlim[3].rlim_cur);
}

static __always_inline void read_namespaces(struct task_values* out, struct nsproxy* proxy,
                                            bool direct) {
  struct mnt_namespace* mnt;
  struct uts_namespace* uts;
  struct ipc_namespace* ipc;
  struct net* net;
  if (!proxy) return;
  mnt = get(direct, proxy, mnt_ns);
  uts = get(direct, proxy, uts_ns);
  ipc = get(direct, proxy, ipc_ns);
  net = get(direct, proxy, net_ns);
  if (!mnt || !uts || !ipc || !net) return;
  out->mnt_ns = get(direct, mnt, ns.inum);
  out->uts_ns = get(direct, uts, ns.inum);
  out->ipc_ns = get(direct, ipc, ns.inum);
  out->net_ns = get(direct, net, ns.inum);
}

static __always_inline void read_identity(struct task_values* out, struct task_struct* task,
                                          bool direct) {
  struct task_struct *parent = get(direct, task, real_parent),
                     *leader = get(direct, task, group_leader);
  struct cred* cred = get(direct, task, cred);
  out->pid = get(direct, task, pid);
  out->tgid = get(direct, task, tgid);
  if (parent) out->parent_tgid = get(direct, parent, tgid);
  if (leader) out->leader_pid = get(direct, leader, pid);
  if (cred) out->fsuid = get(direct, cred, fsuid.val);
}

static __always_inline __u32 state_of(struct task_struct* task, bool direct) {
  struct task_struct___old* old = (void*)task;
  if (core_field_exists(task->__state)) return get(direct, task, __state);
  /* On every kernel that runs this, these instructions are poisoned and never reached. */
  return get(direct, old, state);
}

static __always_inline void read_task(struct task_values* out, struct task_struct* task,
                                      bool direct) {
  read_identity(out, task, direct);
  read_exe(out, get(direct, task, mm), direct);
  read_signal(out, get(direct, task, signal), direct);
  read_namespaces(out, get(direct, task, nsproxy), direct);
  out->state = state_of(task, direct);
  out->policy = get(direct, task, policy);
  out->static_prio = get(direct, task, static_prio);
  out->reset_on_fork = get_bits(direct, task, sched_reset_on_fork);
  out->start_boottime = get(direct, task, start_boottime);
  out->timer_slack = get(direct, task, timer_slack_ns);
  out->blocked_signals = get(direct, task, blocked.sig[0]);
}

TRACEPOINT int probed(void* ctx) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct nsproxy* proxy;
  struct uts_namespace* uts;
  read_task(&values.probed, task, 0);
  values.probed.personality = get(0, task, personality);
  core_read(&values.probed.comm, &task->comm);
  proxy = get(0, task, nsproxy);
  uts = get(0, proxy, uts_ns);
  core_read(&values.release, &uts->name.release);
  return 0;
}

TRACEPOINT int direct(void* ctx) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct task_struct___wide* wide = (void*)task;
  read_task(&values.direct, task, 1);
  values.direct.personality = wide->personality;
#pragma unroll
  for (int i = 0; i < 16; i++) values.direct.comm[i] = task->comm[i];
  return 0;
}

TRACEPOINT int types(void* ctx) {
  struct type_values* out = &values.types;
  struct task_struct* task = 0;
  struct task_struct___old* old = 0;
  struct signal_struct* signal = 0;
  struct btfreloc_missing* missing = 0;
  out->size_task = core_type_size(struct task_struct);
  out->size_inode = core_type_size(struct inode);
  out->size_kuid = core_type_size(kuid_t);
  out->id_task = core_type_id_target(struct task_struct);
  out->id_local_task = core_type_id_local(struct task_struct);
  out->offset_pid = core_field_byte_offset(task->pid);
  out->offset_tgid = core_field_byte_offset(task->tgid);
  out->offset_comm = core_field_byte_offset(task->comm);
  out->offset_rlim_3 = core_field_byte_offset(signal->rlim[3]);
  out->size_comm = core_field_byte_size(task->comm);
  out->size_pointer = core_field_byte_size(task->real_parent);
  out->is_pid_signed = core_field_signed(task->pid);
  out->is_flags_signed = core_field_signed(task->flags);
  out->pidtype_tgid = core_enum_value(enum pid_type, PIDTYPE_TGID);
  out->pidtype_sid = core_enum_value(enum pid_type, PIDTYPE_SID);
  out->zone_movable = core_enum_value(enum zone_type, ZONE_MOVABLE);
  out->lru_unevictable = core_enum_value(enum lru_list___flavored, LRU_UNEVICTABLE___flavored);
  out->context_kernel = core_enum_value(enum perf_callchain_context, PERF_CONTEXT_KERNEL);
  out->has_arena = core_enum_value_exists(enum bpf_map_type, BPF_MAP_TYPE_ARENA);
  if (out->has_arena) out->arena = core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARENA);
  out->has_state = core_field_exists(task->__state);
  out->has_old_state = core_field_exists(old->state);
  out->has_task = core_type_exists(struct task_struct);
  out->has_missing = core_type_exists(struct btfreloc_missing);
  out->has_missing_member = core_field_exists(missing->member);
  out->matches_list_head = core_type_matches(struct list_head);
  out->matches_old_task = core_type_matches(struct task_struct___old);
  return 0;
}

/* The value is one that the compiler does not know, so that it has to be in a register. */
static __always_inline __u64 opaque(__u64 value) {
  barrier_var(value);
  return value;
}

TRACEPOINT int private_record(void* ctx) {
  struct private_values* out = &values.private_module;
  struct btfreloc_private* record = (void*)out->record;
  out->size = core_type_size(struct btfreloc_private);
  out->wide = core_enum_value(enum btfreloc_private_wide, BTFRELOC_WIDE);
  out->negative = core_enum_value(enum btfreloc_private_negative, BTFRELOC_NEGATIVE);
  record->stx_byte = opaque(KV_STORED_BYTE);
  record->stx_half = opaque(KV_STORED_HALF);
  record->stx_word = opaque(KV_STORED_WORD);
  record->stx_quad = opaque(KV_STORED_QUAD);
  record->stx_grown = opaque(KV_STORED_WORD);
  record->stx_shrunk = opaque(KV_STORED_QUAD);
  record->st_byte = KV_STORED_BYTE;
  record->st_half = KV_STORED_HALF;
  record->st_word = KV_STORED_WORD;
  record->st_quad = KV_STORED_QUAD;
  record->st_grown = KV_STORED_WORD;
  out->loaded = record->ldx_quad;
  out->shrunk = record->ldx_shrunk;
  out->bits = get_bits(1, record, bits);
  out->signed_bits = get_bits(1, record, signed_bits);
  return 0;
}

/* Poisoned, and reached: the verifier has to refuse it. */
SEC("?raw_tp/sys_enter") int reaches_poison(void* ctx) {
  struct btfreloc_missing* missing = (void*)bpf_get_current_task_btf();
  return missing->member;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
