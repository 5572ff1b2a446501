// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Maps as they were defined before BTF: records of a fixed layout in section "maps", known by the
 * offset of their symbol. libbpf from 1.0 on refuses such an object.
 */
#include "bpf.h"

struct bpf_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def SEC("maps") first = {
    .type = BPF_MAP_TYPE_HASH,
    .key_size = sizeof(__u32),
    .value_size = sizeof(__u64),
    .max_entries = 256,
};

struct bpf_map_def SEC("maps") second = {
    .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
    .key_size = sizeof(int),
    .value_size = sizeof(int),
};

SEC("kprobe/do_exit") int count(void* ctx) {
  __u32 key = bpf_get_current_pid_tgid();
  __u64* value = bpf_map_lookup_elem(&first, &key);
  if (value) __sync_fetch_and_add(value, 1);
  return bpf_map_lookup_elem(&second, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
