// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * An arena: a map whose map_extra needs more than 32 bits (so its definition holds an ENUM64), and
 * pointers into it, which live in address space 1 and are converted by an instruction of their own
 * (kernels from 6.9 on). In a file of its own because libbpf 1.1, which Debian 12 has, refuses the
 * definition.
 */
#include "bpf.h"

enum { BPF_F_MMAPABLE = 1024 };

#define __arena __attribute__((address_space(1)))

struct {
  __uint(type, BPF_MAP_TYPE_ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 1000);        /* pages */
  __ulong(map_extra, 0x1ull << 44); /* where user space maps it */
} arena SEC(".maps");

struct element {
  struct element __arena* next;
  __u64 value;
};

extern void __arena* bpf_arena_alloc_pages(void* map, void __arena* address, __u32 pages, int node,
                                           __u64 flags) __ksym;

struct element __arena* head;

SEC("syscall") int add_element(void* ctx) {
  struct element __arena* element = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
  if (!element) return 1;
  element->next = head;
  element->value = head ? head->value + 1 : 0;
  head = element;
  return 0;
}

SEC("syscall") int escape_from_arena(void* ctx) {
  /* One conversion in each direction. */
  __u64* value = (__u64*)&head->value;
  barrier_var(value);
  head = (struct element __arena*)value;
  return *value;
}

char LICENSE[] SEC("license") = "GPL";
