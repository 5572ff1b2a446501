// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// A field that newer kernels do not have, read without asking whether it is there: in a subprogram,
// so that its instruction is elsewhere in the program that the kernel sees.
#include "bpf.h"

static void* (*const bpf_get_current_task)(void) = (void*)35;

/* Before Linux 5.14. */
struct task_struct___old {
  long state;
} __attribute__((preserve_access_index));

static __noinline long state_of(struct task_struct___old* task) {
  long state = 0;
  core_read(&state, &task->state);
  return state;
}

SEC("raw_tp/sys_enter")
int unguarded(void* ctx) {
  return state_of((void*)bpf_get_current_task()) != 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
