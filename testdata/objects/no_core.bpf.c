// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A program that needs nothing of any kernel's types: no_core has BTF, function and line
 * information but no CO-RE relocation. no_btf is the same source compiled without -g; its data is a
 * plain array because libbpf takes maps from BTF only.
 */
#include "bpf.h"

struct xdp_md {
  __u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index;
};

__u64 packets[256];

static __noinline int protocol_of(const __u8* data, const __u8* end) {
  return data + 34 > end ? 255 : data[23];
}

SEC("xdp") int count_protocols(struct xdp_md* ctx) {
  __u8 protocol = protocol_of((void*)(long)ctx->data, (void*)(long)ctx->data_end);
  __sync_fetch_and_add(&packets[protocol], 1);
  return 2;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
