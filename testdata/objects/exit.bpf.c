// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// The example of the README: a field that was renamed, read through a flavor where it is old.
#include "bpf.h"

struct task_struct {
  unsigned int __state;
  int pid;
  int tgid;
} __attribute__((preserve_access_index));

/* Before Linux 5.14. */
struct task_struct___old {
  long state;
} __attribute__((preserve_access_index));

struct exit_event {
  int pid;
  long state;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, int);
  __type(value, struct exit_event);
} exits SEC(".maps");

SEC("tp_btf/sched_process_exit")
int on_exit(__u64* ctx) {
  struct task_struct* task = (void*)ctx[0];
  struct exit_event event = {.pid = task->tgid};

  if (core_field_exists(task->__state)) {
    event.state = task->__state;
  } else {
    struct task_struct___old* old = (void*)task;
    event.state = old->state;
  }
  bpf_map_update_elem(&exits, &event.pid, &event, 0);
  return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
