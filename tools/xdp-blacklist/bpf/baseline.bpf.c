// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * What `bench` measures blacklist.bpf.c against: the least that drops IPv4 hosts and ports.
 *
 * The design is that of xdp_ddos01_blacklist, of the Netdev 2.1 tutorial "XDP for the Rest of Us":
 * a hash of source addresses whose values are counters of each CPU, a table of ports with a bit for
 * TCP and one for UDP, counters of each port and of each verdict. Here it also takes a second tag,
 * headers with options, and fragments, so that both programs know what they look at.
 */
#include "kernel.h"
#include "wire.h"

enum { DROP_TCP = 1 << 0, DROP_UDP = 1 << 1 };
enum { ACTIONS = 5 }; /* XDP_ABORTED to XDP_REDIRECT */
enum { BPF_MAP_TYPE_PERCPU_HASH = 5, XDP_ABORTED = 0 };

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, 100000);
  __type(key, __be32);
  __type(value, __u64); /* Packets. */
} blacklist SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ACTIONS);
  __type(key, __u32);
  __type(value, __u64);
} verdict_count SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 65536);
  __type(key, __u32);
  __type(value, __u32); /* DROP_TCP, DROP_UDP */
} port_blacklist SEC(".maps");

#define COUNTERS_OF_PORTS(name)               \
  struct {                                    \
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);  \
    __uint(max_entries, 65536);               \
    __type(key, __u32);                       \
    __type(value, __u64);                     \
  } name SEC(".maps")

COUNTERS_OF_PORTS(port_drops_tcp);
COUNTERS_OF_PORTS(port_drops_udp);

static __always_inline void count(void* map, __u32 index) {
  __u64* packets = bpf_map_lookup_elem(map, &index);
  if (packets) ++*packets;
}

static __always_inline int judge_port(void* header, void* end, __u8 protocol) {
  __u32 port, drop;
  if (protocol == PROTOCOL_TCP) {
    struct tcp* tcp = header;
    if ((void*)(tcp + 1) > end) return XDP_ABORTED;
    port = BE16(tcp->destination);
    drop = DROP_TCP;
  } else if (protocol == PROTOCOL_UDP) {
    struct udp* udp = header;
    if ((void*)(udp + 1) > end) return XDP_ABORTED;
    port = BE16(udp->destination);
    drop = DROP_UDP;
  } else {
    return XDP_PASS;
  }
  __u32* drops = bpf_map_lookup_elem(&port_blacklist, &port);
  if (!drops || !(*drops & drop)) return XDP_PASS;
  if (drop == DROP_TCP) {
    count(&port_drops_tcp, port);
  } else {
    count(&port_drops_udp, port);
  }
  return XDP_DROP;
}

static __always_inline int judge_ipv4(struct ipv4* ip, void* end) {
  if ((void*)(ip + 1) > end) return XDP_ABORTED;
  __be32 source = ip->source;
  __u64* drops = bpf_map_lookup_elem(&blacklist, &source);
  if (drops) {
    ++*drops;
    return XDP_DROP;
  }
  const __u32 header = (ip->version_words & 0xf) * 4;
  if (header < sizeof(*ip)) return XDP_ABORTED;
  if (ip->fragment & FRAGMENT_OFFSET) return XDP_PASS;
  return judge_port((void*)ip + header, end, ip->protocol);
}

static __always_inline int judge(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  struct ethernet* ethernet = data;
  if ((void*)(ethernet + 1) > end) return XDP_ABORTED;
  __be16 type = ethernet->type;
  struct vlan* tag = (void*)(ethernet + 1);
#pragma unroll
  for (int tags = 0; tags < 2; ++tags) {
    if (type != TYPE_VLAN && type != TYPE_QINQ) break;
    if ((void*)(tag + 1) > end) return XDP_ABORTED;
    type = tag->type;
    ++tag;
  }
  return type == TYPE_IPV4 ? judge_ipv4((struct ipv4*)tag, end) : XDP_PASS;
}

SEC("xdp")
int xdp_baseline(struct xdp_md* ctx) {
  const int action = judge(ctx);
  count(&verdict_count, action);
  return action;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
