// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The other half: linked_a.bpf.c says what is shared. The license stands there too, because GNU ld
 * takes a second one for a duplicate symbol.
 */
#include "linked.h"

struct cred {
  int usage;
} __core;

extern struct SHARED_MAP shared_map __attribute__((section(".maps")));

extern int shared_counter;

/* Loses: its instructions and their relocation stay behind in .text, in no function. */
__weak __noinline int weak_in_both(struct task_struct* task) {
  return core_field_exists(task->tgid);
}

/* In the section that linked_a.bpf.c has a program in, and after it once linked. */
SEC("kprobe/do_exit") int from_b(__u64* ctx) {
  struct task_struct *task = (void*)ctx[0], *parent = 0;
  __u32 key = weak_in_both(task);
  struct shared_value* value = bpf_map_lookup_elem(&shared_map, &key);
  core_read(&parent, &task->real_parent);
  if (value) value->seen += shared_function(parent) + shared_counter;
  /*
   * Linking renumbers struct cred in .BTF and in the relocation record. The number inside the
   * instruction stays what it was.
   */
  return core_type_id_local(struct cred) + core_type_size(struct cred);
}

SEC("tp_btf/sched_switch") int only_in_b(__u64* ctx) {
  struct cred* cred = (void*)ctx[0];
  return core_field_exists(cred->usage);
}
