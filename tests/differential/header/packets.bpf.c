// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* As programs for packets are written: contexts, headers in packets, verdicts, sockets. */
// clang-format off
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
// clang-format on

#define ETH_P_IP 0x0800

struct {
  __uint(type, BPF_MAP_TYPE_LPM_TRIE);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, u64);
  __type(value, struct in_addr);
  __uint(pinning, LIBBPF_PIN_BY_NAME);
} networks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SOCKHASH);
  __uint(max_entries, 16);
  __type(key, struct bpf_sock_tuple);
  __type(value, u32);
} sockets SEC(".maps");

SEC("xdp")
int filter(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  struct ethhdr* eth = data;
  struct iphdr* ip = (void*)(eth + 1);
  struct udphdr* udp = (void*)(ip + 1);

  if ((void*)(udp + 1) > end) return XDP_DROP;
  if (eth->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (ip->protocol == IPPROTO_UDP && ip->ihl == 5 &&
      udp->dest == bpf_htons(53))
    return XDP_TX;
  return XDP_PASS;
}

SEC("tc")
int classify(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple = {};
  struct bpf_fib_lookup lookup = {.ifindex = skb->ifindex};
  struct bpf_sock* sk;

  tuple.ipv4.saddr = skb->remote_ip4;
  tuple.ipv4.dport = bpf_htons(443);
  sk = bpf_sk_lookup_tcp(skb, &tuple, sizeof(tuple.ipv4),
                         BPF_F_CURRENT_NETNS, 0);
  if (sk) {
    int state = sk->state;
    bpf_sk_release(sk);
    if (state == BPF_TCP_LISTEN) return 2;
  }
  lookup.ipv4_dst = tuple.ipv4.daddr;
  if (bpf_fib_lookup(skb, &lookup, sizeof(lookup),
                     BPF_FIB_LOOKUP_DIRECT) == BPF_FIB_LKUP_RET_SUCCESS)
    return bpf_redirect(lookup.ifindex, BPF_F_INGRESS);
  return bpf_skb_store_bytes(skb, 0, &tuple, 4,
                             BPF_F_RECOMPUTE_CSUM);
}

SEC("sockops")
int on_socket(struct bpf_sock_ops* ops) {
  if (ops->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
    bpf_sock_ops_cb_flags_set(ops, BPF_SOCK_OPS_RTT_CB_FLAG);
  return 1;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr* address) {
  return address->user_ip4 != 0 && address->protocol == IPPROTO_TCP;
}

char LICENSE[] SEC("license") = "GPL";
