/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What linked_a.bpf.c and linked_b.bpf.c share. */
#pragma once
#include "bpf.h"

struct task_struct {
  int pid, tgid;
  struct task_struct* real_parent;
} __core;

/* The definition has to be the same in both files for `bpftool gen object`. */
#define SHARED_MAP                      \
  {                                     \
    __uint(type, BPF_MAP_TYPE_HASH);    \
    __uint(max_entries, 128);           \
    __type(key, __u32);                 \
    __type(value, struct shared_value); \
  }

struct shared_value {
  __u64 seen;
  int last_pid;
};

int shared_function(struct task_struct* task);
