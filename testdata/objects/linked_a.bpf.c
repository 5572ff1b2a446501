// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * One half of linked.o and concatenated.o: defines the function and the map that linked_b.bpf.c
 * declares, and brings a weak function and a section of which the other half has its own.
 */
#include "linked.h"

struct SHARED_MAP shared_map SEC(".maps");

__hidden int shared_counter = 1;

__noinline int shared_function(struct task_struct* task) {
  int pid = 0;
  core_read(&pid, &task->pid);
  shared_counter += pid;
  return pid;
}

/* The first of two weak definitions wins. */
__weak __noinline int weak_in_both(struct task_struct* task) {
  int tgid = 0;
  core_read(&tgid, &task->tgid);
  return tgid;
}

SEC("kprobe/do_exit") int from_a(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct shared_value value = {.last_pid = shared_function(task)};
  __u32 key = weak_in_both(task);
  bpf_map_update_elem(&shared_map, &key, &value, 0);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
