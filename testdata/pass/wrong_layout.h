/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the programs of wrong_layout.bpf.c and wrong_layout.bpf.cpp store, for tests/kernel/pass/ to
 * compare with what user space knows, and what both need of the BPF dialect of C.
 */
#pragma once
#ifdef __bpf__
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef unsigned long long __u64;
#else
#include <linux/types.h>
#endif

/* Of the task that ran the program; units are those of the kernel. */
struct wrong_layout_values {
  __u64 start_boottime; /* nanoseconds since boot */
  __u64 timer_slack;    /* nanoseconds */
  __u64 blocked_signals;
  __u64 arg_start; /* address */
  __u64 stack_limit;
  __u32 pid, tgid, parent_tgid, leader_pid;
  __u32 fsuid;
  __u32 policy;
  __u32 personality;
  __s32 static_prio, oom_score_adj;
  __u32 uts_ns; /* inode number */
  char comm[16];
  char nodename[65];
};

struct wrong_layout_bits {
  __u32 reset_on_fork, in_execve, child_subreaper;
};

#define WRONG_LAYOUT_ANCESTORS 16

struct wrong_layouts {
  struct wrong_layout_values probed; /* Read through bpf_probe_read_kernel. */
  struct wrong_layout_values direct; /* Read with loads. */
  struct wrong_layout_bits bits;
  __u32 ancestors[WRONG_LAYOUT_ANCESTORS]; /* tgids, from the task itself to pid 1 and then 0 */
};

#ifdef __bpf__
#define SEC(name) __attribute__((section(name), used))
#define TRACEPOINT SEC("raw_tp/sys_enter")
#define __noinline __attribute__((noinline))
#define __always_inline inline __attribute__((always_inline))

/*
 * Helpers are called by number in assembly: without optimization, a call through a constant pointer
 * would load the pointer. Numbers: include/uapi/linux/bpf.h.
 */
#define CLOBBERED "r0", "r1", "r2", "r3", "r4", "r5"

/* As a number, whose members only bpf_probe_read_kernel reaches. */
static __always_inline void* current_task(void) {
  void* task;
  asm volatile("call 35\n%0 = r0" : "=r"(task) : : CLOBBERED);
  return task;
}

/* As a pointer that the verifier knows for one to a task_struct. */
static __always_inline void* current_task_btf(void) {
  void* task;
  asm volatile("call 158\n%0 = r0" : "=r"(task) : : CLOBBERED);
  return task;
}

static __noinline void probe_read_kernel(void* to, __u64 size, const void* from) {
  asm volatile("r1 = %0\nr2 = %1\nr3 = %2\ncall 113"
               :
               : "r"(to), "r"(size), "r"(from)
               : CLOBBERED, "memory");
}
#endif
