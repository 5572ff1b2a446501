/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the programs of kernel_values.bpf.c store and tests/kernel/ compares with what user space
 * knows.
 */
#pragma once
#ifdef __bpf__
#include "bpf.h"
#else
#include <linux/types.h>
#endif

/* Of the task that ran the program; units are those of the kernel. */
struct task_values {
  __u64 exe_inode;
  __u64 exe_ctime;      /* seconds since 1970 */
  __u64 start_boottime; /* nanoseconds since boot */
  __u64 timer_slack;    /* nanoseconds */
  __u64 blocked_signals;
  __u64 arg_start; /* address */
  __u64 stack_limit;
  __u64 personality;
  __u32 pid, tgid, parent_tgid, leader_pid;
  __u32 fsuid;
  __u32 state;
  __u32 policy;
  __u32 reset_on_fork, child_subreaper;
  __s32 static_prio, oom_score_adj;
  __u32 mnt_ns, uts_ns, ipc_ns, net_ns; /* inode numbers */
  char comm[16];
};

/* What the BTF of the kernel says. */
struct type_values {
  __u64 size_task, size_inode, size_kuid;
  __u64 id_task, id_local_task;
  __u64 offset_pid, offset_tgid, offset_comm, offset_rlim_3;
  __u64 size_comm, size_pointer;
  __u64 is_pid_signed, is_flags_signed;
  __u64 pidtype_tgid, pidtype_sid, zone_movable, lru_unevictable, context_kernel;
  __u64 has_arena, arena;
  __u64 has_state, has_old_state, has_task, has_missing, has_missing_member;
  __u64 matches_list_head, matches_old_task;
};

/* What the BTF of a module of our own says, of which no kernel knows. */
struct private_values {
  __u8 record[96]; /* Written and read as struct btfreloc_private. */
  __u64 size;
  __u64 wide, negative; /* enumerators */
  __u64 loaded, shrunk, bits, signed_bits;
};

struct kernel_values {
  struct task_values probed; /* Read through bpf_probe_read_kernel. */
  struct task_values direct; /* Read with loads. */
  struct type_values types;
  struct private_values private_module;
  char release[65];
};

/* What `private_record` stores; each value names the width of its store. */
#define KV_STORED_BYTE 0x5a
#define KV_STORED_HALF 0x5a5b
#define KV_STORED_WORD 0x5a5b5c5d
#define KV_STORED_QUAD 0x6a6b6c6d /* The immediate of ST has 32 bits. */
